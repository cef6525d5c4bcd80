import datetime
import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from academies.models.academies import Academy, dialled
from academies.models.courses import Course


class CourseRunQuerySet(models.QuerySet):
    def public(self):
        """Runs that have been announced, also those cancelled or completed since, where course and academy are public."""
        announced = self.exclude(status=CourseRun.Status.DRAFT).exclude(course__status=Course.Status.DRAFT)
        return announced.exclude(academy__status=Academy.Status.PREPARING)

    def taught_by(self, user):
        """Runs whose attendance this user may keep: head teacher, or teacher of a lesson."""
        return self.filter(Q(head_teacher=user) | Q(lessons__teacher_user=user)).distinct()


class CourseRun(models.Model):
    """One class of a course. What the public sees of its state is computed from dates and seats, never stored.

    `taken` is moved by one service alone, under a lock of this row: approved, offered and completed enrolments.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        ANNOUNCED = "announced", "已发布"
        COMPLETED = "completed", "已结业"
        CANCELLED = "cancelled", "已取消"

    key = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(Course, models.PROTECT, verbose_name="课程", related_name="runs")
    academy = models.ForeignKey(Academy, models.PROTECT, verbose_name="学院", related_name="runs")
    name = models.CharField("班次", max_length=80, help_text="如 2026 年第 1 期")
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    enrolment_opens_at = models.DateTimeField("报名开始", null=True, blank=True)
    enrolment_closes_at = models.DateTimeField("报名截止", null=True, blank=True)
    starts_on = models.DateField("开班日期")
    ends_on = models.DateField("结业日期")
    capacity = models.PositiveIntegerField("名额", null=True, blank=True, help_text="留空即不限；不能填 0。")
    minimum = models.PositiveIntegerField("最少开班人数", null=True, blank=True)
    taken = models.PositiveIntegerField("已占名额", default=0, editable=False)
    has_waiting_list = models.BooleanField("满员后可候补", default=True)
    needs_approval = models.BooleanField("报名须审核", default=False)
    promotes_after_start = models.BooleanField("开班后仍可递补", default=False)
    offer_hours = models.PositiveSmallIntegerField("递补确认时限（小时）", default=24)
    fee = models.DecimalField("收费（元）", max_digits=8, decimal_places=2, default=0, help_text="0 即免费")
    fee_note = models.CharField("费用说明", max_length=200, blank=True)
    schedule_note = models.CharField(
        "上课时间说明", max_length=200, blank=True, help_text="如 每周六、日全天"
    )
    venue = models.CharField("上课地点", max_length=200, blank=True)
    online_link = models.CharField("线上地址", max_length=300, blank=True)
    lunch = models.CharField("午餐", max_length=100, blank=True)
    transport = models.CharField("交通", max_length=200, blank=True)
    to_bring = models.CharField("需携带", max_length=200, blank=True)
    head_teacher = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="班主任账号",
        related_name="classes",
    )
    head_teacher_name = models.CharField("班主任", max_length=50, blank=True)
    head_teacher_phone = models.CharField("班主任电话", max_length=20, blank=True)
    group_qr = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="班级群二维码",
        related_name="+",
    )
    group_qr_expires_on = models.DateField("群二维码有效期至", null=True, blank=True)
    attendance_percent = models.PositiveSmallIntegerField("出勤要求（%）", default=80)
    has_exam = models.BooleanField("有考核", default=False)
    pass_score = models.DecimalField("及格分", max_digits=5, decimal_places=2, default=60)
    exam_attempts = models.PositiveSmallIntegerField(
        "考核次数", null=True, blank=True, help_text="留空即不限"
    )
    opens_minutes_before = models.PositiveSmallIntegerField("课前多少分钟可签到", default=30)
    late_after_minutes = models.PositiveSmallIntegerField("开课后多少分钟算迟到", default=10)
    signs_out = models.BooleanField("须签退", default=False)
    late_counts_percent = models.PositiveSmallIntegerField("迟到按出勤的（%）", default=100)
    leave_counts_percent = models.PositiveSmallIntegerField("请假按出勤的（%）", default=0)
    make_up_hours = models.PositiveSmallIntegerField("补签申请时限（小时）", default=48)
    certificate_design = models.ForeignKey(
        "certificates.CertificateDesign",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="结业证书版式",
        related_name="+",
    )
    certificate_series = models.ForeignKey(
        "certificates.CertificateSeries",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="证书编号序列",
        related_name="+",
    )
    cancel_reason = models.CharField("取消原因", max_length=300, blank=True, editable=False)
    announced_at = models.DateTimeField("发布时间", null=True, blank=True, editable=False)
    completed_at = models.DateTimeField("结业时间", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = CourseRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "班次"
        ordering = ["-starts_on", "-pk"]
        permissions = [("complete_runs", "办理结业"), ("change_priority", "调整候补次序")]
        constraints = [
            models.UniqueConstraint(fields=["course", "academy", "name"], name="one_run_per_course_and_name"),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(capacity__gte=1),
                name="no_limit_is_empty_and_not_zero",
                violation_error_message="不限名额请留空，不要填 0。",
            ),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(taken__lte=F("capacity")),
                name="seats_taken_are_within_capacity",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="run_ends_after_it_starts",
                violation_error_message="结业日期不能早于开班日期。",
            ),
            models.CheckConstraint(
                condition=Q(enrolment_opens_at=None)
                | Q(enrolment_closes_at=None)
                | Q(enrolment_closes_at__gt=F("enrolment_opens_at")),
                name="enrolment_closes_after_it_opens",
                violation_error_message="报名截止应晚于报名开始。",
            ),
            models.CheckConstraint(
                condition=Q(
                    attendance_percent__lte=100, late_counts_percent__lte=100, leave_counts_percent__lte=100
                ),
                name="shares_of_attendance_are_percentages",
                violation_error_message="比例应在 0 到 100 之间。",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancel_reason=""), name="cancelled_run_says_why"
            ),
        ]

    def __str__(self):
        return f"{self.course} {self.name}"

    def get_absolute_url(self):
        return reverse("academies:run_detail", args=[self.key])

    def clean(self):
        """A nought that would mean nothing or never, and a group code that anybody could open, are refused."""
        problems = {}
        if self.exam_attempts == 0:
            problems["exam_attempts"] = "不限次数请留空，不要填 0。"
        if self.offer_hours == 0:
            problems["offer_hours"] = "确认时限至少 1 小时；填 0 则递补一发出就逾期。"
        if self.group_qr and self.group_qr.is_public:
            problems["group_qr"] = "这是公开文件，没有录取的人也能打开。请重新上传，不要勾选“公开”。"
        if problems:
            raise ValidationError(problems)

    @property
    def closes_at(self):
        """When enrolment ends: as set, else as the day of the start begins."""
        midnight = datetime.datetime.combine(self.starts_on, datetime.time.min)
        return self.enrolment_closes_at or timezone.make_aware(midnight)

    @property
    def dial(self):
        """The number that a tap on the head teacher's telephone dials."""
        return dialled(self.head_teacher_phone)
