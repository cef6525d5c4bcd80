from django.db import models
from django.db.models import Q

from studios.models.studios import Recognition


class PlaqueCeremony(models.Model):
    """A ceremony at which plaques are given (授牌仪式): held once its plaques' texts have been proofread."""

    class Status(models.TextChoices):
        DRAFT = "draft", "筹备中"
        PROOFREAD = "proofread", "牌匾已校对"
        HELD = "held", "已举行"

    title = models.CharField("名称", max_length=100, help_text="如 2025 年卫生健康系统职工创新工作室授牌仪式")
    on = models.DateField("日期")
    place = models.CharField("地点", max_length=100, blank=True)
    note = models.TextField("仪式情况", blank=True, help_text="写入新闻稿，如出席人员、讲话要点")
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    proofread_by = models.CharField("校对人", max_length=50, blank=True, editable=False)
    proofread_at = models.DateTimeField("校对时间", null=True, blank=True, editable=False)
    held_at = models.DateTimeField("登记举行的时间", null=True, blank=True, editable=False)
    article = models.OneToOneField(
        "news.Article",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="新闻稿",
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = verbose_name_plural = "授牌仪式"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="draft") | (~Q(proofread_by="") & Q(proofread_at__isnull=False)),
                name="plaques_are_proofread_before_the_ceremony",
            )
        ]

    def __str__(self):
        return self.title


class PlaqueLine(models.Model):
    """One plaque of a ceremony: the exact words on it (牌匾文字)."""

    ceremony = models.ForeignKey(
        PlaqueCeremony, models.CASCADE, verbose_name="授牌仪式", related_name="lines"
    )
    recognition = models.OneToOneField(
        Recognition,
        models.PROTECT,
        verbose_name="认定",
        related_name="plaque",
        error_messages={"unique": "这项认定已列入一次授牌仪式。"},
    )
    text = models.CharField("牌匾文字", max_length=150, help_text="逐字校对，包括引号和间隔号")
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "牌匾"
        ordering = ["ceremony", "position", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="plaque_has_words")]

    def __str__(self):
        return self.text


class CeremonyPhoto(models.Model):
    """A photograph of a ceremony, shown in its gallery."""

    ceremony = models.ForeignKey(
        PlaqueCeremony, models.CASCADE, verbose_name="授牌仪式", related_name="photos"
    )
    file = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        verbose_name="照片",
        related_name="+",
        limit_choices_to={"kind": "image", "is_public": True},
    )
    caption = models.CharField("说明", max_length=150)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "授牌照片"
        ordering = ["ceremony", "position", "pk"]

    def __str__(self):
        return self.caption
