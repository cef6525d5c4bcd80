from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse

from academies.models.runs import CourseRun
from unionportal.common import crypto
from unionportal.people.models import UnionBody


class ClassRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What one has asked for, and what others have asked for the units of the unions one acts for."""
        bodies = UnionBody.objects.kept_by(user)
        return self.filter(Q(requested_by=user) | Q(unit__union_bodies__in=bodies)).distinct()


class ClassRequest(models.Model):
    """A unit asks for a class of its own (订单班); several may be pooled into one run."""

    class Status(models.TextChoices):
        RECEIVED = "received", "已收到"
        ANSWERED = "answered", "已答复"
        OPENED = "opened", "已开班"
        DECLINED = "declined", "暂不开班"

    unit = models.ForeignKey(
        "people.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="单位",
        related_name="class_requests",
    )
    unit_name = models.CharField("单位名称", max_length=100)
    topic = models.CharField("培训内容", max_length=200)
    sector = models.ForeignKey(
        "people.Sector", models.PROTECT, null=True, blank=True, verbose_name="产业/行业", related_name="+"
    )
    people = models.PositiveIntegerField("人数")
    wanted_from = models.DateField("希望开班（最早）", null=True, blank=True)
    wanted_to = models.DateField("希望开班（最晚）", null=True, blank=True)
    note = models.TextField("说明", blank=True, max_length=1000)
    contact_name = models.CharField("联系人", max_length=50)
    contact_phone_sealed = models.BinaryField("联系电话（密文）", default=b"", editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="申请人", related_name="class_requests"
    )
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.RECEIVED, editable=False)
    answer = models.TextField("答复", blank=True)
    run = models.ForeignKey(
        CourseRun,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="开成的班次",
        related_name="class_requests",
    )
    requested_at = models.DateTimeField("申请时间", auto_now_add=True)

    objects = ClassRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "订单班申请"
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(people__gte=1),
                name="class_request_is_for_somebody",
                violation_error_message="人数至少为 1。",
            ),
            models.CheckConstraint(
                condition=~Q(status="opened") | Q(run__isnull=False), name="opened_class_request_has_a_run"
            ),
        ]

    def __str__(self):
        return f"{self.unit_name}：{self.topic}"

    def get_absolute_url(self):
        return reverse("academies:request_detail", args=[self.pk])

    def clean(self):
        if self.wanted_from and self.wanted_to and self.wanted_to < self.wanted_from:
            raise ValidationError({"wanted_to": "最晚日期不能早于最早日期。"})

    @property
    def contact_phone(self):
        """The full number; shown to whoever answers the request."""
        return crypto.decrypt(self.contact_phone_sealed)

    @contact_phone.setter
    def contact_phone(self, value):
        self.contact_phone_sealed = crypto.encrypt(value)
