"""Asking other departments about everybody on the list at once, and taking their one reply."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from craftsmen.models import Consultation, ConsultationLine, Nomination
from craftsmen.services.rights import lock_offers, require
from unionportal.audit.services import record

Status, Opinion = Nomination.Status, ConsultationLine.Opinion
ASKED_ABOUT = (Status.ACCEPTED, Status.SHORTLISTED, Status.SCORED, Status.PROPOSED, Status.RESERVE)


def asked_about(selection):
    """Return the nominations that a letter sent now would list, in the order of its list."""
    return (
        Nomination.objects.filter(offer__selection=selection, status__in=ASKED_ABOUT)
        .select_related("person", "offer__title")
        .order_by("offer__position", "offer", "unit_name", "person__pinyin", "pk")
    )


@transaction.atomic
def send_letters(*, selection, departments, sent_on, actor, number="", due_on=None):
    """Make a letter to each department about everybody accepted whom it has not been asked about; returns them."""
    require(actor, "review_nominations")
    lock_offers(selection)
    departments = list(dict.fromkeys(name.strip() for name in departments if name.strip()))
    if not departments:
        raise ValidationError({"departments": "请填写要征求意见的部门，每行一个。"})
    if due_on and due_on < sent_on:
        raise ValidationError({"due_on": "请复函日期不能早于发函日期。"})
    people = list(asked_about(selection))
    if not people:
        raise ValidationError("还没有审查通过的申报，名单是空的。")
    letters = [
        _letter(selection, department, people, sent_on=sent_on, number=number.strip(), due_on=due_on)
        for department in departments
    ]
    record(
        actor,
        "craftsmen.departments_consulted",
        selection,
        names=departments,
        count=sum(letter.lines.count() for letter in letters),
    )
    return letters


def _letter(selection, department, people, **fields):
    asked = set(
        ConsultationLine.objects.filter(
            consultation__selection=selection, consultation__department=department
        ).values_list("nomination", flat=True)
    )
    fresh = [person for person in people if person.pk not in asked]
    if not fresh:
        raise ValidationError(f"已就名单上的全部人选征求过{department}的意见，不必重复发函。")
    letter = Consultation(selection=selection, department=department, **fields)
    letter.full_clean()
    letter.save()
    ConsultationLine.objects.bulk_create(
        ConsultationLine(consultation=letter, nomination=person) for person in fresh
    )
    return letter


@transaction.atomic
def record_reply(
    *, consultation, replied_on, actor, opinion=Opinion.NO_OBJECTION, exceptions=None, reply="", scan=None
):
    """Enter one reply for everybody on the list; returns the letter. May be entered anew to correct it.

    `opinion` holds for all but the `exceptions`, {line key: (opinion, note)}.
    """
    require(actor, "review_nominations")
    consultation = Consultation.objects.select_for_update(of=("self",), no_key=True).get(pk=consultation.pk)
    if replied_on > timezone.localdate():
        raise ValidationError({"replied_on": "复函日期不能晚于今天。"})
    lines = {line.pk: line for line in consultation.lines.select_related("nomination__person")}
    exceptions = exceptions or {}
    if set(exceptions) - set(lines):
        raise ValidationError("例外的人员不在这封函的名单上。")
    if opinion == Opinion.OBJECTION and set(exceptions) != set(lines):
        raise ValidationError({"opinion": "有不同意见的，请逐人登记并写明内容。"})
    for key, line in lines.items():
        line.opinion, note = exceptions.get(key, (opinion, ""))
        line.note = note.strip()
        if line.opinion == Opinion.OBJECTION and not line.note:
            raise ValidationError(f"{line.nomination.person.name}：有不同意见的，请写明内容。")
    consultation.replied_on, consultation.reply = replied_on, reply.strip()
    consultation.scan = scan or consultation.scan
    consultation.full_clean()
    consultation.save()
    ConsultationLine.objects.bulk_update(lines.values(), ["opinion", "note"])
    objections = sum(line.opinion == Opinion.OBJECTION for line in lines.values())
    record(actor, "craftsmen.reply_recorded", consultation, count=len(lines), objections=objections)
    return consultation
