from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from studios.models.studios import YEARS, Studio


class AchievementQuerySet(models.QuerySet):
    def public(self):
        """The one query of every public path: published, confidential to nobody, of a studio that may be shown.

        Page, list, search, export, feed and count all begin here; nothing internal or secret comes out of it.
        """
        return self.filter(
            status=Achievement.Status.PUBLISHED,
            confidentiality=Achievement.Confidentiality.PUBLIC,
            studio__in=Studio.objects.public().values("pk"),
        )

    def visible_to(self, user):
        """What this user may see beyond the public: staff by right, keepers their studios', contributors their own.

        Secret ones only for staff with the further right, the studio's liaison and leader, and the contributors.
        """
        if not user.is_authenticated:
            return self.none()
        own = self.model.objects.filter(contributions__person__user=user).values("pk")
        mine = Q(studio__in=Studio.objects.kept_by(user).values("pk")) | Q(pk__in=own)
        if not user.has_perm("studios.view_achievement"):
            return self.filter(mine)
        if user.has_perm("studios.read_secret_achievements"):
            return self.all()
        return self.filter(mine | ~Q(confidentiality=Achievement.Confidentiality.SECRET))

    def kept_by(self, user):
        """Achievements of the studios that this user keeps, whatever their state."""
        return self.filter(studio__in=Studio.objects.kept_by(user).values("pk"))

    def editable_by(self, user):
        """Drafts and those sent back, of the studios that the user keeps."""
        return self.kept_by(user).filter(status__in=Achievement.AT_HAND)

    def counted(self):
        """Achievements that stand: verified or published."""
        return self.filter(status__in=Achievement.STANDING)


class Achievement(models.Model):
    """Something a studio has found, built or improved (创新成果)."""

    class Kind(models.TextChoices):
        INVENTION = "invention", "小发明"
        CREATION = "creation", "小创造"
        RENOVATION = "renovation", "小革新"
        DESIGN = "design", "小设计"
        SUGGESTION = "suggestion", "小建议"
        PATENT = "patent", "专利"
        METHOD = "method", "先进操作法"
        STANDARD = "standard", "标准"
        PROCESS = "process", "工艺"
        SERVICE = "service", "管理、服务创新"

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        SUBMITTED = "submitted", "待核实"
        RETURNED = "returned", "已退回"
        VERIFIED = "verified", "已核实"
        PUBLISHED = "published", "已公开"
        REFUSED = "refused", "未予认定"

    AT_HAND = (Status.DRAFT, Status.RETURNED)
    STANDING = (Status.VERIFIED, Status.PUBLISHED)

    class Outcome(models.TextChoices):
        VERIFIED = "verified", "认定"
        DUPLICATE = "duplicate", "与已有成果重复"
        REFUSED = "refused", "不予认定"

    class Confidentiality(models.TextChoices):
        PUBLIC = "public", "可公开"
        INTERNAL = "internal", "内部"
        SECRET = "secret", "涉密"

    class PatentKind(models.TextChoices):
        INVENTION = "invention", "发明专利"
        UTILITY = "utility", "实用新型"
        DESIGN = "design", "外观设计"

    studio = models.ForeignKey(Studio, models.PROTECT, verbose_name="工作室", related_name="achievements")
    year = models.PositiveSmallIntegerField("年度", validators=YEARS)
    kind = models.CharField("类别", max_length=12, choices=Kind)
    title = models.CharField("名称", max_length=100)
    sector = models.ForeignKey(
        "people.Sector", models.PROTECT, null=True, blank=True, verbose_name="产业/行业", related_name="+"
    )
    problem = models.TextField("解决的问题", blank=True)
    solution = models.TextField("解决办法", blank=True)
    in_use_since = models.DateField("投入使用日期", null=True, blank=True)
    benefit_yuan = models.DecimalField(
        "经济效益（元）", max_digits=14, decimal_places=2, null=True, blank=True
    )
    benefit_basis = models.CharField("效益测算依据", max_length=300, blank=True)
    certified_by = models.CharField("效益证明单位", max_length=100, blank=True)
    patent_kind = models.CharField("专利类型", max_length=10, choices=PatentKind, blank=True)
    patent_number = models.CharField("专利号（标准号）", max_length=50, blank=True)
    patent_on = models.DateField("授权（发布）日期", null=True, blank=True)
    cover = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="图片",
        related_name="+",
        limit_choices_to={"kind": "image", "is_public": True},
    )
    cover_alt = models.CharField("图片说明", max_length=200, blank=True)
    confidentiality = models.CharField(
        "保密", max_length=10, choices=Confidentiality, default=Confidentiality.INTERNAL
    )
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    outcome = models.CharField("核实结论", max_length=10, choices=Outcome, blank=True, editable=False)
    duplicate_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="重复于",
        related_name="duplicates",
        editable=False,
    )
    return_reason = models.CharField("退回或不予认定的理由", max_length=300, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="提交人",
        related_name="+",
        editable=False,
    )
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="核实人",
        related_name="+",
        editable=False,
    )
    verified_on = models.DateField("核实日期", null=True, blank=True, editable=False)
    published_at = models.DateTimeField("公开时间", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = AchievementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "创新成果"
        ordering = ["-year", "-pk"]
        permissions = [
            ("verify_achievements", "核实和公开创新成果"),
            ("read_secret_achievements", "查看涉密成果"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published")
                | (Q(confidentiality="public") & Q(published_at__isnull=False)),
                name="published_achievement_is_confidential_to_nobody",
                violation_error_message="内部或涉密的成果不能公开。",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["verified", "published"])
                | Q(outcome="verified", verified_on__isnull=False),
                name="standing_achievement_was_verified",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["returned", "refused"]) | ~Q(return_reason=""),
                name="returned_achievement_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="duplicate") | Q(duplicate_of__isnull=False),
                name="duplicate_achievement_says_of_which",
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of=None) | ~Q(duplicate_of=F("pk")),
                name="achievement_is_no_duplicate_of_itself",
            ),
            models.CheckConstraint(
                condition=Q(benefit_yuan=None) | Q(benefit_yuan__gte=0),
                name="benefit_is_not_negative",
                violation_error_message="经济效益不能为负数。",
            ),
        ]

    def __str__(self):
        # A title may itself be secret: audit lines and messages show it to more people than the record.
        is_secret = self.confidentiality == self.Confidentiality.SECRET
        return f"涉密成果 {self.pk or ''}".strip() if is_secret else self.title

    def get_absolute_url(self):
        return reverse("studios:achievement_detail", args=[self.pk])

    @property
    def source_key(self):
        """What the milestones of this achievement are known by."""
        return f"studios.achievement:{self.pk}"

    def clean(self):
        problems = {}
        if self.kind == self.Kind.PATENT and not (self.patent_number and self.patent_kind):
            problems["patent_number"] = "专利须填写专利类型和专利号。"
        if self.benefit_yuan and not self.benefit_basis:
            problems["benefit_basis"] = "填写了经济效益的，请写明测算依据。"
        if self.status == self.Status.PUBLISHED and self.confidentiality != self.Confidentiality.PUBLIC:
            problems["confidentiality"] = "成果已公开；要改为内部或涉密，请先用“撤回公开”。"
        if problems:
            raise ValidationError(problems)


class Contribution(models.Model):
    """Who made an achievement, in order, with their share."""

    achievement = models.ForeignKey(
        Achievement, models.CASCADE, verbose_name="成果", related_name="contributions"
    )
    position = models.PositiveSmallIntegerField("次序", default=1)
    person = models.ForeignKey(
        "people.Person",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="职工",
        related_name="contributions",
    )
    name = models.CharField("姓名", max_length=50, blank=True)
    unit_name = models.CharField("单位", max_length=100, blank=True)
    share = models.DecimalField("贡献占比（%）", max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "完成人"
        ordering = ["achievement", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["achievement", "position"],
                name="one_contributor_per_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["achievement", "person"],
                condition=Q(person__isnull=False),
                name="one_contribution_per_person",
                violation_error_message="此人已在完成人中。",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(name=""),
                name="contributor_is_somebody",
                violation_error_message="请选择职工或填写姓名。",
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=100),
                name="share_is_a_percentage",
                violation_error_message="贡献占比应大于 0、不超过 100。",
            ),
        ]

    def __str__(self):
        return f"{self.position}. {self.name}"

    def clean(self):
        if self.person_id and not self.name:
            self.name = self.person.name


class Adoption(models.Model):
    """A unit that has taken an achievement over (推广应用)."""

    achievement = models.ForeignKey(
        Achievement, models.CASCADE, verbose_name="成果", related_name="adoptions"
    )
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    unit_name = models.CharField("单位名称", max_length=100, blank=True)
    adopted_on = models.DateField("应用日期", null=True, blank=True)
    effect = models.CharField("应用效果", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "推广应用"
        ordering = ["achievement", "adopted_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False) | ~Q(unit_name=""),
                name="adoption_names_a_unit",
                violation_error_message="请选择单位或填写单位名称。",
            )
        ]

    def __str__(self):
        return self.unit_name

    def clean(self):
        if self.unit_id and not self.unit_name:
            self.unit_name = self.unit.name


class Evidence(models.Model):
    """A paper that proves an achievement; private, and never shown to the public."""

    achievement = models.ForeignKey(Achievement, models.CASCADE, verbose_name="成果", related_name="evidence")
    file = models.ForeignKey("files.StoredFile", models.PROTECT, verbose_name="文件", related_name="+")
    caption = models.CharField("说明", max_length=150)

    class Meta:
        verbose_name = verbose_name_plural = "证明材料"
        ordering = ["achievement", "pk"]

    def __str__(self):
        return self.caption
