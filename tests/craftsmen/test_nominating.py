"""A nomination where it is made: who is found or made, drafts, the checks before handing in, withdrawing."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from PIL import Image

from craftsmen.models import EligibilityRule, Extension, Honour, Nomination
from craftsmen.services import nomination_files, nominations, prechecks
from craftsmen.services.setup import add_offer
from tests.craftsmen.nominating import Town, paper, picture
from tests.factories import id_number, make_person, make_title, make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.notices.models import Holiday
from unionportal.panels.models import Judge
from unionportal.people.models import Milestone, Person, UnionBody

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return Town()


def refusal(call):
    with pytest.raises(ValidationError) as caught:
        call()
    return "；".join(caught.value.messages)


def test_a_new_person_is_made_and_a_known_one_found(town):
    known = make_person("李四", unit=town.unit, occupation="钳工", id_number=id_number(2))
    assert town.start("李 四", 2).person == known
    made = town.start("张三", 1).person
    assert (made.name, made.id_number) == ("张三", id_number(1))
    assert AuditEntry.objects.filter(action="people.person_added", target_key=str(made.pk)).exists()


def test_a_merged_record_leads_to_its_successor(town):
    successor = make_person("李四")
    make_person("李四", id_number=id_number(2), merged_into=successor)
    assert town.start("李四", 2).person == successor


def test_every_reason_not_to_start_reads_the_same(town):
    make_person("李四", id_number=id_number(2))
    wrong_name = refusal(lambda: town.start("王五", 2))
    town.start("赵六", 3, actor=town.other, body=town.second)
    somebody_elses = refusal(lambda: town.start("赵六", 3))
    assert wrong_name == somebody_elses == nominations.NEUTRAL
    assert "已有本称号的申报" in refusal(lambda: (town.start("张三", 1), town.start("张三", 1)))


def test_what_the_portal_knows_is_filled_in_for_ones_own_people_only(town):
    ours = make_person("李四", unit=town.unit, occupation="钳工", id_number=id_number(2), is_front_line=True)
    make_person("王五", occupation="电工", id_number=id_number(3))
    mine, theirs = town.start("李四", 2), town.start("王五", 3)
    assert (mine.occupation, mine.unit, mine.is_front_line) == ("钳工", ours.unit, True)
    assert (theirs.occupation, theirs.is_front_line) == ("", None)
    assert theirs.unit_name == "甲厂"


def milestone(person, key, visibility, title, place="", kind="competition"):
    Milestone.objects.create(
        person=person,
        on=date(2025, 5, 23),
        kind=kind,
        title=title,
        place=place,
        visibility=visibility,
        source_key=key,
    )


def test_honours_come_from_the_growth_record_as_far_as_a_union_may_read_it(town):
    person = make_person("李四", id_number=id_number(2))
    milestone(person, "a", "public", "工匠杯", "第 2 名")
    milestone(person, "b", "union", "先进个人", kind="honour")
    milestone(person, "c", "self", "不让单位看的")
    milestone(person, "d", "public", "发明专利", kind="achievement")
    nomination = town.start("李四", 2)
    assert nomination.honours == "2025-05 工匠杯 第 2 名\n2025-05 先进个人"
    assert nomination.achievements == "2025-05 发明专利"


def test_a_worker_nominates_himself_and_is_joined_to_his_record():
    town = Town(by_self=True)
    person = make_person("李四", unit=town.unit, id_number=id_number(2))
    worker = make_user(roles.WORKER, name="李四")
    nomination = start_self(town, worker, "李四", 2)
    worker = type(worker).objects.get(pk=worker.pk)
    assert (nomination.person, worker.person, nomination.body) == (person, person, town.body)


def start_self(town, worker, name, serial):
    return nominations.start_nomination(
        offer=town.offer,
        channel="self",
        body=None,
        name=name,
        id_number=id_number(serial),
        actor=worker,
    )


@pytest.mark.parametrize(
    ("account", "typed", "serial"), [("李四", "王五", 2), ("李四", "李四", 3), ("赵六", "李四", 2)]
)
def test_a_failed_claim_reads_the_same_and_joins_nothing(account, typed, serial):
    town = Town(by_self=True)
    make_person("李四", id_number=id_number(2))
    make_person("王五", id_number=id_number(3))
    worker = make_user(roles.WORKER, name=account)
    assert refusal(lambda: start_self(town, worker, typed, serial)) == nominations.NEUTRAL
    assert not Person.objects.exclude(user=None).exists()


def test_a_record_that_another_account_has_joined_is_not_joined_again():
    town = Town(by_self=True)
    make_person("李四", id_number=id_number(2), user=make_user(name="李四"))
    assert refusal(lambda: start_self(town, make_user(name="李四"), "李四", 2)) == nominations.NEUTRAL


def test_a_road_must_be_open_to_the_actor(town):
    expert = make_user(roles.EXPERT)
    roads = nominations.roads
    assert roads(town.liaison, town.offer.selection) == [("unit", town.body)]
    assert roads(expert, town.offer.selection) == []
    town.offer.selection.by_expert = town.offer.selection.by_association = True
    Judge.objects.create(user=expert, unit=town.unit)
    assert roads(expert, town.offer.selection) == [("expert", None)]
    assert "没有向您开放" in refusal(lambda: town.start(actor=expert))


def test_a_draft_is_saved_field_by_field_and_a_stale_one_is_not(town):
    nomination = town.start()
    saved = nominations.save_nomination(
        nomination=nomination, actor=town.liaison, version=0, fields={"occupation": "焊工"}
    )
    assert (saved.version, saved.occupation) == (1, "焊工")
    with pytest.raises(nominations.StaleNomination):
        nominations.save_nomination(
            nomination=nomination, actor=town.liaison, version=0, fields={"occupation": "电工"}
        )
    again = nominations.save_nomination(
        nomination=nomination, actor=town.liaison, version=1, fields={"occupation": "焊工"}
    )
    assert again.version == 1


def test_consent_keeps_its_time_and_loses_it_when_taken_back(town):
    nomination = town.fill(town.start())
    assert nomination.consented_at is not None
    back = nominations.save_nomination(
        nomination=nomination,
        actor=town.liaison,
        version=nomination.version,
        fields={"consents_to_publication": False},
    )
    assert back.consented_at is None


def test_a_complete_nomination_goes_to_its_town(town):
    nomination = town.submit()
    assert (nomination.status, nomination.branch) == ("submitted", town.branch)
    assert nomination.submitted_at is not None


def test_what_is_missing_is_named_and_nothing_is_handed_in(town):
    nomination = town.start()
    text = refusal(lambda: nominations.submit_nomination(nomination=nomination, actor=town.liaison))
    for words in ("请填写政治面貌", "请填写个人简历", "请填写单位意见", "请上传申报人照片", "本人同意"):
        assert words in text
    assert Nomination.objects.get().status == "draft"


@pytest.mark.parametrize("length", [500, 501])
def test_short_deeds_are_counted_in_characters(town, length):
    nomination = town.fill(town.start(), short_deeds="𠮷\r\n" + "工" * (length - 2))
    lacks = [lack.text for lack in prechecks.lacking(nomination)]
    assert lacks == ([] if length == 500 else ["事迹简介有 501 字，请压缩到 500 字以内。"])


def test_the_units_notice_counts_working_days_as_staff_keep_them(town):
    monday, friday = date(2026, 3, 9), date(2026, 3, 13)
    nomination = town.fill(town.start(), unit_notice_from=monday, unit_notice_to=friday)
    assert prechecks.lacking(nomination) == []
    Holiday.objects.create(on=date(2026, 3, 11), name="临时放假")
    (lack,) = prechecks.lacking(nomination)
    assert "共 4 个工作日" in lack.text


def test_a_notice_that_still_runs_is_no_notice_yet(town):
    today = timezone.localdate()
    nomination = town.fill(
        town.start(), unit_notice_from=today - timedelta(days=20), unit_notice_to=today + timedelta(days=1)
    )
    assert [lack.step for lack in prechecks.lacking(nomination)] == ["unit"]


def test_a_rule_that_fails_blocks_unless_a_placing_lifts_it(town):
    EligibilityRule.objects.create(
        selection=town.offer.selection, kind="front_line", lifted_by_placing=3, position=1
    )
    nomination = town.fill(town.start(), is_front_line=False)
    assert "是一线职工：不符合" in refusal(
        lambda: nominations.submit_nomination(nomination=nomination, actor=town.liaison)
    )
    milestone(nomination.person, "x", "self", "工匠杯", "第 3 名")
    Milestone.objects.update(on=timezone.localdate())
    assert nominations.submit_nomination(nomination=nomination, actor=town.liaison).status == "submitted"


def test_a_rule_on_paper_asks_for_the_attachment(town):
    rule = EligibilityRule.objects.create(
        selection=town.offer.selection, kind="paper", text="安全生产证明", position=1
    )
    nomination = town.fill(town.start())
    assert "须附证明" in refusal(
        lambda: nominations.submit_nomination(nomination=nomination, actor=town.liaison)
    )
    nomination_files.attach_file(
        nomination=nomination, kind="evidence", upload=paper(), rule=rule, actor=town.liaison
    )
    assert nominations.submit_nomination(nomination=nomination, actor=town.liaison).status == "submitted"


def test_a_rule_of_another_title_does_not_count(town):
    selection = town.offer.selection
    other = add_offer(selection=selection, title=make_title("密云能手"), quota=1, actor=None)
    EligibilityRule.objects.create(selection=selection, kind="paper", text="x", offer=other)
    assert prechecks.outcomes_of(town.start()) == []


def test_an_earlier_honour_of_the_same_or_a_higher_rank_is_named(town):
    EligibilityRule.objects.create(selection=town.offer.selection, kind="not_held")
    nomination = town.start()
    lower, higher = make_title("密云能手", rank=10), make_title("北京大工匠", rank=40)
    for title, year in ((lower, 2020), (higher, 2022)):
        Honour.objects.create(
            title=title,
            person=nomination.person,
            year=year,
            document_number="1",
            document_on=date(year, 5, 1),
        )
    (outcome,) = prechecks.outcomes_of(nomination)
    assert (outcome.state, outcome.note) == ("failed", "已获：北京大工匠（2022 年）。")


def test_no_body_above_means_straight_to_the_district():
    town = Town(by_association=True)
    keeper = make_user(roles.LIAISON)
    from_district = UnionBody.objects.get(kind="district")
    guild = UnionBody.objects.create(name="养蜂协会", kind="association", parent=from_district)
    guild.liaisons.create(user=keeper, started_on=date(2025, 1, 1))
    nomination = nominations.start_nomination(
        offer=town.offer, channel="association", body=guild, name="张三", id_number=id_number(1), actor=keeper
    )
    fields = dict.fromkeys(("unit_notice_from", "unit_notice_to")) | {"unit_notice_result": ""}
    nomination = town.fill(nomination, actor=keeper, **fields)
    submitted = nominations.submit_nomination(nomination=nomination, actor=keeper)
    assert (submitted.status, submitted.branch) == ("reviewed", None)


def test_after_the_deadline_only_an_extension_opens_the_door(town):
    nomination = town.fill(town.start())
    selection, today = town.offer.selection, timezone.localdate()
    selection.opens_on, selection.unit_deadline = today - timedelta(days=9), today - timedelta(days=1)
    selection.save()
    hand_in = lambda: nominations.submit_nomination(nomination=nomination, actor=town.liaison)  # noqa: E731
    assert "截止" in refusal(hand_in)
    assert "截止" in refusal(lambda: town.start("李四", 2))
    Extension.objects.create(selection=selection, body=town.second, until=today, reason="邮寄延误")
    assert "截止" in refusal(hand_in)
    Extension.objects.create(selection=selection, body=town.branch, until=today, reason="邮寄延误")
    assert hand_in().status == "submitted"


def test_nothing_is_nominated_before_the_window_opens_or_in_a_closed_selection(town):
    selection = town.offer.selection
    selection.opens_on = timezone.localdate() + timedelta(days=1)
    selection.save()
    assert "起接受申报" in refusal(town.start)
    selection.opens_on, selection.status = timezone.localdate(), "closed"
    selection.save()
    assert "已结束" in refusal(town.start)


def test_a_withdrawn_nomination_keeps_its_reason_and_makes_room(town):
    nomination = town.submit()
    assert "理由" in refusal(
        lambda: nominations.withdraw_nomination(nomination=nomination, actor=town.liaison, reason=" ")
    )
    gone = nominations.withdraw_nomination(nomination=nomination, actor=town.liaison, reason="本人调离")
    assert (gone.status, gone.withdrawn_reason) == ("withdrawn", "本人调离")
    assert town.start().status == "draft"


@pytest.mark.parametrize("status", ["conferred", "removed", "withdrawn", "not_chosen", "ineligible"])
def test_what_is_decided_is_not_withdrawn(town, status):
    nomination = town.start()
    Nomination.objects.update(status=status)
    assert "不能撤回" in refusal(
        lambda: nominations.withdraw_nomination(nomination=nomination, actor=town.liaison, reason="x")
    )


@pytest.mark.parametrize(
    ("size", "focus", "share", "kept"),
    [
        ((600, 900), (50, 50), 100, (600, 800)),
        ((4000, 2000), (10, 50), 100, (900, 1200)),
        ((900, 1200), (50, 50), 50, (450, 600)),
    ],
)
def test_a_photograph_is_cut_to_three_by_four(town, size, focus, share, kept):
    nomination = town.start()
    done = nomination_files.set_photo(
        nomination=nomination, upload=picture(size=size), focus=focus, share=share, actor=town.liaison
    )
    with done.photo.file.open("rb") as stored, Image.open(stored) as image:
        assert image.size == kept
    assert done.photo.is_guarded


def test_a_file_that_is_no_picture_is_refused_in_words(town):
    nomination = town.start()
    text = refusal(
        lambda: nomination_files.set_photo(
            nomination=nomination, upload=paper(), focus=(50, 50), share=100, actor=town.liaison
        )
    )
    assert "JPEG、PNG、WebP" in text


def test_papers_are_few_and_only_a_draft_takes_them(town, monkeypatch):
    monkeypatch.setattr(nomination_files, "MOST_FILES", 1)
    nomination = town.fill(town.start())
    attach = {"nomination": nomination, "kind": "evidence", "actor": town.liaison}
    first = nomination_files.attach_file(upload=paper(), **attach)
    assert "最多附 1 份" in refusal(lambda: nomination_files.attach_file(upload=paper(), **attach))
    nomination_files.remove_file(paper=first, actor=town.liaison)
    nominations.submit_nomination(nomination=nomination, actor=town.liaison)
    assert "不能再修改" in refusal(lambda: nomination_files.attach_file(upload=paper(), **attach))


def test_staff_who_may_review_see_what_was_handed_in_and_no_draft(town):
    staff = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    draft, submitted = town.start("李四", 2), town.submit()
    assert list(Nomination.objects.visible_to(staff)) == [submitted]
    assert set(Nomination.objects.visible_to(town.liaison)) == {draft, submitted}
    assert list(Nomination.objects.visible_to(town.reviewer)) == [submitted]
    assert list(Nomination.objects.visible_to(town.other)) == []
