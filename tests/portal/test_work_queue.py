"""The index of the admin: what waits for whom, and nothing that the user may not do."""

import pytest
from django.urls import reverse

from competitions.models import Entry, Stage
from competitions.services import results, setup
from tests import factories
from tests.competitions.played import play
from unionportal import roles, work_queue
from unionportal.news.models import Article, Column

pytestmark = pytest.mark.django_db
PEOPLE = {"甲": (80, (90,) * 5, 600), "乙": (70, (80,) * 5, 700)}


def titles(user):
    return {task.title: task.count for task in work_queue.tasks_of(user)}


def staff(role):
    return factories.make_user(role, is_staff=True)


def test_each_role_is_told_of_its_own_work_only():
    root = factories.make_superuser()
    stage = play(root, PEOPLE)
    factories.make_entry(stage.event, "丙", status=Entry.Status.PENDING)
    column = Column.objects.create(name="要闻", slug="yaowen")
    Article.objects.create(column=column, title="草稿一篇", body="正文")
    assert titles(staff(roles.COMPETITION_STAFF)) == {"待审核报名": 1, "可锁定的轮次": 1}
    assert titles(staff(roles.NEWS_STAFF)) == {"草稿文章": 1}
    assert titles(staff(roles.SUPERVISOR)) == {}


def test_a_draft_waits_to_be_announced_and_a_rehearsal_does_not():
    draft = setup.create_competition(
        description=factories.describe_competition(), actor=factories.make_superuser(), announce=False
    )
    assert work_queue.draft_competitions().count == 1
    Stage.objects.filter(event__competition=draft).update(status=Stage.Status.SCORING)
    assert work_queue.draft_competitions().count == 0


def test_a_sealed_stage_waits_for_publication_and_no_longer_for_sealing():
    root = factories.make_superuser()
    stage = play(root, PEOPLE)
    results.seal_stage(stage=stage, actor=root)
    assert titles(staff(roles.COMPETITION_STAFF)) == {"待发布成绩": 1}


def test_a_stage_with_a_sheet_missing_is_not_offered_for_sealing():
    root = factories.make_superuser()
    play(root, {"甲": (80, (90,) * 5, 600), "乙": (70, (80,) * 4, 700)})
    assert "可锁定的轮次" not in titles(staff(roles.COMPETITION_STAFF))


def test_the_queue_costs_the_same_with_one_and_with_three_of_everything(client, django_assert_num_queries):
    root = factories.make_superuser()
    user = staff(roles.COMPETITION_STAFF)
    costs = []
    for number in (1, 3):
        stage = play(root, PEOPLE, title=f"竞赛{number}")
        for _ in range(number):
            factories.make_entry(stage.event, status=Entry.Status.PENDING)
        user = type(user).objects.get(pk=user.pk)
        user.get_all_permissions()
        with django_assert_num_queries(9) as queries:
            work_queue.tasks_of(user)
        costs.append(len(queries))
    assert costs == [9, 9]


def test_every_line_leads_to_a_page_that_opens(client):
    root = factories.make_superuser()
    stage = play(root, PEOPLE)
    factories.make_entry(stage.event, "丙", status=Entry.Status.PENDING)
    client.force_login(root)
    Stage.objects.filter(pk=stage.pk).update(status=Stage.Status.SCORING)
    for kind in dict(work_queue.KINDS).values():
        assert client.get(kind().url).status_code == 200, kind
    for kind in dict(work_queue.KINDS_BY_LINE).values():
        assert client.get(kind(root).url).status_code == 200, kind
    page = client.get(reverse("admin:index")).content.decode()
    assert "待审核报名" in page
    assert "焊接 1" in page
    assert "没有待办" not in page


def test_nothing_to_do_says_so(client):
    client.force_login(staff(roles.COMPETITION_STAFF))
    assert "没有待办" in client.get(reverse("admin:index")).content.decode()


def test_the_head_of_the_admin_names_the_person_not_the_account(client):
    client.force_login(
        factories.make_user(roles.COMPETITION_STAFF, is_staff=True, username="js01", name="王竞赛")
    )
    page = client.get(reverse("admin:index")).content.decode()
    assert "您好，<strong>王竞赛</strong>" in page
    assert "js01" not in page
