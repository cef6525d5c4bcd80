"""Classes of today in each of their states; one has a lesson that can be signed in to now."""

import io
from datetime import timedelta
from pathlib import Path

import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from academies.models import CourseRun, Lesson, Progress
from academies.services import attendance, runs, seats
from academies.services import enrolment as enrolments
from unionportal.accounts.models import User
from unionportal.certificates.models import CertificateDesign, CertificateSeries
from unionportal.demo.academies_history import add_days, at, attend, enrol_at_once
from unionportal.demo.attachments import drawing, paper
from unionportal.files.services import store_document, store_image

FOLDER = Path(__file__).parent
# Two courses share the first room for one day, so that the timetable has a conflict to show; the others have their own.
ROOMS = {
    "homestay": "民宿实训室",
    "community-nursing": "护理实训室",
    "housekeeping": "家政实训室",
    "red-tourism": "讲解教室",
    "smart-equipment": "智能装备实训室",
    "trackless-mining": "实训场",
}
LIVE = "现场实训（可以签到）"
# Long enough to be tried at any time of the day on which the demo was loaded.
LIVE_HOURS = timedelta(hours=10)


def load_runs(described, courses, learners, actor):
    """Make a run in every state that the public can see, and a draft."""
    worker = learners[0]
    make = RunMaker(courses, actor)
    make.run("homestay", "即将报名", opens=5, closes=20, starts=30, days=4)
    open_run = make.run("all-media", "报名中", opens=-7, closes=12, starts=18, days=5, capacity=30)
    make.enrol(open_run, learners[1:12])
    make.enrol_for_union(open_run, learners[150:])
    asking = make.run(
        "community-nursing", "须审核", opens=-6, closes=9, starts=16, days=5, capacity=20, needs_approval=True
    )
    for enrolment in make.enrol(asking, learners[20:28])[:3]:
        enrolments.approve_enrolment(enrolment=enrolment, actor=actor)
    waiting = make.run(
        "smart-equipment", "候补", opens=-10, closes=6, starts=9, days=5, capacity=12, offer_hours=48
    )
    seated = make.enrol(waiting, [*learners[30:44], worker, *learners[44:48]])
    enrolments.cancel_enrolment(enrolment=seated[0], actor=actor, reason="（演示）与倒班冲突")
    full = {"capacity": 10, "has_waiting_list": False}
    make.enrol(make.run("elder-care", "已满", opens=-9, closes=8, starts=15, days=4, **full), learners[50:60])
    soon = make.run("housekeeping", "待开班", opens=0, closes=1, starts=4, days=3)
    make.enrol(soon, learners[60:74])
    CourseRun.objects.filter(pk=soon.pk).update(
        enrolment_opens_at=at(make.today - timedelta(days=20), 9),
        enrolment_closes_at=timezone.now() - timedelta(hours=20),
    )
    running(make, worker, learners[80:98])
    ended(make, learners[100:116])
    online(make, described, worker, learners[120:130])
    cancelled = make.run("red-tourism", "取消", opens=-12, closes=3, starts=6, days=3)
    make.enrol(cancelled, learners[140:144])
    runs.cancel_run(run=cancelled, reason="（演示）报名人数不足，与下一期合并。", actor=actor)
    CourseRun.objects.filter(
        pk=make.run("homestay", "草稿", opens=40, closes=60, starts=70, days=0).pk
    ).update(
        status=CourseRun.Status.DRAFT, announced_at=None, enrolment_opens_at=None, enrolment_closes_at=None
    )


class RunMaker:
    """Makes the demo's runs: what they have in common, and what is done to them."""

    def __init__(self, courses, actor):
        self.courses, self.actor = courses, actor
        self.today = timezone.localdate()
        self.teacher = User.objects.get(username="jiaoshi")
        code = io.BytesIO()
        segno.make("演示班级群，不能加入").save(code, kind="png", scale=6)
        upload = SimpleUploadedFile("group.png", code.getvalue())
        self.group_qr = store_image(upload=upload, actor=actor, purpose="班级群二维码")

    def run(self, slug, words, *, opens, closes, starts, days, **fields):
        """Return an announced run whose dates lie these many days from today, with a lesson on each of its days."""
        course, academy = self.courses[slug]
        starts_on = self.today + timedelta(days=starts)
        run = CourseRun.objects.create(
            **{
                "course": course,
                "academy": academy,
                "name": f"{starts_on.year} 年演示班（{words}）",
                "status": CourseRun.Status.ANNOUNCED,
                "announced_at": timezone.now(),
                "enrolment_opens_at": at(self.today + timedelta(days=opens), 9),
                "enrolment_closes_at": at(self.today + timedelta(days=closes), 18),
                "starts_on": starts_on,
                "ends_on": starts_on + timedelta(days=max(days - 1, 0)),
                "capacity": 30,
                "minimum": 8,
                "schedule_note": "连续全天，9:00–16:00",
                "venue": f"{academy.short_name}{ROOMS.get(slug, '第一教室')}（演示）",
                "lunch": "中午提供工作餐",
                "transport": "公交密云医院站下车，步行约 5 分钟（演示）",
                "to_bring": "身份证、笔；实操课穿工作服",
                "head_teacher": self.teacher,
                "head_teacher_name": self.teacher.name,
                "head_teacher_phone": "010-00000000",
                "group_qr": self.group_qr,
                "group_qr_expires_on": self.today + timedelta(days=7),
                "certificate_design": CertificateDesign.objects.get(line="academies"),
                "certificate_series": CertificateSeries.objects.filter(line="academies").latest("year"),
                **fields,
            }
        )
        add_days(run, [starts_on + timedelta(days=n) for n in range(days)])
        return run

    def enrol(self, run, people):
        """Return the enrolments of these people, made one by one as staff make them."""
        return [
            enrolments.enrol(run=run, person=person, actor=self.actor, channel="staff") for person in people
        ]

    def enrol_for_union(self, run, people):
        """Enrol three people of a unit as its union's liaison does."""
        liaison = User.objects.get(username="jingban")
        body = liaison.liaisons.get().body
        own = [person for person in people if person.unit_id and person.unit in body.units.all()]
        for person in own[:3]:
            enrolments.enrol(run=run, person=person, actor=liaison, channel="liaison", body=body)


def running(make, worker, learners):
    """A run that is on: yesterday's lesson is closed, today's can be signed in to, one is to come."""
    run = make.run(
        "trackless-mining", "开班中", opens=-30, closes=-5, starts=-1, days=3, late_after_minutes=120
    )
    people = enrol_at_once(run, [worker, *learners], make.actor)
    first, live, _ = run.lessons.order_by("position")
    attend(run, people, 0, [first])
    first.attendance.filter(enrolment=people[-1]).update(status="absent", source="closing", signed_in_at=None)
    first.refresh_from_db()
    attendance.request_make_up(
        lesson=first, enrolment=people[-1], reason="（演示）到课后手机没电，没能扫码。", actor=make.teacher
    )
    run.lessons.update(teacher_user=make.teacher)
    live.refresh_from_db()
    live.title, live.starts_at = LIVE, timezone.now() - timedelta(minutes=5)
    live.ends_at = live.starts_at + LIVE_HOURS
    live.save()


def move_live_lesson():
    """Hold the live lesson again where its time is over and nobody has closed it; True if it was moved."""
    now = timezone.now()
    return bool(
        Lesson.objects.filter(title=LIVE, closed_at=None, ends_at__lt=now).update(
            starts_at=now - timedelta(minutes=5), ends_at=now + LIVE_HOURS
        )
    )


def ended(make, learners):
    """A run that is over and waits for its completion: two have been absent, one has failed the exam."""
    run = make.run(
        "industrial-robots", "待结业", opens=-40, closes=-14, starts=-8, days=4, has_exam=True, pass_score=60
    )
    people = enrol_at_once(run, learners, make.actor)
    attend(run, people, 2)
    for number, enrolment in enumerate(people):
        enrolment.score = 52 if number == 3 else 70 + number * 7 % 29
        enrolment.save(update_fields=["score"])


def online(make, described, worker, learners):
    """A run wholly on line, with lessons to read, an exam, and learners who are on their way."""
    run = make.run(
        "mine-safety",
        "线上自学",
        opens=-20,
        closes=50,
        starts=-10,
        days=0,
        ends_on=make.today + timedelta(days=60),
        capacity=None,
        venue="",
        lunch="",
        transport="",
        to_bring="",
        schedule_note="随时可学，结业前学完并通过考核",
        promotes_after_start=True,
        has_exam=True,
    )
    for position, told in enumerate(described["online"], 1):
        run.lessons.create(position=position, kind=Lesson.Kind.ONLINE, **told)
    for position, told in enumerate(described["questions"], 1):
        choices = told.pop("choices")
        question = run.questions.create(position=position, points=10, **told)
        for place, text in enumerate(choices):
            question.choices.create(position=place, text=text.lstrip("+"), is_right=text.startswith("+"))
    add_materials(run.lessons.get(position=2), make.actor)
    people = enrol_at_once(run, [worker, *learners], make.actor)
    lesson = run.lessons.order_by("position").first()
    done_at = timezone.now() - timedelta(days=2)
    Progress.objects.bulk_create(
        Progress(enrolment=enrolment, lesson=lesson, completed_at=done_at) for enrolment in people[::2]
    )
    seats.settle_run(run=run)


def add_materials(lesson, actor):
    """Give an on-line lesson a drawing to look at and a check list to take away."""
    picture = drawing("tunnel", actor, "课件", is_public=False)
    lesson.materials.create(position=1, kind="image", title="进入作业面先看顶板和两帮", file=picture)
    lines = ("安全帽：下颏带系好", "反光背心：扣齐", "自救器：气密和有效期", "防尘口罩：不湿、不变形")
    document = store_document(upload=paper("班前检查表", *lines), actor=actor, purpose="课件")
    lesson.materials.create(position=2, kind="file", title="班前检查表", file=document)
