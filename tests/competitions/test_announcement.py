"""A competition's own page: its calendar, what one can do now, its papers, its bodies, and what was moved."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from competitions import presenting
from competitions.models import Competition, Document
from competitions.services import lifecycle
from tests.competitions.reading import listed, page, publish, text_of
from tests.factories import make_competition, make_superuser
from tests.files.test_storing import PDF, upload
from unionportal.audit.models import AuditEntry
from unionportal.files.services import store_document

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 10)


def day(number):
    return TODAY + timedelta(days=number)


def competition_with(root, opens=None, closes=None, rounds=(), final=None):
    """A competition with these dates, counted in days from TODAY; rounds as (name, day)."""
    competition = make_competition(root, final_on=final and str(day(final)))
    competition.entry_opens_on, competition.entry_closes_on = (
        None if number is None else day(number) for number in (opens, closes)
    )
    competition.save()
    event = competition.events.get()
    event.stages.update(held_on=final and day(final))
    for position, (name, number) in enumerate(rounds, 2):
        event.stages.create(name=name, position=position, held_on=day(number))
    return competition


def steps_of(competition, today=TODAY):
    """{label: (first day, last day, what it is today)} of the calendar."""
    found = presenting.page_query(today).get(pk=competition.pk)
    return {
        step.label: (
            (step.on - TODAY).days,
            step.until and (step.until - TODAY).days,
            "now" if step.is_now else "next" if step.is_next else "done" if step.is_done else "",
        )
        for step in presenting.calendar(found, today)
    }


def test_entry_is_one_span_of_the_calendar_and_marked_while_it_runs(root):
    competition = competition_with(root, -5, 5, [("初赛", 10)], final=20)
    assert steps_of(competition) == {"报名": (-5, 5, "now"), "初赛": (10, None, ""), "决赛": (20, None, "")}


def test_between_two_dates_the_next_one_is_marked(root):
    competition = competition_with(root, -9, -2, [("初赛", 10)], final=20)
    assert steps_of(competition) == {
        "报名": (-9, -2, "done"),
        "初赛": (10, None, "next"),
        "决赛": (20, None, ""),
    }


def test_rounds_of_one_name_on_different_days_carry_their_events(root):
    competition = competition_with(root, final=20)
    other = competition.events.create(name="养蜂", code="YF", position=2)
    other.stages.create(name="决赛", held_on=day(21))
    assert list(steps_of(competition)) == ["焊接决赛", "养蜂决赛"]


def test_a_final_without_a_round_of_that_day_is_in_the_calendar_too(root):
    competition = competition_with(root, final=20)
    competition.events.get().stages.update(held_on=None)
    assert steps_of(competition) == {"决赛": (20, None, "next")}


def test_of_a_cancelled_competition_nothing_comes_next(root):
    competition = competition_with(root, -5, 5, final=20)
    Competition.objects.update(status="cancelled")
    assert {what for _, _, what in steps_of(competition).values()} == {"done"}


def test_after_publication_the_calendar_ends_with_the_results(client, root):
    sheet = publish(root)
    shown = page(client, "competitions:competition_detail", sheet.stage.event.competition.slug)
    assert "公布成绩" in shown
    assert "比赛已经结束" in shown


@pytest.mark.parametrize(
    ("opens", "closes", "status", "words"),
    [
        (3, 9, "announced", "报名还没开始"),
        (-3, 9, "announced", "怎么报名"),
        (-9, -3, "announced", "报名已经截止"),
        (-9, -3, "cancelled", "本届竞赛已经取消"),
    ],
)
def test_the_page_says_what_one_can_do_now(client, root, opens, closes, status, words):
    today = timezone.localdate()
    competition = make_competition(
        root, entry_opens_on=str(today + timedelta(opens)), entry_closes_on=str(today + timedelta(closes)),
        final_on=str(today + timedelta(30)), contact="69041234",
    )  # fmt: skip
    Competition.objects.update(status=status)
    shown = text_of(client.get(competition.get_absolute_url()))
    headings = re.findall(r'<h2 id="now-title">(.*?)</h2>', shown)
    assert headings == [words]
    assert "69041234" in shown


# Papers and bodies


def test_papers_stand_by_kind_with_their_dates_and_can_be_downloaded(client, root):
    competition = make_competition(root)
    stored = store_document(upload=upload(PDF, "方案.pdf"), actor=root, purpose="竞赛文件", is_public=True)
    competition.documents.create(kind="guidance", title="选手须知", text="带好证件", dated_on="2025-04-02")
    competition.documents.create(kind="plan", title="实施方案全文", file=stored, dated_on="2025-04-01")
    shown = text_of(client.get(competition.get_absolute_url()))
    kinds = re.findall(r'<h3 id="papers-\d+">(.*?)</h3>', shown)
    assert kinds == ["实施方案", "须知"]
    assert shown.index("2025年4月1日") > shown.index("实施方案全文")
    assert "带好证件" in shown
    response = client.get(stored.get_absolute_url())
    assert (response.status_code, b"".join(response.streaming_content)) == (200, PDF)


def test_a_paper_whose_file_is_not_public_has_no_link(client, root):
    competition = make_competition(root)
    stored = store_document(upload=upload(PDF, "内部.pdf"), actor=root, purpose="竞赛文件")
    document = competition.documents.create(kind="plan", title="内部稿", file=stored, dated_on="2025-04-01")
    shown = text_of(client.get(competition.get_absolute_url()))
    assert "内部稿" in shown
    assert str(stored.key) not in shown
    with pytest.raises(ValidationError, match="没有公开"):
        document.clean()


def test_a_paper_has_a_file_or_a_text(root):
    empty = Document(competition=make_competition(root), kind="notice", title="空", dated_on="2025-04-01")
    with pytest.raises(ValidationError, match="请选择文件，或者写上正文"):
        empty.full_clean()


def test_the_bodies_are_named_in_their_order(client, root):
    competition = make_competition(
        root,
        committee=[
            {"body": "保障组", "duty": "组长", "name": "丁某"},
            {"body": "组委会", "duty": "主任", "name": "甲某", "unit": "区总工会"},
            {"body": "组委会", "duty": "成员", "name": "乙某"},
        ],
    )
    shown = text_of(client.get(competition.get_absolute_url()))
    assert re.findall(r'<h3 id="body-\d+">(.*?)</h3>', shown) == ["组委会", "保障组"]
    assert "甲某" in shown
    assert "（区总工会）" in shown


# What was moved or cancelled


def test_cancelling_tells_the_public_why(client, root):
    competition = make_competition(root)
    lifecycle.move_competition(competition=competition, to="cancelled", actor=root, reason="场地检修。")
    shown = text_of(client.get(competition.get_absolute_url()))
    assert "取消竞赛的通知" in shown
    assert "场地检修。" in shown
    assert "已取消" in shown


def test_what_staff_move_after_the_announcement_stays_readable_as_it_was(client, root):
    competition = make_competition(root, venue="一号厅")
    client.force_login(root)
    response = client.post(
        reverse("admin:competitions_competition_change", args=[competition.pk]),
        form_of(client, competition) | {"final_on": "2025-06-01", "venue": "二号厅"},
        follow=True,
    )
    assert "系统已按改动生成更正通知" in response.text
    (notice,) = competition.documents.all()
    assert notice.text.splitlines() == [
        "决赛日期：原为2025年5月23日，现改为2025年6月1日。",
        "地点：原为“一号厅”，现改为“二号厅”。",
    ]
    shown = text_of(client.get(competition.get_absolute_url()))
    assert "原为2025年5月23日" in shown
    assert AuditEntry.objects.filter(action="competitions.correction_published").count() == 1


def form_of(client, competition):
    """What the admin's form of a competition would send unchanged."""
    page = client.get(reverse("admin:competitions_competition_change", args=[competition.pk]))
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    for formset in page.context["inline_admin_formsets"]:
        forms = [formset.formset.management_form, *formset.formset.initial_forms]
        for part in forms:
            sent |= {part.add_prefix(name): part[name].value() for name in part.fields}
    return {name: value for name, value in sent.items() if value is not None and value is not False}


def test_a_draft_and_a_change_of_words_need_no_correction(root):
    competition = make_competition(root)
    before = Competition.objects.get()
    competition.introduction = "新的介绍"
    assert lifecycle.note_changes(before=before, after=competition, actor=root) is None
    before.status, competition.venue = Competition.Status.DRAFT, "二号厅"
    assert lifecycle.note_changes(before=before, after=competition, actor=root) is None
    assert not Document.objects.exists()


# The list


def test_the_list_finds_by_the_words_of_titles_and_events(client):
    root = make_superuser()
    make_competition(root, title="叉车大赛", year=2024, short_title="叉车")
    make_competition(root, title="综合大赛", year=2023)
    assert listed(client, q="叉车") == ["叉车大赛"]
    assert listed(client, q=" 大赛  焊接 ") == ["叉车大赛", "综合大赛"]
    assert listed(client, q="焊接", year=2023) == ["综合大赛"]
    assert listed(client, q="%") == listed(client, q="没有") == []
    assert listed(client, q="\0") == ["叉车大赛", "综合大赛"]


def test_a_card_shows_the_next_date_of_all_rounds(client, root):
    today = timezone.localdate()
    competition = make_competition(root, final_on=str(today + timedelta(40)))
    competition.events.get().stages.create(name="初赛", position=2, held_on=today + timedelta(4))
    shown = page(client, "competitions:competition_list")
    assert re.search(rf"初赛</small>\s*<time datetime=\"{today + timedelta(4)}\"", shown)
