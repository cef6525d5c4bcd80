"""Studios and what belongs to them, for tests."""

from datetime import date, timedelta

from django.utils import timezone

from studios.models import Achievement, Contribution, HelpRequest, PlaqueCeremony
from studios.services import achievements, ceremonies, help_requests, recognitions, reviews, studios
from tests.factories import make_person, make_superuser, make_unit, numbers
from unionportal.accounts.models import User


def staff():
    """The superuser who acts in these tests."""
    return User.objects.filter(is_superuser=True).first() or make_superuser()


def make_studio(name="", *, leader=True, recognised=True, **fields):
    """A studio of a unit, with a leader and a recognition of the district that stands."""
    unit = fields.pop("host_unit", None) or make_unit()
    studio = studios.register_studio(
        actor=staff(),
        name=name or f"第{next(numbers)}创新工作室",
        host_unit=unit,
        leader=make_person(unit=unit) if leader else None,
        **fields,
    )
    if recognised:
        recognise(studio)
    return studio


def recognise(studio, level="district", **fields):
    given = {
        "document_title": "关于命名创新工作室的决定",
        "document_number": f"密工发〔2025〕{next(numbers)}号",
        "named_on": date(2025, 5, 20),
        **fields,
    }
    return recognitions.recognise(studio=studio, actor=staff(), level=level, **given)


def make_achievement(studio=None, *, status="draft", confidentiality="public", people=1, **fields):
    """An achievement in this state, with contributors who are persons of the portal."""
    item = Achievement.objects.create(
        studio=studio or make_studio(),
        **{
            "title": f"成果{next(numbers)}",
            "year": timezone.localdate().year,
            "kind": "renovation",
            "problem": "换料费时",
            "solution": "改用快换接头",
            "confidentiality": confidentiality,
            **fields,
        },
    )
    for place in range(1, people + 1):
        person = make_person()
        Contribution.objects.create(achievement=item, position=place, person=person, name=person.name)
    steps = {
        "submitted": [achievements.submit_achievement],
        "verified": [achievements.submit_achievement, achievements.verify_achievement],
        "published": [
            achievements.submit_achievement,
            achievements.verify_achievement,
            achievements.publish_achievement,
        ],
    }
    for step in steps.get(status, []):
        item = step(achievement=item, actor=staff())
    return item


def make_ceremony(*recognised, on=None, is_proofread=True):
    """A ceremony with a plaque for each of these recognitions."""
    ceremony = PlaqueCeremony.objects.create(title="授牌仪式", on=on or date(2025, 6, 18), place="区医院")
    ceremonies.list_plaques(ceremony=ceremony, recognitions=recognised, actor=staff())
    if is_proofread:
        ceremonies.proofread(ceremony=ceremony, actor=staff(), proofreader="某某")
    return ceremony


def make_review(studio=None, *, year=None, due_in=10, status="open"):
    """The review of a studio for a year, reported where it is to be decided."""
    studio, year = studio or make_studio(), year or timezone.localdate().year
    studio.recognitions.filter(named_on__year__gt=year).update(named_on=date(2019, 5, 20))
    due_on = timezone.localdate() + timedelta(due_in)
    reviews.open_reviews(year=year, due_on=due_on, actor=staff())
    review = studio.reviews.get(year=year)
    if status == "submitted":
        fields = {"results": "完成课题一项", "plan": "继续攻关"}
        review = reviews.submit_report(review=review, actor=staff(), fields=fields)
    return review


def make_question(**fields):
    """A question from somebody, as the public form takes it in."""
    given = {"title": "设备漏油", "question": "换了密封圈仍漏", "asker": "某甲", "contact": "13800000000"}
    item = help_requests.ask(**{**given, **fields})
    return HelpRequest.objects.get(pk=item.pk)
