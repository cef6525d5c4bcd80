"""Enrolling several people for a union body: all of them, or nobody."""

from django.core.exceptions import ValidationError
from django.db import transaction

from academies.models import Enrolment
from academies.services.enrolment import enrol
from unionportal.people.models import Person, UnionBody
from unionportal.people.services import person_by_identity

MOST_AT_ONCE = 50
NEUTRAL = "未能核对到“{name}”：姓名与身份证号须与本人身份证一致，请核对后再试；仍有问题请联系区总工会。"


def people_of(body):
    """Return the people whom a body may enrol without asking for their ID number: those of the units it covers."""
    return (
        Person.objects.current()
        .filter(unit__in=body.units.values("pk"))
        .exclude(life_status=Person.LifeStatus.DECEASED)
        .select_related("unit", "user")
    )


@transaction.atomic
def enrol_people(*, run, body, people, newcomers, actor, now=None):
    """Enrol people of a body's units, and newcomers as (name, ID number), in this order; returns the Enrolments.

    Whatever stops one of them stops all, and every reason is given by name.
    """
    if not UnionBody.objects.kept_by(actor).filter(pk=body.pk).exists():
        raise ValidationError("您现在不是这家工会的经办人，不能代报。")
    chosen = list(people_of(body).filter(pk__in=[person.pk for person in people]).order_by("pinyin", "pk"))
    if len(chosen) != len({person.pk for person in people}):
        raise ValidationError("所选人员中有人已不在本工会的单位，请刷新名单后再选。")
    problems = []
    for name, id_number in newcomers:
        person = person_by_identity(name=name, id_number=id_number, actor=actor, source=str(run))
        if person is None:
            problems.append(NEUTRAL.format(name=name))
        elif person not in chosen:
            chosen.append(person)
    if not chosen and not problems:
        raise ValidationError("请至少选一个人。")
    if len(chosen) > MOST_AT_ONCE:
        raise ValidationError(f"一次最多报 {MOST_AT_ONCE} 人，您选了 {len(chosen)} 人，请分批报名。")
    made = []
    for person in chosen:
        try:
            made.append(
                enrol(
                    run=run,
                    person=person,
                    actor=actor,
                    channel=Enrolment.Channel.LIAISON,
                    body=body,
                    now=now,
                )
            )
        except ValidationError as error:
            problems += error.messages
    if problems:
        raise ValidationError(list(dict.fromkeys(problems)))
    return made
