"""An application at the union body that makes it: started, kept as a draft, handed in, withdrawn."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from studios.conditions import checks_of
from studios.models import ApplicationFile, Campaign, ConditionAnswer, Studio, StudioApplication
from studios.services.campaigns import lock_application, lock_campaign
from unionportal.accounts.services import do_once
from unionportal.audit.services import record
from unionportal.common import crypto
from unionportal.files.services import inspect_upload, store_file
from unionportal.panels.models import Candidate
from unionportal.panels.services.seats import lock_panel
from unionportal.people.models import UnionBody
from unionportal.people.services import person_by_identity

Status = StudioApplication.Status
MOST_FILES = 30
NEUTRAL = "暂不能登记这名负责人：姓名与身份证号可能不一致。请对照身份证核对；确认无误的，请联系区总工会。"
WITHDRAWABLE = set(Status) - {
    Status.NAMED,
    Status.REMOVED,
    Status.REJECTED,
    Status.WITHDRAWN,
    Status.NOT_CHOSEN,
}


class StaleApplication(Exception):
    """The draft has been saved elsewhere since it was read."""


def begin_application(*, actor, key, **given):
    """Start a draft, once however often its form (its key) is sent; returns the application."""

    def work():
        return {"application": start_application(actor=actor, **given).pk}

    body = {name: str(getattr(value, "pk", value)) for name, value in given.items()}
    body["leader_id_number"] = crypto.keyed_hash(given["leader_id_number"])
    answer = do_once(actor=actor, key=key, action="studios.application_started", body=body, work=work)
    return StudioApplication.objects.get(pk=answer["application"])


@transaction.atomic
def start_application(*, campaign, body, name, leader_name, leader_id_number, actor, studio=None):
    """Start a draft for a studio of a union body and return it; the leader rests on name and full ID number."""
    if not UnionBody.objects.kept_by(actor).filter(pk=body.pk).exists():
        raise PermissionDenied("您不是这个工会的经办人。")
    # Of two sendings at the same moment the second waits here, and is told that the application is there.
    lock_campaign(campaign)
    if not Campaign.objects.open_for_applications().filter(pk=campaign.pk).exists():
        raise ValidationError("本批次现在不接受申报。")
    if studio is not None and not Studio.objects.kept_for(actor).filter(pk=studio.pk).exists():
        raise ValidationError("只能为本工会的工作室申报。")
    leader = person_by_identity(
        name=leader_name, id_number=leader_id_number, actor=actor, source=str(campaign)
    )
    if leader is None:
        raise ValidationError(NEUTRAL)
    application = StudioApplication(
        campaign=campaign, body=body, studio=studio, name=name.strip(), leader=leader, applied_by=actor
    )
    _fill_from_records(application)
    application.full_clean()
    application.save()
    record(actor, "studios.application_started", application)
    return application


def _fill_from_records(application):
    """Fill in what the portal knows of a studio that stands already, and of the body's unit."""
    units = list(application.body.units.all()[:2])
    application.host_unit = units[0] if len(units) == 1 else application.leader.unit
    if (studio := application.studio) is None:
        return
    for name in ("kind", "host_unit", "sector", "field", "founded_on", "address", "phone", "story", "goals"):
        setattr(application, name, getattr(studio, name))
    application.equipment = studio.equipment
    members = studio.members.current().exclude(role="leader")
    application.team = "\n".join(f"{item.name}，{item.post}".rstrip("，") for item in members)


def refuse_unless_at_hand(application):
    """Raise ValidationError unless the union body may write now; what was returned may be corrected after the window."""
    if application.status not in StudioApplication.AT_HAND:
        raise ValidationError(f"申报现为“{application.get_status_display()}”，不能再修改。")
    if application.campaign.status == Campaign.Status.CLOSED:
        raise ValidationError("本批次已结束，不能再填写。")
    still_open = Campaign.objects.open_for_applications().filter(pk=application.campaign_id)
    if application.status == Status.DRAFT and not still_open.exists():
        raise ValidationError(f"申报已于 {application.campaign.closes_on} 截止，不能再填写。")


@transaction.atomic
def save_application(*, application, actor, version, fields, answers=None):
    """Write fields and answers {condition: {number, text}} into the draft; StaleApplication if saved elsewhere since."""
    application = lock_application(application)
    refuse_unless_at_hand(application)
    if version != application.version:
        raise StaleApplication
    changed = [name for name, value in fields.items() if getattr(application, name) != value]
    for name in changed:
        setattr(application, name, fields[name])
    known = {item.condition: item for item in application.answers.all()}
    told = []
    for condition, given in (answers or {}).items():
        answer = known.get(condition) or ConditionAnswer(application=application, condition=condition)
        if (answer.number, answer.text) != (given["number"], given["text"]):
            answer.number, answer.text = given["number"], given["text"]
            answer.save()
            told.append(answer.get_condition_display())
    if changed or told:
        application.version += 1
        application.save()
        names = [str(StudioApplication._meta.get_field(name).verbose_name) for name in changed] + told
        record(actor, "studios.application_saved", application, names=names, version=application.version)
    return application


def keep_application(*, application, actor, key, version, fields, answers=None):
    """Save once per key, however often it is sent; returns the receipt as plain values."""

    def work():
        saved = save_application(
            application=application, actor=actor, version=version, fields=fields, answers=answers
        )
        return {"version": saved.version, "saved_at": f"{timezone.localtime():%H:%M}", "status": saved.status}

    body = {name: str(getattr(value, "pk", value)) for name, value in fields.items()}
    body |= {"application": application.pk, "version": version, "answers": answers or {}}
    return do_once(actor=actor, key=key, action="studios.application_saved", body=body, work=work)


def obstacles_to_submit(application):
    """Return what an application still lacks, as Chinese sentences."""
    needed = ("name", "host_unit", "leader", "field", "address", "story", "goals")
    labels = {name: StudioApplication._meta.get_field(name).verbose_name for name in needed}
    found = [f"请填写{labels[name]}。" for name in needed if not getattr(application, name)]
    found += _too_long(application)
    if not application.team_lines:
        found.append("请填写团队成员，一人一行。")
    found += [
        f"{check.label}（{check.asked}）：{check.word}。{check.note}"
        for check in checks_of(application)
        if check.state != "pass"
    ]
    if not any(paper.kind == ApplicationFile.Kind.FORM for paper in application.files.all()):
        found.append("请附上盖章的申报表扫描件。")
    return found


def _too_long(application):
    """Return which texts are longer than they may be handed in; a draft may be, while it is being shortened."""
    fields = [StudioApplication._meta.get_field(name) for name in ("story", "goals", "unit_opinion")]
    lengths = [(field, len(getattr(application, field.name))) for field in fields]
    return [
        f"{field.verbose_name}限 {field.max_length:,} 字，现为 {length:,} 字，请精简。"
        for field, length in lengths
        if length > field.max_length
    ]


@transaction.atomic
def submit_application(*, application, actor):
    """Hand an application in to the district union; returns it."""
    application = lock_application(application)
    refuse_unless_at_hand(application)
    if found := obstacles_to_submit(application):
        raise ValidationError(found)
    application.status, application.return_reason = Status.APPLIED, ""
    application.submitted_at = timezone.now()
    application.version += 1
    application.save()
    record(actor, "studios.application_submitted", application)
    return application


@transaction.atomic
def withdraw_application(*, application, actor, reason):
    """Withdraw an application at any time before it is decided; the reason stays."""
    application = lock_application(application)
    if application.status not in WITHDRAWABLE:
        raise ValidationError(f"申报现为“{application.get_status_display()}”，不能撤回。")
    if not reason.strip():
        raise ValidationError("请写明撤回的理由。")
    application.status, application.withdrawn_reason = Status.WITHDRAWN, reason.strip()[:300]
    application.version += 1
    application.save()
    if application.candidate_id:
        # Experts mark it no more, and no sheet of it is waited for.
        lock_panel(application.campaign.panel)
        Candidate.objects.filter(pk=application.candidate_id).update(is_marked=False)
    record(actor, "studios.application_withdrawn", application, reason=application.withdrawn_reason)
    return application


@transaction.atomic
def attach_file(*, application, kind, upload, actor, condition="", caption=""):
    """Attach a paper to a draft and return the ApplicationFile."""
    application = lock_application(application)
    refuse_unless_at_hand(application)
    if application.files.count() >= MOST_FILES:
        raise ValidationError(f"最多附 {MOST_FILES} 份材料，请合并后再上传。")
    stored = store_file(
        inspected=inspect_upload(upload), actor=actor, purpose="工作室申报材料", is_guarded=True
    )
    paper = application.files.create(kind=kind, condition=condition, file=stored, caption=caption)
    record(actor, "studios.application_file_added", application, name=str(paper), sha256=stored.sha256)
    return paper


@transaction.atomic
def remove_file(*, paper, actor):
    """Take a paper off a draft; the stored file stays, for what the audit says of it."""
    application = lock_application(paper.application)
    refuse_unless_at_hand(application)
    record(actor, "studios.application_file_removed", application, name=str(paper))
    paper.delete()
