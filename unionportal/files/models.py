import uuid
from pathlib import PurePath

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse


def stored_name(instance, filename):
    """Return the name a file gets on disk: ours alone, so that nothing of the upload's name reaches the disk."""
    kind = "public" if instance.is_public else "private"
    return f"{kind}/{instance.key.hex[:2]}/{instance.key.hex}{instance.extension}"


class StoredFileQuerySet(models.QuerySet):
    def readable_by(self, user):
        """Public files for everybody; private ones for their owner and for staff with the permission.

        Guarded ones for nobody: the page of the record that they belong to sends them to whoever may see it.
        """
        if not user.is_authenticated:
            return self.filter(is_public=True)
        if user.has_perm("files.read_private_files"):
            return self.filter(is_guarded=False)
        return self.filter(Q(is_public=True) | Q(owner=user, is_guarded=False))


class StoredFile(models.Model):
    """One upload. `kind` is decided by content when it is stored, never by name."""

    class Kind(models.TextChoices):
        IMAGE = "image", "图片"
        DOCUMENT = "document", "文档"
        VIDEO = "video", "视频"

    key = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("类别", max_length=10, choices=Kind)
    file = models.FileField("文件", upload_to=stored_name, max_length=200)
    name = models.CharField("原文件名", max_length=200)
    extension = models.CharField("扩展名", max_length=10)
    content_type = models.CharField("内容类型", max_length=100)
    size = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField("SHA-256", max_length=64)
    is_public = models.BooleanField("公开", default=False)
    is_guarded = models.BooleanField("仅经所属记录查看", default=False)
    purpose = models.CharField("用途", max_length=50)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name="上传人", related_name="+"
    )
    created_at = models.DateTimeField("上传时间", auto_now_add=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "文件"
        ordering = ["-created_at", "-pk"]
        permissions = [("read_private_files", "查看非公开文件")]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_public=False) | Q(is_guarded=False), name="guarded_file_is_private"
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("files:file_detail", args=[self.key, self.extension.lstrip(".")])

    @property
    def download_name(self):
        """The name it is saved under: its own, with the extension of what it is (a PDF called x.html is x.pdf)."""
        return f"{PurePath(self.name).stem}{self.extension}"
