"""A correction of one event, with the demo's three events, on the command line."""

import pytest

from competitions.models import Competition, ResultSheet, Stage
from competitions.services import results
from tests.competitions.played import run
from unionportal.accounts.models import User
from unionportal.demo import loading

pytestmark = pytest.mark.django_db


def played_slug():
    """The slug of the competition that the demo plays through."""
    return Competition.objects.get(brand="工匠杯", edition=3).slug


def test_a_corrected_event_is_sealed_and_published_alone_and_the_others_stay():
    loading.load()
    root, slug = User.objects.get(username="admin"), played_slug()
    stage = Stage.objects.get(event__competition__slug=slug, event__code="YL", name="决赛")
    results.reopen_stage(stage=stage, actor=root, reason="复核更正一处登分")
    assert run("seal_stage", slug, "--stage", "决赛").count("已锁定") == 1
    assert run("publish_results", slug, "--stage", "决赛").count("已发布") == 1
    versions = ResultSheet.objects.order_by("stage__event__code", "version")
    assert list(versions.values_list("stage__event__code", "version", "reason")) == [
        ("JZ", 1, ""),
        ("MY", 1, ""),
        ("YL", 1, ""),
        ("YL", 2, "复核更正一处登分"),
    ]


def test_sealing_twice_says_that_it_is_done_already():
    loading.load()
    slug = played_slug()
    with pytest.raises(Exception, match="已公布"):
        run("seal_stage", slug, "--stage", "决赛")
    with pytest.raises(Exception, match="成绩锁定后才能发布"):
        run("publish_results", slug, "--stage", "决赛")
    assert ResultSheet.objects.count() == 3
