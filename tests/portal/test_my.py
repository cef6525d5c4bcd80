"""What is mine: from all lines of work, mine alone, and the same number of statements however much there is."""

from datetime import date

import pytest

from craftsmen.services.honours import register_honour
from tests.factories import (
    id_number,
    make_certificate,
    make_competition,
    make_entry,
    make_nomination,
    make_offer,
    make_person,
    make_superuser,
    make_title,
    make_unit,
    make_user,
)
from unionportal import roles
from unionportal.inbox.services import send
from unionportal.people.models import Milestone
from unionportal.people.sign_up import sign_up

pytestmark = pytest.mark.django_db
HOME, RECORD = "/my/", "/my/record/"


def fill(person, actor, tag=""):
    """One of everything that a page can show of a person."""
    competition = make_competition(actor, title=f"竞赛{tag}")
    competition.status = "announced"
    competition.save()
    make_entry(competition.events.get(), person=person, unit=person.unit)
    make_nomination(make_offer(actor), person, channel="self", nominated_by=person.user, status="submitted")
    register_honour(
        title=make_title(f"称号{tag}"),
        year=2025,
        person=person,
        document_number=f"工发{tag}号",
        document_on=date(2025, 5, 1),
        actor=actor,
    )
    make_certificate(actor, person.name, person=person)
    Milestone.objects.create(
        person=person, on="2024-01-01", kind="course", title=f"培训{tag}", source_key=f"t:{tag}"
    )


@pytest.fixture
def worker():
    return sign_up(phone="13812345678", name="赵工", unit=make_unit("本厂"))


def test_one_finds_what_is_ones_own_and_nothing_of_others(client, worker):
    root = make_superuser()
    fill(worker.person, root, "甲")
    fill(make_person("别人", user=make_user(), unit=make_unit()), root, "乙")
    send(to=worker, title="新消息", body="")
    client.force_login(worker)
    text = client.get(HOME).text
    for shown in ("竞赛甲", "称号甲", "培训甲", "本厂", "138****5678", "存图片", "查验页", "待镇街"):
        assert shown in text, shown
    for hidden in ("竞赛乙", "称号乙", "培训乙", "13812345678", "后台管理", "发放登录码", "修改密码"):
        assert hidden not in text, hidden
    assert "no-store" in client.get(HOME)["Cache-Control"]


def test_the_page_costs_the_same_with_one_and_with_three_of_everything(
    client, worker, django_assert_max_num_queries
):
    root, costs = make_superuser(), []
    client.force_login(worker)
    for tags in ("a", "bc"):
        for tag in tags:
            fill(worker.person, root, tag)
        with django_assert_max_num_queries(13) as queries:
            client.get(HOME)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_account_says_where_the_joining_stands(client, worker):
    client.force_login(worker)
    assert "核实身份" in client.get(HOME).text
    client.post("/account/claim/", {"id_number": id_number(1)}, follow=True)
    assert "身份核实中" in client.get(HOME).text
    worker.person.id_number = id_number(1)
    worker.person.save()
    assert "已核实" in client.get(HOME).text


def test_an_account_without_a_person_is_shown_how_to_join_one(client):
    client.force_login(make_user(roles.WORKER))
    text = client.get(HOME).text
    assert "核实身份" in text
    assert "还没有证书" not in text


def test_a_revoked_certificate_is_named_so_and_not_handed_out(client, worker):
    certificate = make_certificate(make_superuser(), worker.name, person=worker.person)
    type(certificate).objects.filter(pk=certificate.pk).update(
        status="revoked", revoked_ground="误", revoked_at="2025-06-01T00:00Z"
    )
    client.force_login(worker)
    text = client.get(HOME).text
    assert "已撤销" in text
    assert f"{certificate.code}.png" not in text


def test_the_whole_record_stands_by_year(client, worker):
    for year in (2023, 2024, 2024):
        Milestone.objects.create(
            person=worker.person,
            on=f"{year}-05-01",
            kind="course",
            title="结业",
            source_key=f"k{Milestone.objects.count()}",
        )
    Milestone.objects.create(
        person=make_person("别人"), on="2022-05-01", kind="course", title="别人的", source_key="o"
    )
    client.force_login(worker)
    text = client.get(RECORD).text
    assert (text.count('"growth-title"'), "2024 年" in text, "2022 年" in text) == (3, True, False)


def test_the_old_address_leads_here(client, worker):
    client.force_login(worker)
    assert client.get("/account/").url == HOME


def test_the_bar_counts_what_is_unread(client, worker):
    send(to=worker, title="一", body="")
    client.force_login(worker)
    assert '<b class="unread num">1<' in client.get("/account/bar/").text
