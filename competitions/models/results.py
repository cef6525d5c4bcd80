from django.db import models
from django.db.models import Q
from django.urls import reverse

from competitions.models.entries import Appearance
from competitions.models.setup import Competition, Stage


class ResultSheetQuerySet(models.QuerySet):
    def published(self):
        """Versions the public may read."""
        return self.filter(published_at__isnull=False).exclude(
            stage__event__competition__status=Competition.Status.DRAFT
        )

    def newest(self):
        """Of several versions of a stage only the last."""
        later = ResultSheet.objects.filter(
            stage=models.OuterRef("stage"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(later.filter(published_at__isnull=False)))


class ResultSheet(models.Model):
    """One version of a stage's results, as sealed. Once published the database refuses every change to it."""

    stage = models.ForeignKey(Stage, models.PROTECT, verbose_name="轮次", related_name="result_sheets")
    version = models.PositiveSmallIntegerField("版本")
    reason = models.CharField("更正理由", max_length=300, blank=True)
    rule_text = models.TextField("计分规则")
    contestants = models.PositiveIntegerField("参赛人数")
    modules = models.JSONField("模块与权重")
    content = models.TextField("正文（规范化 JSON）")
    sha256 = models.CharField("SHA-256", max_length=64)
    sealed_at = models.DateTimeField("锁定时间")
    sealed_by = models.CharField("锁定人", max_length=100)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.CharField("发布人", max_length=100, blank=True)

    objects = ResultSheetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "成绩册"
        ordering = ["stage", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "version"], name="one_result_sheet_per_version"),
            models.UniqueConstraint(
                fields=["stage"],
                condition=Q(published_at=None),
                name="one_unpublished_result_sheet_per_stage",
            ),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(reason=""), name="corrected_result_sheet_has_a_reason"
            ),
        ]

    def __str__(self):
        return f"{self.stage} 第 {self.version} 版"

    def get_absolute_url(self):
        event = self.stage.event
        return reverse(
            "competitions:result_version",
            args=[event.competition.slug, event.code, self.stage.position, self.version],
        )


class ResultRow(models.Model):
    """One line of a result sheet: every word and figure as printed, so that later changes elsewhere do not reach it."""

    sheet = models.ForeignKey(ResultSheet, models.CASCADE, verbose_name="成绩册", related_name="rows")
    position = models.PositiveIntegerField("行次")
    appearance = models.ForeignKey(
        Appearance, models.PROTECT, verbose_name="出场", related_name="result_rows"
    )
    rank = models.PositiveIntegerField("名次", null=True, blank=True)
    name = models.CharField("姓名", max_length=50)
    unit_name = models.CharField("单位", max_length=100)
    total = models.DecimalField("总分", max_digits=8, decimal_places=4, null=True, blank=True)
    total_text = models.CharField("总分（印刷）", max_length=12, blank=True)
    seconds = models.PositiveIntegerField("用时（秒）", null=True, blank=True)
    status = models.CharField("状态", max_length=12, choices=Appearance.Status)
    is_guest = models.BooleanField("表演赛", default=False)
    advances = models.BooleanField("晋级", null=True)
    award = models.CharField("奖项", max_length=30, blank=True)
    award_level = models.PositiveSmallIntegerField("奖次", null=True, blank=True)
    tie_note = models.CharField("同分说明", max_length=200, blank=True)
    module_scores = models.JSONField("模块成绩")
    working = models.JSONField("计分过程", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "成绩"
        ordering = ["sheet", "position"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "position"], name="one_result_row_per_position")
        ]

    def __str__(self):
        return f"{self.rank or '—'} {self.name}"

    @property
    def elapsed(self):
        """Elapsed time as minutes and seconds, such as 21:33."""
        return "" if self.seconds is None else f"{self.seconds // 60}:{self.seconds % 60:02d}"
