import uuid

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from unionportal.common import crypto
from unionportal.notices import clock


class Holiday(models.Model):
    """A day that differs from the published calendar, or from Monday to Friday where none is published yet."""

    on = models.DateField("日期", unique=True)
    is_workday = models.BooleanField("上班", default=False, help_text="调休上班请勾选；放假不勾选。")
    name = models.CharField("名称", max_length=50, help_text="如 国庆节，或 国庆节调休上班")

    class Meta:
        verbose_name = verbose_name_plural = "节假日与调休"
        ordering = ["-on"]

    def __str__(self):
        return f"{self.on} {self.name}"

    @classmethod
    def exceptions(cls):
        """Return {date: whether people work}, as unionportal.common.workdays wants it."""
        return dict(cls.objects.values_list("on", "is_workday"))


class PublicNoticeQuerySet(models.QuerySet):
    def published(self):
        """Notices that the public may read."""
        return self.exclude(status=PublicNotice.Status.DRAFT).filter(withdrawn_at=None)

    def running(self, today=None):
        """Notices to which the public may object today."""
        return self.published().filter(
            status=PublicNotice.Status.RUNNING, last_on__gte=today or timezone.localdate()
        )

    def ended(self, today=None):
        """Notices whose clock has run out and that nobody has closed yet."""
        return self.filter(
            status=PublicNotice.Status.RUNNING, last_on__lt=today or timezone.localdate(), withdrawn_at=None
        )

    def visible_to(self, user):
        """What this member of staff may see: the notices of their own lines of work, or all."""
        if user.has_perm("notices.read_every_line"):
            return self
        return self.filter(line__in=lines_of(user))


class PublicNotice(models.Model):
    """A list made public for a number of working days, so that anybody may object to it."""

    class Line(models.TextChoices):
        COMPETITIONS = "competitions", "技能竞赛"
        CRAFTSMEN = "craftsmen", "工匠选树"
        STUDIOS = "studios", "创新工作室"

    class OrderRule(models.TextChoices):
        SCORE = "score", "按成绩排序"
        STROKES = "strokes", "按姓氏笔画排序"
        PINYIN = "pinyin", "按姓氏拼音排序"
        NONE = "none", "排名不分先后"

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        RUNNING = "running", "公示中"
        STOPPED = "stopped", "已中止"
        CLOSED = "closed", "已办结"

    line = models.CharField("工作条线", max_length=20, choices=Line)
    title = models.CharField("标题", max_length=150)
    basis = models.CharField(
        "依据", max_length=300, blank=True, help_text="如 《……评选办法》及 2025 年第 3 次审定会议"
    )
    body = models.TextField(
        "正文", help_text="空一行即另起一段。名单、起止日期和联系方式由系统列在正文之后。"
    )
    order_rule = models.CharField("名单排序", max_length=10, choices=OrderRule, default=OrderRule.STROKES)
    days = models.PositiveSmallIntegerField(
        "公示工作日数", default=5, validators=[MinValueValidator(1), MaxValueValidator(250)]
    )
    starts_on = models.DateField(
        "公示首日", null=True, blank=True, help_text="留空即发布后的下一个工作日；也可填发布当日。"
    )
    last_on = models.DateField("公示末日", null=True, blank=True, editable=False)
    published_at = models.DateTimeField("发布时间", null=True, blank=True, editable=False)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True, editable=False)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True, editable=False)
    withdrawn_reason = models.CharField("撤下原因", max_length=300, blank=True, editable=False)
    contact_name = models.CharField("受理部门", max_length=100, blank=True)
    contact_phone = models.CharField("受理电话", max_length=50, blank=True)
    contact_address = models.CharField("来信来访地址", max_length=200, blank=True)
    contact_email = models.EmailField("受理邮箱", blank=True)
    source_key = models.CharField("来源", max_length=100, null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = PublicNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公示"
        ordering = ["-published_at", "-pk"]
        permissions = [
            ("keep_competitions", "办理技能竞赛公示"),
            ("keep_craftsmen", "办理工匠选树公示"),
            ("keep_studios", "办理创新工作室公示"),
            ("read_every_line", "查看各条线的公示"),
        ]
        indexes = [
            models.Index(F("published_at").desc(nulls_first=True), F("id").desc(), name="notice_newest_first")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(days__gte=1), name="notice_runs_a_day_at_least"),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(published_at__isnull=False, starts_on__isnull=False, last_on__isnull=False),
                name="published_notice_has_its_days",
            ),
            models.CheckConstraint(
                condition=Q(last_on=None) | Q(starts_on__isnull=False, last_on__gte=F("starts_on")),
                name="notice_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at=None)),
                name="closed_notice_has_a_time",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("notices:notice_detail", args=[self.pk])

    def is_running(self, now=None):
        """True while the public may object."""
        return (
            self.status == self.Status.RUNNING
            and self.withdrawn_at is None
            and timezone.localdate(now) <= self.last_on
        )

    def is_ahead(self, now=None):
        """True while the notice is out and its first day has not come."""
        return self.is_running(now) and timezone.localdate(now) < self.starts_on

    def is_over(self, now=None):
        """True once the clock has run out, whether or not anybody has closed the notice."""
        if self.status == self.Status.CLOSED:
            return True
        is_running = self.status == self.Status.RUNNING and self.withdrawn_at is None
        return is_running and timezone.localdate(now) > self.last_on

    @property
    def state(self):
        """What to call it today: a status, or that its clock has run out or it was taken down."""
        if self.withdrawn_at:
            return "已撤下"
        return "期满待办结" if self.is_over() and not self.closed_at else self.get_status_display()

    def counted_days(self, exceptions):
        """Return the dates that count by the calendar as it is known now; only the past ones while it is stopped."""
        gaps = [
            clock.Gap(timezone.localdate(stop.stopped_at), stop.continues_on) for stop in self.stops.all()
        ]
        return clock.counted_days(self.starts_on, self.days, gaps, exceptions)


def lines_of(user):
    """Return the lines of work whose notices this user keeps."""
    return [line for line in PublicNotice.Line.values if user.has_perm(f"notices.keep_{line}")]


class NoticeStop(models.Model):
    """A time during which a notice stood still; the remaining working days are counted from `continues_on`."""

    notice = models.ForeignKey(PublicNotice, models.CASCADE, verbose_name="公示", related_name="stops")
    stopped_at = models.DateTimeField("中止时间")
    reason = models.CharField("原因", max_length=300)
    resumed_at = models.DateTimeField("恢复时间", null=True, blank=True)
    continues_on = models.DateField("继续计算的首日", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "公示中止"
        ordering = ["stopped_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice"], condition=Q(resumed_at=None), name="notice_is_stopped_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(resumed_at=None, continues_on=None)
                | Q(resumed_at__gte=F("stopped_at"), continues_on__isnull=False),
                name="resumed_notice_has_a_day_to_go_on",
            ),
        ]

    def __str__(self):
        return f"{timezone.localtime(self.stopped_at):%Y-%m-%d %H:%M} 中止"


class NoticeLineQuerySet(models.QuerySet):
    def clear(self):
        """Lines that nobody has objected to, or whose objections were dismissed."""
        return self.filter(status=NoticeLine.Status.CLEAR)

    def held(self):
        """Lines that wait for the finding on an objection."""
        return self.filter(status=NoticeLine.Status.HELD)

    def removed(self):
        """Lines that an upheld objection has taken off the list."""
        return self.filter(status=NoticeLine.Status.REMOVED)

    def source_keys(self):
        """Return the set of the sources' keys, by which a line of work knows its own."""
        return set(self.exclude(source_key="").values_list("source_key", flat=True))


class NoticeLine(models.Model):
    """One name on the list of a notice, as it is printed."""

    class Status(models.TextChoices):
        CLEAR = "clear", "无异议"
        HELD = "held", "异议核查中"
        REMOVED = "removed", "已移出"

    notice = models.ForeignKey(PublicNotice, models.CASCADE, verbose_name="公示", related_name="lines")
    position = models.PositiveIntegerField(
        "序号", null=True, blank=True, help_text="按成绩排序时填写；其余排序在发布时由系统算出。"
    )
    person = models.ForeignKey(
        "people.Person", models.PROTECT, null=True, blank=True, verbose_name="职工", related_name="+"
    )
    name = models.CharField("姓名或名称", max_length=100)
    unit_name = models.CharField("单位", max_length=100, blank=True)
    occupation = models.CharField("工种或职务", max_length=50, blank=True)
    proposed = models.CharField("拟授予", max_length=100, blank=True, help_text="如 密云工匠、一等奖")
    note = models.CharField("备注", max_length=200, blank=True)
    stroke_override = models.CharField(
        "手工笔画数",
        max_length=50,
        blank=True,
        validators=[RegexValidator(r"^\d{1,2}( \d{1,2})*$", "请填各字的笔画数，以空格分开，如 7 5 12。")],
        help_text="仅在系统查不到或有误时填写：从姓氏起各字的笔画数，以空格分开，如 7 5 12。",
    )
    source_key = models.CharField("来源", max_length=100, blank=True, editable=False)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.CLEAR, editable=False)
    reason = models.CharField("状态原因", max_length=300, blank=True, editable=False)

    objects = NoticeLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公示名单"
        ordering = ["notice", F("position").asc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "position"],
                deferrable=models.Deferrable.DEFERRED,
                name="one_line_per_position_of_a_notice",
                violation_error_message="同一公示中序号重复，请改为不同的序号。",
            ),
            models.UniqueConstraint(
                fields=["notice", "source_key"],
                condition=~Q(source_key=""),
                name="one_line_per_source_of_a_notice",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="notice_line_has_a_name"),
            models.CheckConstraint(
                condition=Q(status="clear") | ~Q(reason=""), name="held_or_removed_line_says_why"
            ),
        ]

    def __str__(self):
        return self.name


class ObjectionQuerySet(models.QuerySet):
    def open(self):
        """Objections that still wait for a finding."""
        return self.filter(status__in=Objection.OPEN)

    def visible_to(self, user):
        """Objections to the notices that this member of staff may see."""
        return self.filter(notice__in=PublicNotice.objects.visible_to(user))


class Objection(models.Model):
    """An objection to a notice or to one of its lines. Who raised it is stored encrypted."""

    class Kind(models.TextChoices):
        PERSON = "person", "个人（实名）"
        UNIT = "unit", "单位（盖章）"

    class Channel(models.TextChoices):
        PAGE = "page", "网上提交"
        LETTER = "letter", "来信"
        PHONE = "phone", "来电"
        VISIT = "visit", "来访"

    class Status(models.TextChoices):
        RECEIVED = "received", "已收到"
        INVESTIGATING = "investigating", "核查中"
        UPHELD = "upheld", "异议成立"
        DISMISSED = "dismissed", "异议不成立"
        OUT_OF_TIME = "out_of_time", "逾期不予受理"
        NOTED = "noted", "匿名反映，作线索留存"

    OPEN = (Status.RECEIVED, Status.INVESTIGATING)

    key = models.UUIDField("提交编号", default=uuid.uuid4, editable=False)
    receipt = models.CharField("回执编号", max_length=12, unique=True, editable=False)
    notice = models.ForeignKey(PublicNotice, models.PROTECT, verbose_name="公示", related_name="objections")
    line = models.ForeignKey(
        NoticeLine,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="对象",
        related_name="objections",
        help_text="留空即对整个公示提出。",
    )
    kind = models.CharField("提出人", max_length=10, choices=Kind, default=Kind.PERSON)
    is_anonymous = models.BooleanField("匿名反映", default=False)
    name_sealed = models.BinaryField("姓名或单位名称（密文）", default=b"", editable=False)
    contact_sealed = models.BinaryField("联系方式（密文）", default=b"", editable=False)
    text = models.TextField("异议内容")
    attachments = models.ManyToManyField(
        "files.StoredFile", blank=True, verbose_name="证明材料", related_name="+"
    )
    channel = models.CharField("渠道", max_length=10, choices=Channel, default=Channel.PAGE)
    received_at = models.DateTimeField("收到时间", default=timezone.now)
    postmarked_on = models.DateField("邮戳日期", null=True, blank=True, help_text="来信以邮戳日期为准。")
    origin_hash = models.CharField("来源摘要", max_length=64, blank=True, editable=False)
    body_hash = models.CharField("内容摘要", max_length=64, blank=True, editable=False)
    status = models.CharField("状态", max_length=15, choices=Status, default=Status.RECEIVED, editable=False)
    finding = models.TextField("核查结论", blank=True, editable=False)
    decided_by = models.CharField("作出结论的人", max_length=120, blank=True, editable=False)
    decided_at = models.DateTimeField("结论时间", null=True, blank=True, editable=False)

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "异议"
        ordering = ["-received_at", "-pk"]
        permissions = [("read_objectors", "查看异议提出人及其联系方式")]
        indexes = [models.Index(fields=["origin_hash", "received_at"], name="objection_by_origin")]
        constraints = [
            models.UniqueConstraint(fields=["notice", "key"], name="one_objection_per_form_of_a_notice"),
            models.CheckConstraint(condition=~Q(text=""), name="objection_says_something"),
            models.CheckConstraint(
                condition=Q(is_anonymous=True, name_sealed=b"", status="noted")
                | (Q(is_anonymous=False) & ~Q(name_sealed=b"") & ~Q(status="noted")),
                name="objection_has_a_name_unless_it_is_a_lead",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["upheld", "dismissed"], decided_at__isnull=False) & ~Q(finding="")
                | ~Q(status__in=["upheld", "dismissed"]) & Q(decided_at=None),
                name="decided_objection_has_a_finding",
            ),
            models.CheckConstraint(
                condition=~Q(channel="letter") | Q(postmarked_on__isnull=False),
                name="letter_has_a_postmark",
            ),
        ]

    def __str__(self):
        return self.receipt

    @property
    def name(self):
        """Who raised it; showing it takes notices.read_objectors."""
        return crypto.decrypt(self.name_sealed)

    @name.setter
    def name(self, value):
        self.name_sealed = crypto.encrypt(value)

    @property
    def contact(self):
        """How to reach them; as private as the name."""
        return crypto.decrypt(self.contact_sealed)

    @contact.setter
    def contact(self, value):
        self.contact_sealed = crypto.encrypt(value)

    @property
    def is_open(self):
        return self.status in self.OPEN
