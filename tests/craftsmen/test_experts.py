"""Experts at the judges' desk: candidates, blind material, recusal, and the mean of what was handed in."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from craftsmen import briefs
from craftsmen.models import Nomination
from craftsmen.services import experts, nominations, review
from tests.craftsmen import played
from tests.factories import make_nomination, make_offer, make_person, make_unit, make_user
from tests.one_of_each import picture
from unionportal.files.services import store_image
from unionportal.panels.models import Candidate, Recusal, Sheet
from unionportal.panels.services import decisions

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return played.make_staff()


def test_of_seven_experts_one_recused_the_mean_is_over_six_sheets(staff):
    """scoring.md: never compare sums. A sum would put the one with seven sheets first."""
    offer = make_offer(staff, seats=7)
    (first,), (second,) = played.nominate(offer, "赵一"), played.nominate(offer, "钱二")
    users = played.seat(offer, staff, 7, units=[first.unit])
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    assert list(Recusal.objects.values_list("assignment__user", "candidate__label")) == [
        (users[0].pk, "赵一")
    ]
    played.mark_all(users[1:], {"赵一": [90, 91, 88, 92, 90, 86]})
    played.mark_all(users, {"钱二": [80, 82, 85, 81, 83, 84, 80]})
    experts.close_scoring(offer=offer, actor=staff)
    lines = {
        line.nomination.person.name: (line.score, line.counted_sheets, line.rank)
        for line in experts.take_scores(offer=offer, actor=staff)
    }
    # 537 ÷ 6 = 89.5, 575 ÷ 7 = 82.142857…
    assert lines == {"赵一": (Decimal("89.50"), 6, 1), "钱二": (Decimal("82.14"), 7, 2)}
    assert sum([90, 91, 88, 92, 90, 86]) < sum([80, 82, 85, 81, 83, 84, 80])
    assert played.states(offer) == {"赵一": "scored", "钱二": "scored"}
    second.refresh_from_db()
    assert second.slate_line.score == Decimal("82.14")


def test_a_tie_shares_its_rank_and_the_next_rank_skips(staff):
    offer = played.scored(staff, {"赵一": [90, 90, 90], "钱二": [89, 90, 91], "孙三": [80, 80, 80]})
    assert dict(offer.slate_lines.values_list("nomination__person__name", "rank")) == {
        "赵一": 1,
        "钱二": 1,
        "孙三": 3,
    }


def test_trim_is_the_panels_own_setting(staff):
    offer = make_offer(staff, seats=5)
    offer.panel.trim, offer.panel.trim_from = "sheet", 5
    offer.panel.save()
    played.nominate(offer, "赵一")
    users = played.seat(offer, staff, 5)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    played.mark_all(users, {"赵一": [88.5, 91, 90, 86, 90.5]})
    experts.close_scoring(offer=offer, actor=staff)
    (line,) = experts.take_scores(offer=offer, actor=staff)
    assert (line.score, line.counted_sheets) == (Decimal("89.67"), 3)


def test_a_sheet_not_handed_in_does_not_count_and_too_few_block(staff):
    offer = make_offer(staff, seats=3)
    played.nominate(offer, "赵一", "钱二")
    users = played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    played.mark_all(users, {"赵一": [80, 90, None], "钱二": [70, None, None]})
    experts.close_scoring(offer=offer, actor=staff)
    with pytest.raises(ValidationError, match="钱二：有效评分表只有 1 份，至少需要 2 份"):
        experts.take_scores(offer=offer, actor=staff)
    assert not offer.slate_lines.exists()
    experts.reopen_scoring(offer=offer, actor=staff, reason="补评")
    played.mark_all(users[1:2], {"钱二": [71]})
    experts.close_scoring(offer=offer, actor=staff)
    lines = experts.take_scores(offer=offer, actor=staff)
    assert [(line.score, line.counted_sheets) for line in lines] == [(Decimal(85), 2), (Decimal("70.50"), 2)]


def test_a_wide_spread_is_answered_before_scores_are_taken(staff):
    offer = make_offer(staff, seats=3)
    offer.panel.spread_limit = 10
    offer.panel.save()
    played.nominate(offer, "赵一")
    users = played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    played.mark_all(users, {"赵一": [60, 90, 91]})
    experts.close_scoring(offer=offer, actor=staff)
    with pytest.raises(ValidationError, match="赵一的各份评分相差超过警戒线"):
        experts.take_scores(offer=offer, actor=staff)
    decisions.answer_spread(
        candidate=offer.panel.candidates.get(), actor=staff, answer="逐份核对，各有依据。"
    )
    assert len(experts.take_scores(offer=offer, actor=staff)) == 1


def test_scores_wait_for_the_end_of_the_marking(staff):
    offer = make_offer(staff, seats=3)
    played.nominate(offer, "赵一")
    played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    with pytest.raises(ValidationError, match="还没有截止"):
        experts.take_scores(offer=offer, actor=staff)


def test_experts_begin_only_when_there_is_somebody_to_mark_and_enough_of_them(staff):
    offer = make_offer(staff, seats=3)
    with pytest.raises(ValidationError) as refused:
        experts.open_scoring(offer=offer, actor=staff)
    assert len(refused.value.messages) == 2
    assert "已安排 0 名专家，至少需要 2 名" in refused.value.messages[1]


def test_only_accepted_nominations_come_before_the_experts(staff):
    offer = make_offer(staff)
    for status in Nomination.Status:
        back = {"returned_to": "unit", "return_reason": "缺材料"} if status == "returned" else {}
        make_nomination(offer, make_person(status.label), status=status, **back)
    assert experts.shortlist(offer=offer, actor=staff) == 1
    assert [item.label for item in offer.panel.candidates.all()] == ["资格审查通过"]
    with pytest.raises(ValidationError, match="没有审查通过"):
        experts.shortlist(offer=offer, actor=staff)


def test_whoever_comes_late_gets_sheets_while_the_panel_is_open(staff):
    offer = make_offer(staff, seats=3)
    played.nominate(offer, "赵一")
    played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    played.nominate(offer, "钱二")
    experts.shortlist(offer=offer, actor=staff)
    assert Sheet.objects.filter(candidate__label="钱二").count() == 3


def test_a_nominee_leaves_the_shortlist_only_before_the_first_mark(staff):
    offer = make_offer(staff, seats=3)
    first, second = played.nominate(offer, "赵一", "钱二")
    users = played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    first.refresh_from_db()
    experts.drop_from_shortlist(nomination=first, actor=staff)
    assert played.states(offer) == {"赵一": "accepted", "钱二": "shortlisted"}
    assert not Candidate.objects.filter(label="赵一").exists()
    played.mark_all(users[:1], {"钱二": [80]})
    second.refresh_from_db()
    with pytest.raises(ValidationError, match="已有评分记入"):
        experts.drop_from_shortlist(nomination=second, actor=staff)


def test_whoever_withdraws_during_the_marking_is_marked_no_more_and_ranks_nowhere(staff):
    offer = make_offer(staff, seats=3)
    first, _ = played.nominate(offer, "赵一", "钱二")
    users = played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    played.mark_all(users, {"赵一": [90, 90, 90], "钱二": [80, 80, 80]})
    first.refresh_from_db()
    review.take_back(nomination=first, actor=staff, reason="本人申请")
    experts.close_scoring(offer=offer, actor=staff)
    lines = experts.take_scores(offer=offer, actor=staff)
    assert [(line.nomination.person.name, line.rank) for line in lines] == [("钱二", 1)]
    assert played.states(offer)["赵一"] == "withdrawn"


def test_a_nominating_body_that_withdraws_during_the_marking_leaves_nobody_to_mark(staff):
    offer = make_offer(staff, seats=3)
    first, _ = played.nominate(offer, "赵一", "钱二")
    played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    first.refresh_from_db()
    nominations.withdraw_nomination(nomination=first, actor=staff, reason="本人申请")
    marked = offer.panel.candidates.filter(is_marked=True)
    assert [candidate.nomination.person.name for candidate in marked] == ["钱二"]


def test_somebody_without_the_right_moves_nothing(staff):
    offer = make_offer(staff)
    played.nominate(offer, "赵一")
    with pytest.raises(PermissionDenied):
        experts.shortlist(offer=offer, actor=make_user())


def test_in_a_blind_panel_a_late_comer_gets_sheets_after_somebody_has_read_the_material(staff):
    offer = make_offer(staff, seats=3, is_blind=True)
    played.nominate(offer, "赵一")
    played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    played.nominate(offer, "钱二")
    experts.shortlist(offer=offer, actor=staff)
    assert not Sheet.objects.filter(candidate__label="钱二").exists()
    experts.open_scoring(offer=offer, actor=staff)
    assert Sheet.objects.filter(candidate__label="钱二").count() == 3


# ── Blind ────────────────────────────────────────────────────────────────────────────────────────────────


def blind_nomination(offer):
    unit = make_unit("密云铸造有限公司", short_name="密云铸造")
    unit.former_names.create(name="密云铸造厂")
    return make_nomination(
        offer,
        make_person("陆小刚", unit=unit),
        unit=unit,
        short_deeds="陆小刚在密云铸造厂学艺，陆 小 刚同志后任密云铸造有限公司班长。",
        full_deeds="密云铸造的老师傅都说：小陆肯钻研。",
    )


def test_blind_material_names_neither_person_nor_unit(staff):
    offer = make_offer(staff, is_blind=True)
    nomination = blind_nomination(offer)
    experts.shortlist(offer=offer, actor=staff)
    candidate = offer.panel.candidates.get()
    assert candidate.blind_brief == (
        "【基本情况】\n工种（岗位）：电工\n【事迹简介】\n该同志在某单位学艺，该同志同志后任某单位班长。\n"
        "【详细事迹】\n某单位的老师傅都说：小陆肯钻研。"
    )
    assert "陆小刚" in candidate.brief or "密云铸造" in candidate.brief
    assert list(candidate.people.all()) == [nomination.person]
    assert candidate.unit == nomination.unit


def test_a_blind_brief_that_still_gives_a_name_away_keeps_the_panel_shut(staff):
    offer = make_offer(staff, is_blind=True, seats=3)
    blind_nomination(offer)
    played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    Candidate.objects.update(blind_brief="陆小刚改进了造型工艺。")
    with pytest.raises(ValidationError, match="盲评材料 001 中仍有“陆小刚”"):
        experts.open_scoring(offer=offer, actor=staff)
    Candidate.objects.update(blind_brief="该同志改进了造型工艺。")
    assert experts.open_scoring(offer=offer, actor=staff).status == "open"


def test_papers_go_to_the_desk_and_in_a_blind_panel_wait_for_somebody_to_clear_them(staff, client):
    for is_blind in (False, True):
        offer = make_offer(staff, is_blind=is_blind, seats=3)
        nomination = blind_nomination(offer) if is_blind else played.nominate(offer, "赵一")[0]
        paper = store_image(upload=picture(), actor=staff, purpose="申报材料")
        nomination.files.create(kind="evidence", file=paper, caption=f"{nomination.person.name}的证书")
        nomination.files.create(kind="unit_form", file=paper)
        users = played.seat(offer, staff, 3)
        experts.shortlist(offer=offer, actor=staff)
        experts.open_scoring(offer=offer, actor=staff)
        line = offer.panel.candidates.get().files.get()
        assert (line.label, line.is_blind_safe) == ("该同志的证书", False)
        client.force_login(users[0])
        response = client.get(reverse("panels:candidate_file", args=[line.uuid]))
        for close in response._resource_closers:  # response.close() would end the test's connection too
            close()
        assert response.status_code == (404 if is_blind else 200)


def test_codes_are_drawn_at_random_and_stay_once_drawn(staff):
    offer = make_offer(staff, is_blind=True)
    played.nominate(offer, *(f"人{number}" for number in range(30)))
    experts.shortlist(offer=offer, actor=staff)
    by_key = list(offer.panel.candidates.order_by("pk").values_list("code", flat=True))
    assert sorted(by_key) == [f"{number:03d}" for number in range(1, 31)]
    assert by_key != sorted(by_key)
    before = dict(offer.panel.candidates.values_list("label", "code"))
    played.nominate(offer, "后来人")
    experts.shortlist(offer=offer, actor=staff)
    after = dict(offer.panel.candidates.values_list("label", "code"))
    assert after.pop("后来人") == "031"
    assert after == before


def test_an_expert_of_a_blind_panel_meets_no_name_at_the_desk(staff, client):
    offer = make_offer(staff, is_blind=True, seats=3)
    nomination = blind_nomination(offer)
    users = played.seat(offer, staff, 3)
    experts.shortlist(offer=offer, actor=staff)
    experts.open_scoring(offer=offer, actor=staff)
    client.force_login(users[0])
    sheet = Sheet.objects.get(assignment__user=users[0])
    for url in (
        reverse("panels:panel_list"),
        reverse("panels:sheet_list", args=[offer.panel_id]),
        reverse("panels:sheet_edit", args=[sheet.uuid]),
    ):
        text = client.get(url).content.decode()
        assert nomination.person.name not in text
        assert "密云铸造" not in text


@pytest.mark.parametrize(
    ("text", "blinded"),
    [
        ("A&B (北京)公司的工人", "某单位的工人"),
        ("a&b (北京)公司", "某单位"),
        ("北京", "北京"),
    ],
)
def test_a_name_is_taken_as_it_is_written(text, blinded):
    assert briefs.blinded(text, {"A&B (北京)公司": "某单位"}) == blinded
