"""What a learner sees of a run: its lessons and how far one is, the exam, a lesson with its materials."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Prefetch
from django.utils import timezone

from academies import marking, watching
from academies.models import Attendance, Enrolment, Lesson, MakeUpRequest, Material, Progress
from academies.services import exams, learning
from unionportal.common.richtext import clean_html, safe_html

CAME = (Attendance.Status.PRESENT, Attendance.Status.LATE)
FEEDBACK = {"content": "课程内容", "teacher": "教师授课", "usefulness": "对工作有用"}


def enrolments_of(user):
    """Return the enrolments of one who has been admitted, the newest run first."""
    mine = Enrolment.objects.learning(user).exclude(run__status="cancelled")
    return mine.select_related("run__course", "run__academy", "person").order_by("-run__starts_on", "-pk")


def clock(seconds):
    """Return a number of seconds as minutes and seconds."""
    return f"{seconds // 60}:{seconds % 60:02d}"


@dataclass
class Line:
    """A lesson in a learner's list: what it is, how one stands, what one can do."""

    lesson: Lesson
    word: str
    state: str  # done, open, missed, coming
    detail: str = ""
    asked: MakeUpRequest | None = None
    may_ask: bool = False


def lines_of(enrolment, now):
    """Return the Lines of a run for its learner."""
    marks = Prefetch("attendance", Attendance.objects.filter(enrolment=enrolment), to_attr="marks")
    steps = Prefetch("progress", Progress.objects.filter(enrolment=enrolment), to_attr="steps")
    asked = MakeUpRequest.objects.filter(enrolment=enrolment)
    requests = Prefetch("make_up_requests", asked, to_attr="asked")
    lessons = enrolment.run.lessons.select_related("teacher").prefetch_related(marks, steps, requests)
    found = []
    for lesson in lessons:
        lesson.run = enrolment.run
        line = _online if lesson.kind == Lesson.Kind.ONLINE else _taught
        found.append(line(enrolment, lesson, now))
    return found


def _online(enrolment, lesson, now):
    step = lesson.steps[0] if lesson.steps else None
    if now < learning.opens_at(lesson):
        return Line(
            lesson, "未开放", "coming", f"{timezone.localtime(learning.opens_at(lesson)):%m-%d} 起可学"
        )
    if step and step.completed_at:
        return Line(lesson, "已学完", "done", f"{timezone.localtime(step.completed_at):%m-%d %H:%M}")
    if step:
        place = f"看到 {clock(step.second)}" if step.material_id else ""
        return Line(lesson, "学习中", "open", place)
    return Line(lesson, "未学", "open")


def _taught(enrolment, lesson, now):
    mark = lesson.marks[0] if lesson.marks else None
    asked = lesson.asked[0] if lesson.asked else None
    came = mark is not None and mark.status in CAME
    if mark:
        at = f"{timezone.localtime(mark.signed_in_at):%H:%M}" if mark.signed_in_at else ""
        line = Line(lesson, mark.get_status_display(), "done" if came else "missed", at, asked)
    else:
        line = Line(
            lesson, *(("未签到", "open") if now >= lesson.starts_at else ("未开课", "coming")), asked=asked
        )
    is_waiting = asked is not None and asked.decision == MakeUpRequest.Decision.WAITING
    until = lesson.ends_at + timedelta(hours=enrolment.run.make_up_hours)
    in_time = lesson.starts_at <= now <= until and enrolment.status == Enrolment.Status.APPROVED
    line.may_ask = in_time and not came and not is_waiting
    return line


def summary(lines):
    """Return how many on-line lessons there are and are done, and how many were held and attended."""
    online = [line for line in lines if line.lesson.kind == Lesson.Kind.ONLINE]
    held = [
        line for line in lines if line.lesson.kind != Lesson.Kind.ONLINE and line.state in ("done", "missed")
    ]
    return {
        "online": len(online),
        "finished": sum(line.state == "done" for line in online),
        "held": len(held),
        "came": sum(line.state == "done" for line in held),
    }


def exam_of(enrolment):
    """Return what a learner sees of the exam: attempts, the open one, how many are left, why it is closed."""
    attempts = list(enrolment.attempts.order_by("number").defer("questions", "answers"))
    is_open = attempts and attempts[-1].submitted_at is None
    return {
        "attempts": attempts,
        "running": attempts[-1] if is_open else None,
        "left": exams.attempts_left(enrolment.run, len(attempts)),
        "closed": exams.why_closed(enrolment),
        "passed": enrolment.score is not None and enrolment.score >= enrolment.run.pass_score,
    }


def paper(attempt):
    """Return the questions of an open attempt with what has been answered: nothing of what is right."""
    questions = marking.without_answers(attempt.questions)
    for question in questions:
        question["chosen"] = attempt.answers.get(str(question["id"]), [])
    return questions


def marked_paper(attempt):
    """Return the questions of an attempt that was handed in, each with what was chosen, what is right, and why."""
    found = []
    for question in attempt.questions:
        chosen = attempt.answers.get(str(question["id"]), [])
        choices = [choice | {"is_chosen": choice["id"] in chosen} for choice in question["choices"]]
        found.append(question | {"choices": choices, "is_right": marking.is_right(question, chosen)})
    return found


def materials_of(lesson, progress):
    """Return the materials of a lesson; each video with the seconds seen and where to go on."""
    materials = list(lesson.materials.select_related("file", "poster"))
    videos = (progress.trail if progress else {}).get("videos", {})
    for material in materials:
        material.is_player = material.kind == Material.Kind.VIDEO and material.file_id is not None
        material.seen = videos.get(str(material.pk), [])
        material.watched = watching.length(material.seen)
        is_here = progress is not None and progress.material_id == material.pk
        material.resume = progress.second if is_here else 0
    return materials


def how_far(progress, materials, has_text):
    """Return, in words, what a lesson still lacks; "" when it is done."""
    if progress and progress.completed_at:
        return ""
    lacking = []
    if (has_text or not any(item.is_player for item in materials)) and not (
        progress and progress.trail.get("read")
    ):
        lacking.append("读到课文末尾" if has_text else "看完本课内容")
    lacking += [
        f"《{item.title}》看满 {watching.ENOUGH}%（已看 {clock(item.watched)} / {clock(item.seconds)}）"
        for item in materials
        if item.is_player and item.seconds and item.watched * 100 < item.seconds * watching.ENOUGH
    ]
    return "还差：" + "；".join(lacking) if lacking else ""


def text_of(lesson):
    """Return the text of a lesson as cleaned HTML, "" where there is none."""
    return safe_html(lesson.text) if clean_html(lesson.text).strip() else ""
