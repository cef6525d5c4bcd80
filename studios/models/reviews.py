from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studios.models.studios import YEARS, Studio


class AnnualReviewQuerySet(models.QuerySet):
    def of_active(self):
        """Reviews of studios that still are; of those delisted or ended nothing is asked any more."""
        return self.filter(studio__status=Studio.Status.ACTIVE)

    def overdue(self, today=None):
        """Reports that are still owed after their day."""
        today = today or timezone.localdate()
        return self.of_active().filter(status__in=AnnualReview.OWED, due_on__lt=today)

    def rectification_overdue(self, today=None):
        """Rectifications whose day has passed without a finding."""
        today = today or timezone.localdate()
        return self.of_active().filter(
            status=AnnualReview.Status.DECIDED, result=AnnualReview.Result.RECTIFY, rectify_by__lt=today
        )

    def kept_by(self, user):
        """Reviews of the studios that this user keeps, whatever their state."""
        return self.filter(studio__in=Studio.objects.kept_by(user).values("pk"))


class AnnualReview(models.Model):
    """The yearly look at a studio (年度考核): its report, the score, the result, and what follows from it."""

    class Status(models.TextChoices):
        OPEN = "open", "待报送"
        SUBMITTED = "submitted", "待考核"
        RETURNED = "returned", "已退回"
        DECIDED = "decided", "已考核"

    OWED = (Status.OPEN, Status.RETURNED)

    class Result(models.TextChoices):
        EXCELLENT = "excellent", "优秀"
        PASS = "pass", "合格"
        RECTIFY = "rectify", "限期整改"
        DELISTED = "delisted", "摘牌"

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="reviews")
    year = models.PositiveSmallIntegerField("年度")
    due_on = models.DateField("报送截止")
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.OPEN, editable=False)
    reminded_on = models.DateField("催报日期", null=True, blank=True, editable=False)
    # The report; figures and lists are filled in from the year's records and may be corrected.
    achievement_count = models.PositiveSmallIntegerField("创新成果（项）", default=0)
    project_count = models.PositiveSmallIntegerField("攻关课题（项）", default=0)
    activity_count = models.PositiveSmallIntegerField("活动（次）", default=0)
    apprentice_count = models.PositiveSmallIntegerField("带徒（人）", default=0)
    benefit_yuan = models.DecimalField("经济效益（元）", max_digits=14, decimal_places=2, default=0)
    results = models.TextField("成果与课题", blank=True)
    team = models.TextField("团队与带徒", blank=True)
    activities = models.TextField("活动与推广", blank=True)
    funds = models.TextField("经费使用", blank=True)
    plan = models.TextField("下年计划", blank=True)
    return_reason = models.CharField("退回理由", max_length=300, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="报送人",
        related_name="+",
        editable=False,
    )
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True, editable=False)
    score = models.DecimalField(
        "考核得分", max_digits=5, decimal_places=2, null=True, blank=True, editable=False
    )
    result = models.CharField("考核结果", max_length=10, choices=Result, blank=True, editable=False)
    comment = models.CharField("考核意见", max_length=300, blank=True, editable=False)
    decided_on = models.DateField("考核日期", null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="考核人",
        related_name="+",
        editable=False,
    )
    rectify_by = models.DateField("整改期限", null=True, blank=True, editable=False)
    rectified_on = models.DateField("整改验收日期", null=True, blank=True, editable=False)
    rectification = models.CharField("整改情况", max_length=300, blank=True, editable=False)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = AnnualReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度考核"
        ordering = ["-year", "studio__pinyin", "pk"]
        permissions = [("decide_reviews", "考核工作室")]
        constraints = [
            models.UniqueConstraint(
                fields=["studio", "year"],
                name="one_review_per_studio_and_year",
                violation_error_message="这个工作室本年度的考核已经建立。",
            ),
            models.CheckConstraint(
                condition=~Q(status="decided") | (~Q(result="") & Q(decided_on__isnull=False)),
                name="decided_review_has_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(result="rectify") | Q(rectify_by__isnull=False), name="rectification_has_a_date"
            ),
            models.CheckConstraint(
                condition=~Q(status="returned") | ~Q(return_reason=""), name="returned_review_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=0, score__lte=100),
                name="review_score_is_out_of_a_hundred",
                violation_error_message="考核得分应在 0 到 100 之间。",
            ),
        ]

    def __str__(self):
        return f"{self.studio} {self.year} 年度考核"

    def clean(self):
        if self.benefit_yuan is not None and self.benefit_yuan < 0:
            raise ValidationError({"benefit_yuan": "经济效益不能为负数。"})

    @property
    def is_owed(self):
        """True while a report is to be handed in: by no studio that has been delisted or closed."""
        return self.status in self.OWED and self.studio.status == Studio.Status.ACTIVE


class Grant(models.Model):
    """Money given to a studio (补助经费), paid in instalments."""

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="grants")
    year = models.PositiveSmallIntegerField("年度", validators=YEARS)
    amount_yuan = models.DecimalField("金额（元）", max_digits=12, decimal_places=2)
    source = models.CharField("经费来源", max_length=100, blank=True, help_text="如 区总工会创新工作室补助")
    purpose = models.CharField("用途", max_length=200, blank=True)
    document_number = models.CharField("批复文号", max_length=50, blank=True)
    decided_on = models.DateField("批复日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "补助经费"
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_yuan__gt=0),
                name="grant_is_worth_something",
                violation_error_message="补助金额应大于 0。",
            )
        ]

    def __str__(self):
        return f"{self.studio} {self.year} 年补助"


class Instalment(models.Model):
    """A part of a grant: planned, then paid against a voucher."""

    grant = models.ForeignKey(Grant, models.CASCADE, verbose_name="补助", related_name="instalments")
    position = models.PositiveSmallIntegerField("期次")
    amount_yuan = models.DecimalField("金额（元）", max_digits=12, decimal_places=2)
    planned_on = models.DateField("计划拨付", null=True, blank=True)
    paid_on = models.DateField("拨付日期", null=True, blank=True, editable=False)
    voucher_number = models.CharField("凭证号", max_length=50, blank=True, editable=False)
    voucher = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="凭证扫描件",
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = verbose_name_plural = "分期拨付"
        ordering = ["grant", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "position"],
                name="one_instalment_per_place",
                violation_error_message="这一期已经有了。",
            ),
            models.UniqueConstraint(
                fields=["voucher_number"],
                condition=~Q(voucher_number=""),
                name="one_instalment_per_voucher",
                violation_error_message="这个凭证号已经用过。",
            ),
            models.CheckConstraint(
                condition=Q(amount_yuan__gt=0),
                name="instalment_is_worth_something",
                violation_error_message="拨付金额应大于 0。",
            ),
            models.CheckConstraint(
                condition=(Q(paid_on=None) & Q(voucher_number=""))
                | (Q(paid_on__isnull=False) & ~Q(voucher_number="")),
                name="paid_instalment_has_a_voucher",
            ),
        ]

    def __str__(self):
        return f"{self.grant} 第 {self.position} 期"
