"""Objections: who holds whom, what counts as in time, and what a finding does."""

import uuid
from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.files.test_storing import PDF
from tests.notices.notices import object_to, register, running, set_clock, statuses
from unionportal.audit.models import AuditEntry
from unionportal.files.models import StoredFile
from unionportal.notices.models import Objection
from unionportal.notices.services import lifecycle, objections

D = date.fromisoformat


@pytest.fixture
def notice(staff, monkeypatch):
    """Public since 3 November 2025, until 10 November."""
    set_clock(monkeypatch, "2025-11-03 10:00")
    return running(staff)


@pytest.fixture
def line(notice):
    return notice.lines.get(name="马飚")


def beijing(moment):
    return timezone.make_aware(datetime.fromisoformat(moment))


def decide(objection, staff, is_upheld, finding="经查证。"):
    return objections.decide_objection(objection=objection, actor=staff, is_upheld=is_upheld, finding=finding)


def test_an_objection_holds_its_line_and_no_other(notice, line):
    objection = object_to(notice, line)
    assert statuses(notice) == {"王小洪": "clear", "王东峰": "clear", "马飚": "held"}
    assert (objection.name, objection.contact) == ("举报人张", "13812345678")
    assert notice.lines.held().source_keys() == {"n:3"}
    assert notice.lines.clear().source_keys() == {"n:1", "n:2"}


def test_upheld_takes_the_line_off_and_dismissed_frees_it(notice, line, staff):
    other = notice.lines.get(name="王小洪")
    first, second = object_to(notice, line), object_to(notice, other)
    decide(first, staff, True)
    decide(second, staff, False)
    assert statuses(notice) == {"王小洪": "clear", "王东峰": "clear", "马飚": "removed"}
    assert notice.lines.removed().source_keys() == {"n:3"}


def test_a_line_stays_held_while_another_objection_is_open(notice, line, staff):
    first, second = object_to(notice, line), object_to(notice, line, text="另一件事。")
    decide(first, staff, False)
    assert statuses(notice)["马飚"] == "held"
    objections.investigate(objection=second, actor=staff)
    assert statuses(notice)["马飚"] == "held"
    decide(second, staff, False)
    assert statuses(notice)["马飚"] == "clear"


def test_dismissing_one_does_not_bring_back_what_another_removed(notice, line, staff):
    first, second = object_to(notice, line), object_to(notice, line, text="另一件事。")
    decide(first, staff, True)
    decide(second, staff, False)
    assert statuses(notice)["马飚"] == "removed"


def test_nothing_more_is_raised_against_a_removed_line(notice, line, staff):
    decide(object_to(notice, line), staff, True)
    with pytest.raises(ValidationError, match="不在这份公示的名单上"):
        object_to(notice, line)


def test_a_line_of_another_notice_is_refused(notice, staff):
    other = running(staff, title="另一份")
    with pytest.raises(ValidationError, match="不在这份公示的名单上"):
        object_to(notice, other.lines.first())


def test_a_finding_is_given_once_and_says_something(notice, line, staff):
    objection = object_to(notice, line)
    with pytest.raises(ValidationError, match="核查结论"):
        decide(objection, staff, True, finding="  ")
    decide(objection, staff, False)
    for again in (True, False):
        with pytest.raises(ValidationError, match="已有结果"):
            decide(objection, staff, again)
    with pytest.raises(ValidationError, match="已有结果"):
        objections.investigate(objection=objection, actor=staff)
    objection.refresh_from_db()
    assert (objection.status, objection.decided_by) == ("dismissed", str(staff))


def test_an_objection_to_the_whole_notice_holds_no_line_but_keeps_it_from_being_closed(
    notice, staff, monkeypatch
):
    objection = object_to(notice)
    assert set(statuses(notice).values()) == {"clear"}
    set_clock(monkeypatch, "2025-11-11 09:00")
    with pytest.raises(ValidationError, match="没有结论"):
        lifecycle.close_notice(notice=notice, actor=staff)
    decide(objection, staff, False)
    assert lifecycle.close_notice(notice=notice, actor=staff).is_over()


def test_a_notice_against_which_an_objection_was_upheld_is_not_closed(notice, staff, monkeypatch):
    decide(object_to(notice), staff, True)
    set_clock(monkeypatch, "2025-11-11 09:00")
    with pytest.raises(ValidationError, match="撤下本公示"):
        lifecycle.close_notice(notice=notice, actor=staff)
    notice = lifecycle.withdraw_notice(notice=notice, actor=staff, reason="程序有误")
    assert not notice.is_over()


def test_it_closes_for_the_clear_lines_and_a_held_one_waits(notice, line, staff, monkeypatch):
    objection = object_to(notice, line)
    with pytest.raises(ValidationError, match="期满后才能办结"):
        lifecycle.close_notice(notice=notice, actor=staff)
    set_clock(monkeypatch, "2025-11-11 00:00")
    notice = lifecycle.close_notice(notice=notice, actor=staff)
    assert (notice.status, statuses(notice)["马飚"]) == ("closed", "held")
    with pytest.raises(ValidationError, match="不在进行中"):
        lifecycle.close_notice(notice=notice, actor=staff)
    decide(objection, staff, False)
    assert statuses(notice)["马飚"] == "clear"


@pytest.mark.parametrize("moment", ["2025-11-11 00:00", "2025-12-01 09:00"])
def test_after_the_last_day_the_page_takes_no_more(notice, line, monkeypatch, moment):
    set_clock(monkeypatch, moment)
    with pytest.raises(ValidationError, match="不在公示期内"):
        object_to(notice, line)
    assert not Objection.objects.exists()


def test_while_it_is_stopped_the_page_takes_none_but_staff_do(notice, line, staff):
    lifecycle.stop_notice(notice=notice, actor=staff, reason="核查")
    with pytest.raises(ValidationError, match="不在公示期内"):
        object_to(notice, line)
    assert register(notice, staff, line).status == "received"


@pytest.mark.parametrize(
    ("channel", "received", "postmark", "status"),
    [
        ("letter", "2025-11-14 09:00", "2025-11-10", "received"),  # posted on the last day
        ("letter", "2025-11-14 09:00", "2025-11-11", "out_of_time"),
        ("visit", "2025-11-10 23:50", None, "received"),
        ("visit", "2025-11-11 00:10", None, "out_of_time"),
        ("phone", "2025-11-14 09:00", None, "out_of_time"),
    ],
)
def test_a_letter_counts_by_its_postmark_all_else_by_the_day_it_came(
    notice, line, staff, monkeypatch, channel, received, postmark, status
):
    set_clock(monkeypatch, "2025-11-14 10:00")
    objection = register(
        notice,
        staff,
        line,
        channel=channel,
        received_at=beijing(received),
        postmarked_on=D(postmark) if postmark else None,
    )
    assert objection.status == status
    assert statuses(notice)["马飚"] == ("held" if status == "received" else "clear")


def test_a_letter_in_time_that_comes_after_the_closing_still_holds_its_line(notice, line, staff, monkeypatch):
    set_clock(monkeypatch, "2025-11-11 09:00")
    notice = lifecycle.close_notice(notice=notice, actor=staff)
    set_clock(monkeypatch, "2025-11-13 09:00")
    register(notice, staff, line, channel="letter", postmarked_on=D("2025-11-10"))
    assert statuses(notice)["马飚"] == "held"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"channel": "letter"}, "postmarked_on"),
        ({"channel": "letter", "postmarked_on": D("2025-11-06")}, "postmarked_on"),
        ({"channel": "letter", "postmarked_on": D("2025-11-02")}, "postmarked_on"),
        ({"received_at": "2025-11-06 10:00"}, "received_at"),
        ({"received_at": "2025-11-02 10:00"}, "received_at"),
        ({"name": " "}, "name"),
        ({"contact": ""}, "name"),
    ],
)
def test_dates_that_cannot_be_and_missing_names_are_refused(notice, line, staff, monkeypatch, fields, field):
    set_clock(monkeypatch, "2025-11-05 10:00")
    if isinstance(fields.get("received_at"), str):
        fields = {**fields, "received_at": beijing(fields["received_at"])}
    with pytest.raises(ValidationError) as caught:
        register(notice, staff, line, **fields)
    assert list(caught.value.message_dict) == [field]


def test_an_anonymous_one_is_kept_as_a_lead_and_holds_nobody(notice, line, staff):
    lead = register(notice, staff, line, is_anonymous=True, name="不该记下", contact="110")
    assert (lead.status, lead.name, lead.contact) == ("noted", "", "")
    assert statuses(notice)["马飚"] == "clear"
    with pytest.raises(ValidationError, match="已有结果"):
        decide(lead, staff, True)


def test_the_same_form_sent_twice_is_one_objection_and_a_changed_one_is_refused(notice, line):
    key = uuid.uuid4()
    first = object_to(notice, line, key=key)
    assert object_to(notice, line, key=key).receipt == first.receipt
    with pytest.raises(ValidationError, match=first.receipt):
        object_to(notice, line, key=key, text="改过的内容")
    assert Objection.objects.count() == 1


def test_a_repeat_after_the_end_still_gets_its_receipt(notice, line, monkeypatch):
    key = uuid.uuid4()
    first = object_to(notice, line, key=key)
    set_clock(monkeypatch, "2025-12-01 09:00")
    assert object_to(notice, line, key=key) == first


def test_one_address_is_stopped_after_so_many_within_the_hour(notice, line, settings, monkeypatch):
    settings.OBJECTIONS_PER_HOUR = 3
    for number in range(3):
        object_to(notice, line, text=f"第 {number} 件", origin="10.1.2.3")
    with pytest.raises(objections.TooMany, match="稍后再试"):
        object_to(notice, line, text="第四件", origin="10.1.2.3")
    object_to(notice, line, text="别处来的", origin="10.1.2.4")
    set_clock(monkeypatch, "2025-11-03 11:01")
    object_to(notice, line, text="过了一小时", origin="10.1.2.3")
    assert Objection.objects.count() == 5
    assert not Objection.objects.filter(origin_hash__contains="10.1").exists()


def test_what_it_holds_is_stored_under_names_that_say_nothing_and_guarded(notice, line):
    upload = SimpleUploadedFile("举报人张的身份证.pdf", PDF, "application/pdf")
    objection = object_to(notice, line, uploads=[upload])
    stored = objection.attachments.get()
    assert (stored.name, stored.is_guarded, stored.is_public, stored.owner) == (
        "异议材料1.pdf",
        True,
        False,
        None,
    )


def test_nobody_reads_an_attachment_past_its_objection(notice, line, root, staff):
    upload = SimpleUploadedFile("材料.pdf", PDF, "application/pdf")
    object_to(notice, line, uploads=[upload])
    assert not StoredFile.objects.readable_by(root).exists()
    assert not StoredFile.objects.readable_by(staff).exists()


def test_the_audit_says_what_was_objected_to_and_nothing_of_whom(notice, line, staff):
    upload = SimpleUploadedFile("举报人张.pdf", PDF, "application/pdf")
    objection = object_to(notice, line, uploads=[upload], origin="10.9.8.7")
    objections.investigate(objection=objection, actor=staff)
    decide(objection, staff, True, finding="举报人张所述属实。")
    entries = AuditEntry.objects.filter(action__regex="notices.objection|files.file_stored")
    told = " ".join(
        f"{item.actor_name} {item.address} {item.target_label} {item.details}" for item in entries
    )
    assert entries.count() == 4
    assert "马飚" in told
    assert not [secret for secret in ("举报人张", "13812345678", "10.9.8.7") if secret in told]


def test_name_and_contact_are_not_in_the_table_as_text(notice, line):
    objection = object_to(notice, line)
    stored = Objection.objects.values_list("name_sealed", "contact_sealed").get(pk=objection.pk)
    assert not [field for field in stored if "举报人张".encode() in bytes(field) or b"138" in bytes(field)]
