"""Who may not mark whom: shown beforehand, added, lifted; a substitute marks only what is still to be marked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_superuser, make_unit, make_user
from tests.panels.desk import D, actions, make_candidate, make_judge, make_panel, pairs, save, submit
from unionportal import roles, work_queue
from unionportal.panels.models import Judge, Recusal, Sheet
from unionportal.panels.services import decisions, seats

pytestmark = pytest.mark.django_db
TOWN = {"town": "果园街道"}


@pytest.fixture
def clerk(client):
    user = make_user(roles.COMPETITION_STAFF, is_staff=True)
    client.force_login(user)
    return user


def page(client, panel):
    return client.get(reverse("admin:panels_panel_change", args=[panel.pk])).content.decode()


def post(client, name, *args, **data):
    response = client.post(reverse(f"admin:panels_panel_{name}", args=args), data, follow=True)
    return "\n".join(str(message) for message in response.context["messages"])


def watched_panel(staff, **options):
    """A judge of 甲厂 in 果园街道; candidates of the same unit, of the same town, and of neither."""
    home = make_unit("甲厂", **TOWN)
    judge = make_judge("jia", home)
    panel = make_panel(staff, judges=[judge], is_open=False, **options)
    make_candidate(panel, "同事", home)
    make_candidate(panel, "邻居", make_unit("乙厂", **TOWN))
    make_candidate(panel, "旁人")
    return panel, judge


def test_before_the_panel_opens_the_page_names_who_must_and_who_might_stand_back(client, clerk):
    panel, _ = watched_panel(clerk)
    text = page(client, panel)
    assert "<b>必须回避</b>" in text
    assert "同镇街（果园街道），可以评，也可以回避" in text
    assert not Recusal.objects.exists()
    warning = panel.candidates.get(label="邻居")
    seat = panel.assignments.get()
    said = post(
        client, "recuse", panel.pk, assignment=seat.pk, candidate=warning.pk, note="同镇街（果园街道）"
    )
    assert "不评邻居" in said
    seats.open_panel(panel=panel, actor=clerk)
    assert pairs(panel) == {(seat.label, "旁人")}
    assert "可以评，也可以回避" not in page(client, panel)


def test_a_merged_unit_is_the_same_unit(staff):
    panel, _ = watched_panel(staff)
    old = make_unit("老甲厂", merged_into=panel.assignments.get().user.judge.unit)
    make_candidate(panel, "老同事", old)
    assert {pair.subject.label for pair in seats.panel_closeness(panel) if pair.ground} == {"同事", "老同事"}


def test_a_recusal_added_by_staff_is_lifted_with_a_reason_and_the_sheet_comes_back(client, clerk):
    panel, judge = watched_panel(clerk)
    seats.open_panel(panel=panel, actor=clerk)
    added = seats.recuse(
        assignment=panel.assignments.get(),
        candidate=panel.candidates.get(label="旁人"),
        actor=clerk,
        note="师徒",
    )
    Sheet.objects.filter(candidate=added.candidate).delete()
    assert "理由" in post(client, "lift", panel.pk, added.pk, reason=" ")
    assert "已解除回避" in post(client, "lift", panel.pk, added.pk, reason="查无此事")
    assert (judge.name, "旁人") in pairs(panel)
    assert actions()[-1] == "panels.recusal_lifted"
    response = client.post(
        reverse("admin:panels_panel_lift", args=[panel.pk, added.pk]), {"reason": "再点一次"}
    )
    assert response.status_code == 404


def test_what_the_rule_demands_is_not_lifted_until_what_it_rests_on_is_put_right(client, clerk):
    panel, judge = watched_panel(clerk)
    seats.open_panel(panel=panel, actor=clerk)
    demanded = Recusal.objects.get()
    assert "必须回避，不能解除" in post(client, "lift", panel.pk, demanded.pk, reason="请通融")
    Judge.objects.filter(user=judge).update(unit=None)
    assert "已解除回避" in post(client, "lift", panel.pk, demanded.pk, reason="单位登记有误")


def test_after_the_closing_recusals_stand_still(client, clerk):
    panel, _ = watched_panel(clerk)
    seats.open_panel(panel=panel, actor=clerk)
    seats.close_panel(panel=panel, actor=clerk)
    text = page(client, panel)
    assert "回避不再改动" in text
    assert "/lift/" not in text
    assert "评分已截止" in post(client, "lift", panel.pk, Recusal.objects.get().pk, reason="改")


def test_the_supervisor_sees_recusals_and_changes_none(client, staff):
    panel, _ = watched_panel(staff)
    seats.open_panel(panel=panel, actor=staff)
    client.force_login(make_user(roles.SUPERVISOR, is_staff=True))
    text = page(client, panel)
    assert "同单位" in text
    assert "recuse/" not in text
    assert "/lift/" not in text


def test_a_recusal_of_another_panel_is_not_there(client, clerk):
    panel, _ = watched_panel(clerk)
    other = make_panel(clerk, candidates=["外人"])
    seats.open_panel(panel=panel, actor=clerk)
    url = reverse("admin:panels_panel_lift", args=[other.pk, Recusal.objects.get().pk])
    assert client.post(url, {"reason": "x"}).status_code == 404
    seat, stranger = panel.assignments.get(), other.candidates.get()
    said = post(client, "recuse", panel.pk, assignment=seat.pk, candidate=stranger.pk, note="x")
    assert "评审对象" in said


def test_a_judge_whose_qualification_has_run_out_gets_no_seat(staff):
    judge, today = make_judge("yi"), timezone.localdate()
    panel = make_panel(staff, is_open=False)
    Judge.objects.filter(user=judge).update(valid_until=today - timedelta(days=1))
    with pytest.raises(ValidationError, match="裁判资格已于 .* 到期"):
        seats.assign_judge(panel=panel, seat=1, user=judge, actor=staff)
    Judge.objects.filter(user=judge).update(valid_until=today)
    assert seats.assign_judge(panel=panel, seat=1, user=judge, actor=staff).user == judge


def test_no_more_judges_mark_than_the_panel_has_seats(staff):
    panel = make_panel(staff, judges=[make_judge("yi")], is_open=False)
    with pytest.raises(ValidationError, match="只设 1 个打分席位"):
        seats.assign_judge(panel=panel, seat=2, user=make_judge("er"), actor=staff)
    seats.assign_judge(
        panel=panel, seat=2, user=make_judge("san"), actor=staff, role="chief", is_marking=False
    )


def test_a_closed_account_gets_no_seat(staff):
    panel = make_panel(staff, is_open=False)
    with pytest.raises(ValidationError, match="已停用"):
        seats.assign_judge(panel=panel, seat=1, user=make_user(roles.JUDGE, is_active=False), actor=staff)


def seats_form(panel, *rows, count=2):
    data = {
        "title": "组",
        "seats": count,
        "min_judges": 1,
        "trim": "none",
        "trim_from": 5,
        "spread_limit": "",
    }
    data |= {"criteria-TOTAL_FORMS": 0, "criteria-INITIAL_FORMS": 0}
    data |= {"assignments-TOTAL_FORMS": len(rows), "assignments-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        row = {"label": f"裁判{number}", "role": "judge", "is_marking": "on"} | row
        data |= {f"assignments-{number}-{name}": value for name, value in row.items()}
    return reverse("admin:panels_panel_change", args=[panel.pk]), data


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"seat": 1}, {"seat": 1}], "同一席位"),
        ([{"seat": 1}, {"seat": 2}, {"seat": 3}], "多于“裁判席位数”2"),
        ([{"seat": 1, "role": "chief"}, {"seat": 2, "role": "chief"}], "裁判长只能有一名"),
    ],
)
def test_seats_laid_out_together_are_checked_together(client, clerk, rows, words):
    panel = make_panel(clerk, is_open=False)
    response = client.post(*seats_form(panel, *rows))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not panel.assignments.exists()


# ── A substitute ─────────────────────────────────────────────────────────────────────────────────────────


def replaced(staff):
    """Two judges and three candidates; the first judge has handed in 01, begun 02, and is replaced."""
    leaving, staying, substitute = make_judge("zou"), make_judge("liu"), make_judge("lai")
    panel = make_panel(staff, judges=[leaving, staying], candidates=["01", "02", "03"])
    submit(leaving, D(50), D(30), label="01")
    save(leaving, D(50), None, label="02")
    for label in ("01", "02", "03"):
        submit(staying, D(40), D(30), label=label)
    seat = panel.assignments.get(user=leaving)
    seats.replace_judge(assignment=seat, actor=staff, reason="突发疾病", user=substitute)
    return panel, seat, substitute


def test_a_substitute_gets_sheets_only_for_whom_the_predecessor_has_not_handed_in(client, clerk):
    root = make_superuser()
    panel, seat, substitute = replaced(root)
    own = Sheet.objects.filter(assignment__user=substitute)
    assert set(own.values_list("candidate__label", flat=True)) == {"02", "03"}
    (task,) = [task for task in work_queue.tasks_of(clerk) if task.title == "未交评分表"]
    assert (task.count, task.detail) == (2, f"{substitute.name} 2 份")
    assert task.url == reverse("boards:board_list")
    sheets = {"panel__id__exact": panel.pk, "assignment__user__id__exact": substitute.pk}
    found = client.get(reverse("admin:panels_sheet_changelist"), sheets).context["cl"]
    assert {sheet.candidate.label for sheet in found.result_list} == {"02", "03"}
    titles = [str(spec.title) for spec in found.filter_specs]
    assert len(titles) == len(set(titles))
    assert {"评审组状态", "裁判、评委"} <= set(titles)
    assert "1 份，计入 1 份" in page(client, panel)
    for label in ("02", "03"):
        submit(substitute, D(45), D(30), label=label)
    counted = Sheet.objects.counting().filter(assignment__seat=seat.seat)
    assert set(counted.values_list("assignment__user", "candidate__label")) == {
        (seat.user_id, "01"),
        (substitute.pk, "02"),
        (substitute.pk, "03"),
    }
    assert "未交评分表" not in {task.title for task in work_queue.tasks_of(clerk)}


def test_the_queue_does_not_ask_a_substitute_for_what_the_predecessor_handed_in(clerk):
    panel, _, substitute = replaced(make_superuser())
    # As panels that were opened before a substitute's sheets were limited still have it.
    Sheet.objects.create(
        panel=panel,
        candidate=panel.candidates.get(label="01"),
        assignment=panel.assignments.get(user=substitute),
    )
    assert {task.count for task in work_queue.tasks_of(clerk) if task.title == "未交评分表"} == {2}


def test_a_predecessor_set_aside_is_marked_anew_and_does_not_count_twice_later(staff):
    panel, seat, substitute = replaced(staff)
    aside = decisions.set_judge_aside(assignment=seat, actor=staff, reason="有失公允")
    assert (substitute.name, "01") in pairs(panel)
    submit(substitute, D(45), D(30), label="01")
    with pytest.raises(ValidationError, match="一席计两次"):
        decisions.count_judge_again(assignment=aside, actor=staff, reason="误判")
