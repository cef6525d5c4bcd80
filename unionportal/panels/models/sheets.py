import uuid
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from unionportal.panels.models.rubric import Criterion, Panel
from unionportal.panels.models.seats import Assignment, Candidate


class SheetQuerySet(models.QuerySet):
    def counting(self):
        """Sheets that enter the score: handed in, by a judge neither recused nor set aside."""
        return self.filter(status=Sheet.Status.SUBMITTED, assignment__set_aside_at=None).exclude(
            candidate__recusals__assignment=models.F("assignment")
        )

    def kept_by(self, user):
        """The sheets of this user's own seats, also those that may not be marked (any more)."""
        return self.filter(assignment__user=user)

    def scorable_by(self, user):
        """The sheets this user may mark now."""
        return (
            self.kept_by(user)
            .filter(
                assignment__ended_at=None,
                panel__status=Panel.Status.OPEN,
                candidate__is_marked=True,
            )
            .exclude(candidate__recusals__assignment=models.F("assignment"))
        )


class Sheet(models.Model):
    """One judge's marks for one candidate. No row of Mark means not marked, never zero."""

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", "未开始"
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "已提交"
        REOPENED = "reopened", "退回修改"

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    panel = models.ForeignKey(Panel, models.CASCADE, verbose_name="评审组", related_name="sheets")
    candidate = models.ForeignKey(Candidate, models.PROTECT, verbose_name="评审对象", related_name="sheets")
    assignment = models.ForeignKey(Assignment, models.PROTECT, verbose_name="席位", related_name="sheets")
    status = models.CharField("状态", max_length=12, choices=Status, default=Status.NOT_STARTED)
    version = models.PositiveIntegerField("版本", default=0)
    # Judgement marks come in thirds: three times the total is always a finite decimal.
    total_thirds = models.DecimalField("总分的三倍", max_digits=9, decimal_places=2, null=True, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    reopen_reason = models.CharField("退回理由", max_length=300, blank=True)

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评分表"
        ordering = ["candidate", "assignment"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "assignment"], name="one_sheet_per_judge_and_candidate"
            ),
            models.CheckConstraint(
                condition=~Q(status="submitted") | Q(total_thirds__isnull=False, submitted_at__isnull=False),
                name="submitted_sheet_has_a_total_and_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="reopened") | ~Q(reopen_reason=""), name="reopened_sheet_has_a_reason"
            ),
        ]

    def __str__(self):
        return f"{self.assignment}：{self.candidate}"


class Mark(models.Model):
    """What a judge gave for one criterion: points, or a level for a judgement criterion."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, verbose_name="评分表", related_name="marks")
    criterion = models.ForeignKey(Criterion, models.PROTECT, verbose_name="评分项", related_name="marks")
    value = models.DecimalField("得分", max_digits=6, decimal_places=2, null=True, blank=True)
    level = models.PositiveSmallIntegerField("级别", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "得分"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="one_mark_per_criterion_on_a_sheet"),
            models.CheckConstraint(
                condition=Q(value__isnull=False, level__isnull=True)
                | Q(value__isnull=True, level__isnull=False),
                name="mark_is_a_value_or_a_level",
            ),
            models.CheckConstraint(
                condition=(Q(value=None) | Q(value__gte=0)) & (Q(level=None) | Q(level__lte=3)),
                name="mark_is_not_negative_and_level_at_most_3",
            ),
        ]

    def __str__(self):
        return str(self.value if self.value is not None else f"{self.level} 级")

    @property
    def given(self):
        """What scoring.py wants: a Decimal, or an int level."""
        return self.value if self.level is None else self.level


class Deduction(models.Model):
    """Points taken off with a reason: on one sheet, or for a candidate on every judge's sheet alike."""

    sheet = models.ForeignKey(
        Sheet, models.CASCADE, null=True, blank=True, verbose_name="评分表", related_name="deductions"
    )
    candidate = models.ForeignKey(
        Candidate, models.CASCADE, null=True, blank=True, verbose_name="评审对象", related_name="deductions"
    )
    points = models.DecimalField("扣分", max_digits=5, decimal_places=2)
    reason = models.CharField("事由", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "扣分"
        constraints = [
            models.CheckConstraint(
                condition=Q(sheet__isnull=False, candidate__isnull=True)
                | Q(sheet__isnull=True, candidate__isnull=False),
                name="deduction_is_of_a_sheet_or_of_a_candidate",
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="deduction_takes_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="deduction_has_a_reason"),
        ]

    def __str__(self):
        return f"扣 {self.points} 分：{self.reason}"

    def clean(self):
        if isinstance(self.points, Decimal) and self.points.is_finite() and self.points <= 0:
            raise ValidationError({"points": "扣分必须大于 0。"})


class SheetVersion(models.Model):
    """What a sheet said when it was saved: every saved version is kept."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, verbose_name="评分表", related_name="versions")
    number = models.PositiveIntegerField("版本")
    body = models.JSONField("内容")
    key = models.UUIDField("幂等键", null=True, blank=True)
    saved_by = models.CharField("保存人", max_length=100)
    saved_at = models.DateTimeField("保存时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "评分表版本"
        ordering = ["sheet", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "number"], name="one_version_per_number_of_a_sheet"),
            models.UniqueConstraint(fields=["sheet", "key"], name="one_version_per_key_of_a_sheet"),
        ]

    def __str__(self):
        return f"{self.sheet} v{self.number}"
