from django.conf import settings
from django.db import models
from django.db.models import Q

from academies.models.enrolments import Enrolment
from academies.models.lessons import Lesson


class Attendance(models.Model):
    """Whether somebody came to a lesson. No row: not marked yet; only closing the lesson makes it absent."""

    class Status(models.TextChoices):
        PRESENT = "present", "出勤"
        LATE = "late", "迟到"
        LEAVE = "leave", "请假"
        ABSENT = "absent", "缺勤"
        EXCUSED = "excused", "免修"
        NOT_YET_ENROLLED = "not_yet_enrolled", "尚未入班"

    class Source(models.TextChoices):
        SCAN = "scan", "扫码"
        LIST = "list", "点名"
        MAKE_UP = "make_up", "补签"
        CLOSING = "closing", "结束考勤"

    lesson = models.ForeignKey(Lesson, models.CASCADE, verbose_name="课次", related_name="attendance")
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, verbose_name="报名", related_name="attendance")
    status = models.CharField("考勤", max_length=16, choices=Status)
    source = models.CharField("来源", max_length=10, choices=Source)
    signed_in_at = models.DateTimeField("签到时间", null=True, blank=True)
    signed_out_at = models.DateTimeField("签退时间", null=True, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="登记人",
        related_name="+",
    )
    note = models.CharField("说明", max_length=200, blank=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "考勤"
        ordering = ["lesson", "enrolment"]
        constraints = [
            models.UniqueConstraint(
                fields=["lesson", "enrolment"], name="one_attendance_per_lesson_and_enrolment"
            )
        ]

    def __str__(self):
        return f"{self.lesson} {self.enrolment.person.name}：{self.get_status_display()}"


class MakeUpRequest(models.Model):
    """A learner who came and could not sign in asks for it afterwards (补签)."""

    class Decision(models.TextChoices):
        WAITING = "waiting", "待处理"
        GRANTED = "granted", "已同意"
        REFUSED = "refused", "未同意"

    lesson = models.ForeignKey(Lesson, models.CASCADE, verbose_name="课次", related_name="make_up_requests")
    enrolment = models.ForeignKey(
        Enrolment, models.CASCADE, verbose_name="报名", related_name="make_up_requests"
    )
    reason = models.CharField("申请理由", max_length=300)
    requested_at = models.DateTimeField("申请时间", auto_now_add=True)
    decision = models.CharField("处理", max_length=10, choices=Decision, default=Decision.WAITING)
    decision_reason = models.CharField("处理理由", max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="处理人",
        related_name="+",
    )
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "补签申请"
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["lesson", "enrolment"],
                condition=Q(decision="waiting"),
                name="one_waiting_make_up_request",
            ),
            models.CheckConstraint(
                condition=Q(decision="waiting", decided_at=None)
                | (~Q(decision="waiting") & Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="decided_make_up_request_has_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.enrolment.person.name} {self.lesson}"
