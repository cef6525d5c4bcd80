from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin
from unionportal.news import services
from unionportal.news.models import Article, Column

CHANGE = "news.change_article"


class PublishForm(AskForm):
    """Nothing more is asked: the article carries its own time."""


class WithdrawForm(AskForm):
    reason = forms.CharField(
        label="撤回的理由", max_length=250, widget=forms.Textarea({"rows": 3}), help_text="只记入变更历史，不公开。"
    )


@admin.register(Column)
class ColumnAdmin(AuditedModelAdmin):
    list_display = ["name", "slug", "position"]


@admin.register(Article)
class ArticleAdmin(ActingAdmin, AuditedModelAdmin):
    list_display = ["title", "column", "status", "published_at", "source", "editor"]
    list_filter = ["status", "column", "published_at"]
    list_select_related = ["column"]
    search_fields = ["title", "summary"]
    autocomplete_fields = ["cover"]
    readonly_fields = ["status", "updated_at"]
    actions = ["publish"]
    acts = {
        "publish": Act("发布文章", PublishForm, CHANGE, "发布后公众即可看到；定有发布时间的，到时公开。"),
        "withdraw": Act("撤回文章", WithdrawForm, CHANGE, "撤回后，文章的网页只显示已撤回。", ends=True),
    }

    def get_urls(self):
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:pk>/preview/", view, name="news_article_preview"), *super().get_urls()]

    def preview(self, request, pk):
        """Show a saved article as the public will see it, in whatever state it is."""
        article = self.get_object(request, str(pk))
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        if article is None:
            raise Http404("没有这条记录")
        return TemplateResponse(request, "news/article_detail.html", {"article": article, "is_preview": True})

    def acts_open(self, obj):
        return ["withdraw"] if obj.status == Article.Status.PUBLISHED else ["publish"]

    def perform(self, request, obj, act, given):
        if act == "publish":
            return f"已发布：《{obj}》", services.publish_article(article=obj, actor=request.user)
        return f"已撤回：《{obj}》", services.withdraw_article(article=obj, actor=request.user, **given)

    def standing(self, request, obj):
        """What the page shows above its form: the state, since or from when, and the way to the preview."""
        facts = [("状态", obj.get_status_display())]
        if obj.published_at:
            is_ahead = obj.status != Article.Status.WITHDRAWN and obj.published_at > timezone.now()
            at = f"{timezone.localtime(obj.published_at):%Y-%m-%d %H:%M}"
            facts.append(("定于公开" if is_ahead else "发布时间", at))
        return {"facts": facts, "links": [("预览", reverse("admin:news_article_preview", args=[obj.pk]))]}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "summary":
            kwargs["widget"] = admin.widgets.AdminTextareaWidget({"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.status == Article.Status.DRAFT
        )

    def get_queryset(self, request):
        return super().get_queryset(request).defer("body")

    @admin.action(description="发布所选文章", permissions=["change"])
    def publish(self, request, queryset):
        for article in queryset:
            try:
                services.publish_article(article=article, actor=request.user)
            except ValidationError as error:
                self.message_user(request, "；".join(error.messages), messages.ERROR)
            else:
                self.message_user(request, f"已发布：《{article.title}》", messages.SUCCESS)
