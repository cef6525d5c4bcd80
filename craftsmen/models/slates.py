from django.conf import settings
from django.db import models
from django.db.models import Q

from craftsmen.models.nominations import Nomination
from craftsmen.models.selections import Offer, Selection


class SlateLine(models.Model):
    """Where a nomination came out of the scoring, and whether it was chosen."""

    offer = models.ForeignKey(Offer, models.CASCADE, verbose_name="称号", related_name="slate_lines")
    nomination = models.OneToOneField(
        Nomination, models.CASCADE, verbose_name="申报", related_name="slate_line"
    )
    rank = models.PositiveSmallIntegerField("名次", null=True, blank=True)
    score = models.DecimalField("平均分", max_digits=6, decimal_places=2, null=True, blank=True)
    counted_sheets = models.PositiveSmallIntegerField("计入的评分表数", default=0)
    is_chosen = models.BooleanField("拟授予", default=False)
    reserve_order = models.PositiveSmallIntegerField("递补次序", null=True, blank=True)
    deviation_reason = models.CharField("与名次不一致的理由", max_length=300, blank=True)
    replaces = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="递补",
        related_name="replaced_by",
        editable=False,
        help_text="谁的名额空出后由此人递补",
    )

    class Meta:
        verbose_name = verbose_name_plural = "拟定名单"
        ordering = ["offer", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "reserve_order"],
                name="one_reserve_per_place_in_the_order",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=~Q(is_chosen=True, reserve_order__isnull=False), name="chosen_is_no_reserve"
            ),
        ]

    def __str__(self):
        return f"{self.offer} {self.nomination.person.name}"


class Meeting(models.Model):
    """The meeting that decides the slate (审定会议): no notice starts without one."""

    selection = models.ForeignKey(Selection, models.PROTECT, verbose_name="评选活动", related_name="meetings")
    body = models.CharField("会议名称", max_length=150, help_text="如 区总工会党组会、评选委员会会议")
    held_on = models.DateField("会议日期")
    minutes_number = models.CharField("会议纪要编号", max_length=50)
    attended = models.PositiveSmallIntegerField("到会人数", null=True, blank=True)
    votes_for = models.PositiveSmallIntegerField("赞成票", null=True, blank=True)
    votes_against = models.PositiveSmallIntegerField("反对票", null=True, blank=True)
    abstained = models.PositiveSmallIntegerField("弃权票", null=True, blank=True)
    note = models.TextField("审定意见", blank=True)
    scan = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="纪要扫描件", related_name="+"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="登记人",
        related_name="+",
        editable=False,
        null=True,
    )
    recorded_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "审定会议"
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(minutes_number=""), name="meeting_has_minutes"),
        ]

    def __str__(self):
        return f"{self.body}（{self.held_on}）"


class Conferral(models.Model):
    """A decision that confers titles: nothing is conferred without its document number."""

    selection = models.ForeignKey(
        Selection, models.PROTECT, verbose_name="评选活动", related_name="conferrals"
    )
    document_title = models.CharField("决定名称", max_length=200)
    document_number = models.CharField("文号", max_length=50, unique=True)
    document_on = models.DateField("成文日期", help_text="即荣誉的授予日期")
    ceremony_on = models.DateField("表彰大会日期", null=True, blank=True)
    ceremony_place = models.CharField("表彰大会地点", max_length=100, blank=True)
    scan = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="决定扫描件", related_name="+"
    )
    article = models.OneToOneField(
        "news.Article",
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="新闻稿",
        related_name="+",
        editable=False,
    )
    conferred_at = models.DateTimeField("办理时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "授予决定"
        ordering = ["-document_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(document_number=""), name="conferral_has_a_document_number"),
        ]

    def __str__(self):
        return f"{self.document_title}（{self.document_number}）"
