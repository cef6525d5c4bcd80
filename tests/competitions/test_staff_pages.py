"""The admin page of a competition and of a stage: what is shown, what may happen next, and what the buttons do."""

import pytest
from django.urls import reverse

from competitions.models import Competition, Entry, Module, Stage
from competitions.services import copying, recusals
from tests import factories
from tests.competitions.played import play
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Assignment, Judge

pytestmark = pytest.mark.django_db
PEOPLE = {"甲": (80, (90,) * 5, 600), "乙": (70, (80,) * 5, 700)}


def page(client, record):
    url = reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def step(client, record, act, **data):
    url = reverse(f"admin:competitions_{record._meta.model_name}_step", args=[record.pk, act])
    response = client.post(url, data, follow=True)
    assert response.status_code == 200
    return "\n".join(str(message) for message in response.context["messages"])


def test_a_draft_says_what_it_lacks_and_cannot_be_announced(client, staff):
    draft = Competition.objects.create(brand="工匠杯", year=2026, title="新竞赛", slug="xin")
    text = page(client, draft)
    assert "还没有赛项和轮次" in text
    assert "disabled>公告竞赛" in text
    assert "还没有赛项和轮次" in step(client, draft, "announced")
    draft.refresh_from_db()
    assert draft.status == Competition.Status.DRAFT


def test_a_competition_is_cancelled_only_with_a_reason(client, staff):
    competition = factories.make_competition(staff)
    assert "原因" in step(client, competition, "cancelled", reason=" ")
    assert "已取消" in step(client, competition, "cancelled", reason="场地不能使用")
    competition.refresh_from_db()
    assert competition.status == Competition.Status.CANCELLED


def test_a_stage_is_sealed_published_and_reopened_by_its_buttons(client, staff):
    stage = play(factories.make_superuser(), PEOPLE)
    assert "锁定成绩" in page(client, stage)
    assert "成绩已锁定" in step(client, stage, "seal")
    assert "成绩已发布" in step(client, stage, "publish")
    assert "理由" in step(client, stage, "reopen")
    assert "已退回更正" in step(client, stage, "reopen", reason="漏计扣分")
    stage.refresh_from_db()
    assert (stage.status, stage.correction_reason) == (Stage.Status.SCORING, "漏计扣分")


def test_what_keeps_a_stage_from_being_sealed_is_listed_and_its_button_is_off(client, staff):
    stage = play(factories.make_superuser(), {**PEOPLE, "丙": (60, (70,) * 4, 800)})
    text = page(client, stage)
    assert "暂不能锁定成绩" in text
    assert "丙" in text
    assert "丙" in step(client, stage, "seal")


def test_a_supervisor_sees_the_state_and_no_button(client):
    stage = play(factories.make_superuser(), PEOPLE)
    client.force_login(factories.make_user(roles.SUPERVISOR, is_staff=True))
    for record in (stage, stage.event.competition):
        text = page(client, record)
        assert "状态" in text
        assert "/step/" not in text


def test_a_step_is_taken_only_by_post_and_of_a_record_there_is(client, staff):
    competition = factories.make_competition(staff)
    url = reverse("admin:competitions_competition_step", args=[competition.pk, "closed"])
    assert client.get(url).status_code == 405
    missing = reverse("admin:competitions_competition_step", args=[987654321, "closed"])
    assert client.post(missing).status_code == 404


def test_a_copy_takes_the_set_up_with_its_dates_a_year_on_and_no_people_or_marks(client, staff):
    stage = play(factories.make_superuser(), PEOPLE, title="2025年第九届“工匠杯”")
    assert "草稿" in step(client, stage.event.competition, "copy")
    draft = Competition.objects.get(status=Competition.Status.DRAFT)
    assert (draft.title, draft.year, draft.edition) == ("2026年第十届“工匠杯”", 2026, 10)
    assert (str(draft.final_on), draft.announced_at, draft.documents.count()) == ("2026-05-23", None, 0)
    copy = Stage.objects.get(event__competition=draft)
    assert str(copy.held_on) == "2026-05-23"
    assert copy.status == Stage.Status.PREPARING
    assert list(copy.modules.values_list("name", "weight")) == list(
        stage.modules.values_list("name", "weight")
    )
    assert [str(tie) for tie in copy.ties.all()] == [str(tie) for tie in stage.ties.all()]
    panel = copy.modules.exclude(panel=None).get().panel
    assert panel != stage.modules.exclude(panel=None).get().panel
    assert [str(item) for item in panel.criteria.all()] == ["总评（100）"]
    assert (panel.locked_at, panel.assignments.count()) == (None, 0)
    assert not Entry.objects.filter(event__competition=draft).exists()
    assert AuditEntry.objects.filter(action="competitions.competition_copied").count() == 1


def dated(staff):
    """A competition with every date set."""
    competition = factories.make_competition(staff, entry_opens_on="2024-02-29", entry_closes_on="2024-03-31",
                                             final_on="2024-05-23", year=2024)  # fmt: skip
    return competition


def dates_of(draft):
    stage = Stage.objects.get(event__competition=draft)
    days = (draft.entry_opens_on, draft.entry_closes_on, draft.final_on, stage.held_on)
    return [day.isoformat() for day in days]


def test_a_copys_dates_move_as_far_as_its_first_day(client, staff):
    competition = dated(staff)
    assert 'value="2025-02-28"' in page(client, competition)
    step(client, competition, "copy", starts_on="2025-03-10")
    step(client, competition, "copy")
    moved, default = Competition.objects.filter(status="draft").order_by("pk")
    assert dates_of(moved) == ["2025-03-10", "2025-04-10", "2025-06-02", "2025-06-02"]
    assert dates_of(default) == ["2025-02-28", "2025-03-31", "2025-05-23", "2025-05-23"]
    assert moved.slug != default.slug


@pytest.mark.parametrize(
    ("given", "words"),
    [("2024-02-29", "应晚于本届"), ("2101-01-01", "应在 2024 到 2100"), ("明年春天", "不是日期")],
)
def test_a_copy_with_a_date_that_cannot_be_is_refused(client, staff, given, words):
    competition = dated(staff)
    assert words in step(client, competition, "copy", starts_on=given)
    assert not Competition.objects.filter(status="draft").exists()


def test_the_competitions_page_seals_and_publishes_or_says_why_not(client, staff):
    stage = play(factories.make_superuser(), PEOPLE)
    competition = stage.event.competition
    seal = reverse("admin:competitions_stage_step", args=[stage.pk, "seal"])
    publish = reverse("admin:competitions_stage_step", args=[stage.pk, "publish"])
    assert f'action="{seal}"' in page(client, competition)
    client.post(seal)
    text = page(client, competition)
    assert f'action="{publish}"' in text
    assert seal not in text
    client.post(publish)
    assert "已公布" in page(client, competition)
    other = play(factories.make_superuser("wurzel"), {**PEOPLE, "丙": (60, (70,) * 4, 800)})
    text = page(client, other.event.competition)
    assert "暂不能锁定成绩" in text
    assert "有效评分表不足" in text


@pytest.mark.parametrize(
    ("title", "edition", "expected"),
    [
        ("第十九届“工匠杯”2025", 19, "第二十届“工匠杯”2026"),
        ("第3届竞赛", 3, "第4届竞赛"),
        ("技能竞赛", None, "技能竞赛"),
    ],
)
def test_the_title_of_the_next_edition(title, edition, expected):
    assert copying.next_title(title, year=2025, edition=edition) == expected


def test_a_judge_of_the_contestants_unit_is_named_before_the_panel_opens(client, staff):
    competition = factories.make_competition(staff)
    event = competition.events.get()
    stage = event.stages.get()
    unit = factories.make_unit("第一机械厂")
    entry = factories.make_entry(event, "甲", unit)
    stage.appearances.create(entry=entry)
    judge = factories.make_user(roles.JUDGE)
    Judge.objects.create(user=judge, unit=unit)
    panel = Module.objects.exclude(panel=None).get().panel
    Assignment.objects.create(panel=panel, seat=1, user=judge, label="裁判1")
    ((_, pairs),) = recusals.expected_recusals(stage)
    assert [(str(pair.seat), pair.subject, pair.ground, pair.words) for pair in pairs] == [
        ("裁判1", entry, "same_unit", "同单位")
    ]
    assert "必须回避" in page(client, stage)


def test_a_panel_marked_module_added_on_the_stages_page_gets_its_panel(client, staff):
    competition = factories.make_competition(staff)
    stage = Stage.objects.get(event__competition=competition)
    form = client.get(reverse("admin:competitions_stage_change", args=[stage.pk])).context
    data = {**form["adminform"].form.initial}
    for formset in (item.formset for item in form["inline_admin_formsets"]):
        for part in (formset.management_form, *formset.forms):
            data |= {part.add_prefix(name): part[name].value() for name in part.fields}
    data |= {
        "modules-TOTAL_FORMS": 3,
        "modules-2-stage": stage.pk,
        "modules-2-name": "复评",
        "modules-2-position": 3,
        "modules-2-source": "panel",
        "modules-2-weight": 10,
    }
    data = {key: "" if value is None else value for key, value in data.items()}
    response = client.post(reverse("admin:competitions_stage_change", args=[stage.pk]), data)
    assert response.status_code == 302, response.context["errors"]
    assert Module.objects.get(name="复评").panel.title.endswith("复评")


def test_a_sealed_stage_cannot_be_changed_through_its_events_page(client, staff):
    root = factories.make_superuser()
    stage = play(root, PEOPLE)
    step(client, stage, "seal")
    url = reverse("admin:competitions_event_change", args=[stage.event_id])
    event = stage.event
    client.post(
        url,
        {
            "competition": event.competition_id,
            "name": event.name,
            "code": event.code,
            "position": 1,
            "team_size": 1,
            "introduction": "",
            "stages-TOTAL_FORMS": 1,
            "stages-INITIAL_FORMS": 1,
            "stages-0-id": stage.pk,
            "stages-0-event": event.pk,
            "stages-0-name": "改名",
            "stages-0-position": 9,
        },
    )
    stage.refresh_from_db()
    assert (stage.name, stage.position) == ("决赛", 1)
