from datetime import date

from django.contrib.postgres.aggregates import StringAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.urls import reverse

from competitions.models.boards import StageQuerySet


class PublicState(models.TextChoices):
    """What the public is told of a competition: computed from dates and stages, never stored."""

    UPCOMING = "upcoming", "即将报名"
    ENTRY = "entry", "报名中"
    RUNNING = "running", "进行中"
    NOTICE = "notice", "公示中"
    ENDED = "ended", "已结束"
    CANCELLED = "cancelled", "已取消"


def joined(queryset, field, **options):
    """Return a subquery that joins a text field of the rows of one competition with 、."""
    rows = queryset.filter(competition=OuterRef("pk")).order_by().values("competition")
    return Subquery(rows.annotate(text=StringAgg(field, "、", **options)).values("text"))


class CompetitionQuerySet(models.QuerySet):
    def public(self):
        """Competitions that have been announced, also those closed or cancelled since."""
        return self.exclude(status=Competition.Status.DRAFT)

    def with_state(self, today):
        """Add `state`, a PublicState as of this date."""
        stages = Stage.objects.filter(event__competition=OuterRef("pk"))
        later = Stage.objects.filter(event=OuterRef("event"), position__gt=OuterRef("position"))
        open_finals = stages.filter(~Exists(later)).exclude(status=Stage.Status.PUBLISHED)
        is_over = Q(status=Competition.Status.CLOSED) | (Exists(stages) & ~Exists(open_finals))
        return self.annotate(
            state=Case(
                When(status=Competition.Status.CANCELLED, then=Value(PublicState.CANCELLED)),
                When(is_over | (~Exists(stages) & Q(final_on__lt=today)), then=Value(PublicState.ENDED)),
                When(Exists(stages.filter(status=Stage.Status.NOTICE)), then=Value(PublicState.NOTICE)),
                When(entry_opens_on__gt=today, then=Value(PublicState.UPCOMING)),
                When(entry_closes_on__gte=today, then=Value(PublicState.ENTRY)),
                default=Value(PublicState.RUNNING),
                output_field=models.CharField(),
            )
        )

    def with_rounds(self):
        """Add `round_dates`, which dates() reads: name, event and date of every round that has one."""
        rounds = Stage.objects.filter(event__competition=OuterRef("pk"), held_on__isnull=False)
        rounds = rounds.order_by("held_on", "event__position", "position")
        return self.annotate(
            round_dates=ArraySubquery(
                rounds.values(json=JSONObject(name="name", event="event__name", on="held_on"))
            )
        )

    def with_summary(self):
        """Add event_names, organisers_text (hosts only) and sector_names, joined in the database."""
        sectors = Competition.sectors.through.objects
        return self.annotate(
            event_names=joined(Event.objects, "name", order_by=("position", "pk")),
            organisers_text=joined(
                Organiser.objects.filter(role=Organiser.Role.HOST), "name", order_by=("position", "pk")
            ),
            sector_names=joined(sectors, "sector__name", order_by="sector__position"),
        )


class Competition(models.Model):
    """One edition of a brand's competition."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        ANNOUNCED = "announced", "已公告"
        CLOSED = "closed", "已结束"
        CANCELLED = "cancelled", "已取消"

    class PublicScope(models.TextChoices):
        AWARDS = "awards", "只公布获奖名单"
        RANKS = "ranks", "公布全部名次，不公布成绩"
        FULL = "full", "公布全部名次和成绩"

    brand = models.CharField("品牌", max_length=50, help_text="如 工匠杯")
    edition = models.PositiveSmallIntegerField("届次", null=True, blank=True)
    year = models.PositiveSmallIntegerField("年份")
    title = models.CharField("全称", max_length=150)
    short_title = models.CharField("简称", max_length=50, blank=True)
    slug = models.SlugField("网址用名", max_length=60, unique=True)
    sectors = models.ManyToManyField("people.Sector", verbose_name="产业/行业", blank=True, related_name="+")
    introduction = models.TextField("简介", blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT)
    entry_opens_on = models.DateField("报名开始", null=True, blank=True)
    entry_closes_on = models.DateField("报名截止", null=True, blank=True)
    final_on = models.DateField("决赛日期", null=True, blank=True)
    venue = models.CharField("地点", max_length=100, blank=True)
    contact = models.CharField("咨询电话", max_length=100, blank=True)
    public_scope = models.CharField(
        "成绩公开范围", max_length=10, choices=PublicScope, default=PublicScope.AWARDS
    )
    reported_participants = models.PositiveIntegerField(
        "上报参赛人次", null=True, blank=True, help_text="系统启用之前的届次，由主办方上报的数字"
    )
    poster = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="海报", related_name="+"
    )
    announced_at = models.DateTimeField("公告时间", null=True, blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = CompetitionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "竞赛"
        ordering = ["-year", "-final_on", "-pk"]
        permissions = [
            ("seal_stage", "锁定成绩"),
            ("publish_results", "发布成绩"),
            ("reopen_stage", "退回已锁定或已发布的轮次更正"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(entry_opens_on=None)
                | Q(entry_closes_on=None)
                | Q(entry_closes_on__gte=F("entry_opens_on")),
                name="entry_closes_after_it_opens",
                violation_error_message="报名截止不能早于报名开始。",
            ),
            models.CheckConstraint(
                condition=Q(entry_closes_on=None) | Q(final_on=None) | Q(final_on__gte=F("entry_closes_on")),
                name="final_is_not_before_entry_closes",
                violation_error_message="决赛日期不能早于报名截止。",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1949, year__lte=2100), name="competition_year_is_plausible"
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("competitions:competition_detail", args=[self.slug])

    @property
    def state_label(self):
        """The Chinese word for `state`; needs with_state()."""
        return PublicState(self.state).label

    def dates(self):
        """Return the (label, date) pairs of its calendar that are set, in order; its rounds only after with_rounds()."""
        rounds = {}
        for item in getattr(self, "round_dates", ()):
            days = rounds.setdefault(item["name"], {})
            days.setdefault(date.fromisoformat(item["on"]), []).append(item["event"])
        pairs = [("报名开始", self.entry_opens_on), ("报名截止", self.entry_closes_on)]
        for name, days in rounds.items():
            # A round that all events hold on one day needs no event's name.
            pairs += [
                (name if len(days) == 1 else f"{'、'.join(events)}{name}", on) for on, events in days.items()
            ]
        if self.final_on not in [on for _, on in pairs[2:]]:
            pairs.append(("决赛", self.final_on))
        return sorted(((label, on) for label, on in pairs if on), key=lambda pair: pair[1])

    def next_date(self, today):
        """Return the next (label, date) from today on, or None."""
        return next(((label, on) for label, on in self.dates() if on >= today), None)


class Organiser(models.Model):
    """A body that holds the competition, in one of four roles."""

    class Role(models.TextChoices):
        HOST = "host", "主办"
        UNDERTAKER = "undertaker", "承办"
        ASSISTANT = "assistant", "协办"
        SUPPORTER = "supporter", "支持"

    competition = models.ForeignKey(
        Competition, models.CASCADE, verbose_name="竞赛", related_name="organisers"
    )
    name = models.CharField("名称", max_length=100)
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, verbose_name="单位", related_name="+"
    )
    role = models.CharField("角色", max_length=12, choices=Role, default=Role.HOST)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "组织单位"
        ordering = ["competition", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "name", "role"], name="one_line_per_organiser_and_role"
            )
        ]

    def __str__(self):
        return f"{self.get_role_display()}：{self.name}"


class Event(models.Model):
    """What people compete in: 母婴护理, 养老服务 …"""

    competition = models.ForeignKey(Competition, models.CASCADE, verbose_name="竞赛", related_name="events")
    name = models.CharField("赛项", max_length=50)
    code = models.SlugField("代码", max_length=20, help_text="字母或数字，用于参赛编号和网址，如 MY")
    position = models.PositiveSmallIntegerField("排序", default=0)
    introduction = models.TextField("简介", blank=True)
    team_size = models.PositiveSmallIntegerField("每队人数", default=1, help_text="个人赛填 1")

    class Meta:
        verbose_name = verbose_name_plural = "赛项"
        ordering = ["competition", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "name"], name="one_event_per_name_in_a_competition"
            ),
            models.UniqueConstraint(
                fields=["competition", "code"], name="one_event_per_code_in_a_competition"
            ),
            models.CheckConstraint(condition=Q(team_size__gte=1), name="event_is_for_one_person_or_more"),
        ]

    def __str__(self):
        return self.name


class Stage(models.Model):
    """One round of an event, with its own rule. Its state moves only through services."""

    class Status(models.TextChoices):
        PREPARING = "preparing", "准备中"
        CHECK_IN = "check_in", "检录中"
        DRAWN = "drawn", "已抽签"
        SCORING = "scoring", "评分中"
        PAUSED = "paused", "暂停评分"
        CHECKING = "checking", "统分复核"
        SEALED = "sealed", "成绩已锁定"
        HALL = "hall", "已现场宣布"
        NOTICE = "notice", "公示中"
        PUBLISHED = "published", "已公布"

    class RoundAt(models.TextChoices):
        TOTAL = "total", "只在总分处舍入"
        MODULE = "module", "各模块先舍入，总分再舍入"

    class Tied(models.TextChoices):
        ALL = "all", "末位同分者全部晋级"
        CHAIN = "chain", "按同分规则区分"

    class AwardRounding(models.TextChoices):
        CUMULATIVE = "cumulative", "累计四舍五入"
        FLOOR = "floor", "舍去小数"
        CEILING = "ceiling", "进一取整"

    event = models.ForeignKey(Event, models.CASCADE, verbose_name="赛项", related_name="stages")
    name = models.CharField("轮次", max_length=20)
    position = models.PositiveSmallIntegerField("次序", default=1)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PREPARING)
    held_on = models.DateField("日期", null=True, blank=True)
    venue = models.CharField("地点", max_length=100, blank=True)
    decimals = models.PositiveSmallIntegerField("保留小数位", default=2)
    round_at = models.CharField("舍入时机", max_length=10, choices=RoundAt, default=RoundAt.TOTAL)
    ranks_shared = models.BooleanField("完全相同时名次并列", default=True)
    pass_line = models.DecimalField("总分合格线", max_digits=6, decimal_places=2, null=True, blank=True)
    advance = models.PositiveSmallIntegerField("晋级人数", null=True, blank=True)
    tied = models.CharField("晋级线同分", max_length=10, choices=Tied, default=Tied.ALL)
    award_rounding = models.CharField(
        "按比例设奖的舍入", max_length=10, choices=AwardRounding, default=AwardRounding.CUMULATIVE
    )
    correction_reason = models.CharField("更正理由", max_length=300, blank=True)

    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "轮次"
        ordering = ["event", "position"]
        constraints = [
            models.UniqueConstraint(fields=["event", "name"], name="one_stage_per_name_in_an_event"),
            models.UniqueConstraint(
                fields=["event", "position"],
                name="one_stage_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(decimals__lte=4), name="stage_keeps_at_most_four_decimals"),
            models.CheckConstraint(
                condition=Q(advance=None) | Q(advance__gte=1), name="stage_advances_somebody_or_no_limit"
            ),
            models.CheckConstraint(
                condition=Q(pass_line=None) | Q(pass_line__gte=0, pass_line__lte=100),
                name="stage_pass_line_is_on_100",
            ),
        ]

    def __str__(self):
        return f"{self.event.name} {self.name}"

    @property
    def board_url(self):
        """The address of the chief judge's board of this stage."""
        return reverse("boards:board", args=[self.pk])


class Module(models.Model):
    """A weighted part of a stage: an exam whose marks come in, or a practical marked by a panel."""

    class Source(models.TextChoices):
        EXAM = "exam", "考试成绩录入"
        PANEL = "panel", "裁判评分"

    stage = models.ForeignKey(Stage, models.CASCADE, verbose_name="轮次", related_name="modules")
    name = models.CharField("模块", max_length=50)
    position = models.PositiveSmallIntegerField("次序", default=1)
    source = models.CharField("成绩来源", max_length=10, choices=Source)
    weight = models.DecimalField("权重（%）", max_digits=5, decimal_places=2)
    pass_line = models.DecimalField("合格线", max_digits=6, decimal_places=2, null=True, blank=True)
    panel = models.OneToOneField(
        "panels.Panel", models.PROTECT, null=True, blank=True, verbose_name="评审组", related_name="module"
    )

    class Meta:
        verbose_name = verbose_name_plural = "模块"
        ordering = ["stage", "position"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "name"], name="one_module_per_name_in_a_stage"),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=100), name="module_weight_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(source="panel", panel__isnull=False) | Q(source="exam", panel__isnull=True),
                name="panel_module_has_a_panel_and_exam_module_none",
                violation_error_message="裁判评分的模块须有评审组，考试模块不设评审组。",
            ),
            models.CheckConstraint(
                condition=Q(pass_line=None) | Q(pass_line__gte=0, pass_line__lte=100),
                name="module_pass_line_is_on_100",
            ),
        ]

    def __str__(self):
        return self.name


class TieBreak(models.Model):
    """One link of the chain that parts equal totals, in order."""

    class Kind(models.TextChoices):
        MODULE = "module", "模块成绩高者列前"
        CRITERION = "criterion", "评分项平均分高者列前"
        TIME = "time", "用时短者列前"

    stage = models.ForeignKey(Stage, models.CASCADE, verbose_name="轮次", related_name="ties")
    position = models.PositiveSmallIntegerField("次序")
    kind = models.CharField("依据", max_length=10, choices=Kind)
    module = models.ForeignKey(
        Module, models.CASCADE, null=True, blank=True, verbose_name="模块", related_name="+"
    )
    criterion = models.ForeignKey(
        "panels.Criterion", models.PROTECT, null=True, blank=True, verbose_name="评分项", related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "同分规则"
        ordering = ["stage", "position"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "position"], name="one_tie_break_per_position"),
            models.CheckConstraint(
                condition=Q(kind="module", module__isnull=False, criterion=None)
                | Q(kind="criterion", module__isnull=False, criterion__isnull=False)
                | Q(kind="time", module=None, criterion=None),
                name="tie_break_names_what_it_compares",
            ),
        ]

    def __str__(self):
        return {"module": str(self.module), "criterion": str(self.criterion)}.get(self.kind, "用时")


class AwardRule(models.Model):
    """A band of prizes, best first: a fixed count, or a share of those who competed."""

    stage = models.ForeignKey(Stage, models.CASCADE, verbose_name="轮次", related_name="award_rules")
    position = models.PositiveSmallIntegerField("次序")
    name = models.CharField("奖项", max_length=30)
    count = models.PositiveSmallIntegerField("名额", null=True, blank=True)
    share = models.DecimalField("比例（%）", max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "奖项设置"
        ordering = ["stage", "position"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "position"], name="one_award_per_position"),
            models.UniqueConstraint(fields=["stage", "name"], name="one_award_per_name_in_a_stage"),
            models.CheckConstraint(
                condition=Q(count__isnull=False, share=None) | Q(count=None, share__gt=0, share__lte=100),
                name="award_has_a_count_or_a_share",
                violation_error_message="名额与比例须填且只填一项。",
            ),
        ]

    def __str__(self):
        return self.name
