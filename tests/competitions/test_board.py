"""The chief judge's board: who may open it, what it shows, and what can be decided on it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from competitions.models import Appearance, ModuleScore, ResultSheet, Stage
from competitions.services import chief, results, stages
from tests.competitions.boards import (
    candidate_of,
    key_of,
    make_board,
    mark,
    practical,
    sheet_of,
    url,
)
from tests.competitions.played import competition_of, two_part_final
from tests.factories import make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Sheet
from unionportal.panels.services import decisions, marks, seats

pytestmark = pytest.mark.django_db


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def text_of(response):
    return response.content.decode()


def do(client, stage, act, target="", **fields):
    return client.post(url(stage, "do", act), {"target": target, **fields})


def test_the_board_opens_for_its_chief_staff_and_the_supervisor_and_for_nobody_else(root, client):
    stage, chief_judge, judges = make_board(root)
    other, other_chief, _ = make_board(root)
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    supervisor = make_user(roles.SUPERVISOR, is_staff=True)
    news = make_user(roles.NEWS_STAFF, is_staff=True)
    expected = {chief_judge: 200, staff: 200, supervisor: 200, judges[1]: 404, other_chief: 404, news: 404}
    row = url(stage, "people", key_of(stage, "甲"))
    for user, status in expected.items():
        client.force_login(user)
        assert client.get(url(stage)).status_code == status
        assert client.get(row).status_code == status
    assert other.pk != stage.pk
    seats.end_assignment(
        assignment=practical(stage).assignments.get(user=chief_judge), actor=root, reason="换裁判长"
    )
    client.force_login(chief_judge)
    assert client.get(url(stage)).status_code == 404


def test_it_shows_each_sheets_state_the_score_the_total_and_who_is_missing(root, client):
    stage, user, _ = make_board(root, people=("甲", "乙"))
    mark(stage, "甲", 80, 82, 84)
    mark(stage, "乙", 90, None, None)
    client.force_login(user)
    page = text_of(client.get(url(stage)))
    for words in ("评委二", "82.00", "81.40", "未开始", "4<small> / 6 份", "谁还没交"):
        assert words in page
    row = text_of(client.get(url(stage, "people", key_of(stage, "甲"))))
    assert "(80 + 82 + 84) ÷ 3 = 82" in row
    by_rank = text_of(client.get(url(stage) + "?by=rank"))
    assert by_rank.index("甲") < by_rank.index("乙")


def test_while_a_stage_is_blind_the_board_knows_codes_only(root, client):
    stage, user, _ = make_board(
        root, people=("王小明", "李小红"), codes=("A07", "B12"), panel={"spread_limit": 5}
    )
    mark(stage, "王小明", 60, 80, 80)
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    unit = Appearance.objects.filter(stage=stage).first().entry.unit_name
    for reader in (user, staff):
        client.force_login(reader)
        pages = [client.get(url(stage)), client.get(url(stage, "people", key_of(stage, "王小明")))]
        pages.append(do(client, stage, "seal", confirmed="on") if reader is staff else pages[0])
        for page in map(text_of, pages):
            assert "A07" in page
            assert not any(secret in page for secret in ("王小明", "李小红", unit))
    assert "B12" in text_of(client.get(url(stage)))


def test_a_blind_stage_hides_also_whoever_has_no_code_yet(root, client):
    stage, user, _ = make_board(root, people=("王小明", "李小红"), codes=("A07",))
    client.force_login(user)
    page = text_of(client.get(url(stage)))
    assert "A07" in page
    assert f"未编号 {key_of(stage, '李小红')[:6]}" in page
    assert "李小红" not in page


def test_a_spread_alarm_is_answered_in_one_tap_and_a_second_tap_does_no_harm(root, client):
    stage, user, _ = make_board(root, panel={"spread_limit": 5})
    mark(stage, "甲", 70, 80, 80)
    client.force_login(user)
    target = key_of(stage, "甲")
    assert "甲 · 实操分差 10 分" in text_of(client.get(url(stage)))
    ready = "裁判观察角度不同，经合议维持原评分"
    for _ in range(2):
        assert do(client, stage, "spread", target, ready=ready).status_code == 302
    assert candidate_of(stage, "甲").spread_answer == ready
    assert actions().count("panels.spread_answered") == 1
    assert "甲 · 实操分差" not in text_of(client.get(url(stage)))
    refused = do(client, stage, "spread", key_of(stage, "乙"), reason=" ")
    assert refused.status_code == 422
    assert "请选一条现成的说明" in text_of(refused)


def test_a_reopened_sheet_goes_back_with_its_reason_and_what_hung_on_its_figures_is_open_again(root, client):
    stage, user, _ = make_board(root, panel={"spread_limit": 5})
    mark(stage, "甲", 70, 80, 80)
    decisions.answer_spread(candidate=candidate_of(stage, "甲"), actor=user, answer="复核")
    client.force_login(user)
    sheet, back = sheet_of(stage, "甲", 2), key_of(stage, "甲")
    refused = do(client, stage, "reopen", sheet.uuid, reason=" ", back=back)
    assert (refused.status_code, "退回的理由" in text_of(refused)) == (422, True)
    answer = do(client, stage, "reopen", sheet.uuid, reason="漏扣安全分", back=back)
    assert answer["Location"] == url(stage, "people", back)
    sheet.refresh_from_db()
    assert (sheet.status, sheet.reopen_reason) == (Sheet.Status.REOPENED, "漏扣安全分")
    assert candidate_of(stage, "甲").spread_answer == ""
    again = do(client, stage, "reopen", sheet.uuid, reason="漏扣安全分", back=back)
    assert again.status_code == 422
    assert "只有已提交的评分表可以退回" in text_of(again)
    assert actions().count("panels.sheet_reopened") == 1


def test_an_unshared_tie_is_decided_in_order_with_a_reason_kept_when_refused(root, client):
    stage, user, _ = make_board(root, people=("甲", "乙"), ranks_shared=False, ties=["实操"])
    for name in ("甲", "乙"):
        mark(stage, name, 80, 80, 80)
    client.force_login(user)
    first, second = key_of(stage, "甲"), key_of(stage, "乙")
    target = ",".join(sorted((first, second)))
    typed = {f"place_{first}": "2", f"place_{second}": "2", "reason": "加试一题"}
    refused = do(client, stage, "tie", target, **typed)
    assert refused.status_code == 422
    assert "同一名次给了两个人" in text_of(refused)
    assert 'value="加试一题"' in text_of(refused)
    assert do(client, stage, "tie", target, **typed | {f"place_{second}": "1"}).status_code == 302
    order = stage.appearances.order_by("decided_place").values_list("entry__person__name", "decided_reason")
    assert list(order) == [("乙", "加试一题"), ("甲", "加试一题")]
    twice = do(client, stage, "tie", target, **typed | {f"place_{second}": "1"})
    assert (twice.status_code, actions().count("competitions.tie_decided")) == (422, 1)
    assert do(client, stage, "withdraw", reason="写反了").status_code == 302
    assert not stage.appearances.exclude(decided_place=None).exists()
    assert do(client, stage, "withdraw", reason="写反了").status_code == 422


def test_where_the_judges_differ_in_number_one_is_set_aside_or_the_numbers_stand(root, client):
    stage, user, _ = make_board(root, judges=5, panel={"min_judges": 3})
    mark(stage, "甲", 80, 80, 80, 80, 80)
    mark(stage, "乙", 80, 80, 80, 80, None)
    client.force_login(user)
    panel = practical(stage)
    assert "计分裁判人数不一" in text_of(client.get(url(stage)))
    last = panel.assignments.get(seat=5)
    assert do(client, stage, "aside", panel.pk, seat=last.pk, reason="中途离场").status_code == 302
    assert "计分裁判人数不一" not in text_of(client.get(url(stage)))
    assert do(client, stage, "aside", panel.pk, seat=last.pk, reason="中途离场").status_code == 422
    assert do(client, stage, "again", "again", seat=last.pk, reason="回来了").status_code == 302
    assert do(client, stage, "mixed", panel.pk, reason="").status_code == 422
    assert do(client, stage, "mixed", panel.pk, reason="无替补").status_code == 302
    page = text_of(client.get(url(stage)))
    assert "计分裁判人数不一" not in page
    assert "无替补" in page
    assert do(client, stage, "mixed", panel.pk, reason="无替补").status_code == 422
    wanted = ("panels.judge_set_aside", "panels.judge_counted_again", "panels.mixed_numbers_accepted")
    assert [actions().count(action) for action in wanted] == [1, 1, 1]


def test_somebody_is_marked_absent_with_a_reason_and_back_and_gets_sheets_then(root, client):
    stage, user, _ = make_board(root)
    client.force_login(user)
    target = key_of(stage, "乙")
    refused = do(client, stage, "status", target, status="absent", reason="", back=target)
    assert refused.status_code == 422
    assert "请写明缺赛" in text_of(refused)
    for _ in range(2):
        assert do(client, stage, "status", target, status="absent", reason="点名未到").status_code == 302
    assert actions().count("competitions.appearance_status_set") == 1
    assert "缺赛" in text_of(client.get(url(stage)))
    Sheet.objects.filter(candidate=candidate_of(stage, "乙")).delete()
    assert do(client, stage, "status", target, status="present", reason="登记有误").status_code == 302
    assert Sheet.objects.filter(candidate=candidate_of(stage, "乙")).count() == 3
    assert do(client, stage, "status", target, status="present", reason="登记有误").status_code == 422


def test_the_chief_closes_and_resumes_staff_seal_and_what_blocks_is_listed(root, client):
    stage, user, _ = make_board(root)
    mark(stage, "甲", 80, 80, 80)
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    client.force_login(user)
    assert do(client, stage, "seal", confirmed="on").status_code == 403
    assert do(client, stage, "close").status_code == 302
    stage.refresh_from_db()
    assert stage.status == Stage.Status.CHECKING
    twice = do(client, stage, "close")
    assert twice.status_code == 422
    assert "现为“统分复核”" in text_of(twice)
    client.force_login(staff)
    blocked = do(client, stage, "seal", confirmed="on")
    assert blocked.status_code == 422
    assert "乙（0 份）的有效评分表不足 3 份" in text_of(blocked)
    client.force_login(user)
    assert do(client, stage, "resume", reason=" ").status_code == 422
    assert do(client, stage, "resume", reason="补评乙").status_code == 302
    mark(stage, "乙", 70, 70, 70)
    assert do(client, stage, "close").status_code == 302
    client.force_login(staff)
    assert do(client, stage, "seal").status_code == 422
    assert do(client, stage, "seal", confirmed="on").status_code == 302
    assert do(client, stage, "seal", confirmed="on").status_code == 422
    stage.refresh_from_db()
    assert (stage.status, ResultSheet.objects.filter(stage=stage).count()) == (Stage.Status.SEALED, 1)
    assert "评分与裁定到此为止" in text_of(client.get(url(stage)))


def test_the_supervisor_looks_and_does_nothing_and_nobody_reaches_into_another_stage(root, client):
    stage, user, _ = make_board(root, panel={"spread_limit": 5})
    other, _, _ = make_board(root)
    mark(stage, "甲", 70, 80, 80)
    client.force_login(make_user(roles.SUPERVISOR, is_staff=True))
    page = text_of(client.get(url(stage)))
    assert 'action="' not in page.split("data-board-live")[1].split("</main>")[0]
    before = actions()
    for act in (
        "spread",
        "reopen",
        "aside",
        "again",
        "mixed",
        "tie",
        "status",
        "close",
        "resume",
        "withdraw",
        "seal",
    ):
        assert do(client, stage, act, key_of(stage, "甲"), reason="x").status_code == 403
    client.force_login(user)
    theirs = {
        "spread": key_of(other, "甲"),
        "reopen": sheet_of(other, "甲", 1).uuid,
        "mixed": practical(other).pk,
        "status": key_of(other, "甲"),
        "tie": key_of(other, "甲"),
    }
    for act, target in theirs.items():
        assert do(client, stage, act, target, reason="x", ready="", status="absent").status_code == 422
    for nonsense in ("'", "x" * 36, "1" * 50, "-" * 36, "a" * 32 + "----", ""):
        assert do(client, stage, "spread", nonsense, reason="x").status_code == 422
        assert do(client, stage, "status", nonsense, reason="x", status="absent").status_code == 422
    assert do(client, stage, "explode").status_code == 404
    assert client.get(url(stage, "people", "nobody")).status_code == 404
    assert actions() == before


def test_the_services_refuse_whoever_is_not_the_chief_and_what_comes_too_late(root):
    stage, user, judges = make_board(root, panel={"spread_limit": 5})
    mark(stage, "甲", 70, 80, 80)
    candidate = candidate_of(stage, "甲")
    with pytest.raises(chief.PermissionDenied):
        chief.answer_spread(stage=stage, candidate=candidate, reason="x", actor=judges[1])
    with pytest.raises(chief.PermissionDenied):
        chief.seal_stage(stage=stage, actor=user)
    stages.set_appearance_status(
        appearance=stage.appearances.last(), status="absent", reason="未到", actor=root
    )
    chief.answer_spread(stage=stage, candidate=candidate, reason="复核", actor=user)
    results.seal_stage(stage=stage, actor=root)
    with pytest.raises(chief.ValidationError, match="成绩已锁定"):
        chief.answer_spread(stage=stage, candidate=candidate, reason="改口", actor=user)


def test_it_says_the_same_as_the_sealing(root, client):
    stage, user, _ = make_board(root, people=("甲", "乙", "丙"), judges=5, panel={"trim": "sheet"})
    for name, given in {
        "甲": (88, 91, 90, 86, 90),
        "乙": (92, 92, 90, 85, 85),
        "丙": (70, 71, 72, 73, 74),
    }.items():
        mark(stage, name, *given)
    client.force_login(user)
    page = text_of(client.get(url(stage) + "?by=rank"))
    sheet = results.seal_stage(stage=stage, actor=root)
    totals = list(sheet.rows.values_list("total_text", flat=True))
    assert len(totals) == 3
    assert [page.index(f">{total}<") for total in totals] == sorted(
        page.index(f">{total}<") for total in totals
    )
    assert "去最高" in page


def test_a_stage_without_people_or_before_scoring_has_a_board_too(root, client):
    competition, _ = competition_of(root, [], final=two_part_final())
    stage = Stage.objects.get(event__competition=competition)
    client.force_login(root)
    page = text_of(client.get(url(stage)))
    assert "本轮次还没有选手" in page
    assert do(client, stage, "close").status_code == 422


def test_the_list_holds_the_boards_one_may_open(root, client):
    stage, user, judges = make_board(root)
    other, _, _ = make_board(root)
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    for reader, boards in ((user, [stage]), (staff, [stage, other]), (judges[1], [])):
        client.force_login(reader)
        page = text_of(client.get("/judging/stages/"))
        assert [item for item in (stage, other) if f'href="{url(item)}"' in page] == boards


def test_an_answer_to_a_spread_is_void_once_one_more_sheet_is_handed_in(root, client):
    stage, user, judges = make_board(root, panel={"spread_limit": 5, "min_judges": 2})
    mark(stage, "甲", 70, 80, None)
    client.force_login(user)
    assert do(client, stage, "spread", key_of(stage, "甲"), reason="角度不同").status_code == 302
    assert decisions.spread_alarms(panels=[practical(stage)]) == []
    last = sheet_of(stage, "甲", 3)
    criteria = {pk: Decimal(20) for pk in last.panel.criteria.values_list("pk", flat=True)}
    saved = marks.save_sheet(sheet=last, actor=judges[2], marks=criteria, version=0)
    assert candidate_of(stage, "甲").spread_answer == "角度不同"  # a draft counts for nothing yet
    marks.submit_sheet(sheet=saved, actor=judges[2], version=saved.version)
    assert [item.label for item in decisions.spread_alarms(panels=[practical(stage)])] == ["甲"]


def test_numbers_that_are_equal_need_no_ruling_and_none_is_printed(root, client):
    stage, user, _ = make_board(root)
    for name in ("甲", "乙"):
        mark(stage, name, 80, 80, 80)
    client.force_login(user)
    stale = do(client, stage, "mixed", practical(stage).pk, reason="无替补")
    assert stale.status_code == 422
    assert "现在人数一致" in text_of(stale)
    assert practical(stage).mixed_numbers_reason == ""


def test_a_figure_put_right_by_staff_opens_a_decided_tie_again(root, client):
    stage, _, _ = make_board(root, people=("甲", "乙", "丙", "丁"), ranks_shared=False, ties=[])
    for name, given in (("甲", 80), ("乙", 80), ("丙", 70), ("丁", 70)):
        mark(stage, name, given, given, given)
    client.force_login(root)
    for pair in ("甲乙", "丙丁"):
        first, second = (key_of(stage, name) for name in pair)
        typed = {f"place_{first}": "1", f"place_{second}": "2", "reason": "加试"}
        assert do(client, stage, "tie", ",".join(sorted((first, second))), **typed).status_code == 302
    score = ModuleScore.objects.get(attempt__appearance__entry__person__name="甲", module__source="exam")
    page = reverse("admin:competitions_modulescore_change", args=[score.pk])
    same = {"attempt": score.attempt_id, "module": score.module_id, "exam_score": "80", "candidate": ""}
    assert client.post(page, same).status_code == 302
    assert stage.appearances.exclude(decided_place=None).count() == 4
    assert client.post(page, same | {"exam_score": "90"}).status_code == 302
    assert not stage.appearances.exclude(decided_place=None).exists()
