from django.contrib import admin, messages
from django.core.exceptions import ValidationError

from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.news import services
from unionportal.news.models import Article, Column


@admin.register(Column)
class ColumnAdmin(AuditedModelAdmin):
    list_display = ["name", "slug", "position"]


@admin.register(Article)
class ArticleAdmin(AuditedModelAdmin):
    list_display = ["title", "column", "status", "published_at", "source", "editor"]
    list_filter = ["status", "column", "published_at"]
    list_select_related = ["column"]
    search_fields = ["title", "summary"]
    autocomplete_fields = ["cover"]
    readonly_fields = ["status", "updated_at"]
    actions = ["publish", "withdraw"]

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.status == Article.Status.DRAFT
        )

    def get_queryset(self, request):
        return super().get_queryset(request).defer("body")

    @admin.action(description="发布所选文章", permissions=["change"])
    def publish(self, request, queryset):
        self._each(request, queryset, services.publish_article, "已发布")

    @admin.action(description="撤回所选文章（网页将显示已撤回）", permissions=["change"])
    def withdraw(self, request, queryset):
        self._each(request, queryset, services.withdraw_article, "已撤回", reason="后台撤回")

    def _each(self, request, queryset, service, done, **options):
        for article in queryset:
            try:
                service(article=article, actor=request.user, **options)
            except ValidationError as error:
                self.message_user(request, "；".join(error.messages), messages.ERROR)
            else:
                self.message_user(request, f"{done}：《{article.title}》", messages.SUCCESS)
