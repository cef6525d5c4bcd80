from django.db import models
from django.utils import timezone

from unionportal.audit.wording import action_name


class AuditEntry(models.Model):
    """One act. Actor and target are kept as text, so that an entry outlives what it tells of."""

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    actor_key = models.CharField("账号编号", max_length=40, blank=True)
    actor_name = models.CharField("操作人", max_length=100)
    address = models.CharField("来源地址", max_length=45, blank=True)
    request_id = models.CharField("请求编号", max_length=16, blank=True)
    action = models.CharField("动作", max_length=80, db_index=True)
    target_model = models.CharField("对象类型", max_length=80, blank=True)
    target_key = models.CharField("对象编号", max_length=80, blank=True)
    target_label = models.CharField("对象", max_length=200, blank=True)
    details = models.JSONField("内容", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["target_model", "target_key", "-at"], name="audit_by_target")]

    def __str__(self):
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.actor_name} {action_name(self.action)}"
