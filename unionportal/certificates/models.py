from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from unionportal.certificates import wording


class Line(models.TextChoices):
    """The line of work that owns a design or a series; its staff alone issue from it."""

    COMPETITIONS = "competitions", "技能竞赛"
    CRAFTSMEN = "craftsmen", "工匠选树"
    ACADEMIES = "academies", "工匠学院"
    STUDIOS = "studios", "创新工作室"


def issuing_lines(user):
    """Return the lines of work whose certificates this user may issue, reissue and revoke."""
    return [line for line in Line if user.has_perm(f"certificates.issue_{line.value}")]


def visible_lines(user):
    """Return the lines of work whose certificates this user may see."""
    return list(Line) if user.has_perm("certificates.view_every_line") else issuing_lines(user)


class LineQuerySet(models.QuerySet):
    """Rows with a line of work of their own."""

    def visible_to(self, user):
        return self.filter(line__in=visible_lines(user))

    def issuable_by(self, user):
        return self.filter(line__in=issuing_lines(user))


def within(least, most):
    return [MinValueValidator(least), MaxValueValidator(most)]


class CertificateDesign(models.Model):
    """How a kind of certificate looks and what it says."""

    class Kind(models.TextChoices):
        HONOUR = "honour", "荣誉证书"
        AWARD = "award", "获奖证书"
        COMPLETION = "completion", "结业证书"

    class Orientation(models.TextChoices):
        LANDSCAPE = "landscape", "横版 A4"
        PORTRAIT = "portrait", "竖版 A4"

    line = models.CharField("业务条线", max_length=20, choices=Line)
    name = models.CharField("版式名称", max_length=50, help_text="只在后台使用，如 第三届工匠杯获奖证书")
    kind = models.CharField("种类", max_length=12, choices=Kind)
    orientation = models.CharField("纸张", max_length=10, choices=Orientation, default=Orientation.LANDSCAPE)
    heading = models.CharField("证书标题", max_length=20, help_text="如 荣誉证书、获奖证书、结业证书")
    salutation = models.CharField("抬头", max_length=60, blank=True, default="{name}：")
    body = models.TextField("正文", max_length=600, help_text="每个自然段一行，首行自动缩进。")
    highlight = models.CharField(
        "突出的一行", max_length=60, blank=True, help_text="居中、大字，如 {award}；不需要则留空。"
    )
    closing = models.CharField("结语", max_length=100, blank=True, default="特发此证，以资鼓励。")
    issuers = models.TextField("落款单位", max_length=300, help_text="每行一个单位，按盖章次序。")
    seal = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="印章图片",
        related_name="+",
        help_text="透明底 PNG。留空则落款处空着，打印后盖章。使用印章图片须经批准。",
    )
    background = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="底图",
        related_name="+",
        help_text="铺满整页，A4 比例；留空则用自带的边框。",
    )
    show_qr = models.BooleanField("印查验二维码", default=True)
    name_size = models.PositiveSmallIntegerField(
        "抬头字号（磅）", default=30, validators=within(14, 60), help_text="写不下时自动缩小。"
    )
    body_size = models.PositiveSmallIntegerField(
        "正文字号（磅）", default=22, validators=within(12, 36), help_text="写不下时自动缩小。"
    )
    shift_x = models.DecimalField(
        "套打右移（毫米）",
        max_digits=4,
        decimal_places=1,
        default=0,
        validators=within(-50, 50),
        help_text="在预印纸上只打文字时整体移动；向左填负数。",
    )
    shift_y = models.DecimalField(
        "套打下移（毫米）",
        max_digits=4,
        decimal_places=1,
        default=0,
        validators=within(-50, 50),
        help_text="向上填负数。",
    )

    MOST_ISSUERS = 4
    MOST_BYTES = 1024 * 1024
    TEMPLATES = ("salutation", "body", "highlight", "closing")
    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "证书版式"
        ordering = ["line", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "name"],
                name="one_design_per_line_and_name",
                violation_error_message="这个条线已有同名版式。",
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        problems = {}
        for field in self.TEMPLATES:
            try:
                wording.placeholders(getattr(self, field))
            except ValidationError as error:
                problems[field] = error
        if not problems and not self.needed_facts():
            problems["body"] = "版式里没有任何占位符，每张证书会一模一样；至少写上 {name}。"
        if len([name for name in self.issuers.splitlines() if name.strip()]) > self.MOST_ISSUERS:
            problems["issuers"] = f"落款最多 {self.MOST_ISSUERS} 个单位，再多就盖不下章了。"
        for part in ("seal", "background"):
            if (stored := getattr(self, part)) and stored.size > self.MOST_BYTES:
                problems[part] = (
                    f"图片超过 {self.MOST_BYTES // 1024} KB，一批证书会大得打不开；请压缩后重新上传。"
                )
        if problems:
            raise ValidationError(problems)

    def needed_facts(self):
        """Return the names of the facts that this design prints."""
        templates = "\n".join(getattr(self, field) for field in self.TEMPLATES)
        return list(dict.fromkeys(wording.placeholders(templates)))


class CertificateSeriesQuerySet(LineQuerySet):
    def with_gaps(self):
        """Series whose certificates are not exactly 1 to the last number given out; adds `kept`, how many there are."""
        counted = self.annotate(
            kept=models.Count("certificates"), last=models.Max("certificates__serial", default=0)
        )
        return counted.exclude(kept=models.F("next_number") - 1, last=models.F("next_number") - 1)


class CertificateSeries(models.Model):
    """A run of numbers without a gap, such as MYGJ-2025-JS-0001 onwards: one row for each series and year.

    `next_number` is read and moved under a lock of this row, in the transaction that issues.
    """

    line = models.CharField("业务条线", max_length=20, choices=Line)
    code = models.CharField(
        "编号前缀",
        max_length=30,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*\Z", "只用大写字母、数字和连字符，如 MYGJ-2025-JS。")
        ],
        help_text="每年一个，如 MYGJ-2025-JS；发出第一张后不能再改。",
        error_messages={"unique": "这个前缀已有序列在用。"},
    )
    year = models.PositiveSmallIntegerField("年份", validators=within(1950, 2100))
    name = models.CharField("序列名称", max_length=80, help_text="如 2025 年技能竞赛获奖证书")
    next_number = models.PositiveIntegerField("下一号", default=1, editable=False)

    objects = CertificateSeriesQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "证书编号序列"
        ordering = ["-year", "code"]
        permissions = [
            ("issue_competitions", "签发技能竞赛证书"),
            ("issue_craftsmen", "签发工匠选树证书"),
            ("issue_academies", "签发工匠学院证书"),
            ("issue_studios", "签发创新工作室证书"),
            ("view_every_line", "查看各条线的证书"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(next_number__gte=1), name="series_begins_at_one"),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"

    def number(self, serial):
        """Return the number printed for a serial; more than four digits where four do not reach."""
        return f"{self.code}-{serial:04d}"


class CertificateQuerySet(models.QuerySet):
    def valid(self):
        return self.filter(status=Certificate.Status.ISSUED)

    def visible_to(self, user):
        """Certificates of the lines of work that this member of staff may see."""
        return self.filter(series__line__in=visible_lines(user))

    def issuable_by(self, user):
        return self.filter(series__line__in=issuing_lines(user))

    def downloadable_by(self, user):
        """Valid certificates for the person they name, and for the staff who issue them."""
        return self.valid().filter(Q(person__user=user) | Q(series__line__in=issuing_lines(user)))


class Certificate(models.Model):
    """One certificate. Number, code, facts and words are frozen by the database once it is issued.

    `source_key` says what it certifies, such as `craftsmen.honour:12`: of these at most one is valid at a time.
    """

    class Status(models.TextChoices):
        ISSUED = "issued", "有效"
        REISSUED = "reissued", "已换发"
        REVOKED = "revoked", "已撤销"

    series = models.ForeignKey(
        CertificateSeries, models.PROTECT, verbose_name="编号序列", related_name="certificates"
    )
    serial = models.PositiveIntegerField("序号")
    number = models.CharField("证书编号", max_length=40, unique=True)
    code = models.CharField("查验码", max_length=32, unique=True, editable=False)
    design = models.ForeignKey(
        CertificateDesign, models.PROTECT, verbose_name="版式", related_name="certificates"
    )
    kind = models.CharField("种类", max_length=12, choices=CertificateDesign.Kind)
    person = models.ForeignKey(
        "people.Person",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="职工",
        related_name="certificates",
    )
    holder = models.CharField("持证人", max_length=100)
    facts = models.JSONField("证书事项")
    words = models.JSONField("证书文字")
    source_key = models.CharField("来源", max_length=100)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.ISSUED)
    issued_on = models.DateField("发证日期")
    issued_at = models.DateTimeField("签发时间", auto_now_add=True)
    issued_by = models.CharField("签发人", max_length=100)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, verbose_name="换发自", related_name="replacement"
    )
    reissue_reason = models.CharField("换发原因", max_length=200, blank=True)
    reissued_at = models.DateTimeField("换发时间", null=True, blank=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoked_ground = models.CharField("撤销原因", max_length=200, blank=True)
    revoked_document = models.CharField("撤销文号", max_length=100, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "证书"
        ordering = ["series", "serial"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "serial"], name="one_certificate_per_series_and_serial"
            ),
            models.UniqueConstraint(
                fields=["source_key"], condition=Q(status="issued"), name="one_valid_certificate_per_source"
            ),
            models.CheckConstraint(
                condition=Q(status="reissued", reissued_at__isnull=False)
                | (~Q(status="reissued") & Q(reissued_at=None)),
                name="reissued_certificate_has_its_time",
            ),
            models.CheckConstraint(
                condition=(Q(status="revoked", revoked_at__isnull=False) & ~Q(revoked_ground=""))
                | (~Q(status="revoked") & Q(revoked_at=None, revoked_ground="", revoked_document="")),
                name="revoked_certificate_has_its_ground",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(reissue_reason=""), name="replacement_has_a_reason"
            ),
        ]
        # Found by the beginning of the source, which a plain index does not serve.
        indexes = [
            models.Index(
                fields=["source_key"], name="certificate_by_source", opclasses=["varchar_pattern_ops"]
            )
        ]

    def __str__(self):
        return f"{self.number} {self.holder}"

    def get_absolute_url(self):
        return reverse("certificates:check_detail", args=[self.code])
