from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from unionportal.common.richtext import clean_html, safe_html


class ColumnQuerySet(models.QuerySet):
    def with_first_year(self):
        """Add `first_year`: the year of the oldest published article of any column."""
        oldest = Article.objects.published().order_by("published_at")
        return self.annotate(first_year=models.Subquery(oldest.values("published_at__year")[:1]))


class Column(models.Model):
    """A column of the news page."""

    name = models.CharField("栏目", max_length=30, unique=True)
    slug = models.SlugField("网址用名", unique=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    objects = ColumnQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "栏目"
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"{reverse('news:article_list')}?column={self.slug}"


class ArticleQuerySet(models.QuerySet):
    def published(self):
        """Articles the public may read now."""
        now = timezone.now()
        return self.filter(status=Article.Status.PUBLISHED, published_at__lte=now).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        )

    def announced(self):
        """Articles that have been public at some time, also those withdrawn or expired since."""
        return self.exclude(status=Article.Status.DRAFT).filter(published_at__lte=timezone.now())

    def matching(self, *, column=None, year=None, query=""):
        """Those of this column and year whose title or summary holds the words; all where nothing is asked for."""
        articles = self.filter(column=column) if column else self
        if year:
            articles = articles.filter(published_at__year=year)
        if query:
            articles = articles.filter(Q(title__icontains=query) | Q(summary__icontains=query))
        return articles

    def in_order(self):
        """Pinned ones first while their pin lasts, then the newest."""
        pinned = Q(pinned_until__gte=timezone.localdate())
        return self.annotate(is_pinned=models.Case(models.When(pinned, then=1), default=0)).order_by(
            "-is_pinned", "-published_at", "-pk"
        )


class Article(models.Model):
    """A news article. Its state moves only through services."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"
        WITHDRAWN = "withdrawn", "已撤回"

    column = models.ForeignKey(Column, models.PROTECT, verbose_name="栏目", related_name="articles")
    title = models.CharField("标题", max_length=100)
    summary = models.CharField("摘要", max_length=300, blank=True)
    body = models.TextField(
        "正文", help_text="空一行即另起一段；也可粘贴带格式的 HTML，脚本与外站图片会被去掉。"
    )
    cover = models.ForeignKey(
        "files.StoredFile",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="题图",
        related_name="+",
        limit_choices_to={"kind": "image", "is_public": True},
    )
    cover_alt = models.CharField(
        "题图说明", max_length=200, blank=True, help_text="读给看不见图的人听；纯装饰可留空。"
    )
    source = models.CharField("来源", max_length=50, blank=True)
    author = models.CharField("作者", max_length=50, blank=True)
    editor = models.CharField("责任编辑", max_length=50, blank=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    published_at = models.DateTimeField(
        "发布时间", null=True, blank=True, help_text="留空则按发布的那一刻；可定在将来。"
    )
    expires_at = models.DateTimeField("失效时间", null=True, blank=True)
    pinned_until = models.DateField("置顶到", null=True, blank=True)
    updated_at = models.DateTimeField("更新时间", auto_now=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "文章"
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(F("published_at").desc(), F("id").desc(), name="article_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="published_article_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(published_at=None) | Q(expires_at__gt=F("published_at")),
                name="article_expires_after_it_is_published",
                violation_error_message="失效时间应晚于发布时间。",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("news:article_detail", args=[self.pk])

    def clean(self):
        self.body = clean_html(self.body)
        if self.status == self.Status.PUBLISHED and self.published_at is None:
            raise ValidationError({"published_at": "已发布的文章须有发布时间；不想公开请用“撤回”。"})

    @property
    def is_gone(self):
        """True once the public could read it and no longer can."""
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.status == self.Status.WITHDRAWN or expired

    @property
    def body_html(self):
        return safe_html(self.body)

    @property
    def cover_url(self):
        return self.cover.get_absolute_url() if self.cover else None
