"""Every act of the academies' staff leaves its line; where the line cannot be written, nothing is."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import Error, connection
from django.utils import timezone

from academies.models import ClassRequest, CourseRun, Enrolment, Feedback
from academies.services import class_requests, completion, enrolment, exports, feedback, rosters, runs
from tests import factories
from tests.academies.runs import enrol_all, make_lesson, make_people, make_run
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import ACTIONS

pytestmark = pytest.mark.django_db


class Scene:
    """A draft, an announced run with learners and a list, a run that is over, a completed one, and a request."""

    def __init__(self):
        self.actor = factories.make_superuser()
        ready = {"venue": "一教室", "head_teacher_name": "王", "head_teacher_phone": "010-1"}
        self.draft = make_run(status="draft", **ready)
        make_lesson(self.draft, starts_in=timedelta(days=15))
        self.run = make_run(capacity=1, has_exam=True)
        self.seated, self.waiting = enrol_all(self.run, make_people(2))
        self.over = make_run(attendance_percent=0)
        enrol_all(self.over, make_people(1))
        today = timezone.localdate()
        CourseRun.objects.filter(pk=self.over.pk).update(starts_on=today, ends_on=today)
        self.completed = make_run()
        (self.graduate,) = enrol_all(self.completed, make_people(1))
        Enrolment.objects.filter(pk=self.graduate.pk).update(status="completed")
        CourseRun.objects.filter(pk=self.completed.pk).update(status="completed")
        self.feedback = Feedback.objects.create(
            enrolment=self.graduate, content=5, teacher=5, usefulness=5, words="好", is_shown=False
        )
        self.shown = Feedback.objects.create(
            enrolment=self.seated, content=5, teacher=5, usefulness=5, words="好", is_shown=True
        )
        self.asked, self.request = self.ask(), self.ask()
        self.request.save()

    def ask(self):
        unit = factories.make_unit()
        return ClassRequest(
            unit=unit, unit_name=unit.name, topic="电工", people=9, contact_name="刘", requested_by=self.actor
        )

    def new_run(self):
        today = timezone.localdate()
        dates = {"starts_on": today + timedelta(days=9), "ends_on": today + timedelta(days=9)}
        return CourseRun(course=self.run.course, academy=self.run.academy, name="订单班", **dates)


ACTS = {
    "academies.run_announced": lambda s: runs.announce_run(run=s.draft, actor=s.actor),
    "academies.run_cancelled": lambda s: runs.cancel_run(run=s.run, reason="人少", actor=s.actor),
    "academies.run_copied": lambda s: runs.copy_run(
        run=s.run, starts_on=s.run.starts_on + timedelta(days=7), actor=s.actor
    ),
    "academies.run_change_told": lambda s: runs.tell_changes(
        run=s.run, before={"上课地点": "旧址"}, actor=s.actor
    ),
    "academies.capacity_set": lambda s: enrolment.set_capacity(run=s.run, capacity=5, actor=s.actor),
    "academies.priority_set": lambda s: enrolment.set_priority(
        enrolment=s.waiting, priority=1, reason="急需", actor=s.actor
    ),
    "academies.score_recorded": lambda s: completion.record_score(
        enrolment=s.seated, score=Decimal(80), actor=s.actor
    ),
    "academies.run_completed": lambda s: completion.complete_run(run=s.over, actor=s.actor),
    "academies.completion_revoked": lambda s: completion.revoke_completion(
        enrolment=s.graduate, reason="替学", actor=s.actor
    ),
    "academies.roster_imported": lambda s: rosters.import_roster(
        run=s.run, workbook=factories.workbook({"名单": [["姓名", "单位"], ["新人", "新厂"]]}), actor=s.actor
    ),
    "academies.enrolments_exported": lambda s: exports.export_enrolments(
        enrolments=Enrolment.objects.all(), actor=s.actor, target=io.BytesIO()
    ),
    "academies.feedback_shown": lambda s: feedback.moderate_feedback(
        feedback=s.feedback, is_shown=True, actor=s.actor
    ),
    "academies.feedback_hidden": lambda s: feedback.moderate_feedback(
        feedback=s.shown, is_shown=False, actor=s.actor
    ),
    "academies.class_requested": lambda s: class_requests.ask_for_class(request=s.asked, actor=s.actor),
    "academies.class_request_answered": lambda s: class_requests.answer_request(
        request=s.request, answer="可以", actor=s.actor
    ),
    "academies.class_request_declined": lambda s: class_requests.answer_request(
        request=s.request, answer="不行", actor=s.actor, is_declined=True
    ),
    "academies.run_opened_for_requests": lambda s: class_requests.open_for_requests(
        requests=[s.request], run=s.new_run(), actor=s.actor
    ),
}
# What is only read, and word of what the form has written by then: here nobody in the run has an account.
READING = {"academies.enrolments_exported", "academies.run_change_told"}


def database():
    labels = ("academies", "people", "inbox", "certificates")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return {model: list(model.objects.order_by("pk").values()) for model in models}


def test_every_act_of_the_staff_leaves_its_line():
    for action, act in ACTS.items():
        scene = Scene()
        before, count = database(), AuditEntry.objects.count()
        act(scene)
        lines = AuditEntry.objects.order_by("pk")[count:]
        (line,) = [line for line in lines if line.action == action]
        assert line.actor_key == str(scene.actor.pk), action
        assert action in ACTIONS
        assert (action in READING) is (database() == before), action
        scene.actor.username = f"old{scene.actor.pk}"
        scene.actor.save()


@pytest.mark.parametrize("action", ACTS)
def test_an_act_whose_line_cannot_be_written_writes_nothing(action):
    scene = Scene()
    before = database()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no audit'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
    with pytest.raises(Error, match="no audit"):
        ACTS[action](scene)
    assert database() == before
