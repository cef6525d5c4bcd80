from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from unionportal.accounts.models import SiteSettings
from unionportal.news.models import Article, Column

PAGE_SIZE = 12


@require_safe
@login_not_required
def article_list(request):
    """The news page: one column or all, of one year or all, found by a word in title or summary."""
    columns = list(Column.objects.with_first_year())
    column = next((item for item in columns if item.slug == request.GET.get("column")), None)
    # PostgreSQL's text holds no NUL.
    query = request.GET.get("q", "").replace("\0", "").strip()[:50]
    years = years_since(columns)
    year = next((item for item in years if str(item) == request.GET.get("year")), None)
    articles = Article.objects.published().matching(column=column, year=year, query=query)
    site, found = SiteSettings.load_counting(articles)
    paginator = Paginator(articles.in_order().select_related("column", "cover").defer("body"), PAGE_SIZE)
    paginator.count = found
    page = paginator.get_page(request.GET.get("page"))
    context = {"site": site, "columns": columns, "column": column, "query": query, "page": page}
    return render(request, "news/article_list.html", context | {"years": years, "year": year})


def years_since(columns):
    """Return the years that articles can be of, newest first; needs with_first_year()."""
    first = next((column.first_year for column in columns if column.first_year), None)
    return list(range(timezone.localdate().year, first - 1, -1)) if first else []


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
