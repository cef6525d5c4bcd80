import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from academies.models.runs import CourseRun
from unionportal.people.models import UnionBody


class EnrolmentQuerySet(models.QuerySet):
    def seated(self):
        """Enrolments that take a seat."""
        return self.filter(status__in=Enrolment.SEATED)

    def waiting(self):
        """The waiting list, in its order: priority first, then the time of joining."""
        return self.filter(status=Enrolment.Status.WAITLISTED).order_by("-priority", "queued_at", "pk")

    def learning(self, user):
        """One's own, where one has been admitted: lessons, exam and attendance are open."""
        return self.filter(person__user=user, status__in=Enrolment.LEARNING)

    def visible_to(self, user):
        """One's own, and those of the unions one acts for."""
        return self.filter(Q(person__user=user) | Q(body__in=UnionBody.objects.kept_by(user).values("pk")))


class Enrolment(models.Model):
    """A person in a run, from applying to completing."""

    class Status(models.TextChoices):
        APPLIED = "applied", "待审核"
        WAITLISTED = "waitlisted", "候补中"
        OFFERED = "offered", "待确认递补"
        APPROVED = "approved", "已录取"
        REJECTED = "rejected", "未通过"
        CANCELLED = "cancelled", "已取消"
        COMPLETED = "completed", "已结业"
        FAILED = "failed", "未结业"

    SEATED = (Status.OFFERED, Status.APPROVED, Status.COMPLETED, Status.FAILED)
    LEARNING = (Status.APPROVED, Status.COMPLETED, Status.FAILED)
    ENDED = (Status.REJECTED, Status.CANCELLED)

    class Channel(models.TextChoices):
        SELF = "self", "本人报名"
        LIAISON = "liaison", "工会代报"
        STAFF = "staff", "后台录入"
        ROSTER = "roster", "名单导入"

    key = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(CourseRun, models.PROTECT, verbose_name="班次", related_name="enrolments")
    person = models.ForeignKey(
        "people.Person", models.PROTECT, verbose_name="学员", related_name="enrolments"
    )
    status = models.CharField("状态", max_length=10, choices=Status, editable=False)
    channel = models.CharField("渠道", max_length=10, choices=Channel, default=Channel.SELF, editable=False)
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="报名人", related_name="+"
    )
    body = models.ForeignKey(
        UnionBody, models.PROTECT, null=True, blank=True, verbose_name="代报工会", related_name="enrolments"
    )
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    unit_name = models.CharField("报名时单位", max_length=100, blank=True)
    priority = models.SmallIntegerField("候补优先级", default=0, editable=False)
    priority_reason = models.CharField("优先理由", max_length=200, blank=True, editable=False)
    queued_at = models.DateTimeField("进入次序的时间", null=True, blank=True, editable=False)
    offered_until = models.DateTimeField("确认截止", null=True, blank=True, editable=False)
    approved_at = models.DateTimeField("录取时间", null=True, blank=True, editable=False)
    ended_at = models.DateTimeField("取消时间", null=True, blank=True, editable=False)
    end_reason = models.CharField("取消或未通过的理由", max_length=300, blank=True, editable=False)
    score = models.DecimalField("考核成绩", max_digits=5, decimal_places=2, null=True, blank=True)
    attendance_share = models.DecimalField(
        "出勤率（%）", max_digits=5, decimal_places=2, null=True, blank=True, editable=False
    )
    completed_at = models.DateTimeField("结业时间", null=True, blank=True, editable=False)
    certificate = models.OneToOneField(
        "certificates.Certificate",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="结业证书",
        related_name="enrolment",
        editable=False,
    )
    created_at = models.DateTimeField("报名时间", auto_now_add=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "报名"
        ordering = ["run", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "person"],
                condition=~Q(status__in=["rejected", "cancelled"]),
                name="one_live_enrolment_per_person_and_run",
            ),
            models.CheckConstraint(
                condition=~Q(status="waitlisted") | Q(queued_at__isnull=False),
                name="waiting_enrolment_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="offered") | Q(offered_until__isnull=False), name="offer_has_an_end"
            ),
            models.CheckConstraint(
                condition=Q(priority=0) | ~Q(priority_reason=""), name="priority_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=["run", "status"], name="enrolment_by_run_and_status")]

    def __str__(self):
        return f"{self.person.name} {self.run}"

    def get_absolute_url(self):
        return reverse("academies:enrolment_detail", args=[self.key])


class Feedback(models.Model):
    """What somebody thought of a run after its end."""

    enrolment = models.OneToOneField(Enrolment, models.CASCADE, verbose_name="报名", related_name="feedback")
    content = models.PositiveSmallIntegerField("内容（1–5）")
    teacher = models.PositiveSmallIntegerField("教师（1–5）")
    usefulness = models.PositiveSmallIntegerField("实用（1–5）")
    words = models.TextField("意见", blank=True, max_length=500)
    is_shown = models.BooleanField("公开展示意见", default=False)
    given_at = models.DateTimeField("评价时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "评价"
        ordering = ["-given_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    content__gte=1,
                    content__lte=5,
                    teacher__gte=1,
                    teacher__lte=5,
                    usefulness__gte=1,
                    usefulness__lte=5,
                ),
                name="feedback_is_between_1_and_5",
            )
        ]

    def __str__(self):
        return f"{self.enrolment.run} 的评价"
