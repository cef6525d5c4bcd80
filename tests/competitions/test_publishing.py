"""The sealed sheet, publishing it, correcting it, and the growth records it writes."""

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from competitions.models import (
    Competition,
    ResultRow,
    ResultSheet,
    Stage,
)
from competitions.services import results, stages
from competitions.services.lifecycle import move_competition
from tests.competitions.played import (
    competition_of,
    import_marks,
    import_theory,
    play,
    play_published,
    run,
    same,
    table_texts,
    two_part_final,
)
from tests.competitions.sealing import TIED, appearance, blocked, lines, panel_of, seal
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Panel
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


def test_a_sealed_sheet_keeps_its_words_and_its_digest(root):
    sheet = seal(play(root, TIED), root)
    assert results.digest(sheet.content) == sheet.sha256
    body = json.loads(sheet.content)
    assert (body["competition"], body["event"], body["stage"]) == ("测试竞赛", "焊接", "决赛")
    assert [(row["rank"], row["name"], row["total"]) for row in body["rows"]] == [
        (1, "丙", "90.00"), (2, "甲", "80.00"), (2, "乙", "80.00"),
    ]  # fmt: skip
    assert body["rule"] == sheet.rule_text
    assert sheet.content == json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert (sheet.sealed_by, sheet.published_at, sheet.published_by) == (root.name, None, "")


def test_what_changes_elsewhere_afterwards_does_not_reach_the_sheet(root):
    sheet = play_published(root, TIED)
    before = table_texts("competitions_resultsheet", "competitions_resultrow")
    entry = appearance("丙").entry
    entry.person.name = "改名"
    entry.person.save()
    entry.unit_name = "改厂"
    entry.save()
    Stage.objects.update(decimals=0)
    Panel.objects.update(trim="sheet")
    assert table_texts("competitions_resultsheet", "competitions_resultrow") == before
    assert sheet.rows.first().name == "丙"


def test_sealing_closes_the_panel_and_reopening_opens_it(root):
    stage = play(root, TIED)
    seal(stage, root)
    assert panel_of(stage).status == "closed"
    results.reopen_stage(stage=stage, actor=root, reason="漏分")
    assert panel_of(stage).status == "open"


# Publishing


def test_publishing_dates_the_sheet_and_moves_the_stage(root):
    stage = play(root, TIED)
    seal(stage, root)
    sheet = results.publish_results(stage=stage, actor=root)
    stage.refresh_from_db()
    assert (stage.status, sheet.published_by) == ("published", root.name)
    assert list(ResultSheet.objects.published()) == [sheet]


@pytest.mark.parametrize("before", ["sealed", "hall", "notice"])
def test_it_can_be_published_from_every_state_after_sealing(root, before):
    stage = play(root, TIED)
    seal(stage, root)
    Stage.objects.update(status=before)
    assert results.publish_results(stage=stage, actor=root).published_at


def test_nothing_unsealed_or_already_published_is_published(root):
    stage = play(root, TIED)
    with pytest.raises(ValidationError, match="成绩锁定后才能发布"):
        results.publish_results(stage=stage, actor=root)
    seal(stage, root)
    results.publish_results(stage=stage, actor=root)
    before = table_texts()
    with pytest.raises(ValidationError, match="现为“已公布”"):
        results.publish_results(stage=stage, actor=root)
    assert table_texts() == before


def test_a_draft_competition_publishes_nothing(root):
    stage = play(root, TIED)
    Competition.objects.update(status="draft")
    seal(stage, root)
    before = table_texts()
    with pytest.raises(ValidationError, match="还是草稿"):
        results.publish_results(stage=stage, actor=root)
    assert table_texts() == before
    move_competition(competition=Competition.objects.get(), to="announced", actor=root)
    assert results.publish_results(stage=stage, actor=root).published_at


@pytest.mark.parametrize(
    ("model", "change"),
    [(ResultRow, {"rank": 9}), (ResultRow, {"name": "别人"}), (ResultSheet, {"rule_text": "改"}), (ResultSheet, {"sha256": "0"})],
)  # fmt: skip
def test_a_sheet_changed_by_hand_since_it_was_sealed_is_not_published(root, model, change):
    stage = play(root, TIED)
    seal(stage, root)
    model.objects.filter(pk=model.objects.last().pk).update(**change)
    before = table_texts()
    with pytest.raises(ValidationError, match="与锁定时不一致"):
        results.publish_results(stage=stage, actor=root)
    assert table_texts() == before


# Corrections


def test_a_correction_makes_a_second_version_with_its_reason_and_both_stay_readable(root):
    first = play_published(root, {"甲": (80, same(80), 100), "乙": (70, same(70), 100)})
    stage = first.stage
    before = table_texts("competitions_resultrow")
    with pytest.raises(ValidationError, match="请写明退回更正的理由"):
        results.reopen_stage(stage=stage, actor=root, reason="  ")
    results.reopen_stage(stage=stage, actor=root, reason="乙的评分录入有误")
    import_marks(stage.event.competition, {"乙": (same(95), 100)}, root)
    second = seal(stage, root)
    assert list(ResultSheet.objects.published()) == [first]
    second = results.publish_results(stage=stage, actor=root)
    assert (second.version, second.reason) == (2, "乙的评分录入有误")
    assert lines(first, "rank", "name", "total_text") == [(1, "甲", "80.00"), (2, "乙", "70.00")]
    assert lines(second, "rank", "name", "total_text") == [(1, "乙", "87.50"), (2, "甲", "80.00")]
    assert set(before["competitions_resultrow"]) < set(
        table_texts("competitions_resultrow")["competitions_resultrow"]
    )
    assert set(ResultSheet.objects.published()) == {first, second}
    assert list(ResultSheet.objects.published().newest()) == [second]
    stage.refresh_from_db()
    assert (stage.status, stage.correction_reason) == ("published", "")


def test_a_sealed_sheet_nobody_saw_is_replaced_and_keeps_its_number(root):
    stage = play(root, TIED)
    dropped = seal(stage, root)
    results.reopen_stage(stage=stage, actor=root, reason="漏了一张")
    assert ResultSheet.objects.count() == ResultRow.objects.count() == 0
    again = seal(stage, root)
    assert (again.version, again.reason) == (1, "")
    entry = AuditEntry.objects.get(action="competitions.result_sheet_dropped")
    assert entry.details == {"version": 1, "sha256": dropped.sha256}


def test_the_reason_of_the_last_reopening_is_the_one_printed(root):
    stage = play_published(root, TIED).stage
    results.reopen_stage(stage=stage, actor=root, reason="第一个理由")
    seal(stage, root)
    results.reopen_stage(stage=stage, actor=root, reason="第二个理由")
    assert (seal(stage, root).version, ResultSheet.objects.get(published_at=None).reason) == (2, "第二个理由")


def test_a_stage_still_being_marked_is_not_reopened(root):
    stage = play(root, TIED)
    with pytest.raises(ValidationError, match="无须退回"):
        results.reopen_stage(stage=stage, actor=root, reason="x")


def test_a_decided_tie_is_decided_anew_after_reopening(root):
    stage = play(root, TIED, final=two_part_final(ranks_shared=False))
    stages.decide_tie(appearances=[appearance("甲"), appearance("乙")], reason="加试", actor=root)
    seal(stage, root)
    results.reopen_stage(stage=stage, actor=root, reason="申诉成立")
    assert len(blocked(stage, root)) == 1


# Growth records


def growth():
    return set(Milestone.objects.values_list("person__name", "place", "visibility"))


@pytest.mark.parametrize(("scope", "others"), [("awards", "self"), ("ranks", "public"), ("full", "public")])
def test_growth_records_are_as_public_as_the_results(root, scope, others):
    people = {
        "甲": (90, same(90), 1),
        "乙": (80, same(80), 1),
        "丙": (70, same(70), 1),
        "缺": ("缺考", (), None),
    }
    sheet = play_published(root, people, public_scope=scope)
    assert growth() == {("甲", "一等奖", "public"), ("乙", "二等奖", "public"), ("丙", "第 3 名", others)}
    milestone = Milestone.objects.first()
    assert (milestone.title, milestone.on) == ("测试竞赛 焊接 决赛", date(2025, 5, 23))
    assert (milestone.kind, milestone.tier, milestone.url) == (
        "competition",
        "district",
        sheet.get_absolute_url(),
    )


def test_sealing_alone_writes_no_growth_record_and_guests_never_get_one(root):
    stage = play(root, {"甲": (80, same(80), 1), "客": (99, same(99), 1)}, guests=("客",))
    seal(stage, root)
    assert growth() == set()
    results.publish_results(stage=stage, actor=root)
    assert growth() == {("甲", "一等奖", "public")}


def test_a_corrected_result_rewrites_and_withdraws_growth_records(root):
    stage = play_published(root, {"甲": (90, same(90), 1), "乙": (80, same(80), 1)}).stage
    results.reopen_stage(stage=stage, actor=root, reason="甲冒名")
    stages.set_appearance_status(
        appearance=appearance("甲"), status="disqualified", reason="冒名顶替", actor=root
    )
    seal(stage, root)
    assert growth() == {("甲", "一等奖", "public"), ("乙", "二等奖", "public")}
    sheet = results.publish_results(stage=stage, actor=root)
    assert growth() == {("乙", "一等奖", "public")}
    assert Milestone.objects.get().url == sheet.get_absolute_url()


def test_growth_records_of_another_stage_are_left_alone(root):
    for name in ("甲", "乙"):
        play_published_of_its_own(root, name)
    assert growth() == {("甲", "一等奖", "public"), ("乙", "一等奖", "public")}


def play_published_of_its_own(root, name):
    competition, _ = competition_of(root, [name])
    import_theory(competition, {name: 80}, root)
    import_marks(competition, {name: (same(80), 1)}, root)
    stage = Stage.objects.get(event__competition=competition)
    seal(stage, root)
    return results.publish_results(stage=stage, actor=root)


# Back-filled results


WHEN_IT_WAS = datetime(2025, 5, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_results_that_were_public_before_keep_their_day_and_the_audit_tells_that_it_was_given(root):
    stage = play(root, TIED)
    seal(stage, root)
    sheet = results.publish_results(stage=stage, actor=root, published_at=WHEN_IT_WAS)
    assert ResultSheet.objects.get(pk=sheet.pk).published_at == WHEN_IT_WAS
    line = AuditEntry.objects.get(action="competitions.results_published")
    assert line.details["published_at"] == WHEN_IT_WAS.isoformat()
    assert line.details["note"] == "补录原公布时间"
    assert timezone.now() - line.at < timedelta(minutes=5)


def test_results_published_now_carry_no_given_time(root):
    sheet = play_published(root, TIED)
    assert timezone.now() - sheet.published_at < timedelta(minutes=5)
    line = AuditEntry.objects.get(action="competitions.results_published")
    assert not {"published_at", "note"} & set(line.details)


@pytest.mark.parametrize(
    ("moved", "says"),
    [(timedelta(days=-2), "早于“焊接 决赛”的比赛日期"), (timedelta(days=40000), "不能晚于现在")],
)
def test_a_day_that_cannot_be_true_is_refused(root, moved, says):
    stage = play(root, TIED)
    seal(stage, root)
    with pytest.raises(ValidationError, match=says):
        results.publish_results(stage=stage, actor=root, published_at=WHEN_IT_WAS + moved)
    assert not ResultSheet.objects.published().exists()


def test_a_correction_is_not_back_filled_before_what_it_corrects(root):
    stage = play_published(root, TIED).stage
    results.reopen_stage(stage=stage, actor=root, reason="更正")
    seal(stage, root)
    with pytest.raises(ValidationError, match="上一版成绩册"):
        results.publish_results(stage=stage, actor=root, published_at=WHEN_IT_WAS)


def test_the_command_takes_the_day_too(root):
    stage = play(root, TIED)
    seal(stage, root)
    slug = stage.event.competition.slug
    command = ("publish_results", slug, "--stage", "决赛", "--published-at")
    with pytest.raises(Exception, match="应为时间"):
        run(*command, "昨天")
    run(*command, "2025-05-24T09:00")
    assert ResultSheet.objects.get().published_at == WHEN_IT_WAS
