"""News as RSS: all of it, or one column."""

from django.contrib.syndication.views import Feed
from django.shortcuts import get_object_or_404
from django.urls import reverse

from unionportal.accounts.models import SiteSettings
from unionportal.news.models import Article, Column

LENGTH = 20


class ArticleFeed(Feed):
    """The newest articles of a column, of all columns without one."""

    language = "zh-CN"

    def get_object(self, request, slug=None):
        return get_object_or_404(Column, slug=slug) if slug else None

    def title(self, column):
        return f"{SiteSettings.load().name} · {column or '新闻'}"

    def description(self, column):
        return f"栏目“{column}”的新闻" if column else "全部栏目的新闻"

    def link(self, column):
        return column.get_absolute_url() if column else reverse("news:article_list")

    def feed_url(self, column):
        return reverse("news:column_feed", args=[column.slug]) if column else reverse("news:feed")

    def items(self, column):
        articles = (
            Article.objects.published()
            .select_related("column")
            .defer("body")
            .order_by("-published_at", "-pk")
        )
        return articles.filter(column=column)[:LENGTH] if column else articles[:LENGTH]

    def item_title(self, article):
        return article.title

    def item_description(self, article):
        return article.summary

    def item_pubdate(self, article):
        return article.published_at

    def item_categories(self, article):
        return [article.column.name]
