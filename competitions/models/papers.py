from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from competitions.models.setup import Competition


class Document(models.Model):
    """A paper of a competition that the public may read: a file to download, a text, or both."""

    class Kind(models.TextChoices):
        NOTICE = "notice", "通知"
        PLAN = "plan", "实施方案"
        TECHNICAL = "technical", "技术文件"
        SAMPLE = "sample", "样题"
        GUIDANCE = "guidance", "须知"
        CORRECTION = "correction", "更正"

    competition = models.ForeignKey(
        Competition, models.CASCADE, verbose_name="竞赛", related_name="documents"
    )
    kind = models.CharField("类别", max_length=10, choices=Kind)
    title = models.CharField("标题", max_length=150)
    dated_on = models.DateField("日期")
    file = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="文件",
        related_name="+",
        limit_choices_to={"kind": "document", "is_public": True},
    )
    text = models.TextField("正文", blank=True, help_text="没有文件时在这里写；空一行即另起一段。")
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "竞赛文件"
        ordering = ["competition", "position", "dated_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(file__isnull=False) | ~Q(text=""),
                name="document_has_a_file_or_a_text",
                violation_error_message="请选择文件，或者写上正文。",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}：{self.title}"

    def clean(self):
        if self.file and not self.file.is_public:
            raise ValidationError({"file": "这个文件没有公开，公众下载不到。请重新上传并勾选“公开”。"})


class CommitteeMember(models.Model):
    """Somebody who runs the competition, by name, in one of its four bodies."""

    class Body(models.TextChoices):
        COMMITTEE = "committee", "组委会"
        EXPERTS = "experts", "专家组"
        ARBITRATION = "arbitration", "监督仲裁组"
        SUPPORT = "support", "保障组"

    competition = models.ForeignKey(
        Competition, models.CASCADE, verbose_name="竞赛", related_name="committee"
    )
    body = models.CharField("机构", max_length=12, choices=Body, default=Body.COMMITTEE)
    duty = models.CharField("职务", max_length=30, help_text="如 主任、副主任、组长、成员")
    name = models.CharField("姓名", max_length=50)
    unit_name = models.CharField("单位", max_length=100, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "组织机构成员"
        ordering = ["competition", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "body", "name"], name="one_line_per_name_in_a_body"
            )
        ]

    def __str__(self):
        return f"{self.get_body_display()}{self.duty}：{self.name}"
