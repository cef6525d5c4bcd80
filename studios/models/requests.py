from django.db import models
from django.db.models import Q

from studios.models.studios import Studio
from unionportal.common import crypto


class HelpRequestQuerySet(models.QuerySet):
    def public(self):
        """Answered questions whose askers agreed that they be shown; never the asker."""
        return self.filter(status=HelpRequest.Status.PUBLISHED, consents_to_publication=True)

    def open(self):
        """Those that wait for staff or for a studio."""
        return self.filter(status__in=HelpRequest.OPEN)


class HelpRequest(models.Model):
    """A worker's question to the studios (我要求助): routed by staff, answered, and shown only with consent."""

    class Status(models.TextChoices):
        RECEIVED = "received", "待分派"
        ROUTED = "routed", "待答复"
        ANSWERED = "answered", "已答复"
        PUBLISHED = "published", "已公开"
        CLOSED = "closed", "不予受理"

    OPEN = (Status.RECEIVED, Status.ROUTED)

    # Made with the public form, so that a form sent twice asks once; those noted before have none.
    key = models.UUIDField("提交编号", null=True, blank=True, unique=True, editable=False)
    receipt = models.CharField("查询码", max_length=20, unique=True, editable=False)
    title = models.CharField("遇到的问题", max_length=100)
    question = models.TextField("具体情况", max_length=2000)
    sector = models.ForeignKey(
        "people.Sector", models.PROTECT, null=True, blank=True, verbose_name="产业/行业", related_name="+"
    )
    asker_sealed = models.BinaryField("姓名（密文）", default=b"", editable=False)
    contact_sealed = models.BinaryField("联系方式（密文）", default=b"", editable=False)
    consents_to_publication = models.BooleanField(
        "同意公开问题和答复", default=False, help_text="公开时不显示姓名、单位和联系方式"
    )
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.RECEIVED, editable=False)
    studio = models.ForeignKey(
        Studio,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="分派至",
        related_name="help_requests",
        editable=False,
    )
    due_on = models.DateField("答复期限", null=True, blank=True, editable=False)
    answer = models.TextField("答复", blank=True, editable=False)
    answered_by = models.CharField("答复人", max_length=50, blank=True, editable=False)
    answered_on = models.DateField("答复日期", null=True, blank=True, editable=False)
    closed_reason = models.CharField("不予受理的理由", max_length=300, blank=True, editable=False)
    received_at = models.DateTimeField("收到时间", auto_now_add=True)

    objects = HelpRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "求助"
        ordering = ["-received_at", "-pk"]
        permissions = [("read_askers", "查看求助人联系方式")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published") | Q(consents_to_publication=True),
                name="published_question_has_consent",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["answered", "published"])
                | (~Q(answer="") & Q(answered_on__isnull=False)),
                name="answered_question_has_an_answer",
            ),
            models.CheckConstraint(
                condition=~Q(status="routed") | Q(studio__isnull=False), name="routed_question_has_a_studio"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | ~Q(closed_reason=""), name="closed_question_has_a_reason"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def asker(self):
        """Who asks; showing it takes studios.read_askers and an audit line."""
        return crypto.decrypt(self.asker_sealed)

    @asker.setter
    def asker(self, value):
        self.asker_sealed = crypto.encrypt(value)

    @property
    def contact(self):
        """How to reach them; as private as the name."""
        return crypto.decrypt(self.contact_sealed)

    @contact.setter
    def contact(self, value):
        self.contact_sealed = crypto.encrypt(value)
