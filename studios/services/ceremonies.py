"""Plaques: listed, their words proofread, given at a ceremony that leaves dates, growth records and a news draft."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from studios.models import CeremonyPhoto, PlaqueCeremony, PlaqueLine, Recognition
from studios.services.growth import write_plaque_milestones
from studios.services.rights import lock, lock_studio, require
from unionportal.audit.services import record
from unionportal.files.services import store_image
from unionportal.news.models import Article

Status = PlaqueCeremony.Status


def waiting_for_plaques():
    """Return the active recognitions by document that have no plaque and are in no ceremony."""
    found = Recognition.objects.standing().filter(plaque_on=None, plaque=None)
    return found.select_related("studio__host_unit").order_by("level", "studio__pinyin")


def _lock(ceremony):
    ceremony = lock(ceremony)
    if ceremony.status == Status.HELD:
        raise ValidationError(f"“{ceremony}”已经举行，不能再改。")
    return ceremony


@transaction.atomic
def list_plaques(*, ceremony, recognitions, actor):
    """Put recognitions on the list of a ceremony, each with the studio's exact name; returns how many are new.

    What was proofread before has to be proofread again.
    """
    require(actor, "recognise_studios")
    ceremony = _lock(ceremony)
    keys = [item.pk for item in recognitions]
    # Of two ceremonies that list a plaque at once the second waits here, and finds it taken.
    rows = Recognition.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys)
    list(rows.order_by("pk"))
    found = list(waiting_for_plaques().filter(pk__in=keys))
    if not found or len(found) != len(set(keys)):
        raise ValidationError("所选认定中有的已授牌、已列入仪式或已失效，请刷新后重选。")
    place = ceremony.lines.count()
    PlaqueLine.objects.bulk_create(
        PlaqueLine(ceremony=ceremony, recognition=item, text=item.studio.name, position=place + number)
        for number, item in enumerate(found, 1)
    )
    _unproof(ceremony)
    record(actor, "studios.plaques_listed", ceremony, count=len(found))
    return len(found)


@transaction.atomic
def unproof(*, ceremony):
    """Ask for another proofreading because a plaque's words have changed; within an act that leaves its own line."""
    _unproof(_lock(ceremony))


def _unproof(ceremony):
    ceremony.status, ceremony.proofread_by, ceremony.proofread_at = Status.DRAFT, "", None
    ceremony.save(update_fields=["status", "proofread_by", "proofread_at"])


def differences(ceremony):
    """Return Chinese sentences on plaques whose words are not the studio's name, letter by letter."""
    lines = ceremony.lines.select_related("recognition__studio")
    return [
        f"牌匾“{line.text}”与认定名称“{line.recognition.studio.name}”不一致。"
        for line in lines
        if line.recognition.studio.name not in line.text
    ]


@transaction.atomic
def proofread(*, ceremony, actor, proofreader):
    """Note who has compared the words of all plaques with the document (牌匾文字校对单); returns the ceremony."""
    require(actor, "recognise_studios")
    ceremony = _lock(ceremony)
    if not ceremony.lines.exists():
        raise ValidationError("还没有列入牌匾。")
    if found := differences(ceremony):
        raise ValidationError(found)
    if not proofreader.strip():
        raise ValidationError("请填写校对人。")
    ceremony.status, ceremony.proofread_by = Status.PROOFREAD, proofreader.strip()
    ceremony.proofread_at = timezone.now()
    ceremony.save(update_fields=["status", "proofread_by", "proofread_at"])
    record(actor, "studios.plaques_proofread", ceremony, name=ceremony.proofread_by)
    return ceremony


def obstacles_to_hold(ceremony):
    """Return what keeps a ceremony from being noted as held, as Chinese sentences."""
    if ceremony.status == Status.HELD:
        return ["仪式已经举行。"]
    if ceremony.status != Status.PROOFREAD:
        return ["牌匾文字还没有校对。"]
    found = ["仪式日期还没有到。"] if ceremony.on > timezone.localdate() else []
    found += differences(ceremony)
    for line in ceremony.lines.select_related("recognition__studio"):
        item = line.recognition
        if item.status != Recognition.Status.ACTIVE:
            found.append(f"“{item}”{item.get_status_display()}，请移出名单。")
        elif item.named_on and ceremony.on < item.named_on:
            found.append(f"“{item}”的认定文件成文于 {item.named_on}，晚于授牌日期。")
    return found


@transaction.atomic
def hold_ceremony(*, ceremony, actor):
    """Note that the plaques were given: their dates, and the growth records of leaders and members. Returns it."""
    require(actor, "recognise_studios")
    ceremony = _lock(ceremony)
    lines = list(ceremony.lines.select_related("recognition__studio").order_by("recognition__studio"))
    for line in lines:
        lock_studio(line.recognition.studio)
    if found := obstacles_to_hold(ceremony):
        raise ValidationError(found)
    for line in lines:
        recognition = line.recognition
        recognition.plaque_on = ceremony.on
        recognition.save(update_fields=["plaque_on"])
        write_plaque_milestones(recognition)
    ceremony.status, ceremony.held_at = Status.HELD, timezone.now()
    ceremony.save(update_fields=["status", "held_at"])
    record(actor, "studios.ceremony_held", ceremony, on=str(ceremony.on), count=len(lines))
    return ceremony


@transaction.atomic
def add_photo(*, ceremony, upload, caption, actor):
    """Store a photograph of a ceremony for its public gallery; returns the CeremonyPhoto."""
    require(actor, "recognise_studios")
    ceremony = lock(ceremony)
    if not caption.strip():
        raise ValidationError({"caption": "请写照片说明，看不见图的人靠它了解内容。"})
    file = store_image(upload=upload, actor=actor, purpose="授牌仪式照片", is_public=True)
    photo = CeremonyPhoto(
        ceremony=ceremony, file=file, caption=caption.strip(), position=ceremony.photos.count() + 1
    )
    photo.full_clean()
    photo.save()
    record(actor, "studios.ceremony_photo_added", ceremony, note=photo.caption)
    return photo


@transaction.atomic
def draft_article(*, ceremony, column, actor):
    """Draft the news of a ceremony that was held; returns the Article, once and no more."""
    require(actor, "recognise_studios")
    ceremony = lock(ceremony)
    if ceremony.status != Status.HELD:
        raise ValidationError("仪式举行之后才能生成新闻稿。")
    if ceremony.article_id:
        return ceremony.article
    photo = ceremony.photos.select_related("file").first()
    article = Article(
        column=column,
        title=ceremony.title[:100],
        summary=f"{ceremony.on.month} 月 {ceremony.on.day} 日，{ceremony.lines.count()} 个创新工作室授牌。",
        body=_news(ceremony),
        cover=photo.file if photo else None,
        cover_alt=photo.caption if photo else "",
        source="密云区总工会",
    )
    article.full_clean()
    article.save()
    ceremony.article = article
    ceremony.save(update_fields=["article"])
    record(actor, "studios.article_drafted", ceremony, source=article.title)
    return article


def _news(ceremony):
    """Return the text of the article in paragraphs: when and where, the studios, how it was."""
    on = ceremony.on
    lines = list(ceremony.lines.select_related("recognition__studio__host_unit"))
    where = f"在{ceremony.place}" if ceremony.place else ""
    names = "、".join(
        f"{line.recognition.studio}（{unit}）" if (unit := line.recognition.studio.host_unit) else line.text
        for line in lines
        if line.recognition.studio.is_public
    )
    first = f"{on.year} 年 {on.month} 月 {on.day} 日，{ceremony.title}{where}举行，为 {len(lines)} 个创新工作室授牌。"
    return "\n\n".join(
        part for part in (first, f"获得授牌的有：{names}。" if names else "", ceremony.note) if part
    )
