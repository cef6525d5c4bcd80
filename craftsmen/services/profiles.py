"""Craftsmen's pages: drafted by one person, published by a second, and gone everywhere when consent is withdrawn.

What the public sees of a person asks `Profile.consent_withdrawn_at` on every request, and no shared cache may keep a page
with a person on it (craftsmen/views.py): withdrawing is one field, not a list of places. The honours stay registered and
count in the year's figures without a name; certificates stay valid for whoever holds their code.
"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from craftsmen.models import Honour, Profile, ProfileDraft, ProfileText
from craftsmen.services.honours import write_milestones
from unionportal.audit.services import record
from unionportal.common.slugs import free_slug
from unionportal.files.models import StoredFile


def lock_profile(profile):
    """Return the profile's row, locked."""
    return (
        Profile.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .get(pk=profile.pk)
    )


@transaction.atomic
def start_profile(*, person, actor, consented_on=None):
    """Begin a page for a holder of an honour, with a draft filled in from the nomination; returns the Profile.

    Whoever begins it counts as a writer only after writing in it: what the nomination said is the nominator's text.
    """
    if Profile.objects.filter(person=person).exists():
        raise ValidationError(f"{person.name}已有工匠主页。")
    honour = Honour.objects.standing().filter(person=person).select_related("nomination").first()
    if honour is None:
        raise ValidationError(f"{person.name}没有有效的荣誉，不能建立工匠主页。")
    nomination = honour.nomination
    if nomination and nomination.consents_to_publication and nomination.consented_at:
        consented_on = consented_on or timezone.localdate(nomination.consented_at)
    profile = Profile.objects.create(
        person=person,
        slug=free_slug(Profile.objects, person.name, otherwise="craftsman"),
        consented_on=consented_on,
    )
    draft = ProfileDraft.objects.create(profile=profile)
    if nomination:
        draft.unique_skill = nomination.unique_skill[:500]
        draft.story = nomination.full_deeds or nomination.short_deeds
        draft.photo = nomination.photo
        draft.photo_alt = f"{person.name}工作照" if nomination.photo else ""
        draft.save()
        draft.writers.add(nomination.nominated_by)
    record(actor, "craftsmen.profile_started", profile)
    return profile


@transaction.atomic
def write_draft(*, profile, actor, **told):
    """Write a draft of the page; the live page stays. Returns the ProfileDraft, whose writers may not publish it."""
    profile = lock_profile(profile)
    draft, is_new = ProfileDraft.objects.get_or_create(profile=profile)
    for name in ProfileText.TOLD:
        setattr(draft, name, told.get(name, getattr(profile if is_new else draft, name)))
    draft.full_clean()
    draft.save()
    draft.writers.add(actor)
    record(actor, "craftsmen.profile_written", profile)
    return draft


def missing_for_publication(profile, draft):
    """Return what still keeps a draft from being published, one sentence each."""
    if profile.consent_withdrawn_at:
        yield "本人已撤回同意。"
    elif profile.consented_on is None:
        yield "尚未登记本人同意公开的日期。"
    if not Honour.objects.public().filter(person=profile.person).exists():
        yield "没有可公开展示的有效荣誉。"
    if draft is None:
        yield "没有待发布的修改稿。"
        return
    if not draft.story.strip():
        yield "事迹还没有写。"
    if draft.photo and draft.photo.kind != StoredFile.Kind.IMAGE:
        yield "照片不是图片文件。"
    elif draft.photo and draft.photo.is_public:
        yield "照片是公开文件，撤下主页后仍可打开；请重新上传，不要勾选“公开”。"
    if draft.photo and not draft.photo_alt.strip():
        yield "照片还没有文字说明（供读屏软件使用）。"


@transaction.atomic
def publish_profile(*, profile, actor):
    """Put the draft in the place of the live page; only somebody who did not write in it may. Returns the Profile."""
    if not actor.has_perm("craftsmen.publish_profiles"):
        raise PermissionDenied("您不能发布工匠主页。")
    profile = lock_profile(profile)
    draft = ProfileDraft.objects.filter(profile=profile).select_related("photo").first()
    if problems := list(missing_for_publication(profile, draft)):
        raise ValidationError(problems)
    writers = list(draft.writers.order_by("pk"))
    if actor in writers:
        raise ValidationError("您写过这份修改稿，须由另一人审核发布。")
    for name in ProfileText.TOLD:
        setattr(profile, name, getattr(draft, name))
    profile.author = writers[0] if writers else None
    profile.published_by, profile.published_at, profile.is_hidden = actor, timezone.now(), False
    profile.save()
    draft.delete()
    record(actor, "craftsmen.profile_published", profile)
    return profile


@transaction.atomic
def hide_profile(*, profile, actor, reason):
    """Take a page off the public site, for a reason other than consent; publishing again brings it back."""
    profile = lock_profile(profile)
    if not reason.strip():
        raise ValidationError({"reason": "请写明下线理由。"})
    if profile.published_at is None or profile.is_hidden:
        raise ValidationError("主页没有在线，不必下线。")
    _withdraw_page(profile)
    profile.save()
    record(actor, "craftsmen.profile_hidden", profile, reason=reason.strip())
    return profile


def _withdraw_page(profile):
    """Hide the page; what it said goes into a draft, so that nothing is lost and showing it again takes two people."""
    profile.is_hidden = True
    if profile.published_at and not ProfileDraft.objects.filter(profile=profile).exists():
        told = {name: getattr(profile, name) for name in ProfileText.TOLD}
        draft = ProfileDraft.objects.create(profile=profile, **told)
        draft.writers.set(filter(None, [profile.author]))


@transaction.atomic
def withdraw_consent(*, person, actor, note=""):
    """The person no longer agrees to be shown: name and page leave everything public at once. Returns the Profile."""
    profile, _ = Profile.objects.get_or_create(
        person=person, defaults={"slug": free_slug(Profile.objects, person.name, otherwise="craftsman")}
    )
    profile = lock_profile(profile)
    if profile.consent_withdrawn_at:
        raise ValidationError(f"{person.name}已撤回同意。")
    _withdraw_page(profile)
    profile.consented_on, profile.consent_withdrawn_at = None, timezone.now()
    profile.save()
    write_milestones(list(person.honours.select_related("title")))
    record(actor, "craftsmen.consent_withdrawn", profile, note=note.strip())
    return profile


@transaction.atomic
def give_consent(*, profile, actor, on):
    """Note that the person agrees to be shown since a date. A page that was hidden stays so until it is published."""
    profile = lock_profile(profile)
    if on > timezone.localdate():
        raise ValidationError({"on": "同意日期不能晚于今天。"})
    profile.consented_on, profile.consent_withdrawn_at = on, None
    profile.save(update_fields=["consented_on", "consent_withdrawn_at"])
    write_milestones(list(profile.person.honours.select_related("title")))
    record(actor, "craftsmen.consent_given", profile, on=str(on))
    return profile
