from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from unionportal.people.models import Milestone, Person


class HonourTitle(models.Model):
    """A title that is conferred, here or above: 密云工匠, 北京市劳动模范, 工人先锋号 …"""

    name = models.CharField("称号", max_length=60, unique=True)
    tier = models.CharField("级别", max_length=10, choices=Milestone.Tier, default=Milestone.Tier.DISTRICT)
    rank = models.PositiveSmallIntegerField(
        "高低", default=0, help_text="数大者高；用于提示申报人已获同级或更高称号"
    )
    to_person = models.BooleanField("可授予个人", default=True)
    to_unit = models.BooleanField("可授予单位", default=False)
    to_team = models.BooleanField("可授予集体、班组", default=False)
    valid_years = models.PositiveSmallIntegerField(
        "有效年数", null=True, blank=True, help_text="留空即长期有效"
    )
    needs_yearly_review = models.BooleanField("须年度复核", default=False)
    description = models.TextField("简介", blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "荣誉称号"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_person=True) | Q(to_unit=True) | Q(to_team=True),
                name="title_can_be_given_to_somebody",
                violation_error_message="请至少选择一种授予对象。",
            ),
            models.CheckConstraint(
                condition=Q(valid_years=None) | Q(valid_years__gte=1),
                name="title_is_valid_for_a_year_at_least",
            ),
        ]

    def __str__(self):
        return self.name


class HonourQuerySet(models.QuerySet):
    def standing(self, today=None):
        """Honours neither revoked nor expired."""
        today = today or timezone.localdate()
        return self.exclude(status=Honour.Status.REVOKED).filter(Q(valid_to=None) | Q(valid_to__gte=today))

    def public(self, today=None):
        """What everybody may see with its holder's name: standing, meant for the public, the holder still agreeing."""
        withdrawn = Q(person__craftsman_profile__consent_withdrawn_at__isnull=False)
        return self.standing(today).filter(~withdrawn, is_public=True)

    def awaiting_review(self, year):
        """Standing honours of earlier years whose title asks for a yearly review and that had none in this year."""
        reviewed = HonourReview.objects.filter(honour=OuterRef("pk"), year=year)
        return self.standing().filter(~Exists(reviewed), title__needs_yearly_review=True, year__lt=year)


class Honour(models.Model):
    """A title that a person, a unit or a team holds. Its date is the document's."""

    class Status(models.TextChoices):
        ACTIVE = "active", "有效"
        REVOKED = "revoked", "已撤销"

    title = models.ForeignKey(HonourTitle, models.PROTECT, verbose_name="称号", related_name="honours")
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, verbose_name="个人", related_name="honours"
    )
    unit = models.ForeignKey(
        "people.Unit",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="单位",
        related_name="honours",
        help_text="授予单位时即获奖单位；授予个人、集体时为所在单位",
    )
    team_name = models.CharField("集体名称", max_length=100, blank=True)
    year = models.PositiveSmallIntegerField("年度")
    unit_name = models.CharField("授予时单位名称", max_length=100, blank=True)
    occupation = models.CharField("授予时工种（岗位）", max_length=50, blank=True)
    sector = models.ForeignKey(
        "people.Sector", models.PROTECT, null=True, blank=True, verbose_name="产业/行业", related_name="+"
    )
    document_title = models.CharField("决定名称", max_length=200, blank=True)
    document_number = models.CharField("文号", max_length=50)
    document_on = models.DateField("授予日期", help_text="决定的成文日期")
    ceremony_on = models.DateField("表彰大会日期", null=True, blank=True)
    citation = models.TextField("授奖词", blank=True, max_length=300)
    valid_to = models.DateField("有效期至", null=True, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.ACTIVE, editable=False)
    is_public = models.BooleanField("公开展示", default=True)
    revoked_on = models.DateField("撤销日期", null=True, blank=True, editable=False)
    revoked_ground = models.CharField("撤销事由", max_length=300, blank=True, editable=False)
    revoked_document = models.CharField("撤销文号", max_length=50, blank=True, editable=False)
    nomination = models.OneToOneField(
        "craftsmen.Nomination",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="申报",
        related_name="honour",
        editable=False,
    )
    conferral = models.ForeignKey(
        "craftsmen.Conferral",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="授予决定",
        related_name="honours",
        editable=False,
    )
    certificate = models.OneToOneField(
        "certificates.Certificate",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="证书",
        related_name="honour",
        editable=False,
    )
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = HonourQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "荣誉"
        ordering = ["-year", "title__position", "pk"]
        permissions = [("revoke_honours", "撤销荣誉")]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, team_name="") | Q(person=None, unit__isnull=False),
                name="honour_has_one_holder",
                violation_error_message="请填写一个获奖者：个人，或单位，或某单位的集体。",
            ),
            models.CheckConstraint(condition=~Q(document_number=""), name="honour_has_a_document_number"),
            models.CheckConstraint(
                condition=~Q(status="revoked")
                | (Q(revoked_on__isnull=False) & ~Q(revoked_ground="") & ~Q(revoked_document="")),
                name="revoked_honour_has_ground_and_document",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("document_on")),
                name="honour_expires_after_it_is_conferred",
                violation_error_message="有效期不能早于授予日期。",
            ),
            models.UniqueConstraint(
                fields=["title", "person", "year"],
                condition=Q(person__isnull=False),
                name="one_honour_per_title_person_and_year",
                violation_error_message="此人本年度已登记这一称号。",
            ),
            models.UniqueConstraint(
                fields=["title", "unit", "team_name", "year"],
                condition=Q(person=None),
                name="one_honour_per_title_unit_team_and_year",
                violation_error_message="该单位或集体本年度已登记这一称号。",
            ),
        ]

    def __str__(self):
        return f"{self.holder} {self.year} 年{self.title}"

    @property
    def holder(self):
        """The name of who holds it."""
        if self.person_id:
            return self.person.name
        return self.team_name or self.unit_name or (self.unit.name if self.unit_id else "")

    @property
    def source_key(self):
        """What the milestones and certificates of this honour are known by."""
        return f"craftsmen.honour:{self.pk}"

    def clean(self):
        if self.title_id is None:
            return
        kind, allowed = "个人", self.title.to_person
        if self.person_id is None:
            kind, allowed = ("集体", self.title.to_team) if self.team_name else ("单位", self.title.to_unit)
        if not allowed:
            raise ValidationError(f"“{self.title}”不授予{kind}，请核对称号或获奖者。")


class HonourReview(models.Model):
    """The yearly look at a holder: still at work, retired, moved or gone; and whether the title stands."""

    class Result(models.TextChoices):
        STANDS = "stands", "保留"
        CONCERN = "concern", "须进一步核实"

    honour = models.ForeignKey(Honour, models.CASCADE, verbose_name="荣誉", related_name="reviews")
    year = models.PositiveSmallIntegerField("年度")
    life_status = models.CharField("人员状态", max_length=10, choices=Person.LifeStatus, blank=True)
    result = models.CharField("复核结果", max_length=10, choices=Result, default=Result.STANDS)
    note = models.CharField("说明", max_length=300, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="复核人", related_name="+", null=True
    )
    reviewed_at = models.DateTimeField("复核时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "荣誉复核"
        ordering = ["-year", "honour"]
        constraints = [
            models.UniqueConstraint(fields=["honour", "year"], name="one_review_per_honour_and_year")
        ]

    def __str__(self):
        return f"{self.honour} {self.year} 年复核"


class ReportedHonours(models.Model):
    """How many were honoured in a year, where the list of names is not kept here: a figure that was reported."""

    title = models.ForeignKey(
        HonourTitle, models.PROTECT, verbose_name="称号", related_name="reported_honours"
    )
    year = models.PositiveSmallIntegerField("年度")
    count = models.PositiveIntegerField("人数（个数）")
    note = models.CharField(
        "说明", max_length=200, default="名单以公示为准", help_text="与人数一起公开显示，如 名单以公示为准"
    )

    class Meta:
        verbose_name = verbose_name_plural = "上报的荣誉人数"
        ordering = ["-year", "title__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["title", "year"],
                name="one_reported_count_per_title_and_year",
                violation_error_message="这一称号本年度已有上报人数，请修改原记录。",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="reported_count_is_of_somebody"),
            models.CheckConstraint(condition=~Q(note=""), name="reported_count_says_where_it_is_from"),
        ]

    def __str__(self):
        return f"{self.year} 年{self.title} {self.count} 名"
