from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.db.models import Q

from unionportal.panels import scoring


@dataclass(frozen=True)
class Words:
    """What a panel calls those who mark and those who are marked."""

    judge: str
    chief: str
    candidate: str
    code: str = "编号"
    staff: str = "工作人员"


class Panel(models.Model):
    """A rubric and the people who mark by it."""

    class Kind(models.TextChoices):
        CONTEST = "contest", "竞赛"
        SELECTION = "selection", "选树"
        CAMPAIGN = "campaign", "工作室申报"

    class Status(models.TextChoices):
        PREPARING = "preparing", "准备中"
        OPEN = "open", "评分中"
        CLOSED = "closed", "已截止"

    class Trim(models.TextChoices):
        NONE = "none", "全部平均"
        SHEET = "sheet", "按总分去最高最低"
        CRITERION = "criterion", "按评分项去最高最低"

    WORDS = {
        Kind.CONTEST: Words("裁判", "裁判长", "选手", code="加密号", staff="竞赛工作人员"),
        Kind.SELECTION: Words("评委", "评审组长", "候选人"),
        Kind.CAMPAIGN: Words("评委", "评审组长", "申报对象"),
    }

    title = models.CharField("名称", max_length=150)
    kind = models.CharField(
        "用于",
        max_length=10,
        choices=Kind,
        default=Kind.CONTEST,
        help_text="决定各页的称呼：裁判或评委，选手或候选人",
    )
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PREPARING)
    is_blind = models.BooleanField("盲评（评分时不见姓名和单位）", default=False)
    seats = models.PositiveSmallIntegerField("裁判席位数", default=5)
    min_judges = models.PositiveSmallIntegerField("最少有效评分表", default=5, help_text="一般等于席位数")
    trim = models.CharField("去高低分", max_length=10, choices=Trim, default=Trim.SHEET)
    trim_from = models.PositiveSmallIntegerField("几名裁判起去高低分", default=5)
    middle_of_three = models.BooleanField("恰三名时取中间分", default=False)
    spread_limit = models.DecimalField("分差警戒", max_digits=6, decimal_places=2, null=True, blank=True)
    mixed_numbers_reason = models.CharField("裁判人数不一仍有效的理由", max_length=300, blank=True)
    locked_at = models.DateTimeField(
        "锁定时间", null=True, blank=True, help_text="首个得分记入后，评分项与裁判不再改动"
    )

    class Meta:
        verbose_name = verbose_name_plural = "评审组"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(seats__gte=1), name="panel_has_a_seat"),
            models.CheckConstraint(
                condition=Q(min_judges__gte=1, min_judges__lte=models.F("seats")),
                name="panel_needs_no_more_than_its_seats",
            ),
            # Dropping a highest and a lowest of fewer than three leaves nothing to average.
            models.CheckConstraint(condition=Q(trim_from__gte=3), name="panel_trims_from_three_on"),
        ]

    def __str__(self):
        return self.title

    @property
    def words(self):
        """What this panel calls its judges, their chief and its candidates."""
        return self.WORDS[self.kind]

    def rule(self, criteria=None):
        """Return the panel's rule for scoring.py; reads the criteria unless they are at hand."""
        return scoring.PanelRule(
            criteria=tuple(criterion.rule() for criterion in criteria or self.criteria.all()),
            min_judges=self.min_judges,
            trim=self.trim,
            trim_from=self.trim_from,
            middle_of_three=self.middle_of_three,
        )


class Criterion(models.Model):
    """One line of a rubric; cites a clause of the standard it follows."""

    class Kind(models.TextChoices):
        POINTS = "points", "直接打分"
        MEASUREMENT = "measurement", "测量项"
        JUDGEMENT = "judgement", "评判项（0–3 级）"

    panel = models.ForeignKey(Panel, models.CASCADE, verbose_name="评审组", related_name="criteria")
    position = models.PositiveSmallIntegerField("序号")
    group = models.CharField("分组", max_length=50, blank=True)
    name = models.CharField("评分项", max_length=100)
    clause = models.CharField("依据条款", max_length=200, blank=True)
    kind = models.CharField("类型", max_length=12, choices=Kind, default=Kind.POINTS)
    maximum = models.DecimalField("满分", max_digits=6, decimal_places=2)
    step = models.DecimalField("最小分档", max_digits=4, decimal_places=2, default=Decimal("0.5"))
    partial = models.DecimalField("部分达标得分", max_digits=6, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "评分项"
        ordering = ["panel", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["panel", "position"],
                name="one_criterion_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["panel", "name"], name="one_criterion_per_name_in_a_panel"),
            models.CheckConstraint(condition=Q(maximum__gt=0), name="criterion_is_worth_something"),
            models.CheckConstraint(condition=Q(step__gt=0), name="criterion_step_is_positive"),
            models.CheckConstraint(
                condition=Q(partial=None)
                | Q(kind="measurement", partial__gt=0, partial__lt=models.F("maximum")),
                name="only_a_measurement_has_a_partial_value_below_its_maximum",
            ),
        ]

    def __str__(self):
        return f"{self.name}（{self.maximum.normalize():f}）"

    def rule(self):
        """Return this line for scoring.py."""
        return scoring.CriterionRule(
            key=self.pk,
            name=self.name,
            maximum=self.maximum,
            kind=self.kind,
            step=self.step,
            partial=self.partial,
        )


class CriterionLevel(models.Model):
    """What a level 0–3 of a judgement criterion means."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, verbose_name="评分项", related_name="levels")
    level = models.PositiveSmallIntegerField("级别")
    text = models.CharField("描述", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "级别描述"
        ordering = ["criterion", "level"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "level"], name="one_text_per_level"),
            models.CheckConstraint(condition=Q(level__lte=3), name="levels_run_from_0_to_3"),
        ]

    def __str__(self):
        return f"{self.level} 级：{self.text}"
