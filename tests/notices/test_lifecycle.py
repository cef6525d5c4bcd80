"""Drafts, the order of the list, starting, taking down; what a line of work may rely on."""

import pytest
from django.core.exceptions import ValidationError

from tests.notices.notices import draft, object_to, running, set_clock, statuses
from unionportal.audit.models import AuditEntry
from unionportal.notices.models import NoticeLine, PublicNotice
from unionportal.notices.services import lifecycle

Rule = PublicNotice.OrderRule


def printed(notice):
    return list(notice.lines.order_by("position").values_list("position", "name"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule.STROKES, ["马飚", "王小洪", "王东峰"]),
        (Rule.PINYIN, ["马飚", "王东峰", "王小洪"]),
        (Rule.NONE, ["王东峰", "马飚", "王小洪"]),
        (Rule.SCORE, ["王东峰", "马飚", "王小洪"]),
    ],
)
def test_the_list_is_put_in_order_when_it_is_published(staff, rule, expected):
    notice = running(staff, names=("王东峰", "马飚", "王小洪"), order_rule=rule)
    assert printed(notice) == list(enumerate(expected, 1))


def test_given_places_with_gaps_are_numbered_through(staff):
    notice = draft(staff, order_rule=Rule.SCORE)
    notice.lines.filter(name="王小洪").update(position=9)
    lifecycle.start_notice(notice=notice, actor=staff)
    assert printed(notice) == [(1, "王东峰"), (2, "马飚"), (3, "王小洪")]


@pytest.mark.parametrize(
    ("fields", "change", "message"),
    [
        ({"names": ()}, {}, "名单是空的"),
        ({"contact_phone": ""}, {}, "受理电话"),
        ({"names": ("\U00032000某",)}, {}, "手工笔画数"),
        ({"order_rule": Rule.SCORE}, {"position": None}, "逐行填写序号"),
    ],
)
def test_what_keeps_a_draft_from_being_published_is_said(staff, fields, change, message):
    notice = draft(staff, **fields)
    if change:
        NoticeLine.objects.update(**change)
    with pytest.raises(ValidationError, match=message):
        lifecycle.start_notice(notice=notice, actor=staff)
    notice.refresh_from_db()
    assert notice.status == "draft"


def test_a_hand_count_lets_a_rare_name_pass(staff):
    notice = draft(staff, names=("\U00032000某", "马飚"))
    notice.lines.filter(name="\U00032000某").update(stroke_override="2")
    lifecycle.start_notice(notice=notice, actor=staff)
    assert printed(notice) == [(1, "\U00032000某"), (2, "马飚")]


def test_a_notice_is_published_once(staff):
    notice = running(staff)
    with pytest.raises(ValidationError, match="已经发布"):
        lifecycle.start_notice(notice=notice, actor=staff)


def test_the_draft_of_a_source_is_renewed_and_its_published_notice_is_not(staff):
    key = "craftsmen.selection:3:1"
    first = draft(staff, source_key=key)
    again = draft(staff, names=("丁一",), source_key=key, title="新的标题")
    assert (again.pk, again.title, statuses(again)) == (first.pk, "新的标题", {"丁一": "clear"})
    lifecycle.start_notice(notice=again, actor=staff)
    with pytest.raises(ValidationError, match="已经发布"):
        draft(staff, source_key=key)
    assert PublicNotice.objects.get(source_key=key).lines.get().name == "丁一"


@pytest.mark.parametrize("wrong", [{"title": ""}, {"days": 0}, {"line": "nonsense"}, {"contact_email": "x"}])
def test_a_draft_that_makes_no_sense_leaves_nothing_behind(staff, wrong):
    with pytest.raises(ValidationError):
        draft(staff, **wrong)
    assert not PublicNotice.objects.exists()


def test_script_in_the_text_is_taken_out(staff):
    notice = draft(staff, body="<p>好</p><script>alert(1)</script>")
    assert "script" not in notice.body


def test_a_line_without_a_name_is_refused_with_the_whole_draft(staff):
    with pytest.raises(ValidationError):
        draft(staff, names=("王小洪", ""))
    assert not PublicNotice.objects.exists()


def test_withdrawing_takes_it_from_the_public_and_from_those_who_wait_for_it(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    with pytest.raises(ValidationError, match="原因"):
        lifecycle.withdraw_notice(notice=notice, actor=staff, reason="")
    notice = lifecycle.withdraw_notice(notice=notice, actor=staff, reason="名单有误")
    assert not PublicNotice.objects.published().exists()
    assert not notice.is_running()
    set_clock(monkeypatch, "2025-12-01 10:00")
    assert not notice.is_over()
    assert not PublicNotice.objects.ended().exists()
    for act in (lifecycle.close_notice, lifecycle.resume_notice):
        with pytest.raises(ValidationError):
            act(notice=notice, actor=staff)
    with pytest.raises(ValidationError, match="未撤下"):
        lifecycle.withdraw_notice(notice=notice, actor=staff, reason="再撤")


def test_a_closed_notice_stands_even_when_its_page_is_taken_down_later(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    set_clock(monkeypatch, "2025-11-11 10:00")
    lifecycle.close_notice(notice=notice, actor=staff)
    notice = lifecycle.withdraw_notice(notice=notice, actor=staff, reason="年度清理")
    assert notice.is_over()
    assert notice.lines.clear().count() == 3


def test_a_draft_cannot_be_withdrawn_or_objected_to(staff):
    notice = draft(staff)
    with pytest.raises(ValidationError, match="已发布"):
        lifecycle.withdraw_notice(notice=notice, actor=staff, reason="误")
    with pytest.raises(ValidationError, match="公示期"):
        object_to(notice)


def test_what_staff_see_is_their_own_line(staff, root):
    own, other = draft(staff), draft(staff, line=PublicNotice.Line.COMPETITIONS)
    assert set(PublicNotice.objects.visible_to(staff)) == {own}
    assert set(PublicNotice.objects.visible_to(root)) == {own, other}


def test_every_step_leaves_a_line(staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-03 10:00")
    notice = running(staff)
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
    notice = lifecycle.resume_notice(notice=notice, actor=staff)
    set_clock(monkeypatch, "2025-12-03 10:00")
    lifecycle.close_notice(notice=notice, actor=staff)
    lifecycle.withdraw_notice(notice=notice, actor=staff, reason="清理")
    told = (
        AuditEntry.objects.filter(target_key=str(notice.pk)).order_by("pk").values_list("action", flat=True)
    )
    assert list(told) == [
        f"notices.notice_{verb}"
        for verb in ("drafted", "started", "stopped", "resumed", "closed", "withdrawn")
    ]
