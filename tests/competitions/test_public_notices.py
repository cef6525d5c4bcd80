"""The optional notice between sealing and publication."""

import threading
import time
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from competitions.models import Stage
from competitions.services import readiness, results, stages
from tests.competitions.played import play, same, two_part_final
from tests.notices.notices import object_to, register, set_clock
from tests.portal.threads import in_threads, only_error
from unionportal.notices.models import PublicNotice
from unionportal.notices.services import lifecycle, objections

PEOPLE = {"甲": (90, same(90), 100), "乙": (80, same(80), 120), "丙": (70, same(70), 130)}


@pytest.fixture
def stage(root, monkeypatch):
    """Sealed, and its award list drafted as a notice."""
    set_clock(monkeypatch, "2025-11-03 10:00")
    stage = play(root, PEOPLE, contact="010-12345678")
    results.seal_stage(stage=stage, actor=root)
    return stages.move_stage(stage=stage, to=Stage.Status.NOTICE, actor=root)


@pytest.fixture
def notice(stage, root):
    """Running from 4 to 10 November 2025."""
    return lifecycle.start_notice(notice=PublicNotice.objects.get(), actor=root)


def publish(stage, root):
    return results.publish_results(stage=stage, actor=root)


@pytest.mark.django_db
def test_going_into_notice_drafts_the_award_list_in_the_order_of_the_results(stage):
    notice = PublicNotice.objects.get()
    assert (notice.line, notice.status, notice.order_rule) == ("competitions", "draft", "score")
    assert list(notice.lines.values_list("position", "name", "proposed")) == [
        (1, "甲", "一等奖"),
        (2, "乙", "二等奖"),
    ]
    assert "焊接决赛拟获奖名单公示" in notice.title


@pytest.mark.django_db
def test_results_wait_for_the_end_of_their_notice(stage, notice, root, monkeypatch):
    with pytest.raises(ValidationError, match="还在进行"):
        publish(stage, root)
    set_clock(monkeypatch, "2025-11-11 09:00")
    with pytest.raises(ValidationError, match="请先办结"):
        publish(stage, root)
    lifecycle.close_notice(notice=notice, actor=root)
    assert publish(stage, root).published_at


@pytest.mark.django_db
def test_a_draft_notice_holds_the_results_too(stage, root):
    with pytest.raises(ValidationError, match="还没有发布"):
        publish(stage, root)


@pytest.mark.django_db
def test_held_and_removed_lines_keep_results_back(stage, notice, root, monkeypatch):
    objection = object_to(notice, notice.lines.get(name="甲"))
    set_clock(monkeypatch, "2025-11-11 09:00")
    lifecycle.close_notice(notice=notice, actor=root)
    with pytest.raises(ValidationError, match="甲的异议还没有结论"):
        publish(stage, root)
    objections.decide_objection(objection=objection, actor=root, is_upheld=True, finding="属实。")
    with pytest.raises(ValidationError, match="请退回更正"):
        publish(stage, root)


@pytest.mark.django_db
def test_a_correction_takes_the_notice_down_and_the_next_sheet_has_its_own(stage, notice, root):
    results.reopen_stage(stage=stage, actor=root, reason="异议成立")
    notice.refresh_from_db()
    assert (notice.withdrawn_reason, notice.is_over()) == ("成绩退回更正：异议成立", False)
    results.seal_stage(stage=stage, actor=root)
    stages.move_stage(stage=stage, to=Stage.Status.NOTICE, actor=root)
    assert PublicNotice.objects.filter(withdrawn_at=None, status="draft").count() == 1


@pytest.mark.django_db
def test_a_draft_that_is_no_longer_needed_goes(stage, root):
    results.reopen_stage(stage=stage, actor=root, reason="更正")
    assert not PublicNotice.objects.exists()


@pytest.mark.django_db
def test_a_notice_taken_down_is_run_again(stage, notice, root):
    with pytest.raises(ValidationError, match="不必另起"):
        stages.move_stage(stage=stage, to=Stage.Status.NOTICE, actor=root)
    lifecycle.withdraw_notice(notice=notice, actor=root, reason="错字")
    with pytest.raises(ValidationError, match="已撤下"):
        publish(stage, root)
    stages.move_stage(stage=stage, to=Stage.Status.NOTICE, actor=root)
    with pytest.raises(ValidationError, match="还没有发布"):
        publish(stage, root)
    assert PublicNotice.objects.count() == 2


@pytest.mark.django_db
def test_without_awards_there_is_nothing_to_announce(root):
    stage = play(root, PEOPLE, final=two_part_final(awards=[]))
    results.seal_stage(stage=stage, actor=root)
    with pytest.raises(ValidationError, match="没有可公示的获奖名单"):
        stages.move_stage(stage=stage, to=Stage.Status.NOTICE, actor=root)
    stage.refresh_from_db()
    assert stage.status == "sealed"
    assert publish(stage, root).published_at


@pytest.mark.django_db
def test_the_page_of_the_stage_says_what_it_waits_for(stage, notice, root, client):
    client.force_login(root)
    shown = client.get(f"/staff/competitions/stage/{stage.pk}/change/").content.decode()
    assert f"/staff/notices/publicnotice/{notice.pk}/change/" in shown
    assert "期满后才能发布成绩" in shown
    stage.refresh_from_db()
    acts = [step.act for step in readiness.stage_steps(stage, stages.MOVES[stage.status], root)]
    assert acts == ["publish", "reopen"]


@pytest.mark.django_db(transaction=True)
def test_a_publication_waits_for_an_objection_that_is_being_entered(stage, notice, root, monkeypatch):
    set_clock(monkeypatch, "2025-11-11 09:00")
    lifecycle.close_notice(notice=notice, actor=root)
    is_entered = threading.Event()

    def letter():
        with transaction.atomic():
            register(
                notice, root, notice.lines.get(name="甲"), channel="letter",
                received_at=notice.published_at, postmarked_on=date(2025, 11, 3),
            )  # fmt: skip
            is_entered.set()
            time.sleep(0.5)

    def publication():
        is_entered.wait(timeout=10)
        return publish(stage, root)

    error = only_error(in_threads(letter, publication))
    assert "甲的异议还没有结论" in str(error)
    assert stage.result_sheets.get().published_at is None
