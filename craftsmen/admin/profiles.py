"""Craftsmen's pages: the draft is written here, the live page is only looked at; publishing takes a second person."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from craftsmen.admin.honours import ConfirmForm, WithdrawConsentForm
from craftsmen.models import Profile, ProfileDraft, ProfileText
from craftsmen.services import profiles
from unionportal.audit.acts import Act, ActingAdmin, AskForm
from unionportal.audit.admin_base import AuditedModelAdmin, ReadOnlyAdmin
from unionportal.common.images import ImageProblem, clean_image
from unionportal.files.services import store_image


class HideForm(AskForm):
    reason = forms.CharField(label="下线理由", max_length=300)


class ConsentForm(AskForm):
    on = forms.DateField(label="本人同意的日期", help_text="以本人签字的同意书或申报表为准。")


class DraftForm(forms.ModelForm):
    """The draft of a page; the picture is kept as a private file and shown only through the page."""

    upload = forms.FileField(
        label="上传照片", required=False, help_text="竖幅半身照为宜；JPEG、PNG、WebP，不超过 20 MB。"
    )

    TEXTS = ("headline", "unique_skill", "story", "photo_alt")

    class Meta:
        model = ProfileDraft
        fields = ["headline", "unique_skill", "story", "upload", "photo_alt"]

    def clean_upload(self):
        upload = self.cleaned_data["upload"]
        if upload:
            try:
                clean_image(upload)
            except ImageProblem as problem:
                raise ValidationError(str(problem)) from problem
        return upload


class DraftInline(admin.StackedInline):
    model = ProfileDraft
    form = DraftForm
    max_num = 1
    can_delete = False

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj is None or hasattr(obj, "draft") else 1

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("craftsmen.change_profile")

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("craftsmen.change_profile")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("craftsmen.view_profile")


@admin.register(Profile)
class ProfileAdmin(ActingAdmin, AuditedModelAdmin):
    change_form_template = "admin/craftsmen/acting.html"
    list_display = ["person", "headline", "stands", "has_draft", "consented_on", "published_at"]
    list_filter = [
        "is_hidden",
        ("published_at", admin.EmptyFieldListFilter),
        ("draft", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["person", "draft"]
    search_fields = ["person__name", "person__pinyin", "slug"]
    fields = ["person", "slug", "shown_headline", "shown_story"]
    autocomplete_fields = ["person"]
    inlines = [DraftInline]
    view_on_site = False  # most of the time there is nothing yet to view
    acts = {
        "publish": Act(
            "发布修改稿",
            ConfirmForm,
            "craftsmen.publish_profiles",
            "请先通读修改稿。写过修改稿的人不能发布。",
        ),
        "consent": Act("登记本人同意", ConsentForm, "craftsmen.change_profile"),
        "hide": Act("下线主页", HideForm, "craftsmen.publish_profiles", ends=True),
        "withdraw": Act(
            "本人撤回公开同意",
            WithdrawConsentForm,
            "craftsmen.change_profile",
            "姓名、主页、海报立即从所有公开页面撤下；荣誉仍然有效，只计入年度人数。",
            ends=True,
        ),
    }

    @admin.display(description="主页")
    def stands(self, profile):
        if profile.consent_withdrawn_at:
            return "已撤回同意"
        if profile.is_hidden:
            return "已下线"
        return "已发布" if profile.published_at else "未发布"

    @admin.display(description="有修改稿", boolean=True)
    def has_draft(self, profile):
        return hasattr(profile, "draft")

    @admin.display(description="已发布的介绍")
    def shown_headline(self, profile):
        return profile.headline or "—"

    @admin.display(description="已发布的事迹")
    def shown_story(self, profile):
        return profile.story or "—"

    def get_readonly_fields(self, request, obj=None):
        return ["shown_headline", "shown_story", *(["person"] if obj else [])]

    def has_add_permission(self, request):
        # A page begins at an honour: 荣誉 → 建立工匠主页.
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_formset_kwargs(self, request, obj, inline, prefix):
        """A new draft begins with the live text, so that changing a word keeps the rest."""
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if obj.pk and not hasattr(obj, "draft"):
            kwargs["initial"] = [{name: getattr(obj, name) for name in DraftForm.TEXTS}]
        return kwargs

    def save_formset(self, request, form, formset, change):
        """Drafts are written through the service, which notes who wrote in them."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for draft_form in formset.forms:
            if not draft_form.has_changed():
                continue
            told = {name: draft_form.cleaned_data[name] for name in DraftForm.TEXTS}
            if upload := draft_form.cleaned_data.get("upload"):
                told["photo"] = store_image(upload=upload, actor=request.user, purpose="工匠照片")
            profiles.write_draft(profile=form.instance, actor=request.user, **told)

    def acts_open(self, obj):
        if hasattr(obj, "draft"):
            yield "publish"
        if obj.consented_on is None:
            yield "consent"
        if obj.published_at and not obj.is_hidden:
            yield "hide"
        if obj.consent_withdrawn_at is None:
            yield "withdraw"

    def perform(self, request, obj, act, given):
        if act == "publish":
            return f"{obj}的主页已发布。", profiles.publish_profile(profile=obj, actor=request.user)
        if act == "consent":
            return "已登记本人同意。", profiles.give_consent(profile=obj, actor=request.user, **given)
        if act == "hide":
            return f"{obj}的主页已下线。", profiles.hide_profile(profile=obj, actor=request.user, **given)
        profile = profiles.withdraw_consent(person=obj.person, actor=request.user, **given)
        return f"{obj}已从公开页面撤下。", profile

    def standing(self, request, obj):
        draft = ProfileDraft.objects.filter(profile=obj).prefetch_related("writers").first()
        facts = [("主页", self.stands(obj)), ("同意公开", obj.consented_on or "未登记")]
        if obj.published_at and obj.published_by:
            facts.append(("发布", f"{timezone.localtime(obj.published_at):%Y-%m-%d} {obj.published_by.name}"))
        missing = list(profiles.missing_for_publication(obj, draft)) if draft else []
        is_live = Profile.objects.public().filter(pk=obj.pk).exists()
        return {
            "facts": facts,
            "missing": missing,
            "writers": [user.name for user in draft.writers.all()] if draft else [],
            "live_url": obj.get_absolute_url() if is_live else "",
        }


@admin.register(ProfileDraft)
class ProfileDraftAdmin(ReadOnlyAdmin):
    list_display = ["page", "headline", "updated_at"]
    list_display_links = ["updated_at"]  # the first column is a link itself
    list_select_related = ["profile__person"]
    search_fields = ["profile__person__name"]
    fields = ["page", *ProfileText.TOLD, "updated_at"]
    readonly_fields = fields

    @admin.display(description="工匠主页")
    def page(self, draft):
        url = reverse("admin:craftsmen_profile_change", args=[draft.profile_id])
        return format_html('<a href="{}">{}</a>', url, draft.profile)
