"""Publishing and withdrawing articles."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from unionportal.audit.services import record
from unionportal.news.models import Article


@transaction.atomic
def publish_article(*, article, actor):
    """Put an article before the public, at once or at the time it carries; returns the article."""
    article = Article.objects.select_for_update(no_key=True).get(pk=article.pk)
    if article.status == Article.Status.PUBLISHED:
        raise ValidationError(f"《{article.title}》已经发布。")
    article.published_at = article.published_at or timezone.now()
    article.status = Article.Status.PUBLISHED
    article.full_clean()
    article.save()
    record(actor, "news.article_published", article, published_at=article.published_at.isoformat())
    return article


@transaction.atomic
def withdraw_article(*, article, actor, reason):
    """Take an article back: its page answers 410 from now on; returns the article."""
    article = Article.objects.select_for_update(no_key=True).get(pk=article.pk)
    if article.status != Article.Status.PUBLISHED:
        raise ValidationError(f"《{article.title}》没有发布，无须撤回。")
    article.status = Article.Status.WITHDRAWN
    article.save(update_fields=["status", "updated_at"])
    record(actor, "news.article_withdrawn", article, reason=reason)
    return article
