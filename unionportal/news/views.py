from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from unionportal.news.models import Article, Column

PAGE_SIZE = 12


@require_safe
@login_not_required
def article_list(request):
    """The news page: one column or all, found by a word in title or summary."""
    columns = list(Column.objects.all())
    column = next((item for item in columns if item.slug == request.GET.get("column")), None)
    # PostgreSQL's text holds no NUL.
    query = request.GET.get("q", "").replace("\0", "").strip()[:50]
    articles = Article.objects.published().in_order().select_related("column", "cover").defer("body")
    if column:
        articles = articles.filter(column=column)
    if query:
        articles = articles.filter(Q(title__icontains=query) | Q(summary__icontains=query))
    page = Paginator(articles, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"columns": columns, "column": column, "query": query, "page": page}
    return render(request, "news/article_list.html", context)


@require_safe
@login_not_required
def article_detail(request, pk):
    """One article; a withdrawn or expired one is gone for good (410)."""
    article = get_object_or_404(Article.objects.select_related("column", "cover").announced(), pk=pk)
    if article.is_gone:
        return render(request, "410.html", status=410)
    neighbours = Article.objects.published().filter(column=article.column).only("pk", "title", "published_at")
    context = {
        "article": article,
        "newer": neighbours.filter(published_at__gt=article.published_at)
        .order_by("published_at", "pk")
        .first(),
        "older": neighbours.filter(published_at__lt=article.published_at)
        .order_by("-published_at", "-pk")
        .first(),
    }
    return render(request, "news/article_detail.html", context)
