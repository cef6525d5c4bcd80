"""The public notice of sealed results: drafted when the stage goes into notice, waited for before publication."""

from django.core.exceptions import ValidationError

from unionportal.notices.models import NoticeLine, PublicNotice
from unionportal.notices.services import lifecycle

CONTACT = 50  # characters of contact_phone


def _prefix(sheet):
    return f"competitions.result:{sheet.pk}:"


def notice_of(sheet):
    """Return the newest notice of a result sheet; None if there was none."""
    return PublicNotice.objects.filter(source_key__startswith=_prefix(sheet)).order_by("pk").last()


def draft_for(*, sheet, actor):
    """Draft a notice with the award list of an unpublished sheet and return it; a new one once the last was taken down."""
    before = notice_of(sheet)
    if before and not before.withdrawn_at:
        raise ValidationError(f"已有公示《{before}》，不必另起一份。")
    rows = sheet.rows.exclude(award="").select_related("appearance__entry__person")
    lines = [
        lifecycle.Line(
            name=row.name,
            unit_name=row.unit_name,
            proposed=row.award,
            person=row.appearance.entry.person,
            position=place,
            source_key=str(row.appearance_id),
        )
        for place, row in enumerate(rows, 1)
    ]
    if not lines:
        raise ValidationError("成绩册里没有奖项，没有可公示的获奖名单。")
    event = sheet.stage.event
    competition = event.competition
    number = PublicNotice.objects.filter(source_key__startswith=_prefix(sheet)).count() + 1
    return lifecycle.draft_notice(
        actor=actor,
        line=PublicNotice.Line.COMPETITIONS,
        title=f"{competition.title}{event.name}{sheet.stage.name}拟获奖名单公示"[:150],
        body=f"{competition.title}{event.name}{sheet.stage.name}已经结束，现将拟获奖名单予以公示。",
        lines=lines,
        source_key=f"{_prefix(sheet)}{number}",
        order_rule=PublicNotice.OrderRule.SCORE,
        contact_name="竞赛组委会",
        contact_phone=competition.contact if len(competition.contact) <= CONTACT else "",
    )


def obstacles(sheet):
    """Return why a sheet may not be published yet because of its notice, as Chinese sentences."""
    notice = notice_of(sheet)
    if notice is None:
        return []
    if notice.withdrawn_at:
        return [f"公示《{notice}》已撤下，请重新公示，或退回更正。"]
    if notice.status == PublicNotice.Status.DRAFT:
        return [f"公示《{notice}》还没有发布。"]
    if not notice.is_over():
        return [f"公示《{notice}》还在进行，期满后才能发布成绩。"]
    found = []
    for status, text in (
        (NoticeLine.Status.HELD, "的异议还没有结论"),
        (NoticeLine.Status.REMOVED, "的异议成立，请退回更正后重新锁定、公示"),
    ):
        names = list(notice.lines.filter(status=status).values_list("name", flat=True))
        found += [f"公示中{'、'.join(names)}{text}。"] if names else []
    if notice.status != PublicNotice.Status.CLOSED:
        found += [] if found else lifecycle.obstacles_to_close(notice)
        found += [] if found else [f"公示《{notice}》已期满，请先办结。"]
    return found


def refuse_while_in_notice(sheet):
    """Raise ValidationError unless the notice of a sheet, if it has one, stands in nobody's way; holds its lock."""
    if notice := notice_of(sheet):
        lifecycle.lock_notice(notice)
    if found := obstacles(sheet):
        raise ValidationError(found)


def withdraw_for(*, sheet, actor, reason):
    """Take down what was to announce a sheet that is dropped; a closed notice stays as the record of what was done."""
    notice = notice_of(sheet)
    notice = notice and lifecycle.lock_notice(notice)
    if notice is None or notice.withdrawn_at or notice.status == PublicNotice.Status.CLOSED:
        return
    if notice.status == PublicNotice.Status.DRAFT:
        notice.delete()
    else:
        lifecycle.withdraw_notice(notice=notice, actor=actor, reason=f"成绩退回更正：{reason}"[:300])
