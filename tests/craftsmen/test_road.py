"""Where staff go on from a selection's road, from a title's page and from a nomination."""

import html
import re

import pytest
from django.urls import reverse

from craftsmen.services import slates
from tests.craftsmen import played
from tests.factories import make_nomination, make_offer, make_user
from unionportal import roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = played.make_staff()
    client.force_login(user)
    return user


def page(client, name, *args):
    response = client.get(reverse(f"admin:craftsmen_{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_the_road_counts_who_passed_the_review_and_says_that_no_letter_went_out(client, staff):
    offer = played.settled(staff)
    text = page(client, "selection_progress", offer.selection_id)
    review_stop, letters = (
        text.partition(f'id="{key}"')[2].partition("</li>")[0] for key in ("review", "letters")
    )
    address = re.search(r'已通过审查</dt><dd><a href="([^"]+)">5</a>', review_stop).group(1)
    assert client.get(html.unescape(address)).context["cl"].result_count == 5
    assert "未发函" in letters
    assert "已完成" not in letters


def test_a_title_s_page_leads_to_its_list_and_to_what_comes_after(client, staff):
    offer = played.scored(staff)
    slate, road = (
        reverse("admin:craftsmen_offer_slate", args=[offer.pk]),
        reverse("admin:craftsmen_selection_progress", args=[offer.selection_id]),
    )
    text = page(client, "offer_change", offer.pk)
    assert "未确定" in text
    assert f'<a class="button" href="{slate}">拟定名单</a>' in text
    assert f'href="{road}"' in text
    assert "登记审定会议" not in text
    slates.settle_slate(offer=offer, choice=played.choose(offer, "赵一", "钱二"), actor=staff)
    text = page(client, "offer_change", offer.pk)
    assert "已确定（" in text
    assert (
        f'{reverse("admin:craftsmen_meeting_add")}?selection={offer.selection_id}">登记审定会议</a>' in text
    )


def test_a_title_without_results_says_so_and_a_reader_is_offered_no_meeting(client, staff):
    text = page(client, "offer_change", make_offer(staff).pk)
    assert "未拟定" in text
    offer = played.settled(staff)
    client.force_login(make_user(roles.SUPERVISOR, is_staff=True))
    settled = page(client, "offer_change", offer.pk)
    assert "已确定（" in settled
    assert "登记审定会议" not in settled


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("accepted", "征求意见、列入专家评审"),
        ("proposed", "审定会议和公示"),
        ("reviewed", ""),
        ("conferred", ""),
    ],
)
def test_a_nomination_past_review_says_where_it_goes_on(client, staff, status, told):
    nomination = make_nomination(make_offer(staff), status=status)
    road = reverse("admin:craftsmen_selection_progress", args=[nomination.offer.selection_id])
    text = page(client, "nomination_change", nomination.pk)
    assert (f'{told}在<a href="{road}">全程进度</a>办理' in text) is bool(told)
