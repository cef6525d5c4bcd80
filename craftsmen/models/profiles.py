from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from craftsmen.models.honours import Honour


class ProfileText(models.Model):
    """What a craftsman's page tells: the same fields in the live page and in its draft."""

    headline = models.CharField("一句话介绍", max_length=60, blank=True)
    unique_skill = models.TextField("绝技绝活", blank=True, max_length=500)
    photo = models.ForeignKey(
        "files.StoredFile", models.PROTECT, null=True, blank=True, verbose_name="照片", related_name="+"
    )
    photo_alt = models.CharField("照片说明", max_length=200, blank=True)
    story = models.TextField("事迹", blank=True, max_length=5000, help_text="空一行即另起一段。")

    TOLD = ("headline", "unique_skill", "photo", "photo_alt", "story")

    class Meta:
        abstract = True


class ProfileQuerySet(models.QuerySet):
    def public(self):
        """Pages that were published, whose person still agrees to it and holds an honour that may be shown."""
        honours = Honour.objects.public().filter(person=OuterRef("person"))
        published = self.exclude(published_at=None).filter(consent_withdrawn_at=None, is_hidden=False)
        return published.filter(Exists(honours))


class Profile(ProfileText):
    """A craftsman's public page as it stands. It changes only when a draft of somebody else is published.

    It also keeps the person's consent: while `consent_withdrawn_at` is set, nothing public names the person as a
    craftsman (HonourQuerySet.public asks this very field).
    """

    person = models.OneToOneField(
        "people.Person", models.PROTECT, verbose_name="职工", related_name="craftsman_profile"
    )
    slug = models.SlugField("网址用名", max_length=60, unique=True)
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
            models.CheckConstraint(
                condition=Q(consent_withdrawn_at=None) | Q(is_hidden=True),
                name="profile_without_consent_is_hidden",
            ),
        ]

    def __str__(self):
        return self.person.name

    def get_absolute_url(self):
        return reverse("craftsmen:profile_detail", args=[self.slug])

    @property
    def is_live(self):
        """Whether the page is on the public site, for somebody who holds an honour that may be shown."""
        return bool(self.published_at) and not self.is_hidden and self.consent_withdrawn_at is None


class ProfileDraft(ProfileText):
    """What is being written for a page, while the live page stays as it is. Whoever wrote in it may not publish it."""

    profile = models.OneToOneField(Profile, models.CASCADE, verbose_name="工匠主页", related_name="draft")
    writers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name="撰稿人", related_name="+", editable=False
    )
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "工匠主页修改稿"
        ordering = ["-updated_at"]

    def __str__(self):
        return f"{self.profile} 修改稿"
