"""The demo's studios: the published total, every state of an achievement, and a second loading that changes nothing."""

import pytest

from studios.models import Achievement, AnnualReview, HelpRequest, PlaqueCeremony, Studio, StudioApplication
from unionportal.accounts.models import SiteSettings, User
from unionportal.demo import loading
from unionportal.demo.craftsmen import load_craftsmen
from unionportal.demo.studios import load_studios
from unionportal.people.models import Person

pytestmark = pytest.mark.django_db


def test_the_demo_shows_forty_eight_and_each_state_and_is_loaded_once(client):
    SiteSettings.load().save()
    loading.load_accounts()
    loading.load_site()
    actor = User.objects.get(username="admin")
    loading.load_news(actor)
    load_craftsmen(actor)
    assert load_studios(actor) is True
    context = client.get("/studios/").context
    assert (context["total"], context["listed"]) == (48, 8)
    assert set(Achievement.objects.values_list("status", flat=True)) == set(Achievement.Status)
    levels = set(Achievement.objects.values_list("confidentiality", flat=True))
    assert levels == set(Achievement.Confidentiality)
    assert StudioApplication.objects.get().status == StudioApplication.Status.APPLIED
    assert AnnualReview.objects.overdue().count() == 1
    assert set(AnnualReview.objects.values_list("status", flat=True)) == {"open", "submitted", "decided"}
    assert set(PlaqueCeremony.objects.values_list("status", "photos__caption").distinct()) == {
        ("held", None),
        ("held", "示意图：两人托起一块工作室牌匾"),
        ("held", "示意图：两名工友在工作台前讨论一个零件"),
    }
    assert HelpRequest.objects.public().count() == 2
    made = Person.objects.filter(studio_roles__isnull=False)
    assert all(person.name.startswith("演示") for person in made)
    before = (Studio.objects.count(), Achievement.objects.count())
    assert load_studios(actor) is False
    assert (Studio.objects.count(), Achievement.objects.count()) == before
