import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from academies.models.courses import CourseTeacher
from academies.models.runs import CourseRun
from unionportal.common.videos import VideoProblem, video_seconds

KEEP_ATTENDANCE = "academies.change_attendance"


class LessonQuerySet(models.QuerySet):
    def kept_by(self, user):
        """Lessons whose attendance this user keeps: their own as a teacher, all for the staff of the academies."""
        lessons = self.exclude(kind=Lesson.Kind.ONLINE).exclude(run__status=CourseRun.Status.DRAFT)
        if user.has_perm(KEEP_ATTENDANCE):
            return lessons
        return lessons.filter(Q(run__head_teacher=user) | Q(teacher_user=user))


class Lesson(models.Model):
    """One sitting of a run, or one on-line unit. Attendance is kept per lesson that is taught on site or live."""

    class Kind(models.TextChoices):
        ONSITE = "onsite", "面授"
        LIVE = "live", "直播"
        ONLINE = "online", "线上自学"

    key = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(CourseRun, models.CASCADE, verbose_name="班次", related_name="lessons")
    position = models.PositiveSmallIntegerField("序号")
    title = models.CharField("课次", max_length=100)
    kind = models.CharField("形式", max_length=10, choices=Kind, default=Kind.ONSITE)
    starts_at = models.DateTimeField("开始", null=True, blank=True)
    ends_at = models.DateTimeField("结束", null=True, blank=True)
    hours = models.DecimalField("学时", max_digits=4, decimal_places=1, default=1)
    teacher = models.ForeignKey(
        CourseTeacher, models.PROTECT, null=True, blank=True, verbose_name="教师", related_name="lessons"
    )
    teacher_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="教师账号",
        related_name="lessons",
    )
    venue = models.CharField("教室", max_length=100, blank=True)
    text = models.TextField("课文", blank=True)
    closed_at = models.DateTimeField("考勤结束时间", null=True, blank=True, editable=False)

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "课次"
        ordering = ["run", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "position"],
                name="one_lesson_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(kind="online") | Q(starts_at__isnull=False, ends_at__isnull=False),
                name="lesson_held_at_a_time_has_its_times",
                violation_error_message="面授和直播的课次须填写开始和结束时间。",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="lesson_ends_after_it_starts",
                violation_error_message="结束时间应晚于开始时间。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0),
                name="lesson_has_hours",
                violation_error_message="学时应大于 0。",
            ),
        ]

    def __str__(self):
        return f"{self.position}. {self.title}"


class Material(models.Model):
    """Something to read or watch in a lesson."""

    class Kind(models.TextChoices):
        IMAGE = "image", "图片"
        FILE = "file", "文件"
        VIDEO = "video", "视频"
        LINK = "link", "外部链接"

    lesson = models.ForeignKey(Lesson, models.CASCADE, verbose_name="课次", related_name="materials")
    position = models.PositiveSmallIntegerField("序号", default=0)
    kind = models.CharField("类别", max_length=10, choices=Kind)
    title = models.CharField("名称", max_length=100)
    file = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="文件", related_name="+"
    )
    link = models.CharField("链接", max_length=300, blank=True)
    poster = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="视频封面", related_name="+"
    )
    seconds = models.PositiveIntegerField("时长（秒）", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "课件"
        ordering = ["lesson", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(file__isnull=False, link="") | (Q(file=None) & ~Q(link="")),
                name="material_is_a_file_or_a_link",
                violation_error_message="请上传文件或填写链接，二者选一。",
            ),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__startswith="https://") | Q(link__startswith="http://"),
                name="material_links_to_a_web_page",
                violation_error_message="链接应以 https:// 或 http:// 开头。",
            ),
        ]

    def __str__(self):
        return self.title

    def clean(self):
        """An uploaded video is one that can be played here, and says itself how long it is."""
        if self.kind != self.Kind.VIDEO or self.file is None:
            return
        try:
            with self.file.file.open("rb") as file:
                self.seconds = video_seconds(file)
        except VideoProblem as problem:
            raise ValidationError({"file": str(problem)}) from problem


class Progress(models.Model):
    """How far somebody has come in an on-line lesson.

    The trail is {"block": of the text last seen, "read": to its end, "videos": {material: [[from, to] seconds]}}.
    """

    enrolment = models.ForeignKey(
        "academies.Enrolment", models.CASCADE, verbose_name="报名", related_name="progress"
    )
    lesson = models.ForeignKey(Lesson, models.CASCADE, verbose_name="课次", related_name="progress")
    material = models.ForeignKey(
        Material, models.SET_NULL, null=True, blank=True, verbose_name="停在", related_name="+"
    )
    second = models.PositiveIntegerField("停在第几秒", default=0)
    trail = models.JSONField("学过之处", default=dict, blank=True, editable=False)
    watched_seconds = models.PositiveIntegerField("已看秒数", default=0)
    updated_at = models.DateTimeField("最近学习时间", auto_now=True)
    completed_at = models.DateTimeField("学完时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "学习进度"
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "lesson"], name="one_progress_per_enrolment_and_lesson"
            )
        ]

    def __str__(self):
        return f"{self.enrolment} {self.lesson}"


class Question(models.Model):
    """A question of a run's exam."""

    class Kind(models.TextChoices):
        SINGLE = "single", "单选题"
        MULTIPLE = "multiple", "多选题"
        TRUE_FALSE = "true_false", "判断题"

    run = models.ForeignKey(CourseRun, models.CASCADE, verbose_name="班次", related_name="questions")
    position = models.PositiveSmallIntegerField("序号", default=0)
    kind = models.CharField("题型", max_length=10, choices=Kind)
    text = models.TextField("题干")
    points = models.DecimalField("分值", max_digits=5, decimal_places=2, default=5)
    explanation = models.TextField("解析", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "试题"
        ordering = ["run", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0), name="question_is_worth_something"),
        ]

    def __str__(self):
        return self.text[:40]


class Choice(models.Model):
    """One possible answer of a question."""

    question = models.ForeignKey(Question, models.CASCADE, verbose_name="试题", related_name="choices")
    position = models.PositiveSmallIntegerField("序号", default=0)
    text = models.CharField("选项", max_length=300)
    is_right = models.BooleanField("正确", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "选项"
        ordering = ["question", "position", "pk"]

    def __str__(self):
        return self.text


class QuizAttempt(models.Model):
    """One go at a run's exam: the questions as they were put, what was answered, and the mark out of 100."""

    enrolment = models.ForeignKey(
        "academies.Enrolment", models.CASCADE, verbose_name="报名", related_name="attempts"
    )
    number = models.PositiveSmallIntegerField("第几次")
    questions = models.JSONField("试题次序")
    answers = models.JSONField("作答", default=dict)
    started_at = models.DateTimeField("开始时间", auto_now_add=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    score = models.DecimalField("得分（百分制）", max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "考核记录"
        ordering = ["enrolment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "number"], name="one_quiz_attempt_per_number"),
            models.CheckConstraint(
                condition=Q(submitted_at=None, score=None)
                | Q(submitted_at__isnull=False, score__isnull=False),
                name="submitted_attempt_has_a_score",
            ),
        ]

    def __str__(self):
        return f"{self.enrolment} 第 {self.number} 次"
