"""Checking what is stored, and two who act at once."""

import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from competitions.models import (
    Competition,
    ResultRow,
    ResultSheet,
    Stage,
)
from competitions.services import results
from tests.competitions.played import (
    import_marks,
    marks_book,
    play,
    play_published,
    run,
    same,
)
from tests.competitions.sealing import TIED, seal
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


def check():
    return run("check_invariants")


def test_the_check_passes_on_what_was_sealed_and_published(root):
    play_published(root, {**TIED, "缺": ("缺考", (), None)})
    assert "1 份，全部一致" in check()


TAMPERED = {
    ResultRow: {
        "rank": 9, "name": "别人", "unit_name": "别厂", "total_text": "99.99", "award": "特等奖", "seconds": 1,
        "status": "absent", "is_guest": True, "tie_note": "改", "working": {}, "module_scores": [],
        "advances": True,
    },
    ResultSheet: {
        "rule_text": "改", "contestants": 99, "reason": "改", "content": "{}", "sha256": "0" * 64, "modules": [],
    },
}  # fmt: skip


def is_found(model, field, value):
    """Whether the check objects to this field of the last record; the change is taken back."""
    with transaction.atomic():
        model.objects.filter(pk=model.objects.last().pk).update(**{field: value})
        try:
            return "一致" not in check()
        except CommandError as error:
            return "不符" in str(error)
        finally:
            transaction.set_rollback(True)


def test_the_check_finds_every_tampered_field(root):
    play_published(root, TIED)
    fields = [(model, field, value) for model, values in TAMPERED.items() for field, value in values.items()]
    assert [field for model, field, value in fields if not is_found(model, field, value)] == []
    assert "全部一致" in check()


def test_the_check_finds_a_row_removed_or_moved(root):
    sheet = play_published(root, TIED)
    first, second, _ = sheet.rows.all()
    ResultRow.objects.filter(pk=first.pk).update(position=99)
    with pytest.raises(CommandError, match="逐行成绩与正文不符"):
        check()
    ResultRow.objects.filter(pk=first.pk).update(position=1)
    assert "全部一致" in check()
    second.delete()
    with pytest.raises(CommandError, match="逐行成绩与正文不符"):
        check()


def test_a_title_put_right_after_publication_is_no_tampering(root):
    sheet = play_published(root, TIED)
    Competition.objects.update(title="测试竞赛（更名）")
    sheet.stage.event.name = "电焊"
    sheet.stage.event.save()
    Stage.objects.update(name="总决赛")
    assert "全部一致" in check()
    assert json.loads(sheet.content)["competition"] == "测试竞赛"


# Two at once


def at_once(call, count=2):
    """Run call() in `count` threads, each on its own connection; returns {outcome: how often}."""
    barrier, outcomes = threading.Barrier(count), []

    def work():
        try:
            barrier.wait(10)
            call()
            outcomes.append("done")
        except Exception as error:  # noqa: BLE001
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_two_who_seal_at_once_make_one_sheet(root):
    stage = play(root, TIED)
    assert at_once(lambda: seal(stage, root), 4) == ["Blocked"] * 3 + ["done"]
    assert (ResultSheet.objects.count(), ResultRow.objects.count()) == (1, 3)
    assert AuditEntry.objects.filter(action="competitions.stage_sealed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_publish_once(root):
    stage = play(root, TIED)
    seal(stage, root)
    outcomes = at_once(lambda: results.publish_results(stage=stage, actor=root), 4)
    assert outcomes == ["ValidationError"] * 3 + ["done"]
    assert AuditEntry.objects.filter(action="competitions.results_published").count() == 1
    assert Milestone.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_an_import_under_way(root):
    """Whichever comes first, what is sealed is what was stored then."""
    stage = play(root, TIED)
    competition = stage.event.competition
    book = {"丙": (same(10), 50)}
    calls = iter([lambda: seal(stage, root), lambda: import_marks(competition, book, root)])
    lock = threading.Lock()

    def one():
        with lock:
            call = next(calls)
        call()

    outcomes = at_once(one)
    total = ResultRow.objects.get(name="丙").total_text
    assert (total, outcomes) in (("34.00", ["done", "done"]), ("90.00", ["ValidationError", "done"]))


def test_the_commands_seal_all_events_or_none(root):
    stage = play(root, TIED)
    event = stage.event
    other = type(event).objects.create(competition=event.competition, name="钳工", code="QG", position=2)
    Stage.objects.create(event=other, name="决赛")
    with pytest.raises(CommandError, match="“钳工 决赛”现为“准备中”"):
        call_command("seal_stage", event.competition.slug, "--stage", "决赛")
    assert ResultSheet.objects.count() == 0
    assert marks_book({"甲": (same(1), 1)})
