"""What sitemap.xml lists: every page that the public should find. Lists, not querysets: one statement each."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from django.utils import timezone

from academies.models import Academy, Course, CourseRun
from competitions.models import Competition, ResultSheet
from competitions.presenting import current_url
from craftsmen.models import Profile, Selection
from studios.models import Achievement, Studio
from unionportal.news.models import Article
from unionportal.notices.models import PublicNotice


class PageSitemap(Sitemap):
    def items(self):
        return [
            "home",
            "competitions:competition_list",
            "craftsmen:gallery",
            "craftsmen:selection_list",
            "academies:academy_list",
            "academies:course_list",
            "studios:studio_list",
            "studios:achievement_list",
            "studios:help_ask",
            "news:article_list",
            "notices:notice_list",
            "contact",
            "site_map",
            "privacy",
            "accessibility",
        ]

    def location(self, name):
        return reverse(name)


class ArticleSitemap(Sitemap):
    def items(self):
        return list(Article.objects.published().only("pk", "updated_at").order_by("-published_at"))

    def lastmod(self, article):
        return article.updated_at


class CompetitionSitemap(Sitemap):
    def items(self):
        return list(Competition.objects.public().only("slug"))


class SelectionSitemap(Sitemap):
    def items(self):
        return list(Selection.objects.public().only("slug"))


class ProfileSitemap(Sitemap):
    def items(self):
        return list(Profile.objects.public().only("slug", "published_at").order_by("pk"))

    def lastmod(self, profile):
        return profile.published_at


class AcademySitemap(Sitemap):
    def items(self):
        return list(Academy.objects.public().only("slug"))


class CourseSitemap(Sitemap):
    def items(self):
        return list(Course.objects.public().only("slug"))


class RunSitemap(Sitemap):
    """Classes that are not over: who searches should find what can still be joined."""

    def items(self):
        runs = CourseRun.objects.public().filter(status=CourseRun.Status.ANNOUNCED)
        return list(runs.filter(ends_on__gte=timezone.localdate()).only("key"))


class StudioSitemap(Sitemap):
    def items(self):
        return list(Studio.objects.public().only("slug").order_by("pk"))


class AchievementSitemap(Sitemap):
    def items(self):
        return list(Achievement.objects.public().only("pk", "published_at").order_by("pk"))

    def lastmod(self, achievement):
        return achievement.published_at


class NoticeSitemap(Sitemap):
    """Notices while they run: afterwards nobody should find their names by searching."""

    def items(self):
        return list(PublicNotice.objects.running().only("pk", "published_at").order_by("pk"))

    def lastmod(self, notice):
        return notice.published_at


class ResultSitemap(Sitemap):
    def items(self):
        sheets = ResultSheet.objects.published().newest().select_related("stage__event__competition")
        return list(sheets.defer("content").order_by("pk"))

    def location(self, sheet):
        return current_url(sheet.stage)

    def lastmod(self, sheet):
        return sheet.published_at


SITEMAPS = {
    "pages": PageSitemap,
    "articles": ArticleSitemap,
    "competitions": CompetitionSitemap,
    "results": ResultSitemap,
    "selections": SelectionSitemap,
    "craftsmen": ProfileSitemap,
    "academies": AcademySitemap,
    "courses": CourseSitemap,
    "classes": RunSitemap,
    "studios": StudioSitemap,
    "achievements": AchievementSitemap,
    "notices": NoticeSitemap,
}
