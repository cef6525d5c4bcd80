"""An achievement while its studio writes it: begun once, saved with contributors and adopting units."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from studios.models import Achievement, Adoption, Studio
from studios.services.achievements import replace_contributions
from studios.services.rights import lock, lock_studio
from studios.services.secrecy import keep_back
from unionportal.accounts.services import do_once
from unionportal.audit.services import record


class StaleAchievement(Exception):
    """The draft has been saved elsewhere since it was read."""


def start_achievement(*, studio, actor, key, fields, people, units):
    """Begin a draft, once however often its form (its key) is sent; returns the achievement."""

    def work():
        return {"achievement": _start(studio, actor, fields, people, units).pk}

    body = {name: str(getattr(value, "pk", value)) for name, value in fields.items()}
    body |= {"studio": studio.pk, "people": people, "units": units}
    answer = do_once(actor=actor, key=key, action="studios.achievement_saved", body=body, work=work)
    return Achievement.objects.get(pk=answer["achievement"])


def _start(studio, actor, fields, people, units):
    studio = lock_studio(studio)
    if not Studio.objects.kept_by(actor).filter(pk=studio.pk).exists():
        raise PermissionDenied("您不能为这个工作室填报成果。")
    if studio.status != Studio.Status.ACTIVE:
        raise ValidationError(f"工作室{studio.get_status_display()}，不能再填报新成果。")
    achievement = Achievement(studio=studio)
    _write(achievement, fields, people, units)
    record(actor, "studios.achievement_saved", achievement)
    return achievement


@transaction.atomic
def save_achievement(*, achievement, actor, version, fields, people, units):
    """Write what the studio says of a draft or one that was returned; StaleAchievement if saved elsewhere since."""
    if not Achievement.objects.kept_by(actor).filter(pk=achievement.pk).exists():
        raise PermissionDenied("您不能修改这项成果。")
    achievement = lock(achievement)
    if achievement.status not in Achievement.AT_HAND:
        raise ValidationError(f"成果现为“{achievement.get_status_display()}”，本次没有保存。")
    if version != achievement.updated_at.isoformat():
        raise StaleAchievement
    former_title = achievement.title
    _write(achievement, fields, people, units)
    if achievement.confidentiality == Achievement.Confidentiality.SECRET:
        keep_back(achievement, former_title)
    record(actor, "studios.achievement_saved", achievement)
    return achievement


def _write(achievement, fields, people, units):
    for name, value in fields.items():
        setattr(achievement, name, value)
    achievement.full_clean()
    achievement.save()
    replace_contributions(achievement=achievement, lines=people)
    # A unit that staff have found in the register stays found while its name is the same.
    known = {item.unit_name: item.unit_id for item in achievement.adoptions.all()}
    achievement.adoptions.all().delete()
    for line in units:
        item = Adoption(achievement=achievement, unit_id=known.get(line["unit_name"]), **line)
        item.full_clean()
        item.save()
