"""Certificates for the awards of published results: one for each, and in line again after a correction."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from competitions.models import ModuleScore, Stage
from competitions.services import certificates, results
from tests.competitions.played import play, play_published, same
from tests.factories import make_design, make_series, make_user
from unionportal import roles
from unionportal.certificates.models import Certificate
from unionportal.certificates.services import revoke_certificate

pytestmark = pytest.mark.django_db
# 甲 一等奖, 乙 二等奖, 丙 nothing.
PEOPLE = {"甲": (90, same(90), 100), "乙": (80, same(80), 120), "丙": (70, same(70), 130)}


@pytest.fixture
def published(root):
    return play_published(root, PEOPLE)


@pytest.fixture
def asked(root, published):
    return {
        "stages": [published.stage],
        "design": make_design(salutation="{name}", body="在{title}{event}中荣获"),
        "series": make_series(code="MYGJ-2025-JS"),
        "issued_on": date(2025, 5, 30),
        "actor": root,
    }


def settle(asked, **changes):
    return certificates.settle_certificates(**asked | changes)


def standing():
    return list(Certificate.objects.values_list("number", "holder", "facts__award", "status"))


def correct(root, stage, **exam):
    """Publish a new version of the results in which these have other exam marks."""
    results.reopen_stage(stage=stage, actor=root, reason="登分有误")
    for name, mark in exam.items():
        scores = ModuleScore.objects.filter(attempt__appearance__entry__person__name=name).exclude(
            exam_score=None
        )
        assert scores.update(exam_score=mark) == 1
    stage = Stage.objects.get(pk=stage.pk)
    results.seal_stage(stage=stage, actor=root)
    results.publish_results(stage=stage, actor=root)


def test_every_award_gets_its_certificate_once(asked, published):
    issued, reissued, revoked = settle(asked)
    assert (len(issued), reissued, revoked) == (2, [], [])
    assert standing() == [
        ("MYGJ-2025-JS-0001", "甲", "一等奖", "issued"),
        ("MYGJ-2025-JS-0002", "乙", "二等奖", "issued"),
    ]
    first = issued[0]
    assert first.person == published.rows.get(rank=1).appearance.entry.person
    assert first.words["body"] == ["在测试竞赛焊接中荣获"]
    assert first.facts["unit"] == published.rows.get(rank=1).unit_name
    assert settle(asked) == ([], [], [])
    assert len(standing()) == 2


def test_results_that_are_not_published_give_no_certificates(root, asked):
    stage = play(root, PEOPLE, title="另一届")
    results.seal_stage(stage=stage, actor=root)
    assert certificates.plans(stage.event.competition) == []
    with pytest.raises(ValidationError, match="发布后才能签发"):
        settle(asked, stages=[stage])
    results.publish_results(stage=stage, actor=root)
    results.reopen_stage(stage=stage, actor=root, reason="更正")
    with pytest.raises(ValidationError, match="发布后才能签发"):
        settle(asked, stages=[stage])
    assert standing() == []


def test_a_correction_that_changes_no_award_changes_no_certificate(root, asked, published):
    settle(asked)
    correct(root, published.stage, 丙=71)
    assert settle(asked) == ([], [], [])
    assert [status for *_, status in standing()] == ["issued", "issued"]


def test_a_correction_replaces_those_that_changed_and_revokes_those_that_fell_away(root, asked, published):
    """乙 rises to the first prize, 丙 gets the second, 甲 has none any more."""
    settle(asked)
    correct(root, published.stage, 甲=0, 乙=100, 丙=100)
    (plan,) = certificates.plans(published.stage.event.competition)
    assert [line.holder for line in plan.fresh] == ["丙"]
    assert [(old.holder, line.facts["award"]) for old, line in plan.changed] == [("乙", "一等奖")]
    assert [item.holder for item in plan.lost] == ["甲"]
    with pytest.raises(ValidationError, match="请写明原因"):
        settle(asked)
    assert len(standing()) == 2
    issued, reissued, revoked = settle(asked, reason="成绩更正")
    assert (len(issued), len(reissued), len(revoked)) == (1, 1, 1)
    assert standing() == [
        ("MYGJ-2025-JS-0001", "甲", "一等奖", "revoked"),
        ("MYGJ-2025-JS-0002", "乙", "二等奖", "reissued"),
        ("MYGJ-2025-JS-0003", "乙", "一等奖", "issued"),
        ("MYGJ-2025-JS-0004", "丙", "二等奖", "issued"),
    ]
    assert certificates.plans(published.stage.event.competition)[0].is_settled
    assert settle(asked, reason="再来") == ([], [], [])


def test_a_revoked_one_comes_back_only_when_asked_for(root, asked, published):
    (first, _), _, _ = settle(asked)
    revoke_certificate(certificate=first, ground="冒名顶替", actor=root)
    (plan,) = certificates.plans(published.stage.event.competition)
    assert ([line.holder for line in plan.revoked], plan.fresh, plan.is_settled) == (["甲"], [], True)
    assert settle(asked) == ([], [], [])
    issued, _, _ = settle(asked, renews=True)
    assert [item.number for item in issued] == ["MYGJ-2025-JS-0003"]


def test_a_name_that_cannot_be_printed_stops_the_whole(root, asked):
    stage = play_published(root, {"甲": PEOPLE["甲"], "𠮷野": PEOPLE["乙"]}, title="另一届").stage
    with pytest.raises(ValidationError, match="𠮷野：.*𠮷（U\\+20BB7）"):
        settle(asked, stages=[*asked["stages"], stage])
    assert standing() == []


def test_a_failed_correction_leaves_everything_as_it_was(root, asked, published):
    settle(asked)
    correct(root, published.stage, 甲=0, 乙=100, 丙=100)
    before = standing()
    with pytest.raises(ValidationError, match="没有填"):
        settle(asked, reason="更正", design=make_design(body="{citation}"))
    assert standing() == before


def test_staff_of_another_line_cannot(asked):
    with pytest.raises(PermissionDenied):
        settle(asked, actor=make_user(roles.ACADEMY_STAFF))


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def staff(client):
    user = make_user(roles.COMPETITION_STAFF, is_staff=True)
    client.force_login(user)
    return user


def url_of(published):
    return reverse("admin:competitions_competition_certificates", args=[published.stage.event.competition_id])


def form_of(asked, **changes):
    return {
        "stages": [asked["stages"][0].pk],
        "design": asked["design"].pk,
        "series": asked["series"].pk,
        "issued_on": "2025-05-30",
        **changes,
    }


def test_staff_issue_from_the_competitions_page_and_go_on_to_print(client, staff, asked, published):
    competition = published.stage.event.competition
    page = client.get(reverse("admin:competitions_competition_change", args=[competition.pk]))
    assert url_of(published) in page.content.decode()
    content = client.get(url_of(published)).content.decode()
    assert "甲（一等奖）、乙（二等奖）" in content
    response = client.post(url_of(published), form_of(asked), follow=True)
    assert "签发 2 张。" in response.content.decode()
    assert "有效证书 2 张" in response.content.decode()
    assert "证书与公布的成绩一致" in client.get(url_of(published)).content.decode()
    again = client.post(url_of(published), form_of(asked), follow=True)
    assert "没有要办的" in again.content.decode()
    assert Certificate.objects.count() == 2


def test_the_page_asks_for_a_reason_after_a_correction(client, root, staff, asked, published):
    settle(asked)
    correct(root, published.stage, 甲=0, 乙=100, 丙=100)
    content = client.post(url_of(published), form_of(asked, reason="")).content.decode()
    assert "请写明原因" in content
    assert "将撤销" in content
    response = client.post(url_of(published), form_of(asked, reason="成绩更正"), follow=True)
    assert "签发 1 张，换发 1 张，撤销 1 张。" in response.content.decode()


@pytest.mark.parametrize(
    "changes", [{"stages": []}, {"stages": [987654]}, {"issued_on": "x"}, {"series": ""}]
)
def test_what_is_missing_is_said_and_nothing_is_issued(client, staff, asked, published, changes):
    response = client.post(url_of(published), form_of(asked, **changes))
    assert response.status_code == 200
    assert "一张也没有写入" in response.content.decode()
    assert standing() == []


def test_without_design_or_series_the_page_says_what_to_make_first(client, staff, published):
    content = client.get(url_of(published)).content.decode()
    assert reverse("admin:certificates_certificatedesign_add") in content
    assert reverse("admin:certificates_certificateseries_add") in content
