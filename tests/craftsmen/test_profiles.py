"""Craftsmen's pages: written by one, published by another; consent withdrawn, and everything is gone at once."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from craftsmen.models import Honour, Profile, ProfileDraft, Selection
from craftsmen.services import honours, profiles
from tests.competitions.reading import text_of
from tests.craftsmen.honoured import DAY, body_of, make_honour, make_profile, photo
from tests.factories import (
    id_number,
    make_nomination,
    make_offer,
    make_person,
    make_superuser,
    make_title,
    make_unit,
    make_user,
)
from tests.files.test_storing import picture
from unionportal import roles
from unionportal.accounts.models import SiteSettings
from unionportal.files.models import StoredFile
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


def editor():
    return make_user(roles.CRAFTSMAN_STAFF, is_staff=True)


# ── Two people ─────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_wrote_in_a_draft_does_not_publish_it():
    honour, first, second, third = make_honour(), editor(), editor(), editor()
    profile = make_profile(honour, is_published=False, writer=first)
    profiles.write_draft(profile=profile, actor=second, story="改了一处")
    for writer in (first, second):
        with pytest.raises(ValidationError, match="另一人"):
            profiles.publish_profile(profile=profile, actor=writer)
    assert not Profile.objects.public().exists()
    live = profiles.publish_profile(profile=profile, actor=third)
    assert (live.story, live.author, live.published_by) == ("改了一处", first, third)
    assert list(Profile.objects.public()) == [live]


def test_a_superuser_is_no_exception():
    root = make_superuser()
    profile = make_profile(make_honour(), is_published=False, writer=root)
    with pytest.raises(ValidationError, match="另一人"):
        profiles.publish_profile(profile=profile, actor=root)


def test_the_database_refuses_an_author_as_publisher():
    profile = make_profile(make_honour())
    with pytest.raises(IntegrityError, match="published_by_a_second_person"), transaction.atomic():
        Profile.objects.filter(pk=profile.pk).update(published_by=profile.author)


def test_only_who_may_publishes():
    profile = make_profile(make_honour(), is_published=False)
    with pytest.raises(PermissionDenied):
        profiles.publish_profile(profile=profile, actor=make_user(roles.SUPERVISOR))


def test_the_live_page_stays_while_a_new_draft_is_written(client):
    profile = make_profile(make_honour(), story="第一版")
    first_publisher = profile.published_by
    profiles.write_draft(profile=profile, actor=first_publisher, story="第二版", headline="新的一句")
    page = text_of(client.get(profile.get_absolute_url()))
    assert "第一版" in page
    assert "第二版" not in page
    assert "新的一句" not in page
    profiles.publish_profile(profile=profile, actor=editor())
    page = text_of(client.get(profile.get_absolute_url()))
    assert "第二版" in page
    assert "新的一句" in page
    assert not ProfileDraft.objects.exists()


@pytest.mark.parametrize("lacking", ["consent", "story", "honour", "draft", "alt", "public photo"])
def test_nothing_is_published_that_lacks_what_it_needs(lacking):
    honour = make_honour(is_public=lacking != "honour")
    told = {"story": " "} if lacking == "story" else {}
    if lacking == "alt":
        told = {"photo": photo()}
    if lacking == "public photo":
        told = {"photo": photo(), "photo_alt": "工作照"}
        StoredFile.objects.update(is_public=True)
    profile = make_profile(honour, is_published=False, **told)
    if lacking == "consent":
        Profile.objects.update(consented_on=None)
    if lacking == "draft":
        ProfileDraft.objects.all().delete()
    with pytest.raises(ValidationError):
        profiles.publish_profile(profile=profile, actor=editor())
    assert Profile.objects.get().published_at is None


def test_a_page_begins_with_what_the_nomination_told():
    offer = make_offer()
    nomination = make_nomination(
        offer,
        full_deeds="详细事迹",
        unique_skill="绝活",
        photo=photo(),
        consented_at="2025-03-01T10:00+08:00",
    )
    make_honour(person=nomination.person, nomination=nomination)
    profile = profiles.start_profile(person=nomination.person, actor=editor())
    draft = profile.draft
    draft.refresh_from_db()
    assert (draft.story, draft.unique_skill, draft.photo) == ("详细事迹", "绝活", nomination.photo)
    assert profile.consented_on == date(2025, 3, 1)
    assert list(draft.writers.all()) == [nomination.nominated_by]


def test_nobody_without_an_honour_gets_a_page_and_nobody_two():
    with pytest.raises(ValidationError, match="没有有效的荣誉"):
        profiles.start_profile(person=make_person(), actor=None)
    honour = make_honour()
    make_profile(honour)
    with pytest.raises(ValidationError, match="已有工匠主页"):
        profiles.start_profile(person=honour.person, actor=None)


def test_namesakes_get_addresses_of_their_own():
    pages = [make_profile(make_honour(name="张伟")) for _ in range(3)]
    assert [page.slug for page in pages] == ["zhangwei", "zhangwei-2", "zhangwei-3"]


# ── Consent ────────────────────────────────────────────────────────────────────────────────────────────────


def everywhere(profile, selection):
    """Every public address that may name a craftsman."""
    page = profile.get_absolute_url()
    return {
        "home": "/",
        "gallery": "/craftsmen/",
        "year": "/craftsmen/?year=2025",
        "search by name": "/craftsmen/?q=欧阳",
        "search by unit": "/craftsmen/?q=甲厂",
        "sector": "/craftsmen/?sector=电工",
        "selections": "/craftsmen/selections/",
        "selection": selection.get_absolute_url(),
        "profile": page,
        "photo": f"{page}photo/",
        "poster": f"{page}poster.png",
    }


@pytest.fixture
def laureate():
    SiteSettings.objects.get_or_create(pk=1)
    title = make_title("密云工匠")
    offer = make_offer(title=title, slug="s2025", year=2025, status=Selection.Status.CLOSED)
    person = make_person("欧阳某", unit=make_unit("甲厂"), id_number=id_number(3), phone="13812345678")
    honour = make_honour(title=title, person=person)
    profile = make_profile(honour, photo=photo(), photo_alt="欧阳某在车间")
    return honour, profile, offer.selection


def test_a_withdrawn_consent_is_gone_everywhere_at_once(client, laureate):
    honour, profile, selection = laureate
    addresses = everywhere(profile, selection)
    before = {name: client.get(url) for name, url in addresses.items()}
    bodies = {name: body_of(response).decode("utf-8", "ignore") for name, response in before.items()}
    assert {response.status_code for response in before.values()} == {200}
    named = {name for name, body in bodies.items() if "欧阳某" in body}
    assert named == set(addresses) - {"sector", "selections", "photo", "poster"}
    profiles.withdraw_consent(person=honour.person, actor=editor(), note="本人来电")
    for name, url in addresses.items():
        response = client.get(url)
        body = body_of(response)
        assert "欧阳某" not in body.decode("utf-8", "ignore"), name
        assert "甲厂" not in body.decode("utf-8", "ignore").replace('value="甲厂"', ""), name
    assert client.get(addresses["profile"]).status_code == 410
    assert client.get(addresses["photo"]).status_code == client.get(addresses["poster"]).status_code == 404
    assert "2025 年，1 名" in text_of(client.get("/craftsmen/")), "the figure stays, without a name"


def test_the_honour_itself_stays_and_the_growth_record_is_no_longer_public(laureate):
    honour, profile, _ = laureate
    assert Milestone.objects.get().visibility == "public"
    profiles.withdraw_consent(person=honour.person, actor=editor())
    honour.refresh_from_db()
    assert (honour.status, honour.is_public) == ("active", True)
    assert Milestone.objects.get().visibility == "self"
    assert list(Honour.objects.standing()) == [honour]


def test_a_later_honour_of_somebody_who_withdrew_is_not_shown_either(client, laureate):
    honour, _, _ = laureate
    profiles.withdraw_consent(person=honour.person, actor=editor())
    make_honour(person=honour.person, year=2026)
    assert "欧阳某" not in text_of(client.get("/craftsmen/"))
    assert set(Milestone.objects.values_list("visibility", flat=True)) == {"self"}


def test_somebody_without_a_page_can_withdraw_too(client):
    SiteSettings.objects.get_or_create(pk=1)
    honour = make_honour(name="令狐某")
    assert "令狐某" in text_of(client.get("/craftsmen/"))
    profiles.withdraw_consent(person=honour.person, actor=editor())
    assert "令狐某" not in text_of(client.get("/craftsmen/"))
    assert "令狐某" not in text_of(client.get("/"))


def test_consent_given_again_shows_the_name_and_the_page_only_after_two_people(client, laureate):
    honour, profile, _ = laureate
    profiles.withdraw_consent(person=honour.person, actor=editor())
    profiles.give_consent(profile=profile, actor=editor(), on=date(2026, 1, 1))
    assert "欧阳某" in text_of(client.get("/craftsmen/"))
    assert client.get(profile.get_absolute_url()).status_code == 410
    with pytest.raises(ValidationError, match="另一人"):
        profiles.publish_profile(profile=profile, actor=profile.author)
    profiles.publish_profile(profile=profile, actor=editor())
    assert client.get(profile.get_absolute_url()).status_code == 200


def test_no_cache_keeps_a_page_with_a_person_on_it(client, laureate):
    _, profile, selection = laureate
    for name, url in everywhere(profile, selection).items():
        if name not in ("home", "selections"):
            response = client.get(url)
            body_of(response)
            assert response["Cache-Control"] == "private, no-store", name


def test_a_page_that_never_was_says_nothing_more_than_any_other_missing_page(client):
    draft = make_profile(make_honour(), is_published=False)
    for url in (draft.get_absolute_url(), "/craftsmen/people/nobody/"):
        assert client.get(url).status_code == 404


def test_a_hidden_page_is_off_and_its_text_is_kept_as_a_draft(client):
    profile = make_profile(make_honour(), story="留着的事迹")
    profiles.hide_profile(profile=profile, actor=editor(), reason="核实")
    assert client.get(profile.get_absolute_url()).status_code == 410
    assert ProfileDraft.objects.get().story == "留着的事迹"
    with pytest.raises(ValidationError):
        profiles.hide_profile(profile=profile, actor=editor(), reason="再来")


def test_a_page_goes_with_its_last_honour(client):
    profile = make_profile(honour := make_honour())
    honours.revoke_honour(honour=honour, ground="事由", document_number="1号", actor=make_superuser())
    assert client.get(profile.get_absolute_url()).status_code == 410


def test_no_public_page_shows_an_id_or_phone_number_not_even_masked(client, laureate):
    honour, profile, selection = laureate
    for name, url in everywhere(profile, selection).items():
        response = client.get(url)
        body = body_of(response)
        for secret in (
            honour.person.id_number,
            honour.person.phone,
            "138*",
            "5678",
            id_number(3)[-4:],
            "110118",
        ):
            assert secret.encode() not in body, name


# ── The admin ──────────────────────────────────────────────────────────────────────────────────────────────


def test_staff_write_a_draft_with_a_picture_that_is_kept_private(client):
    first, second = editor(), editor()
    client.force_login(first)
    honour = make_honour()
    client.post(reverse("admin:craftsmen_honour_act", args=[honour.pk, "profile"]))
    profile = Profile.objects.get()
    profiles.give_consent(profile=profile, actor=first, on=DAY)
    url = reverse("admin:craftsmen_profile_change", args=[profile.pk])
    sent = {
        "slug": profile.slug,
        "draft-TOTAL_FORMS": 1, "draft-INITIAL_FORMS": 1, "draft-0-id": profile.draft.pk,
        "draft-0-profile": profile.pk, "draft-0-headline": "一句话", "draft-0-story": "事迹",
        "draft-0-unique_skill": "", "draft-0-photo_alt": "工作照",
        "draft-0-upload": SimpleUploadedFile("a.jpg", picture()),
    }  # fmt: skip
    response = client.post(url, sent)
    assert response.status_code == 302, response.context["errors"]
    draft = ProfileDraft.objects.get()
    assert (draft.headline, draft.story, list(draft.writers.all())) == ("一句话", "事迹", [first])
    assert draft.photo.is_public is False
    publish = reverse("admin:craftsmen_profile_act", args=[profile.pk, "publish"])
    assert "另一人" in client.post(publish).content.decode()
    client.force_login(second)
    assert client.post(publish).status_code == 302
    client.logout()
    answer = client.get(f"{profile.get_absolute_url()}photo/")
    assert body_of(answer)
    assert answer["Content-Type"].startswith("image/")


def test_withdrawing_from_the_admin_takes_a_note(client):
    client.force_login(editor())
    honour = make_honour()
    url = reverse("admin:craftsmen_honour_act", args=[honour.pk, "withdraw"])
    assert client.post(url, {"note": ""}).status_code == 200
    assert not Profile.objects.exists()
    assert client.post(url, {"note": "本人来电"}).status_code == 302
    assert Profile.objects.get().consent_withdrawn_at


def test_a_new_draft_begins_with_the_live_text(client):
    client.force_login(editor())
    profile = make_profile(
        make_honour(), headline="原来的一句", story="原来的事迹", photo=photo(), photo_alt="照片"
    )
    url = reverse("admin:craftsmen_profile_change", args=[profile.pk])
    page = client.get(url).content.decode()
    assert "原来的一句" in page
    sent = {
        "slug": profile.slug,
        "draft-TOTAL_FORMS": 1,
        "draft-INITIAL_FORMS": 0,
        "draft-0-profile": profile.pk,
    }
    text = {"headline": "原来的一句", "story": "原来的事迹", "unique_skill": "", "photo_alt": "照片"}
    unchanged = {f"draft-0-{name}": value for name, value in text.items()}
    assert client.post(url, sent | unchanged).status_code == 302
    assert not ProfileDraft.objects.exists(), "nothing was changed"
    assert client.post(url, sent | unchanged | {"draft-0-headline": "新的一句"}).status_code == 302
    draft = ProfileDraft.objects.get()
    assert (draft.headline, draft.story, draft.photo) == ("新的一句", "原来的事迹", profile.photo)
