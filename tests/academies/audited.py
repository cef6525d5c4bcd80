"""Records for the services of learning and attendance to act on, a call of each, and records for the matrix of access."""

import time

from academies import codes
from academies.services import attendance, exams, learning
from tests.academies import learning as scene
from tests.academies.runs import make_lesson, make_run


class LearningScene:
    """A run that is on, with learners in each state that a service asks for."""

    def __init__(self, actor):
        run = make_run(
            starts_on=scene.timezone.localdate() - scene.timedelta(days=1),
            ends_on=scene.timezone.localdate() + scene.timedelta(days=5),
            has_exam=True,
            signs_out=True,
        )
        scene.make_questions(run)
        _, self.learner = scene.make_learner(run)
        _, self.fresh = scene.make_learner(run, name="王学员")
        _, self.past = scene.make_learner(run, name="赵学员")
        type(self.past).objects.filter(pk=self.past.pk).update(status="completed")
        self.past.status = "completed"
        self.lesson, self.other, self.closed = (make_lesson(run) for _ in range(3))
        self.online, self.begun = scene.make_online(run), scene.make_online(run)
        self.report(actor, self.begun)
        self.scan_in(self.other, actor)
        attendance.close_lesson(lesson=self.closed, actor=actor)
        self.request = attendance.request_make_up(
            lesson=self.closed, enrolment=self.fresh, reason="没电", actor=actor
        )
        self.attempt = exams.start_attempt(enrolment=self.learner, actor=actor)

    def report(self, actor, lesson, **report):
        return learning.keep_progress(
            enrolment=self.learner, lesson=lesson, report={"ranges": [], **report}, actor=actor
        )

    def scan_in(self, lesson, actor, way="in"):
        now = time.time()
        scan = codes.read_code(codes.make_code(lesson.key, way, now), now)
        return attendance.sign(scan=scan, person=self.learner.person, actor=actor)


def _decide(s, *, is_granted):
    request = s.learning.request
    return attendance.decide_make_up(request=request, is_granted=is_granted, reason="属实", actor=s.actor)


SERVICES = {
    "academies.signed_in": lambda s: s.learning.scan_in(s.learning.lesson, s.actor),
    "academies.signed_out": lambda s: s.learning.scan_in(s.learning.other, s.actor, "out"),
    "academies.rest_signed_out": lambda s: attendance.sign_out_rest(lesson=s.learning.other, actor=s.actor),
    "academies.attendance_listed": lambda s: attendance.merge_list(
        lesson=s.learning.lesson, marks={str(s.learning.fresh.key): ("leave", "")}, actor=s.actor
    ),
    "academies.lesson_closed": lambda s: attendance.close_lesson(lesson=s.learning.lesson, actor=s.actor),
    "academies.lesson_reopened": lambda s: attendance.reopen_lesson(
        lesson=s.learning.closed, actor=s.actor, reason="漏点"
    ),
    "academies.make_up_requested": lambda s: attendance.request_make_up(
        lesson=s.learning.closed, enrolment=s.learning.learner, reason="没电", actor=s.actor
    ),
    "academies.make_up_granted": lambda s: _decide(s, is_granted=True),
    "academies.make_up_refused": lambda s: _decide(s, is_granted=False),
    "academies.lesson_begun": lambda s: s.learning.report(s.actor, s.learning.online),
    "academies.lesson_finished": lambda s: s.learning.report(s.actor, s.learning.begun, read=True),
    "academies.exam_started": lambda s: exams.start_attempt(enrolment=s.learning.fresh, actor=s.actor),
    "academies.exam_submitted": lambda s: exams.submit_attempt(
        attempt=s.learning.attempt, answers={}, actor=s.actor
    ),
    "academies.feedback_given": lambda s: learning.give_feedback(
        enrolment=s.learning.past, content=5, teacher=5, usefulness=4, words="好", actor=s.actor
    ),
}


def own_records(actor):
    """Return {name: record} of a learner, a lesson on site and one on line, an attempt and a request, whose owners no role is."""
    made = LearningScene(actor)
    return {
        "learner": made.learner,
        "taught_lesson": made.lesson,
        "online_lesson": made.online,
        "closed_lesson": made.closed,
        "make_up": made.request,
        "material": scene.make_materials(made.online)[1],
    }
