from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from unionportal.people.models import SkillLevel


class SelectionQuerySet(models.QuerySet):
    def public(self):
        """Selections that have been announced, also those closed or cancelled since."""
        return self.exclude(status=Selection.Status.DRAFT)

    def open_for_nomination(self, today):
        """Announced selections whose window is open on this date."""
        return self.filter(status=Selection.Status.ANNOUNCED, opens_on__lte=today, unit_deadline__gte=today)


class Selection(models.Model):
    """One yearly selection, such as 2026 年“密云工匠”“密云能手”评选. Every number of its rules is a field."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        ANNOUNCED = "announced", "已公告"
        CLOSED = "closed", "已结束"
        CANCELLED = "cancelled", "已取消"

    title = models.CharField("名称", max_length=150)
    slug = models.SlugField("网址用名", max_length=60, unique=True)
    year = models.PositiveSmallIntegerField("年份")
    basis = models.CharField("依据", max_length=300, blank=True, help_text="通知或办法的名称和文号")
    introduction = models.TextField("评选通知", blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    opens_on = models.DateField("申报开始", null=True, blank=True)
    unit_deadline = models.DateField("单位申报截止", null=True, blank=True)
    branch_deadline = models.DateField("镇街、系统工会审核截止", null=True, blank=True)
    review_ends_on = models.DateField("资格审查完成", null=True, blank=True)
    scoring_starts_on = models.DateField("专家评审开始", null=True, blank=True)
    scoring_ends_on = models.DateField("专家评审结束", null=True, blank=True)
    ceremony_on = models.DateField("计划表彰日期", null=True, blank=True)
    by_unit = models.BooleanField("单位推荐", default=True)
    by_association = models.BooleanField("行业协会推荐", default=False)
    by_expert = models.BooleanField("专家举荐", default=False)
    by_self = models.BooleanField("职工自荐", default=False)
    unit_notice_days = models.PositiveSmallIntegerField("单位公示工作日数", default=5)
    notice_days = models.PositiveSmallIntegerField("区级公示工作日数", default=5)
    refills = models.BooleanField(
        "移出者由递补人选替补", default=True, help_text="公示中有人被移出时，下一名递补，并单独公示"
    )
    contact_phone = models.CharField("咨询电话", max_length=50, blank=True)
    notice_file = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="通知文件", related_name="+"
    )
    copied_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="复制自",
        related_name="+",
        editable=False,
    )
    announced_at = models.DateTimeField("公告时间", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评选活动"
        ordering = ["-year", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_on=None) | Q(unit_deadline=None) | Q(unit_deadline__gte=F("opens_on")),
                name="nomination_closes_after_it_opens",
                violation_error_message="单位申报截止不能早于申报开始。",
            ),
            models.CheckConstraint(
                condition=Q(branch_deadline=None)
                | Q(unit_deadline=None)
                | Q(branch_deadline__gte=F("unit_deadline")),
                name="branches_review_after_units_nominate",
                violation_error_message="镇街、系统工会审核截止不能早于单位申报截止。",
            ),
            models.CheckConstraint(condition=Q(notice_days__gte=1), name="selection_notice_lasts_a_day"),
            models.CheckConstraint(
                condition=Q(year__gte=1949, year__lte=2100), name="selection_year_is_plausible"
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("craftsmen:selection_detail", args=[self.slug])


class Offer(models.Model):
    """A title that a selection offers, with its quota; the experts' panel marks its nominations."""

    selection = models.ForeignKey(Selection, models.CASCADE, verbose_name="评选活动", related_name="offers")
    title = models.ForeignKey(
        "craftsmen.HonourTitle", models.PROTECT, verbose_name="称号", related_name="offers"
    )
    quota = models.PositiveSmallIntegerField("名额")
    surplus_percent = models.PositiveSmallIntegerField(
        "差额比例（%）", default=0, help_text="各镇街、系统可多报的比例，如 20 表示推荐名额之外可多报两成"
    )
    panel = models.OneToOneField(
        "panels.Panel", models.PROTECT, verbose_name="专家评审组", related_name="offer", editable=False
    )
    position = models.PositiveSmallIntegerField("排序", default=0)
    slate_settled_at = models.DateTimeField("名单确定时间", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "评选称号及名额"
        ordering = ["selection", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "title"], name="one_offer_per_title_in_a_selection"),
            models.CheckConstraint(condition=Q(quota__gte=1), name="offer_has_a_place"),
        ]

    def __str__(self):
        return f"{self.selection.year} 年{self.title}"


class Allocation(models.Model):
    """How many people a town or system union may recommend for an offer (推荐名额)."""

    offer = models.ForeignKey(Offer, models.CASCADE, verbose_name="称号", related_name="allocations")
    body = models.ForeignKey(
        "people.UnionBody", models.PROTECT, verbose_name="镇街、系统工会", related_name="allocations"
    )
    places = models.PositiveSmallIntegerField("推荐名额")

    class Meta:
        verbose_name = verbose_name_plural = "推荐名额"
        ordering = ["offer", "body"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "body"], name="one_allocation_per_offer_and_body")
        ]

    def __str__(self):
        return f"{self.body} {self.places} 名"

    @property
    def limit(self):
        """Return how many nominations may go up: the places and the surplus, its fractions rounded up."""
        return self.places + -(-self.places * self.offer.surplus_percent // 100)


class EligibilityRule(models.Model):
    """One condition of a selection, as data; what a kind compares is in craftsmen/eligibility.py."""

    class Kind(models.TextChoices):
        UNION_MEMBER = "union_member", "是工会会员"
        FRONT_LINE = "front_line", "是一线职工"
        YEARS_IN_TRADE = "years_in_trade", "从事本工种满若干年"
        YEARS_IN_DISTRICT = "years_in_district", "在本区工作满若干年"
        AGE_AT_MOST = "age_at_most", "年龄不超过"
        AGE_AT_LEAST = "age_at_least", "年龄不低于"
        SKILL_LEVEL = "skill_level", "职业技能等级不低于"
        NOT_HELD = "not_held", "未获得过同级或更高称号"
        PAPER = "paper", "须提供证明材料"

    selection = models.ForeignKey(
        Selection, models.CASCADE, verbose_name="评选活动", related_name="eligibility_rules"
    )
    offer = models.ForeignKey(
        Offer,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name="只适用于",
        related_name="+",
        help_text="留空则各称号都适用",
    )
    kind = models.CharField("条件", max_length=20, choices=Kind)
    number = models.PositiveSmallIntegerField("年数或岁数", null=True, blank=True)
    skill_level = models.CharField("技能等级", max_length=20, choices=SkillLevel, blank=True)
    text = models.CharField(
        "条文", max_length=200, blank=True, help_text="向申报人显示的说法；留空则由系统写出"
    )
    lifted_by_placing = models.PositiveSmallIntegerField(
        "竞赛名次可免",
        null=True,
        blank=True,
        help_text="近五年区级及以上竞赛获得前几名（含一等奖）者不受此条限制",
    )
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "申报条件"
        ordering = ["selection", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["years_in_trade", "years_in_district", "age_at_most", "age_at_least"])
                | Q(number__isnull=False),
                name="eligibility_rule_with_years_has_a_number",
                violation_error_message="这一条件须填写年数或岁数。",
            ),
            models.CheckConstraint(
                condition=~Q(kind="skill_level") | ~Q(skill_level=""),
                name="eligibility_rule_on_skill_has_a_level",
                violation_error_message="请选择技能等级。",
            ),
            models.CheckConstraint(
                condition=~Q(kind="paper") | ~Q(text=""),
                name="eligibility_rule_on_paper_says_which",
                violation_error_message="请写明须提供什么证明材料。",
            ),
        ]

    def __str__(self):
        return self.text or self.get_kind_display()


class Extension(models.Model):
    """Leave for a union body to act after the deadline (延期), with its reason; for a branch it covers those below."""

    selection = models.ForeignKey(
        Selection, models.CASCADE, verbose_name="评选活动", related_name="extensions"
    )
    body = models.ForeignKey(
        "people.UnionBody",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="准予延期的工会",
        related_name="+",
        help_text="镇街、系统工会的延期也适用于其下各单位；留空则适用于没有所属工会的申报",
    )
    until = models.DateField("延至")
    reason = models.CharField("理由", max_length=300)
    allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        verbose_name="批准人",
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = verbose_name_plural = "延期许可"
        ordering = ["selection", "-until", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="extension_has_a_reason"),
        ]

    def __str__(self):
        return f"{self.body or '无所属工会的申报'} 延至 {self.until}"


class SlateRule(models.Model):
    """A condition on the chosen as a whole, such as the least share of front-line workers."""

    class Kind(models.TextChoices):
        FRONT_LINE_AT_LEAST = "front_line_at_least", "一线职工比例不低于（%）"
        MANAGERS_AT_MOST = "managers_at_most", "单位负责人比例不超过（%）"
        WOMEN_AT_LEAST = "women_at_least", "女职工比例不低于（%）"
        PER_UNIT_AT_MOST = "per_unit_at_most", "同一单位人数不超过（人）"

    offer = models.ForeignKey(Offer, models.CASCADE, verbose_name="称号", related_name="slate_rules")
    kind = models.CharField("要求", max_length=20, choices=Kind)
    number = models.PositiveSmallIntegerField("数值")

    class Meta:
        verbose_name = verbose_name_plural = "名单结构要求"
        ordering = ["offer", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "kind"], name="one_slate_rule_per_kind_in_an_offer"),
            models.CheckConstraint(
                condition=Q(kind="per_unit_at_most", number__gte=1)
                | (~Q(kind="per_unit_at_most") & Q(number__lte=100)),
                name="slate_rule_number_makes_sense",
                violation_error_message="比例应在 0 到 100 之间，人数至少为 1。",
            ),
        ]

    def __str__(self):
        return self.in_words(self.kind, self.number)

    @classmethod
    def in_words(cls, kind, number):
        """Return a rule as people read it: 一线职工比例不低于 60%."""
        words, _, unit = cls.Kind(kind).label.rstrip("）").partition("（")
        return f"{words} {number}{unit if unit == '%' else f' {unit}'}"
