"""Sealing: what blocks it, what is decided before, the order and the awards."""

import json
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from competitions.models import (
    EntryMember,
    Stage,
)
from competitions.services import results, stages
from tests.competitions.played import (
    JUDGES,
    competition_of,
    exam,
    import_marks,
    import_theory,
    one_judge_score,
    play,
    same,
    table_texts,
    two_part_final,
)
from tests.competitions.sealing import TIED, appearance, blocked, lines, panel_of, seal
from tests.factories import make_entry, make_person, make_unit, make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Assignment, Sheet
from unionportal.panels.services import decisions, seats
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db
FOUR_ARE_ENOUGH = two_part_final(min_judges=4)
# 裁判2 marked nobody but 甲.
UNEQUAL = {
    "甲": (80, (80, 80, 80, 80, 80), 100),
    "乙": (80, (70, None, 70, 70, 70), 100),
    "丙": (80, (60, None, 60, 60, 60), 100),
}


# What blocks


def test_everything_that_blocks_is_listed_at_once(root):
    final = two_part_final(spread_limit=10, ranks_shared=False, ties=["用时"])
    people = {
        "甲": (80, (80, 80, 80, 80, 95), 100),
        "乙": (80, (70, 70, None, None, None), 100),
        "丙": (90, same(90), None),
        "丁": (90, same(90), None),
    }
    competition, entries = competition_of(root, [*people, "戊"], final=final)
    import_theory(competition, {name: theory for name, (theory, _, _) in people.items()}, root)
    import_marks(competition, {name: given[1:] for name, given in people.items()}, root)
    stage = Stage.objects.get()
    stages.enter_stage(stage=stage, entries=[entries["戊"]], actor=root)
    stage.refresh_from_db()
    found = blocked(stage, root)
    assert len(found) == 4
    assert "理论：戊没有成绩" in found[0]
    assert "乙（2 份）、戊（0 份）的有效评分表不足 5 份" in found[1]
    assert "丙、丁须比较用时" in found[2]
    assert "没有用时记录" in found[2]
    assert "甲的裁判评分相差超过 10" in found[3]
    assert results.blockers(stage) == found


@pytest.mark.parametrize("status", ["preparing", "check_in", "drawn", "sealed", "published", "notice"])
def test_a_stage_that_is_not_being_marked_cannot_be_sealed(root, status):
    stage = play(root, {"甲": (80, same(80), 100)})
    Stage.objects.update(status=status)
    assert "录入成绩后才能锁定" in blocked(stage, root)[0]


def test_a_stage_without_contestants_cannot_be_sealed(root):
    competition_of(root, [])
    Stage.objects.update(status="scoring")
    assert blocked(Stage.objects.get(), root) == ["“焊接 决赛”还没有选手。"]


def test_sealing_publishing_and_reopening_each_need_their_own_right(root):
    nobody = make_user(roles.JUDGE)
    stage = play(root, {"甲": (80, same(80), 100)})
    before = table_texts()
    for call in (
        lambda: results.seal_stage(stage=stage, actor=nobody),
        lambda: results.publish_results(stage=stage, actor=nobody),
        lambda: results.reopen_stage(stage=stage, actor=nobody, reason="x"),
    ):
        with pytest.raises(PermissionDenied):
            call()
    assert table_texts() == before


def test_a_wide_spread_blocks_until_it_is_answered(root):
    final = two_part_final(spread_limit=10)
    people = {"甲": (80, (80, 80, 80, 80, 90.5), 100), "乙": (80, (80, 80, 80, 80, 90), 100)}
    stage = play(root, people, final=final)
    assert blocked(stage, root) == ["“焊接 决赛”：甲的裁判评分相差超过 10.00 分，请裁判长说明。"]
    candidate = panel_of(stage).candidates.get(label="甲")
    with pytest.raises(ValidationError, match="请写明理由"):
        decisions.answer_spread(candidate=candidate, actor=root, answer="  ")
    decisions.answer_spread(candidate=candidate, actor=root, answer="裁判5所见角度不同，复核无误")
    assert seal(stage, root).version == 1


# Judges who marked only some


def test_different_numbers_of_sheets_block_and_name_the_three_ways_out(root):
    stage = play(root, UNEQUAL, final=FOUR_ARE_ENOUGH)
    (found,) = blocked(stage, root)
    assert "甲（5 份），其余 4 份" in found
    for way in ("由替补裁判补评", "全部选手不计", "维持不同份数"):
        assert way in found


def test_below_the_least_number_of_judges_it_is_too_few_and_not_unequal(root):
    stage = play(root, UNEQUAL)
    (found,) = blocked(stage, root)
    assert "乙（4 份）、丙（4 份）的有效评分表不足 5 份" in found


def test_a_substitute_marks_what_is_missing_and_the_rule_says_so(root):
    stage = play(root, UNEQUAL, final=FOUR_ARE_ENOUGH)
    judge = Assignment.objects.get(label="裁判2")
    seats.end_assignment(assignment=judge, actor=root, reason="突发急病")
    missing = {"乙": ((65,), 100), "丙": ((55,), 100)}
    import_marks(stage.event.competition, missing, root, judges=("替补裁判",))
    assert Assignment.objects.get(label="替补裁判").seat == judge.seat
    sheet = seal(stage, root)
    assert lines(sheet, "rank", "name", "total_text") == [
        (1, "甲", "80.00"), (2, "乙", "72.30"), (3, "丙", "65.30"),
    ]  # fmt: skip
    assert "裁判2中途退出，未评部分由替补裁判补评：突发急病" in sheet.rule_text
    assert sheet.rule_text.count("裁判2") == 1


def test_a_judge_who_left_before_marking_is_no_matter_for_the_printed_rule(root):
    competition, _ = competition_of(root, ["甲"])
    import_theory(competition, {"甲": 80}, root)
    panel = panel_of(Stage.objects.get())
    judge = seats.assign_judge(panel=panel, seat=1, actor=root, label="裁判1")
    seats.end_assignment(assignment=judge, actor=root, reason="不便公开的家事")
    seats.assign_judge(panel=panel, seat=1, actor=root, label="替补")
    import_marks(competition, {"甲": (same(80), 1)}, root, judges=("替补", *JUDGES[1:]))
    sheet = seal(Stage.objects.get(), root)
    assert "家事" not in sheet.content
    assert "替补" not in sheet.rule_text


def test_a_judge_is_set_aside_for_everybody_and_the_rule_says_so(root):
    stage = play(root, UNEQUAL, final=FOUR_ARE_ENOUGH)
    judge = Assignment.objects.get(label="裁判2")
    with pytest.raises(ValidationError, match="请写明理由"):
        decisions.set_judge_aside(assignment=judge, actor=root, reason=" ")
    decisions.set_judge_aside(assignment=judge, actor=root, reason="中途离场")
    sheet = seal(stage, root)
    assert lines(sheet, "rank", "name", "total_text") == [
        (1, "甲", "80.00"), (2, "乙", "73.00"), (3, "丙", "66.00"),
    ]  # fmt: skip
    assert "经裁判长与监督员裁定，裁判2的评分全部不计：中途离场" in sheet.rule_text
    assert "裁判2" not in json.dumps([row.working for row in sheet.rows.all()], ensure_ascii=False)
    assert Sheet.objects.filter(assignment=judge, status="submitted").count() == 1


def test_mixed_numbers_may_stand_and_the_rule_says_so(root):
    stage = play(root, UNEQUAL, final=FOUR_ARE_ENOUGH)
    with pytest.raises(ValidationError, match="请写明理由"):
        decisions.accept_mixed_numbers(panel=panel_of(stage), actor=root, reason="")
    decisions.accept_mixed_numbers(panel=panel_of(stage), actor=root, reason="无替补裁判")
    sheet = seal(stage, root)
    assert lines(sheet, "rank", "name") == [(1, "甲"), (2, "乙"), (3, "丙")]
    assert "评分裁判人数不一的成绩有效：无替补裁判" in sheet.rule_text
    assert "裁判2" in json.dumps(sheet.rows.first().working, ensure_ascii=False)


def test_each_decision_leaves_an_audit_line_with_its_reason(root):
    stage = play(root, UNEQUAL, final=FOUR_ARE_ENOUGH)
    decisions.set_judge_aside(assignment=Assignment.objects.get(label="裁判2"), actor=root, reason="中途离场")
    decisions.accept_mixed_numbers(panel=panel_of(stage), actor=root, reason="无替补")
    decisions.answer_spread(candidate=panel_of(stage).candidates.first(), actor=root, answer="属实")
    found = AuditEntry.objects.filter(
        action__in=("panels.judge_set_aside", "panels.mixed_numbers_accepted", "panels.spread_answered")
    )
    assert {(entry.actor_key, *entry.details.values()) for entry in found} == {
        (str(root.pk), "中途离场"), (str(root.pk), "无替补"), (str(root.pk), "属实"),
    }  # fmt: skip


def test_points_taken_off_count_on_every_sheet_of_the_contestant(root):
    stage = play(root, {"甲": (80, same(80), 100), "乙": (80, same(79), 100)})
    candidate = panel_of(stage).candidates.get(label="甲")
    decisions.deduct(candidate=candidate, points=Decimal(2), reason="超时", actor=root)
    assert lines(seal(stage, root), "rank", "name", "total_text") == [
        (1, "乙", "79.30"),
        (2, "甲", "78.60"),
    ]


# Order, awards, who is listed how


def test_equal_people_share_a_rank_and_the_next_one_is_skipped(root):
    sheet = seal(play(root, {**TIED, "丁": (10, same(10), 9)}), root)
    assert lines(sheet, "rank", "name") == [(1, "丙"), (2, "甲"), (2, "乙"), (4, "丁")]
    assert {row.tie_note for row in sheet.rows.filter(rank=2)} == {"并列第 2 名：总分、实操、用时均相同"}


def test_where_ranks_are_not_shared_a_tie_blocks_until_it_is_decided_with_a_reason(root):
    stage = play(root, TIED, final=two_part_final(ranks_shared=False))
    (found,) = blocked(stage, root)
    assert "甲、乙" in found
    assert "裁判长裁定" in found
    pair = [appearance("甲"), appearance("乙")]
    with pytest.raises(ValidationError, match="裁定的理由"):
        stages.decide_tie(appearances=pair, reason="", actor=root)
    stages.decide_tie(appearances=pair, reason="加试一题", actor=root)
    sheet = seal(stage, root)
    assert lines(sheet, "rank", "name", "tie_note") == [
        (1, "丙", ""),
        (2, "甲", "与第 3 名总分、实操、用时均相同，裁判长裁定，列前"),
        (3, "乙", "与第 2 名总分、实操、用时均相同，裁判长裁定，列后"),
    ]


def test_the_shorter_time_parts_equal_totals(root):
    people = {"甲": (80, same(80), 100), "乙": (80, same(80), 99)}
    assert lines(seal(play(root, people), root), "rank", "name", "seconds") == [(1, "乙", 99), (2, "甲", 100)]


def test_who_did_not_compete_is_listed_last_without_score_or_place(root):
    people = {
        "甲": (80, same(80), 100), "乙": ("缺考", (), None), "丙": (95, same(95), 100),
        "丁": (99, same(99), 100), "戊": (70, same(70), 100),
    }  # fmt: skip
    stage = play(root, people)
    for name, status in (("丁", "disqualified"), ("戊", "withdrawn")):
        stages.set_appearance_status(
            appearance=appearance(name), status=status, reason=f"{name}的情况", actor=root
        )
    sheet = seal(stage, root)
    assert lines(sheet, "rank", "name", "status", "total", "total_text", "award", "seconds") == [
        (1, "丙", "present", Decimal("95"), "95.00", "一等奖", 100),
        (2, "甲", "present", Decimal("80"), "80.00", "二等奖", 100),
        (None, "乙", "absent", None, "", "", None),
        (None, "戊", "withdrawn", None, "", "", None),
        (None, "丁", "disqualified", None, "", "", None),
    ]
    assert sheet.contestants == 2
    assert not any(row.working for row in sheet.rows.filter(rank=None))


def test_a_missing_appearance_needs_a_reason_and_can_come_back(root):
    stage = play(root, {"甲": (80, same(80), 100)})
    with pytest.raises(ValidationError, match="请写明"):
        stages.set_appearance_status(appearance=appearance("甲"), status="absent", reason=" ", actor=root)
    stages.set_appearance_status(appearance=appearance("甲"), status="absent", reason="误记", actor=root)
    stages.set_appearance_status(appearance=appearance("甲"), status="present", reason="", actor=root)
    assert lines(seal(stage, root), "rank", "status") == [(1, "present")]


def test_guests_are_ranked_apart_and_take_no_award(root):
    people = {"甲": (80, same(80), 100), "客": (99, same(99), 100), "乙": (70, same(70), 100)}
    sheet = seal(play(root, people, guests=("客",)), root)
    assert lines(sheet, "rank", "name", "is_guest", "award") == [
        (1, "甲", False, "一等奖"),
        (2, "乙", False, "二等奖"),
        (1, "客", True, ""),
    ]
    assert sheet.contestants == 2


def team_stage(root):
    """Three people in two teams; 队长 is in both."""
    competition, _ = competition_of(root, [])
    event = competition.events.get()
    event.team_size = 2
    event.save()
    unit, people = make_unit(), [make_person(name) for name in ("队长", "队员一", "队员二")]
    for number, (name, members) in enumerate((("红队", people[:2]), ("蓝队", people[::2])), 1):
        entry = make_entry(event, unit=unit, number=f"HJ-{number}", person=make_person())
        type(entry).objects.filter(pk=entry.pk).update(person=None, team_name=name)
        for position, person in enumerate(members, 1):
            EntryMember.objects.create(entry=entry, person=person, position=position, is_leader=position == 1)
    import_theory(competition, {"红队": 80, "蓝队": 70}, root)
    import_marks(competition, {"红队": (same(80), 100), "蓝队": (same(70), 100)}, root)
    return Stage.objects.get()


def test_a_team_has_one_line_and_each_member_a_growth_record(root):
    stage = team_stage(root)
    sheet = seal(stage, root)
    assert lines(sheet, "rank", "name", "award") == [(1, "红队", "一等奖"), (2, "蓝队", "二等奖")]
    results.publish_results(stage=stage, actor=root)
    assert set(Milestone.objects.values_list("person__name", "place")) == {
        ("队长", "一等奖"), ("队员一", "一等奖"), ("队长", "二等奖"), ("队员二", "二等奖"),
    }  # fmt: skip
    people = set(panel_of(stage).candidates.values_list("label", "people__name"))
    assert people == {("红队", "队长"), ("红队", "队员一"), ("蓝队", "队长"), ("蓝队", "队员二")}


def test_awards_by_share_are_of_those_who_competed(root):
    awards = [
        {"name": name, "share": share} for name, share in (("一等奖", 10), ("二等奖", 20), ("三等奖", 30))
    ]
    people = {f"{chr(0x7532 + number)}": (80, same(90 - number), 100) for number in range(20)}
    people["缺"] = ("缺考", (), None)
    sheet = seal(play(root, people, final=two_part_final(awards=awards)), root)
    assert [row.award for row in sheet.rows.all()] == ["一等奖"] * 2 + ["二等奖"] * 4 + ["三等奖"] * 6 + [
        ""
    ] * 9
    assert [row.award_level for row in sheet.rows.all()] == [1] * 2 + [2] * 4 + [3] * 6 + [None] * 9


def test_a_tie_across_a_boundary_takes_the_better_award(root):
    people = {"甲": (80, same(80), 100), "乙": (80, same(80), 100), "丙": (70, same(70), 1)}
    sheet = seal(play(root, people), root)
    assert lines(sheet, "rank", "name", "award") == [
        (1, "甲", "一等奖"), (1, "乙", "一等奖"), (3, "丙", ""),
    ]  # fmt: skip


def test_below_the_pass_line_a_rank_is_kept_but_no_award(root):
    people = {"甲": (59, same(90), 100), "乙": (60, same(60), 100)}
    final = two_part_final(modules=[exam(30, pass_line=60), one_judge_score()])
    assert lines(seal(play(root, people, final=final), root), "rank", "name", "award") == [
        (1, "甲", ""),
        (2, "乙", "一等奖"),
    ]
