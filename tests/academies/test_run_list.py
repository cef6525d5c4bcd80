"""What the staff's list of runs says of each: its phase, and days that cannot be mistaken for another year's."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from academies.admin.runs import period
from tests import factories
from tests.academies.runs import enrol_all, make_people, make_run
from unionportal import roles

pytestmark = pytest.mark.django_db
NOW, TODAY = timezone.now(), timezone.localdate()


def day(days):
    return TODAY + timedelta(days=days)


PHASES = {
    "报名中": {},
    "待开班": {"enrolment_closes_at": NOW - timedelta(hours=1)},
    "开班中": {"enrolment_closes_at": NOW - timedelta(days=2), "starts_on": day(-1), "ends_on": day(1)},
    "待结业": {
        "enrolment_opens_at": None,
        "enrolment_closes_at": None,
        "starts_on": day(-8),
        "ends_on": day(-1),
    },
    "草稿": {"status": "draft"},
}


@pytest.fixture
def staff(client):
    client.force_login(factories.make_user(roles.ACADEMY_STAFF, is_staff=True))


def main_buttons(page):
    return [part.partition("</a>")[0].rpartition(">")[2] for part in page.split('<a class="button" ')[1:]]


def test_the_list_tells_runs_in_session_from_those_that_wait_for_completion(client, staff):
    made = {make_run(**fields).pk: words for words, fields in PHASES.items()}
    response = client.get(reverse("admin:academies_courserun_changelist"))
    shown = response.context["cl"]
    admin = shown.model_admin
    assert {run.pk: admin.phase(run) for run in shown.result_list} == made
    for words in PHASES:
        assert f'<td class="field-phase">{words}</td>' in response.text


@pytest.mark.parametrize(("words", "main"), [("开班中", "学员名单"), ("待结业", "办理结业")])
def test_the_next_step_of_a_run_is_its_completion_once_it_is_over(client, staff, words, main):
    run = make_run(**PHASES[words])
    page = client.get(reverse("admin:academies_courserun_change", args=[run.pk])).text
    assert f"<dt>状态</dt><dd>{words}</dd>" in page
    assert main_buttons(page) == [main]


def test_a_period_names_the_year_it_ends_in_where_that_is_another():
    assert period(date(2026, 11, 13), date(2027, 1, 22)) == "2026-11-13 至 2027-01-22"
    assert period(date(2026, 11, 3), date(2026, 11, 12)) == "2026-11-03 至 11-12"
    assert period(None, None) == "未定"
    assert period(None, date(2027, 1, 12)) == "未定 至 2027-01-12"
    assert period(date(2026, 11, 3), None) == "2026-11-03 至 未定"


def test_enrolments_are_filtered_by_run(client, staff):
    run, other = make_run(), make_run()
    enrol_all(run, make_people(2))
    enrol_all(other, make_people(1))
    page = reverse("admin:academies_enrolment_changelist")
    shown = client.get(page, {"run__id__exact": run.pk}).context["cl"]
    assert {item.run for item in shown.result_list} == {run}
    (by_run,) = [spec for spec in shown.filter_specs if spec.title == "班次"]
    offered = {choice["display"]: choice["selected"] for choice in by_run.choices(shown)}
    assert offered == {"全部": False, str(run): True, str(other): False}
    nonsense = client.get(page, {"run__id__exact": "abc"})
    assert nonsense.context["cl"].result_count == 3
