from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.decorators.http import require_safe

from unionportal.news import views
from unionportal.news.feeds import ArticleFeed

app_name = "news"
feed = require_safe(login_not_required(ArticleFeed()))
urlpatterns = [
    path("", views.article_list, name="article_list"),
    path("feed/", feed, name="feed"),
    path("feed/<slug:slug>/", feed, name="column_feed"),
    path("<int:pk>/", views.article_detail, name="article_detail"),
]
