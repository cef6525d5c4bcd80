from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse


class ProfileQuerySet(models.QuerySet):
    def public(self):
        """Pages that were published and whose person still agrees to it."""
        return self.exclude(published_at=None).filter(consent_withdrawn_at=None, is_hidden=False)


class Profile(models.Model):
    """A craftsman's public page. The story that is live and the one being written are kept apart."""

    person = models.OneToOneField(
        "people.Person", models.PROTECT, verbose_name="职工", related_name="craftsman_profile"
    )
    slug = models.SlugField("网址用名", max_length=60, unique=True)
    headline = models.CharField("一句话介绍", max_length=100, blank=True)
    unique_skill = models.TextField("绝技绝活", blank=True, max_length=500)
    photo = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="照片", related_name="+"
    )
    photo_alt = models.CharField("照片说明", max_length=200, blank=True)
    story = models.TextField("已发布的事迹", blank=True, editable=False)
    draft_story = models.TextField("事迹（修改稿）", blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        verbose_name="撰稿人",
        related_name="+",
        editable=False,
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        verbose_name="发布人",
        related_name="+",
        editable=False,
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True, editable=False)
    is_hidden = models.BooleanField("已下线", default=False, editable=False)
    consented_on = models.DateField("本人同意公开的日期", null=True, blank=True)
    consent_withdrawn_at = models.DateTimeField("本人撤回同意的时间", null=True, blank=True, editable=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工匠主页"
        ordering = ["person__pinyin", "pk"]
        permissions = [("publish_profiles", "发布工匠主页")]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(published_by__isnull=False),
                name="published_profile_has_a_publisher",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | Q(author=None) | ~Q(published_by=F("author")),
                name="profile_is_published_by_a_second_person",
            ),
        ]

    def __str__(self):
        return self.person.name

    def get_absolute_url(self):
        return reverse("craftsmen:profile_detail", args=[self.slug])
