"""Sending files: who gets one, and under which headers."""

import uuid

import pytest

from tests.factories import make_user
from tests.files.test_storing import PDF, picture, upload
from unionportal import roles
from unionportal.files import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user(username="owner")


def document(owner, is_public=False, name="报名表.pdf"):
    return services.store_document(upload=upload(PDF, name), actor=owner, purpose="测试", is_public=is_public)


def image(owner, is_public=True, name="照片.jpg"):
    return services.store_image(
        upload=upload(picture(), name), actor=owner, purpose="题图", is_public=is_public
    )


def fetch(client, url, method="get"):
    """Answer of the client, its file read into `response.body`: reading to the end closes it."""
    response = getattr(client, method)(url)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    return response


def test_a_private_file_does_not_exist_for_others(client, owner):
    url = document(owner).get_absolute_url()
    missing = fetch(client, f"/files/{uuid.uuid4()}.pdf")
    assert missing.status_code == 404
    for who in (None, make_user(roles.JUDGE), make_user(roles.NEWS_STAFF, is_staff=True)):
        if who:
            client.force_login(who)
        response = fetch(client, url)
        assert response.status_code == 404
        assert "报名表" not in response.text


def test_a_private_file_is_there_for_its_owner_and_for_those_with_the_right(client, owner):
    url = document(owner).get_absolute_url()
    for who in (owner, make_user(roles.COMPETITION_STAFF, is_staff=True)):
        client.force_login(who)
        response = fetch(client, url)
        assert response.status_code == 200
        assert response.body == PDF
        assert response["Cache-Control"] == "private, no-store"


def test_a_public_file_is_cacheable_and_asks_for_no_session(client, owner, django_assert_num_queries):
    url = document(owner, is_public=True).get_absolute_url()
    client.force_login(owner)
    with django_assert_num_queries(1):
        response = fetch(client, url)
    assert response.body == PDF
    assert response["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize("is_public", [True, False])
def test_a_document_is_an_attachment_in_a_sandbox(client, owner, is_public):
    client.force_login(owner)
    response = fetch(client, document(owner, is_public).get_absolute_url())
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E6%8A%A5%E5%90%8D%E8%A1%A8.pdf"


def test_a_picture_is_shown_in_the_page_under_the_same_guards(client, owner):
    response = fetch(client, image(owner).get_absolute_url())
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.pdf.exe", "evil"])
def test_a_file_is_saved_under_the_extension_of_what_it_is(client, owner, name):
    response = fetch(client, document(owner, is_public=True, name=name).get_absolute_url())
    saved_as = response["Content-Disposition"].partition("filename=")[2].strip('"')
    assert saved_as.startswith("evil")
    assert saved_as.endswith(".pdf")


@pytest.mark.parametrize("name", ['a"; filename=evil.exe; x=".pdf', "a\r\nSet-Cookie: x=1.pdf", "a;b.pdf"])
def test_a_name_cannot_write_headers(client, owner, name):
    stored = document(owner, is_public=True)
    type(stored).objects.filter(pk=stored.pk).update(name=name)
    response = fetch(client, stored.get_absolute_url())
    assert response.status_code == 200
    assert "Set-Cookie" not in response
    assert "\n" not in response["Content-Disposition"]


def test_a_wrong_extension_is_not_found(client, owner):
    stored = image(owner)
    for extension in ("png", "html", "jpeg", "JPG"):
        assert fetch(client, f"/files/{stored.key}.{extension}").status_code == 404
    assert fetch(client, f"/files/{stored.key}.jpg").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/files/../manage.py",
        "/files/..%2f..%2fmanage.py",
        "/files/private/",
        "/files/00000000-0000-0000-0000-000000000000.jpg/../../x",
    ],
)
def test_no_path_leads_out_of_the_files(client, path):
    assert fetch(client, path).status_code == 404


def test_files_are_read_and_nothing_else(client, owner):
    url = document(owner, is_public=True).get_absolute_url()
    for method in ("post", "put", "delete", "patch"):
        assert fetch(client, url, method).status_code == 405


def test_the_admin_links_to_the_guarded_address(client, owner):
    stored = document(owner)
    client.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    page = fetch(client, f"/staff/files/storedfile/{stored.pk}/change/").text
    assert f'href="{stored.get_absolute_url()}"' in page
    assert stored.file.name not in page
