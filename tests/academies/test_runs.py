"""Announcing, cancelling, copying a run; telling those admitted what has changed."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from academies.models import Academy, Course, CourseRun, Enrolment, Lesson
from academies.services import enrolment, runs, seats
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from tests.one_of_each import picture
from tests.portal.threads import in_threads
from unionportal.files.services import inspect_image, store_file
from unionportal.inbox.models import Message

pytestmark = pytest.mark.django_db
Status = CourseRun.Status
READY = {
    "status": Status.DRAFT,
    "venue": "一教室",
    "head_teacher_name": "王老师",
    "head_teacher_phone": "010-12345678",
}


def draft(**fields):
    run = make_run(**{**READY, **fields})
    make_lesson(run, starts_in=timedelta(days=15))
    return run


def with_account(person):
    person.user = factories.make_user()
    person.save()
    return person


def test_a_draft_that_lacks_nothing_is_announced():
    run = runs.announce_run(run=draft(), actor=None)
    assert run.status == Status.ANNOUNCED
    assert run.announced_at
    assert runs.announce_run(run=run, actor=None).announced_at == run.announced_at


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"enrolment_opens_at": None, "enrolment_closes_at": None}, "报名开始"),
        ({"enrolment_closes_at": timezone.now() - timedelta(hours=1)}, "报名截止时间已过"),
        ({"head_teacher_phone": ""}, "班主任"),
        ({"venue": ""}, "上课地点"),
        ({"starts_on": timezone.localdate() + timedelta(days=16)}, "不在开班至结业日期之内"),
    ],
)
def test_a_draft_that_lacks_something_says_what(fields, words):
    with pytest.raises(ValidationError, match=words):
        runs.announce_run(run=draft(**fields), actor=None)
    assert not CourseRun.objects.filter(status=Status.ANNOUNCED).exists()


def test_all_that_is_lacking_is_told_at_once():
    course = Course.objects.create(name="未发布", slug="weifabu")
    academy = Academy.objects.create(name="筹建学院", slug="choujian")
    run = make_run(status=Status.DRAFT, course=course, academy=academy, enrolment_opens_at=None)
    lines = runs.lacking(run)
    assert len(lines) == 5
    assert "草稿" in lines[0]
    assert "筹建中" in lines[1]
    assert "还没有课次" in lines[-1]


def test_an_exam_on_line_needs_questions_and_a_live_lesson_a_link():
    run = draft(has_exam=True)
    run.lessons.create(position=2, title="自学", kind=Lesson.Kind.ONLINE)
    make_lesson(run, starts_in=timedelta(days=16), kind=Lesson.Kind.LIVE)
    assert [line[:6] for line in runs.lacking(run)] == ["有直播课次，", "设有线上考核"]


def test_cancelling_ends_every_enrolment_and_tells_each_account_once():
    run = make_run(capacity=2)
    people = [with_account(person) for person in make_people(3)]
    enrol_all(run, people)
    liaison = factories.make_user()
    body = factories.make_union_body("", "town", None, liaison)
    guest = factories.make_person("代报人")
    for one in (guest, factories.make_person("代报人二")):
        enrolment.enrol(run=run, person=one, actor=liaison, channel="liaison", body=body)
    gone = enrolment.enrol(run=run, person=with_account(factories.make_person()), actor=None, channel="staff")
    enrolment.cancel_enrolment(enrolment=gone, actor=None)
    Message.objects.all().delete()
    run = runs.cancel_run(run=run, reason=" 教师生病 ", actor=None)
    assert (run.status, run.cancel_reason) == (Status.CANCELLED, "教师生病")
    run.refresh_from_db()
    assert run.taken == 0
    assert set(run.enrolments.values_list("status", flat=True)) == {"cancelled"}
    assert run.enrolments.filter(end_reason="班次取消：教师生病").count() == 5
    told = Message.objects.filter(kind="academies.run_cancelled")
    assert sorted(told.values_list("user", flat=True)) == sorted(
        [*(person.user_id for person in people), liaison.pk]
    )
    assert "教师生病" in told[0].body
    assert runs.cancel_run(run=run, reason="再来一次", actor=None).cancel_reason == "教师生病"
    assert Message.objects.count() == len(told)


def test_a_run_is_not_cancelled_without_a_reason_or_after_its_completion():
    with pytest.raises(ValidationError, match="原因"):
        runs.cancel_run(run=make_run(), reason="  ", actor=None)
    with pytest.raises(ValidationError, match="已结业"):
        runs.cancel_run(run=make_run(status=Status.COMPLETED), reason="误", actor=None)


def test_nobody_is_offered_the_seats_of_a_cancelled_run():
    run = make_run(capacity=1)
    enrol_all(run, make_people(3))
    runs.cancel_run(run=run, reason="人数不足", actor=None)
    assert not Enrolment.objects.exclude(status="cancelled").exists()


def test_a_copy_stands_on_later_dates_with_lessons_and_questions_and_no_people():
    run = make_run(capacity=5, name="2026 年第 1 期")
    lesson = make_lesson(run, starts_in=timedelta(days=14))
    lesson.materials.create(kind="link", title="资料", link="https://example.cn/")
    question = run.questions.create(kind="single", text="问")
    question.choices.create(text="对", is_right=True)
    enrol_all(run, make_people(2))
    starts_on = run.starts_on + timedelta(days=70)
    draft = runs.copy_run(run=run, starts_on=starts_on, actor=None)
    assert (draft.status, draft.taken, draft.capacity) == (Status.DRAFT, 0, 5)
    assert (draft.starts_on, draft.ends_on) == (starts_on, run.ends_on + timedelta(days=70))
    assert draft.key != run.key
    assert draft.name == f"{starts_on.year} 年第 1 期" or draft.name.endswith("第 2 期")
    copied = draft.lessons.get()
    moved = timezone.localtime(copied.starts_at) - timezone.localtime(lesson.starts_at)
    assert moved == timedelta(days=70) - timedelta(
        seconds=lesson.starts_at.second, microseconds=lesson.starts_at.microsecond
    )
    assert copied.key != lesson.key
    assert copied.materials.get().title == "资料"
    assert draft.questions.get().choices.get().is_right
    assert not draft.enrolments.exists()
    with pytest.raises(ValidationError, match="应晚于"):
        runs.copy_run(run=run, starts_on=run.starts_on, actor=None)


def test_those_in_a_run_hear_what_has_changed_and_nothing_else():
    run = make_run(venue="一教室")
    make_lesson(run, starts_in=timedelta(days=14))
    (person,) = [with_account(person) for person in make_people(1)]
    enrol_all(run, [person])
    Message.objects.all().delete()
    before = runs.schedule_of(run)
    CourseRun.objects.filter(pk=run.pk).update(venue="二教室", lunch="自理")
    assert runs.tell_changes(run=run, before=before, actor=None) == ["上课地点由“一教室”改为“二教室”"]
    assert Message.objects.get().user == person.user
    assert "二教室" in Message.objects.get().body
    assert runs.tell_changes(run=run, before=runs.schedule_of(run), actor=None) == []
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_enrols_while_a_run_is_cancelled_is_refused_or_cancelled_with_it():
    run, people = make_run(capacity=3), make_people(8)
    enrol_all(run, people[:3])
    jobs = [lambda person=person: enrol_all(run, [person]) for person in people[3:]]
    results = in_threads(*jobs, lambda: runs.cancel_run(run=run, reason="停电", actor=None))
    refused = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(error, ValidationError) for error in refused)
    run.refresh_from_db()
    assert (run.status, run.taken) == (Status.CANCELLED, 0)
    assert set(run.enrolments.values_list("status", flat=True)) == {"cancelled"}
    assert run.enrolments.count() + len(refused) == len(people)


def test_a_count_of_seats_that_is_not_true_is_found():
    run, other = make_run(capacity=5), make_run()
    enrol_all(run, make_people(2))
    enrol_all(other, make_people(2))
    assert seats.miscounted_runs() == []
    CourseRun.objects.filter(pk=run.pk).update(taken=4)
    assert [(item.pk, item.seated) for item in seats.miscounted_runs()] == [(run.pk, 2)]
    with pytest.raises(CommandError, match="记 4 个名额，实有 2 人"):
        call_command("check_invariants")


@pytest.mark.parametrize("name", ["exam_attempts", "offer_hours", "capacity"])
def test_a_nought_is_refused_where_it_would_mean_never(name):
    run = make_run()
    setattr(run, name, 0)
    with pytest.raises(ValidationError, match="0"):
        run.full_clean()


def test_a_group_code_that_anybody_could_open_is_refused():
    stored = store_file(inspected=inspect_image(picture()), actor=None, purpose="群二维码", is_public=True)
    run = make_run(group_qr=stored)
    with pytest.raises(ValidationError, match="公开文件"):
        run.full_clean()
