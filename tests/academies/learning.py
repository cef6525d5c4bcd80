"""A learner with an account, lessons to learn and questions to answer, for the tests of learning."""

from datetime import timedelta

from django.utils import timezone

from tests import factories
from tests.academies.runs import enrol_all, make_run
from tests.files.test_storing import PDF, picture, upload
from tests.files.test_videos import mp4
from unionportal import roles
from unionportal.files import services as files

TEXT = "".join(f"<p>第 {number} 段：安全规程与操作要领。</p>" for number in range(1, 31))
VIDEO_SECONDS = 100


def make_learner(run=None, name="李学员", **fields):
    """Return (account, enrolment) of somebody admitted to a run that began yesterday."""
    today = timezone.localdate()
    days = {"starts_on": today - timedelta(days=1), "ends_on": today + timedelta(days=9)}
    run = run or make_run(**{**days, **fields})
    user = factories.make_user(roles.WORKER, name=name)
    (enrolment,) = enrol_all(run, [factories.make_person(name, user=user)])
    return user, enrolment


def make_online(run, *, text=TEXT, video=None, title="线上第一课"):
    """An on-line lesson with a text; `video` is the length of a video in it."""
    lesson = run.lessons.create(
        position=run.lessons.count() + 1, title=title, kind="online", hours=2, text=text
    )
    if video:
        inspected = files.inspect_video(upload(mp4(video), "讲解.mp4"))
        stored = files.store_file(inspected=inspected, actor=None, purpose="课件", is_guarded=True)
        lesson.materials.create(kind="video", title="讲解", file=stored, seconds=video)
    return lesson


def make_materials(lesson):
    """A picture, a paper and a link in a lesson."""
    image = files.store_image(upload=upload(picture(), "图.jpg"), actor=None, purpose="课件")
    paper = files.store_document(upload=upload(PDF, "讲义.pdf"), actor=None, purpose="课件")
    return (
        lesson.materials.create(position=1, kind="image", title="示意图", file=image),
        lesson.materials.create(position=2, kind="file", title="讲义", file=paper),
        lesson.materials.create(position=3, kind="video", title="站外视频", link="https://example.org/v/1"),
    )


def ask(run, kind, text, choices, points=5):
    """One question; choices is {text: is right}."""
    number = run.questions.count() + 1
    question = run.questions.create(
        position=number, kind=kind, text=text, points=points, explanation=f"解析之{number}"
    )
    for position, (words, is_right) in enumerate(choices.items(), 1):
        question.choices.create(position=position, text=words, is_right=is_right)
    return question


def make_questions(run):
    """One question of each kind, worth 5, 10 and 5."""
    return [
        ask(run, "single", "灭火器压力指针应在", {"绿区": True, "红区": False, "黄区": False}),
        ask(run, "multiple", "下列属于个人防护用品的是", {"安全帽": True, "护目镜": True, "扳手": False}, 10),
        ask(run, "true_false", "带电作业可以不戴绝缘手套", {"正确": False, "错误": True}),
    ]


def right_answers(run):
    """Return {question: [choices]} with all that is right."""
    return {
        str(question.pk): list(question.choices.filter(is_right=True).values_list("pk", flat=True))
        for question in run.questions.all()
    }
