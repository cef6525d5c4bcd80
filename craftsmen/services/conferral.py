"""Conferring titles by a decision with its document number; then certificates and a news draft, each for itself."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from craftsmen.models import Conferral, Honour, Nomination
from craftsmen.services import notices
from craftsmen.services.honours import expiry, write_first_milestones
from craftsmen.services.rights import lock_offers, require
from unionportal.audit.services import record
from unionportal.certificates.services import CertificateLine, issue_certificates
from unionportal.files.services import store_file
from unionportal.news.models import Article
from unionportal.notices.models import NoticeLine, PublicNotice

Status = Nomination.Status
CITATION_LIMIT = Honour._meta.get_field("citation").max_length
DETAILS = ("document_title", "document_number", "document_on", "ceremony_on", "ceremony_place")


def standing_clear():
    """Return the nominees of every selection who stand clear in a notice that is closed, and have no title yet."""
    key = Concat(Value(notices.line_key("")), Cast(OuterRef("pk"), CharField()))
    clear = NoticeLine.objects.filter(
        notice=OuterRef("notice"), source_key=key, status=NoticeLine.Status.CLEAR
    )
    return Nomination.objects.filter(
        Exists(clear), status=Status.IN_NOTICE, notice__status=PublicNotice.Status.CLOSED
    )


def conferrable(selection):
    """Return the nominees whose notice is closed and who stand clear on it, by title and rank."""
    return list(
        standing_clear()
        .filter(offer__selection=selection)
        .select_related("person__merged_into", "offer__title", "offer__selection", "notice", "slate_line")
        .order_by("offer__position", "offer", "slate_line__rank", "pk")
    )


def held_back(selection):
    """Return (nominee, why) of those in notice who cannot be conferred yet."""
    nominations = Nomination.objects.filter(offer__selection=selection, status=Status.IN_NOTICE)
    nominations = list(nominations.select_related("person", "notice").order_by("pk"))
    keys = {item.notice_id for item in nominations}
    states = dict(NoticeLine.objects.filter(notice__in=keys).values_list("source_key", "status"))
    found = []
    for nomination in nominations:
        if states.get(notices.line_key(nomination.pk)) == NoticeLine.Status.HELD:
            found.append((nomination, "异议核查中"))
        elif nomination.notice.status != PublicNotice.Status.CLOSED:
            found.append((nomination, f"公示尚未办结（{nomination.notice.state}）"))
    return found


@transaction.atomic
def confer(*, selection, details, actor, citations=None, scan=None):
    """Confer the titles of everybody who stands clear by one decision; returns the Conferral.

    `details` are the Conferral's own fields, `citations` {nomination key: 授奖词}, `scan` an Inspected. Sent twice,
    the second finds nothing left to confer by this number and gets the same Conferral back.
    """
    require(actor, "confer_titles")
    lock_offers(selection)
    notices.follow_notices(selection=selection, actor=actor)
    nominations = conferrable(selection)
    number = details["document_number"].strip()
    before = Conferral.objects.filter(document_number=number).first()
    if before and before.selection_id == selection.pk and not nominations:
        return before
    if before:
        raise ValidationError({"document_number": f"文号“{number}”已用于“{before.document_title}”。"})
    if not nominations:
        raise ValidationError("没有可授予的人选：公示须已办结，且本人没有未了结的异议。")
    _check_date(details["document_on"], nominations)
    conferral = Conferral(
        selection=selection,
        **{name: details.get(name) or Conferral._meta.get_field(name).get_default() for name in DETAILS},
    )
    conferral.document_number = number
    conferral.full_clean()
    conferral.scan = scan and store_file(inspected=scan, actor=actor, purpose="授予决定", is_guarded=True)
    conferral.save()
    honours = _make_honours(conferral, nominations, citations or {})
    write_first_milestones(honours)
    names = [honour.person.name for honour in honours]
    record(actor, "craftsmen.titles_conferred", conferral, document=number, names=names, count=len(names))
    return conferral


def _check_date(document_on, nominations):
    if document_on > timezone.localdate():
        raise ValidationError({"document_on": "成文日期不能晚于今天。"})
    last = max(nomination.notice.last_on for nomination in nominations)
    if document_on <= last:
        raise ValidationError({"document_on": f"公示到 {last:%Y-%m-%d} 为止，决定应在公示期满之后成文。"})


def _make_honours(conferral, nominations, citations):
    """Write an Honour for each nominee, as the form stated unit and occupation on its day."""
    selection = conferral.selection
    people = {item.pk: item.person.merged_into or item.person for item in nominations}
    held = Honour.objects.filter(
        year=selection.year,
        person__in=people.values(),
        title__in={item.offer.title_id for item in nominations},
    ).values_list("title", "person")
    held = set(held)
    if doubled := [
        item.person.name for item in nominations if (item.offer.title_id, people[item.pk].pk) in held
    ]:
        raise ValidationError(f"{'、'.join(doubled)}本年度已登记同一称号，请先核对荣誉登记。")
    honours = Honour.objects.bulk_create(
        Honour(
            title=item.offer.title,
            person=people[item.pk],
            unit_id=item.unit_id,
            year=selection.year,
            unit_name=item.unit_name,
            occupation=item.occupation,
            sector_id=item.sector_id,
            document_title=conferral.document_title,
            document_number=conferral.document_number,
            document_on=conferral.document_on,
            ceremony_on=conferral.ceremony_on,
            citation=_citation(item, citations),
            valid_to=expiry(item.offer.title, conferral.document_on),
            is_public=item.consents_to_publication,
            nomination=item,
            conferral=conferral,
        )
        for item in nominations
    )
    Nomination.objects.filter(pk__in=[item.pk for item in nominations]).update(status=Status.CONFERRED)
    return honours


def _citation(nomination, citations):
    text = citations.get(nomination.pk, "").strip()
    if len(text) > CITATION_LIMIT:
        raise ValidationError(f"{nomination.person.name}的授奖词超过 {CITATION_LIMIT} 字，请缩短。")
    return text


@transaction.atomic
def set_ceremony(*, conferral, on, place, actor):
    """Enter when and where the titles were presented, which is no date of the honour itself; returns the conferral."""
    require(actor, "confer_titles")
    conferral = Conferral.objects.select_for_update(of=("self",), no_key=True).get(pk=conferral.pk)
    conferral.ceremony_on, conferral.ceremony_place = on, place.strip()
    conferral.full_clean()
    conferral.save(update_fields=["ceremony_on", "ceremony_place"])
    conferral.honours.update(ceremony_on=on)
    record(actor, "craftsmen.ceremony_set", conferral, on=str(on or ""), place=conferral.ceremony_place)
    return conferral


@transaction.atomic
def issue_honour_certificates(*, conferral, design, series, issued_on, actor):
    """Issue a certificate for each honour of the decision that has none; returns how many are new.

    All or nothing: a name the typeface lacks refuses the lot and says whose it is. The decision stands either way.
    """
    require(actor, "confer_titles")
    conferral = Conferral.objects.select_for_update(of=("self",), no_key=True).get(pk=conferral.pk)
    honours = conferral.honours.filter(certificate=None, status=Honour.Status.ACTIVE)
    honours = list(
        honours.select_related("title", "person", "conferral__selection").order_by("title__position", "pk")
    )
    if not honours:
        raise ValidationError("这份决定的证书都已签发。")
    lines = [certificate_line(honour) for honour in honours]
    made = issue_certificates(design=design, series=series, issued_on=issued_on, lines=lines, actor=actor)
    for honour, certificate in zip(honours, made, strict=True):
        honour.certificate = certificate
    Honour.objects.bulk_update(honours, ["certificate"])
    return len(honours)


def certificate_line(honour):
    """Return what the certificate of an honour states."""
    facts = {
        "unit": honour.unit_name,
        "title": honour.title.name,
        "award": honour.title.name,
        "event": honour.conferral.selection.title if honour.conferral_id else "",
        "year": str(honour.year),
        "citation": honour.citation,
        "document": honour.document_number,
    }
    facts = {name: text for name, text in facts.items() if text}
    return CertificateLine(f"craftsmen.honour:{honour.pk}", honour.holder, facts, honour.person)


@transaction.atomic
def draft_article(*, conferral, column, actor):
    """Draft the news of the decision with everybody who agreed to be named; returns the Article, once and no more."""
    require(actor, "confer_titles")
    conferral = Conferral.objects.select_for_update(of=("self",), no_key=True).get(pk=conferral.pk)
    if conferral.article_id:
        return conferral.article
    honours = list(
        conferral.honours.filter(is_public=True)
        .select_related("title", "person")
        .order_by("title__position", "pk")
    )
    if not honours:
        raise ValidationError("没有同意公开的获奖者，不生成新闻稿。")
    article = Article(
        column=column,
        title=f"{conferral.selection}揭晓"[:100],
        summary=f"{conferral.document_title}（{conferral.document_number}）"[:300],
        body=_news(conferral, honours),
        source="密云区总工会",
    )
    article.full_clean()
    article.save()
    conferral.article = article
    conferral.save(update_fields=["article"])
    record(actor, "craftsmen.article_drafted", conferral, source=article.title)
    return article


def _news(conferral, honours):
    """Return the text of the article in paragraphs: the decision, then the names title by title."""
    on = conferral.document_on
    numbers = {}
    for honour in honours:
        numbers.setdefault(honour.title.name, []).append(
            f"{honour.person.name}（{honour.unit_name}）" if honour.unit_name else honour.person.name
        )
    counted = "、".join(f"“{title}” {len(names)} 名" for title, names in numbers.items())
    ceremony = ""
    if conferral.ceremony_on:
        day = conferral.ceremony_on
        ceremony = f"表彰大会于 {day.month} 月 {day.day} 日{f'在{conferral.ceremony_place}' if conferral.ceremony_place else ''}举行。"
    first = f"{on.year} 年 {on.month} 月 {on.day} 日，密云区总工会印发{conferral.document_title}（{conferral.document_number}），授予{counted}。{ceremony}"
    parts = [first] + [f"{title}：{'、'.join(names)}。" for title, names in numbers.items()]
    told = [f"{honour.person.name}：{honour.citation}" for honour in honours if honour.citation]
    return "\n\n".join(parts + told)
