from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from craftsmen.models.honours import Honour, HonourTitle


class RecommendationQuota(models.Model):
    """How many the district may recommend for a title of the city or the nation in a year."""

    title = models.ForeignKey(
        HonourTitle, models.PROTECT, verbose_name="上级称号", related_name="recommendation_quotas"
    )
    year = models.PositiveSmallIntegerField("年度")
    quota = models.PositiveSmallIntegerField("推荐名额")
    document_number = models.CharField("通知文号", max_length=50, blank=True)
    due_on = models.DateField("报送截止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "上级推荐名额"
        ordering = ["-year", "title__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["title", "year"], name="one_recommendation_quota_per_title_and_year"
            ),
        ]

    def __str__(self):
        return f"{self.year} 年{self.title}"


class RecommendationQuerySet(models.QuerySet):
    def live(self):
        """Recommendations that take a place of their quota: all but those withdrawn."""
        return self.exclude(status=Recommendation.Status.WITHDRAWN)


class Recommendation(models.Model):
    """Somebody recommended to the union above (上级推荐), and what became of it."""

    class Status(models.TextChoices):
        RECOMMENDED = "recommended", "区内推荐"
        SENT = "sent", "已报送"
        IN_NOTICE = "in_notice", "上级公示"
        AWARDED = "awarded", "已获授予"
        NOT_AWARDED = "not_awarded", "未获授予"
        WITHDRAWN = "withdrawn", "已撤回"

    quota = models.ForeignKey(
        RecommendationQuota, models.PROTECT, verbose_name="推荐项目", related_name="recommendations"
    )
    person = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="个人", related_name="+"
    )
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    team_name = models.CharField("集体名称", max_length=100, blank=True)
    status = models.CharField(
        "进展", max_length=12, choices=Status, default=Status.RECOMMENDED, editable=False
    )
    recommended_on = models.DateField("区内推荐日期")
    sent_on = models.DateField("报送日期", null=True, blank=True, editable=False)
    sent_document = models.CharField("报送文号", max_length=50, blank=True, editable=False)
    notice_from = models.DateField("上级公示开始", null=True, blank=True, editable=False)
    result_on = models.DateField("结果日期", null=True, blank=True, editable=False)
    note = models.CharField("备注", max_length=300, blank=True)
    honour = models.OneToOneField(
        Honour,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="荣誉",
        related_name="recommendation",
        editable=False,
    )

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "上级推荐"
        ordering = ["quota", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, team_name="") | Q(person=None, unit__isnull=False),
                name="recommendation_has_one_subject",
                violation_error_message="请填写一个推荐对象：个人，或单位，或某单位的集体。",
            ),
            models.UniqueConstraint(
                fields=["quota", "person"],
                condition=Q(person__isnull=False) & ~Q(status="withdrawn"),
                name="person_is_recommended_once_for_a_title_and_year",
                violation_error_message="此人已在这一推荐项目中。",
            ),
            models.UniqueConstraint(
                fields=["quota", "unit", "team_name"],
                condition=Q(person=None) & ~Q(status="withdrawn"),
                name="unit_or_team_is_recommended_once_for_a_title_and_year",
                violation_error_message="该单位或集体已在这一推荐项目中。",
            ),
            models.CheckConstraint(
                condition=~Q(status="awarded") | Q(honour__isnull=False),
                name="awarded_recommendation_has_its_honour",
            ),
        ]

    def __str__(self):
        return f"{self.quota} — {self.subject}"

    @property
    def subject(self):
        """The name of who is recommended."""
        if self.person_id:
            return self.person.name
        return self.team_name or (self.unit.name if self.unit_id else "")

    def clean(self):
        if self.quota_id is None:
            return
        title = self.quota.title
        allowed = title.to_person if self.person_id else title.to_team if self.team_name else title.to_unit
        if not allowed:
            raise ValidationError(f"“{title}”不授予这一类对象，请核对推荐项目。")
