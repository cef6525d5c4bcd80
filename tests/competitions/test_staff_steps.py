"""What staff do to entries and to whole lists: by steps with reasons, and asked once more where much hangs on it."""

import pytest
from django.urls import reverse

from competitions.models import Competition, Entry, Stage
from competitions.services import entries
from tests import factories
from tests.competitions.played import play
from tests.competitions.test_staff_pages import PEOPLE, page, step
from unionportal.audit.models import AuditEntry
from unionportal.news.models import Article, Column

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(staff):
    return factories.make_competition(staff).events.get().stages.get()


def waiting(stage, name="甲"):
    entry = factories.make_entry(stage.event, name, factories.make_unit())
    Entry.objects.filter(pk=entry.pk).update(status="pending")
    entry.refresh_from_db()
    return entry


def test_an_entry_is_accepted_returned_and_withdrawn_by_its_steps_with_reasons(client, stage):
    entry = waiting(stage)
    assert "通过报名" in page(client, entry)
    assert "理由" in step(client, entry, "return", reason=" ")
    assert "已退回" in step(client, entry, "return", reason="缺单位意见")
    entry.refresh_from_db()
    assert (entry.status, entry.reason) == ("returned", "缺单位意见")
    assert "已通过" in step(client, entry, "accept")
    assert "理由" in step(client, entry, "withdraw")
    assert "已撤回" in step(client, entry, "withdraw", reason="本人申请")
    entry.refresh_from_db()
    assert (entry.status, entry.reason) == ("withdrawn", "本人申请")
    assert "不能转为" in step(client, entry, "accept")
    assert AuditEntry.objects.filter(action="competitions.entry_withdrawn").count() == 1
    assert "通过报名" not in page(client, entry)


def test_the_form_of_an_entry_does_not_change_its_state(client, stage):
    entry = waiting(stage)
    url = reverse("admin:competitions_entry_change", args=[entry.pk])
    given = {**client.get(url).context["adminform"].form.initial, "status": "accepted", "source": "worker"}
    given["note"] = "已核对"
    assert client.post(url, {name: value or "" for name, value in given.items()}).status_code == 302
    entry.refresh_from_db()
    assert (entry.status, entry.source, entry.note) == ("pending", "staff", "已核对")


def test_an_entry_that_is_in_a_stage_is_neither_returned_nor_withdrawn(client, stage):
    entry = factories.make_entry(stage.event, "甲", factories.make_unit())
    stage.appearances.create(entry=entry)
    assert entries.steps_of(entry) == []
    assert "已进入轮次，不能撤回" in step(client, entry, "withdraw", reason="本人申请")
    assert "已进入轮次，不能退回" in step(client, entry, "return", reason="材料不全")


def test_nobody_is_scored_in_an_empty_stage_and_one_step_enters_all_accepted(client, stage):
    text = page(client, stage)
    assert "还没有出场选手" in text
    assert "disabled>开始评分" in text
    first = factories.make_entry(stage.event, "甲", factories.make_unit())
    factories.make_entry(stage.event, "乙", factories.make_unit())
    waiting(stage, "丙")
    assert "编入 2 个已通过的报名" in page(client, stage)
    assert "已编入 2 个报名" in step(client, stage, "enter")
    assert set(stage.appearances.values_list("entry__person__name", flat=True)) == {"甲", "乙"}
    assert stage.appearances.get(entry=first).attempts.get().is_counted
    text = page(client, stage)
    assert "已通过的报名</button>" not in text
    assert "disabled>开始评分" not in text


def test_behind_an_earlier_stage_those_enter_whom_it_let_advance(client, staff):
    earlier = play(factories.make_superuser(), PEOPLE)
    Stage.objects.filter(pk=earlier.pk).update(advance=1, position=1)
    later = earlier.event.stages.create(name="加赛", position=9)
    assert "已编入 0 个报名" in step(client, later, "enter")
    step(client, earlier, "seal")
    assert "已编入 1 个报名" in step(client, later, "enter")
    assert later.appearances.get().entry.person.name == "甲"


@pytest.mark.parametrize("action", ["seal", "publish"])
def test_results_are_sealed_and_published_from_the_list_only_when_asked_twice(client, staff, action):
    stage = play(factories.make_superuser(), PEOPLE)
    if action == "publish":
        step(client, stage, "seal")
    before = Stage.objects.get(pk=stage.pk).status
    url = reverse("admin:competitions_stage_changelist")
    given = {"action": action, "_selected_action": [stage.pk]}
    asked = client.post(url, given)
    assert str(stage) in asked.text
    assert "不办了，返回列表" in asked.text
    assert Stage.objects.get(pk=stage.pk).status == before
    assert client.post(url, given | {"confirmed": "yes"}).status_code == 302
    assert Stage.objects.get(pk=stage.pk).status == {"seal": "sealed", "publish": "published"}[action]


def test_a_competition_is_closed_from_the_list_only_when_asked_twice(client, staff):
    competition = factories.make_competition(staff)
    url = reverse("admin:competitions_competition_changelist")
    given = {"action": "close", "_selected_action": [competition.pk]}
    assert "可以在竞赛页面重新打开" in client.post(url, given).text
    competition.refresh_from_db()
    assert competition.status == Competition.Status.ANNOUNCED
    client.post(url, given | {"confirmed": "yes"})
    competition.refresh_from_db()
    assert competition.status == Competition.Status.CLOSED


def test_what_the_public_may_not_see_has_no_link_to_a_public_page(client):
    client.force_login(factories.make_superuser())
    draft = Competition.objects.create(brand="工匠杯", year=2026, title="新竞赛", slug="xin")
    article = Article.objects.create(
        column=Column.objects.create(name="要闻", slug="yaowen"), title="标题", body="正文"
    )
    for record in (draft, article):
        assert "/staff/r/" not in page(client, record)
    Competition.objects.filter(pk=draft.pk).update(status="announced")
    assert "/staff/r/" in page(client, draft)
