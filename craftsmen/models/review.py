from django.conf import settings
from django.db import models
from django.db.models import F, Q

from craftsmen.models.nominations import Nomination
from craftsmen.models.selections import Selection


class Consultation(models.Model):
    """A letter that asks another department for its opinion of everybody on a list (征求意见函), and the reply."""

    selection = models.ForeignKey(
        Selection, models.PROTECT, verbose_name="评选活动", related_name="consultations"
    )
    department = models.CharField("征求意见的部门", max_length=100)
    number = models.CharField("函号", max_length=50, blank=True)
    sent_on = models.DateField("发函日期")
    due_on = models.DateField("请复函日期", null=True, blank=True)
    replied_on = models.DateField("复函日期", null=True, blank=True)
    reply = models.TextField("复函意见", blank=True)
    scan = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="复函扫描件", related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "征求意见函"
        ordering = ["selection", "-sent_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(replied_on=None) | Q(replied_on__gte=F("sent_on")),
                name="consultation_is_answered_after_it_was_sent",
                violation_error_message="复函日期不能早于发函日期。",
            )
        ]

    def __str__(self):
        return f"{self.department}（{self.sent_on}）"


class ConsultationLine(models.Model):
    """What a department says of one nominee; one reply covers everybody, the exceptions are noted."""

    class Opinion(models.TextChoices):
        WAITING = "waiting", "待复函"
        NO_OBJECTION = "no_objection", "无不同意见"
        OBJECTION = "objection", "有不同意见"

    consultation = models.ForeignKey(
        Consultation, models.CASCADE, verbose_name="征求意见函", related_name="lines"
    )
    nomination = models.ForeignKey(
        Nomination, models.PROTECT, verbose_name="申报", related_name="consultation_lines"
    )
    opinion = models.CharField("意见", max_length=12, choices=Opinion, default=Opinion.WAITING)
    note = models.CharField("说明", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "征求意见人员"
        ordering = ["consultation", "nomination"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "nomination"], name="one_line_per_consultation_and_nomination"
            ),
            models.CheckConstraint(
                condition=~Q(opinion="objection") | ~Q(note=""),
                name="objecting_department_says_why",
                violation_error_message="有不同意见的，请写明内容。",
            ),
        ]

    def __str__(self):
        return f"{self.nomination.person.name}：{self.get_opinion_display()}"


class FieldVisit(models.Model):
    """A visit to the nominee's place of work, with its report and pictures (实地考察)."""

    nomination = models.ForeignKey(
        Nomination, models.PROTECT, verbose_name="申报", related_name="field_visits"
    )
    visited_on = models.DateField("考察日期")
    visitors = models.CharField("考察人员", max_length=200)
    report = models.TextField("考察情况")
    photos = models.ManyToManyField("files.StoredFile", verbose_name="照片", blank=True, related_name="+")
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="记录人", related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "实地考察"
        ordering = ["-visited_on", "-pk"]

    def __str__(self):
        return f"{self.nomination.person.name} {self.visited_on}"
