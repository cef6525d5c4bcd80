from django.conf import settings
from django.db import models
from django.db.models import Q


class MessageQuerySet(models.QuerySet):
    def of(self, user):
        """The messages that this account has received."""
        return self.filter(user=user.pk)

    def unread(self):
        return self.filter(read_at=None)

    def visible_to(self, user):
        """What this member of staff may read: messages of the lines of work in which they have any right."""
        if user.is_superuser:
            return self
        lines = {permission.partition(".")[0] for permission in user.get_all_permissions()}
        return self.filter(line__in=lines - {"inbox"})


class Message(models.Model):
    """What the portal has told an account."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="收件人", related_name="messages"
    )
    line = models.CharField("条线", max_length=20, blank=True, editable=False)
    kind = models.CharField("事由", max_length=80, blank=True)
    title = models.CharField("标题", max_length=100)
    body = models.TextField("内容", blank=True)
    url = models.CharField("链接", max_length=200, blank=True)
    sent_at = models.DateTimeField("发出时间", auto_now_add=True, db_index=True)
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["-sent_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-sent_at", "-id"], name="messages_of_an_account"),
            models.Index(fields=["user"], name="unread_messages", condition=Q(read_at=None)),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="message_has_a_title"),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="/") & ~Q(url__startswith="//"),
                name="message_leads_to_this_portal_only",
            ),
        ]

    def __str__(self):
        return self.title


class Delivery(models.Model):
    """One way by which a message goes out besides its page, and what has come of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"

    class Channel(models.TextChoices):
        SMS = "sms", "短信"
        MAIL = "mail", "邮件"

    message = models.ForeignKey(Message, models.CASCADE, verbose_name="消息", related_name="deliveries")
    channel = models.CharField("渠道", max_length=10, choices=Channel)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    error = models.CharField("失败原因", max_length=100, blank=True)
    changed_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "投递"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state"], name="deliveries_not_sent", condition=~Q(state="sent"))]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "channel"], name="one_delivery_per_message_and_channel"
            )
        ]

    def __str__(self):
        return f"{self.get_channel_display()} {self.get_state_display()}"
