"""What the board costs, and what it shows and allows while a stage is paused, or reopened after its publication."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competitions.models import ResultSheet, Stage
from competitions.services import chief, lifecycle, results, stages
from tests.competitions.boards import key_of, make_board, mark, mark_all, practical, url
from tests.factories import make_superuser, make_user
from tests.portal.threads import in_threads, only_error
from unionportal import roles
from unionportal.panels.models import Panel

pytestmark = pytest.mark.django_db


def text_of(response):
    return response.content.decode()


def do(client, stage, act, target="", **fields):
    return client.post(url(stage, "do", act), {"target": target, **fields})


def cost(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_board_costs_everybody_the_same_with_25_and_with_250_people(root, client):
    costs = {}
    for count in (25, 250):
        stage, user, _ = make_board(root, people=[f"选手{number:03d}" for number in range(count)], judges=5)
        mark_all(stage)
        readers = {
            "chief": user,
            "staff": make_user(roles.COMPETITION_STAFF, is_staff=True),
            "supervisor": make_user(roles.SUPERVISOR, is_staff=True),
        }
        for name, reader in readers.items():
            client.force_login(reader)
            client.get(url(stage))
            row = url(stage, "people", key_of(stage, "选手001"))
            costs[name, count] = (cost(client, url(stage)), cost(client, row))
    for name in ("chief", "staff", "supervisor"):
        assert costs[name, 25] == costs[name, 250]
        assert max(costs[name, 250]) <= 12, costs


def test_marking_that_is_paused_can_be_closed_or_resumed(root, client):
    stage, user, _ = make_board(root)
    stages.move_stage(stage=stage, to=Stage.Status.PAUSED, actor=root)
    client.force_login(user)
    page = text_of(client.get(url(stage)))
    assert "截止评分</button>" in page
    assert "恢复评分</button>" in page
    assert do(client, stage, "close").status_code == 302
    stage.refresh_from_db()
    assert stage.status == Stage.Status.CHECKING
    assert practical(stage).status == Panel.Status.CLOSED
    assert "截止评分</button>" not in text_of(client.get(url(stage)))


@pytest.mark.parametrize(("is_published", "names"), [(True, True), (False, False)])
def test_a_blind_stage_shows_names_again_only_after_they_were_published(root, client, is_published, names):
    stage, user, _ = make_board(root, people=("王小明", "李小红"), codes=("A07", "B12"))
    mark(stage, "王小明", 80, 80, 80)
    mark(stage, "李小红", 90, 90, 90)
    results.seal_stage(stage=stage, actor=root)
    if is_published:
        results.publish_results(stage=stage, actor=root)
    results.reopen_stage(stage=stage, actor=root, reason="漏计扣分")
    client.force_login(user)
    page = text_of(client.get(url(stage)))
    assert ("王小明" in page, "A07" in page) == (names, not names)


def test_the_board_is_one_tap_from_the_chiefs_panel_and_from_the_stages_admin_page(root, client):
    stage, user, judges = make_board(root)
    link = f'href="{url(stage)}"'
    for reader, expected in ((user, True), (judges[1], False)):
        client.force_login(reader)
        assert (link in text_of(client.get(f"/judging/panels/{practical(stage).pk}/"))) is expected
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    assert link in text_of(client.get(reverse("admin:competitions_stage_change", args=[stage.pk])))


@pytest.mark.django_db(transaction=True)
def test_two_tabs_seal_one_result_sheet():
    root = make_superuser()
    stage, _, _ = make_board(root)
    mark(stage, "甲", 80, 80, 80)
    mark(stage, "乙", 90, 90, 90)
    told = in_threads(*[lambda: chief.seal_stage(stage=stage, actor=root)] * 2)
    assert "现为“成绩已锁定”" in str(only_error(told))
    assert ResultSheet.objects.filter(stage=stage).count() == 1


def test_with_the_competition_cancelled_the_judges_write_nothing_more(root):
    stage, _, judges = make_board(root)
    mark(stage, "甲", 80, None, None)
    lifecycle.move_competition(competition=stage.event.competition, to="cancelled", reason="停电", actor=root)
    with pytest.raises(ValidationError, match="评分已截止"):
        mark(stage, "乙", 80, None, None)
    for to in ("checking", "paused"):
        with pytest.raises(ValidationError, match="竞赛已取消"):
            stages.move_stage(stage=stage, to=to, actor=root)
    assert not Panel.objects.filter(status=Panel.Status.OPEN).exists()
