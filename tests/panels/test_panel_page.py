"""A panel's page in the admin: seats, recusals, and a judge replaced with a reason."""

import pytest
from django.urls import reverse
from django.utils import timezone

from competitions.services.stages import stage_panels
from tests import factories
from tests.competitions.played import play
from unionportal import roles
from unionportal.panels.models import Assignment, Panel, Sheet

pytestmark = pytest.mark.django_db
PEOPLE = {"甲": (80, (90,) * 5, 600), "乙": (70, (80,) * 5, 700)}


@pytest.fixture
def panel(client):
    client.force_login(factories.make_user(roles.COMPETITION_STAFF, is_staff=True))
    return stage_panels(play(factories.make_superuser(), PEOPLE))[0]


def replace_url(panel, seat):
    return reverse("admin:panels_panel_replace", args=[panel.pk, seat.pk])


def test_a_judge_is_replaced_after_the_first_mark_and_the_sheets_handed_in_still_count(client, panel):
    seat = panel.assignments.get(seat=2)
    substitute = factories.make_user(roles.JUDGE, name="替补裁判")
    page = client.get(replace_url(panel, seat)).content.decode()
    assert "2 份" in page
    assert "理由会与计分规则一起公布" in page
    response = client.post(replace_url(panel, seat), {"user": substitute.pk, "reason": "突发疾病"})
    assert response.status_code == 302
    seat.refresh_from_db()
    assert (seat.reason, seat.ended_at is None) == ("突发疾病", False)
    assert panel.sheets.counting().filter(assignment=seat).count() == 2
    assert panel.assignments.get(seat=2, ended_at=None).user == substitute
    page = client.get(reverse("admin:panels_panel_change", args=[panel.pk])).content.decode()
    assert "已退出：突发疾病" in page
    assert "替补裁判" in page


@pytest.mark.parametrize(("sent", "field"), [({"label": "裁判6"}, "reason"), ({"reason": "因故"}, "label")])
def test_a_replacement_needs_a_name_and_a_reason(client, panel, sent, field):
    response = client.post(replace_url(panel, panel.assignments.get(seat=2)), sent)
    assert field in response.context["form"].errors
    assert not panel.assignments.exclude(ended_at=None).exists()


def test_a_seat_of_another_panel_or_one_left_already_is_not_there(client, panel):
    seat = panel.assignments.get(seat=2)
    other = Panel.objects.create(title="另一组")
    assert client.get(replace_url(other, seat)).status_code == 404
    client.post(replace_url(panel, seat), {"label": "裁判6", "reason": "因故"})
    assert client.get(replace_url(panel, seat)).status_code == 404


def test_a_selection_s_page_names_each_expert_once_and_calls_nobody_a_referee(client):
    client.force_login(factories.make_user(roles.CRAFTSMAN_STAFF, is_staff=True))
    panel = Panel.objects.create(title="专家组", kind=Panel.Kind.SELECTION, locked_at=timezone.now())
    expert = factories.make_user(roles.EXPERT, name="专家甲")
    Assignment.objects.create(panel=panel, seat=1, label="专家甲", user=expert)
    Assignment.objects.create(
        panel=panel, seat=2, label="二号", user=factories.make_user(name="专家乙"), role="chief"
    )
    page = client.get(reverse("admin:panels_panel_change", args=[panel.pk])).content.decode()
    table = page.partition("<h2>席位</h2>")[2]
    assert "<td>专家甲</td>" in table
    assert "<td>二号（专家乙）</td>" in table
    assert "<td>评委</td>" in table
    assert "<td>评审组长</td>" in table
    assert "裁判员" not in page


def test_a_sheet_tells_its_total_as_points(client, panel):
    sheet = panel.sheets.filter(status="submitted").first()
    Sheet.objects.filter(pk=sheet.pk).update(total_thirds="241.5")
    page = client.get(reverse("admin:panels_sheet_change", args=[sheet.pk])).content.decode()
    assert "三倍" not in page
    assert '<div class="readonly">80.5</div>' in page


def test_seats_and_rubric_are_edited_on_the_page_until_the_first_mark(client, panel):
    fresh = Panel.objects.create(title="新组")
    url = reverse("admin:panels_panel_change", args=[fresh.pk])
    assert 'name="criteria-TOTAL_FORMS"' in client.get(url).content.decode()
    locked = client.get(reverse("admin:panels_panel_change", args=[panel.pk])).content.decode()
    assert "已有评分记入" in locked
    assert 'name="_save"' not in locked
    data = {
        "title": "新组",
        "seats": 5,
        "min_judges": 5,
        "trim": "sheet",
        "trim_from": 5,
        "spread_limit": "",
        "criteria-TOTAL_FORMS": 1,
        "criteria-INITIAL_FORMS": 0,
        "criteria-0-position": 1,
        "criteria-0-name": "质量",
        "criteria-0-clause": "GB 3.1",
        "criteria-0-kind": "points",
        "criteria-0-maximum": 100,
        "criteria-0-step": "0.5",
        "assignments-TOTAL_FORMS": 1,
        "assignments-INITIAL_FORMS": 0,
        "assignments-0-seat": 1,
        "assignments-0-label": "裁判1",
        "assignments-0-role": "chief",
        "assignments-0-is_marking": "on",
    }
    assert client.post(url, data).status_code == 302
    assert list(fresh.criteria.values_list("name", "clause")) == [("质量", "GB 3.1")]
    assert Assignment.objects.get(panel=fresh).role == Assignment.Role.CHIEF
