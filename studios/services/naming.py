"""From the handed-in application to the named studio: review, visits, the list, meeting, notice, the document."""

from operator import itemgetter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from studios.models import Recognition, SiteVisit, Studio, StudioApplication, StudioMember
from studios.services import studios
from studios.services.campaigns import lock_application, lock_campaign, lock_running
from studios.services.recognitions import last_day, make_recognition
from studios.services.rights import require
from unionportal.audit.services import record
from unionportal.notices.models import NoticeLine, PublicNotice
from unionportal.notices.services.lifecycle import Line, draft_notice, lock_notice

Status = StudioApplication.Status
STUDIO_FACTS = ("kind", "host_unit", "sector", "field", "address", "phone", "founded_on", "story", "goals")


@transaction.atomic
def decide_application(*, application, actor, to, reason=""):
    """Accept an application after the initial review, send it back, or turn it down; returns it."""
    require(actor, "review_applications")
    lock_running(application.campaign)
    application = lock_application(application)
    if application.status != Status.APPLIED:
        raise ValidationError(f"申报现为“{application.get_status_display()}”，不在待初审。")
    if to not in (Status.ACCEPTED, Status.RETURNED, Status.REJECTED):
        raise ValidationError("请选择初审结论。")
    if to != Status.ACCEPTED and not reason.strip():
        raise ValidationError("请写明理由，申报单位会看到。")
    application.status = to
    application.return_reason = reason.strip() if to == Status.RETURNED else ""
    application.rejected_reason = reason.strip() if to == Status.REJECTED else ""
    application.version += 1
    application.save()
    record(actor, f"studios.application_{to}", application, reason=reason.strip())
    return application


def obstacles_to_propose(campaign, chosen=()):
    """Return what keeps these applications from being proposed, as Chinese sentences."""
    found = []
    if campaign.applications.filter(status=Status.APPLIED).exists():
        found.append("还有申报没有初审，请先完成初审。")
    if campaign.applications.filter(status__in=(Status.ACCEPTED, Status.REVIEWING)).exists():
        found.append("还有申报没有评审结果，请先完成专家评审并取结果。")
    if campaign.needs_visit:
        visited = set(
            SiteVisit.objects.filter(
                application__campaign=campaign, finding=SiteVisit.Finding.CONFIRMED
            ).values_list("application", flat=True)
        )
        found += [f"“{item.name}”还没有结论相符的实地考察。" for item in chosen if item.pk not in visited]
    if campaign.quota and len(chosen) > campaign.quota:
        found.append(f"拟认定 {len(chosen)} 个，超过计划的 {campaign.quota} 个。")
    if campaign.pass_score is not None:
        found += [
            f"“{item.name}”得分 {item.score}，低于入围分数线 {campaign.pass_score}。"
            for item in chosen
            if item.score is not None and item.score < campaign.pass_score
        ]
    return found


@transaction.atomic
def propose(*, campaign, chosen, actor, reasons=None):
    """Choose who is proposed; the other scored ones are not. `reasons` {key: why} where a better one is passed over.

    May be repeated until the meeting is recorded. Returns the number proposed.
    """
    require(actor, "name_studios")
    campaign = lock_running(campaign)
    if campaign.meeting_on:
        raise ValidationError("审定会议已登记，名单不能再改。")
    pool = campaign.applications.filter(status__in=(Status.SCORED, Status.PROPOSED, Status.NOT_CHOSEN))
    pool = list(pool.select_for_update(of=("self",), no_key=True).order_by("rank", "pk"))
    keys = {item.pk for item in chosen}
    picked = [item for item in pool if item.pk in keys]
    if not picked or len(picked) != len(keys):
        raise ValidationError("请从评审完成的申报中选择。")
    if found := obstacles_to_propose(campaign, picked):
        raise ValidationError(found)
    worst = max((item.rank or 0) for item in picked)
    passed_over = [item for item in pool if item.pk not in keys and item.rank and item.rank < worst]
    given = {key: text.strip() for key, text in (reasons or {}).items() if text.strip()}
    if lacking := [item.name for item in passed_over if item.pk not in given]:
        raise ValidationError(f"名次在前而未入选的须写明理由：{'、'.join(lacking)}。")
    for item in pool:
        item.status = Status.PROPOSED if item.pk in keys else Status.NOT_CHOSEN
        item.choice_reason = given.get(item.pk, "")[:300]
        item.save(update_fields=["status", "choice_reason", "updated_at"])
    record(actor, "studios.applications_proposed", campaign, names=[item.name for item in picked])
    return len(picked)


@transaction.atomic
def record_meeting(*, campaign, body, held_on, minutes_number, actor):
    """Record the meeting that decided the list: no notice without one. Returns the campaign."""
    require(actor, "name_studios")
    campaign = lock_running(campaign)
    if campaign.meeting_on:
        raise ValidationError(f"审定会议已登记（{campaign.minutes_number}）。")
    if not campaign.applications.filter(status=Status.PROPOSED).exists():
        raise ValidationError("还没有拟认定的名单。")
    if held_on > timezone.localdate():
        raise ValidationError({"held_on": "会议日期不能晚于今天。"})
    if not body.strip() or not minutes_number.strip():
        raise ValidationError("请填写会议名称和纪要编号。")
    campaign.meeting_body, campaign.meeting_on = body.strip(), held_on
    campaign.minutes_number = minutes_number.strip()
    campaign.save(update_fields=["meeting_body", "meeting_on", "minutes_number"])
    record(actor, "studios.meeting_recorded", campaign, document=campaign.minutes_number, on=str(held_on))
    return campaign


def line_key(pk):
    """Return how the line of an application is known in a notice."""
    return f"studios.application:{pk}"


def _lines(campaign, proposed):
    return [
        Line(
            name=item.name,
            unit_name=str(item.host_unit or ""),
            occupation=f"负责人 {item.leader.name}" if item.leader else "",
            proposed=f"{campaign.get_level_display()}{item.get_kind_display()}",
            person=item.leader,
            position=place,
            source_key=line_key(item.pk),
        )
        for place, item in enumerate(proposed, 1)
    ]


def _is_void(notice):
    """True for a notice taken down before it was closed: it takes no effect, the list is announced once more."""
    return bool(notice.withdrawn_at and not notice.closed_at)


def _notice_key(campaign):
    """Return how the campaign's notice is known: the one it has, or the next after one that was taken down."""
    key = f"studios.campaign:{campaign.pk}"
    before = PublicNotice.objects.filter(Q(source_key=key) | Q(source_key__startswith=f"{key}:")).count()
    if campaign.notice and not _is_void(campaign.notice):
        return campaign.notice.source_key
    return f"{key}:{before + 1}" if before else key


@transaction.atomic
def draft_list(*, campaign, actor, **settings):
    """Draft the notice of everybody proposed, or bring its draft up to date; `settings` are fields of PublicNotice.

    It is published on its own page, as every notice is; the campaign then reads what became of its lines.
    """
    require(actor, "name_studios")
    campaign = lock_running(campaign)
    if not campaign.meeting_on:
        raise ValidationError("还没有登记审定会议（会议、日期、纪要编号）。")
    proposed = campaign.applications.filter(status=Status.PROPOSED).select_related("leader", "host_unit")
    proposed = list(proposed.order_by("rank", "pk"))
    if not proposed:
        raise ValidationError("没有待公示的申报。")
    level = campaign.get_level_display()
    given = {
        "title": f"关于{campaign.year} 年拟认定{level}创新工作室名单的公示"[:150],
        "body": f"按照{campaign.basis or campaign.title}，经审定，拟认定下列创新工作室，现予公示。",
        "basis": campaign.basis,
        "days": campaign.notice_days,
        "contact_phone": campaign.contact_phone,
        "order_rule": PublicNotice.OrderRule.NONE,
        **settings,
    }
    notice = draft_notice(
        actor=actor,
        line=PublicNotice.Line.STUDIOS,
        source_key=_notice_key(campaign),
        lines=_lines(campaign, proposed),
        **given,
    )
    campaign.notice = notice
    campaign.save(update_fields=["notice"])
    return notice


def differences(campaign):
    """Return [(application, status)] of what the notice says and is not yet written on the applications."""
    notice = campaign.notice
    if notice is None or notice.status == PublicNotice.Status.DRAFT:
        return []
    states = dict(notice.lines.values_list("source_key", "status"))
    found = []
    for item in campaign.applications.filter(status__in=(Status.PROPOSED, Status.IN_NOTICE)).order_by("pk"):
        state = states.get(line_key(item.pk))
        to = Status.REMOVED if state == NoticeLine.Status.REMOVED else Status.IN_NOTICE
        to = Status.PROPOSED if _is_void(notice) else to
        if state and item.status != to:
            found.append((item, to))
    return found


@transaction.atomic
def follow_notice(*, campaign, actor):
    """Write on the applications what has become of their lines in the notice; returns how many changed."""
    require(actor, "name_studios")
    campaign = lock_campaign(campaign)
    changed = differences(campaign)
    for item, status in changed:
        item.status = status
        item.save(update_fields=["status", "updated_at"])
    if changed:
        removed = [item.name for item, status in changed if status == Status.REMOVED]
        record(actor, "studios.notice_followed", campaign, count=len(changed), removed=removed)
    return len(changed)


def nameable(campaign, *statuses):
    """Return the applications that stand clear in the campaign's notice, once it is closed."""
    if campaign.notice is None or campaign.notice.status != PublicNotice.Status.CLOSED:
        return []
    clear = set(campaign.notice.lines.clear().values_list("source_key", flat=True))
    found = campaign.applications.filter(status__in=statuses or (Status.IN_NOTICE,))
    found = found.select_related("leader", "host_unit", "studio", "body__parent").order_by("pk")
    return [item for item in found if line_key(item.pk) in clear]


def waits_for_document(campaign):
    """True while somebody who stands clear in the closed notice has not been named, followed or not."""
    return bool(nameable(campaign, Status.PROPOSED, Status.IN_NOTICE))


@transaction.atomic
def name_studios(*, campaign, document_title, document_number, document_on, actor):
    """Recognise everybody who stands clear by one document; returns the Recognitions, active from its date."""
    require(actor, "name_studios")
    campaign = lock_running(campaign)
    if campaign.notice:
        lock_notice(campaign.notice)
    follow_notice(campaign=campaign, actor=actor)
    campaign.refresh_from_db()
    found = nameable(campaign)
    if not found:
        raise ValidationError("没有可认定的申报：公示须已办结，且没有未了结的异议。")
    if not document_number.strip():
        raise ValidationError({"document_number": "请填写认定文件的文号。"})
    if document_on > timezone.localdate() or document_on <= campaign.notice.last_on:
        last = f"{campaign.notice.last_on:%Y-%m-%d}"
        raise ValidationError({"document_on": f"公示到 {last} 为止，文件应在其后、今天之前成文。"})
    document = (document_title.strip(), document_number.strip(), document_on)
    made = [_name_one(item, campaign, document) for item in found]
    campaign.document_title, campaign.document_number = document_title.strip(), document_number.strip()
    campaign.document_on = document_on
    campaign.save(update_fields=["document_title", "document_number", "document_on"])
    names = [item.studio.name for item in made]
    record(actor, "studios.studios_named", campaign, document=campaign.document_number, names=names)
    return made


def _name_one(application, campaign, document):
    """Name one; what keeps it from being named says which one it is."""
    try:
        return _name(application, campaign, *document)
    except ValidationError as error:
        raise ValidationError([f"“{application.name}”：{text}" for text in error.messages]) from error


def _name(application, campaign, title, number, on):
    """Make the studio of an application, or bring the one it has up to date, and its recognition."""
    facts = {name: getattr(application, name) for name in STUDIO_FACTS}
    studio = application.studio
    if studio is None:
        studio = studios.make_studio(
            name=application.name, body=application.body, equipment=application.equipment, **facts
        )
        _add_team(studio, application)
    else:
        Studio.objects.filter(pk=studio.pk).update(**{key: value for key, value in facts.items() if value})
    application.studio, application.status = studio, Status.NAMED
    application.save(update_fields=["studio", "status", "updated_at"])
    return make_recognition(
        studio=studio,
        level=campaign.level,
        document_title=title,
        document_number=number,
        named_on=on,
        valid_to=last_day(on, campaign.valid_years),
        status=Recognition.Status.ACTIVE,
        application=application,
    )


def _add_team(studio, application):
    if application.leader:
        studios.add_member(
            studio,
            person=application.leader,
            role=StudioMember.Role.LEADER,
            post=application.leader_post,
            started_on=application.founded_on,
        )
    for place, (name, post) in enumerate(filter(itemgetter(0), application.team_lines), 1):
        studios.add_member(studio, name=name[:50], post=post[:100], position=place)
