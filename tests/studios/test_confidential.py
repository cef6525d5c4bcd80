"""A secret and an internal achievement hunted through every page by every role that may not see them: no trace."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from studios.models import Achievement, AnnualReview
from studios.services import achievement_drafts, achievements, evidence
from tests import factories, one_of_each
from tests.access_tables import ADMIN_PAGES, PUBLIC, SIGNED_IN
from tests.factories import make_person, make_user
from tests.studios.campaigning import make_liaison
from tests.studios.making import make_achievement, make_studio, staff
from tests.test_access import ANONYMOUS, EVERYBODY, NOBODY, ROUTES, url_of
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.common.spreadsheet_writing import ColumnData, SheetData, write_workbook
from unionportal.files.models import StoredFile
from unionportal.files.services import Inspected, store_file
from unionportal.inbox.models import Message
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db
# What is searched for, and what no answer may hold: a page may repeat the words it was asked for.
LEVELS = {"secret": ("铀盐分离", "绝密痕迹"), "internal": ("窄带调谐", "内部痕迹")}
EVERYWHERE = {ANONYMOUS, NOBODY}


def keep_back(item, confidentiality):
    return achievements.withdraw_achievement(
        achievement=item, actor=staff(), reason="涉及内部", confidentiality=confidentiality
    )


@pytest.fixture
def kept(db):
    studio = make_studio()
    person = make_person()
    found = {}
    for confidentiality, (words, mark) in LEVELS.items():
        item = Achievement.objects.create(
            studio=studio, year=timezone.localdate().year, kind="patent", title=f"{words}{mark}",
            problem=f"{words}的问题{mark}", solution=mark, confidentiality=confidentiality, benefit_yuan=987654,
            benefit_basis=mark, certified_by=mark, patent_kind="utility", patent_number=mark,
        )  # fmt: skip
        item.contributions.create(position=1, person=person, unit_name=mark)
        item.adoptions.create(unit_name=mark, effect=mark)
        item = achievements.submit_achievement(achievement=item, actor=staff())
        found[confidentiality] = achievements.verify_achievement(achievement=item, actor=staff())
    return found


def may_see(role, confidentiality):
    """Which of the two a role may see in the admin; on public pages nobody may."""
    held = roles.permission_names(role) if role in roles.STAFF_ROLES else set()
    right = "read_secret_achievements" if confidentiality == "secret" else "view_achievement"
    return f"studios.{right}" in held and "studios.view_achievement" in held


def content_of(response):
    """All that an answer says; what stands in a workbook too."""
    body = b"".join(response) if response.streaming else response.content
    if "spreadsheetml" in response.get("Content-Type", ""):
        sheets = load_workbook(BytesIO(body))
        return "\n".join(str(row) for sheet in sheets for row in sheet.iter_rows(values_only=True))
    return body.decode(errors="replace")


def further_urls(kept):
    """Pages that the tables reach with other arguments: searches, the achievement's own pages, choices, a review."""
    urls = []
    for item in kept.values():
        words = LEVELS[item.confidentiality][0]
        urls += [
            f"{page}?q={words}"
            for page in ("/studios/", "/studios/achievements/", "/news/", "/craftsmen/", "/notices/")
        ]
        urls += [f"/studios/achievements/?q={words}&kind=patent&page=2", "/studios/?q=" + item.studio.name]
        urls += [item.get_absolute_url(), item.studio.get_absolute_url(), "/sitemap.xml", "/"]
        for verb in ("change", "history", "delete"):
            urls.append(reverse(f"admin:studios_achievement_{verb}", args=[item.pk]))
        urls += [
            f"{reverse('admin:studios_achievement_changelist')}?q={words}",
            f"{reverse('admin:studios_studio_changelist')}?q={words}",
            reverse("admin:studios_studio_change", args=[item.studio.pk]),
            f"{reverse('admin:autocomplete')}?app_label=studios&model_name=project&field_name=achievement&term={words}",
        ]
        for act in ("verify", "publish", "withdraw", "refuse", "confidentiality"):
            urls.append(f"/staff/studios/achievement/{item.pk}/act/{act}/")
    return urls


def near(name):
    """Tell whether a route may have to do with achievements, growth records or the trail of what was done."""
    words = ("studios_", "audit_", "people_milestone", "people_person", "applications:")
    return name in PUBLIC | SIGNED_IN | set(ADMIN_PAGES) or any(word in name for word in words)


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_kept_achievement_leaves_no_trace_for_whoever_may_not_see_it(role, kept, client):
    things = one_of_each.make()
    if role != ANONYMOUS:
        granted = [] if role == NOBODY else [role]
        client.force_login(factories.make_user(*granted, is_staff=role in roles.STAFF_ROLES))
    routes = [name for name in ROUTES if not name.endswith("logout") and (role in EVERYWHERE or near(name))]
    traces = []
    for _name, url in [(name, url_of(name, things)) for name in routes] + [
        ("", u) for u in further_urls(kept)
    ]:
        said = content_of(client.get(url))
        for confidentiality, (_, mark) in LEVELS.items():
            is_open = url.startswith("/staff/") and may_see(role, confidentiality)
            if mark in said and not is_open:
                traces.append(f"{url}: {confidentiality}")
    assert traces == []


def test_the_hunter_finds_what_may_be_seen(kept, client):
    client.force_login(staff())
    for item in kept.values():
        page = content_of(client.get(reverse("admin:studios_achievement_change", args=[item.pk])))
        assert LEVELS[item.confidentiality][1] in page
    shown = make_achievement(status="published", title="可以公开的")
    assert "可以公开的" in content_of(client.get(f"/studios/achievements/?q={shown.title}"))


def test_no_public_page_counts_a_kept_achievement(kept, client):
    shown = make_achievement(
        kept["secret"].studio, status="published", benefit_yuan=1000, benefit_basis="测算"
    )
    context = client.get("/studios/achievements/").context
    assert (context["total"], context["benefit"], context["page"].paginator.count) == (1, "1000 元", 1)
    assert [key for key, _ in context["kinds"]] == [shown.kind]
    assert client.get(shown.studio.get_absolute_url()).context["studio"].achievement_count == 1
    for words, _ in LEVELS.values():
        found = client.get("/studios/achievements/", {"q": words})
        assert found.context["page"].paginator.count == 0


@pytest.mark.parametrize("confidentiality", LEVELS)
def test_one_that_was_public_goes_from_every_page_and_growth_record(confidentiality, client):
    item = make_achievement(status="published", title=LEVELS[confidentiality][1])
    pages = ("/studios/achievements/", item.studio.get_absolute_url(), "/sitemap.xml")
    assert client.get(item.get_absolute_url()).status_code == 200
    keep_back(item, confidentiality)
    assert client.get(item.get_absolute_url()).status_code == 404
    for url in pages:
        said = content_of(client.get(url))
        assert item.title not in said, url
        assert item.get_absolute_url() not in said, url
    assert not Milestone.objects.filter(title__contains=item.title).exists()


def test_the_picture_of_one_that_was_public_goes_from_its_address_unless_others_show_it(client):
    own, shared = stored("自己的"), stored("共用的")
    items = [make_achievement(status="published", cover=file) for file in (own, shared)]
    make_studio(cover=shared, cover_alt="车间")
    for item, file in zip(items, (own, shared), strict=True):
        assert content_of(client.get(file.get_absolute_url())) == "picture"
        keep_back(item, "internal")
        item.refresh_from_db()
        assert item.cover is None
    assert client.get(own.get_absolute_url()).status_code == 404
    assert content_of(client.get(shared.get_absolute_url())) == "picture"


def stored(name):
    inspected = Inspected(f"{name}.png", b"picture", "image", ".png", "image/png")
    return store_file(inspected=inspected, actor=staff(), purpose="插图", is_public=True)


@pytest.mark.parametrize("road", ["staff", "keeper"])
def test_what_becomes_secret_leaves_its_words_in_no_message_report_or_list_of_files(road, client):
    keeper, body = make_liaison()
    item = make_achievement(make_studio(body=body), title="铀盐分离", confidentiality="internal")
    item = achievements.submit_achievement(achievement=item, actor=staff())
    review = item.studio.reviews.create(year=item.year, due_on=timezone.localdate())
    AnnualReview.objects.update(plan="推广铀盐分离")
    paper = Inspected("铀盐分离说明.pdf", b"%PDF-", "document", ".pdf", "application/pdf")
    evidence.attach_evidence(achievement=item, inspected=paper, caption="说明", actor=staff())
    item = achievements.return_achievement(achievement=item, actor=staff(), reason="铀盐数据不全")
    assert "铀盐" in Message.objects.get(user=keeper).body
    if road == "staff":
        achievements.set_confidentiality(achievement=item, confidentiality="secret", actor=staff())
    else:
        fields = {"title": "改过的名称", "confidentiality": "secret"}
        achievement_drafts.save_achievement(
            achievement=item, actor=keeper, version=item.updated_at.isoformat(),
            fields=fields, people=[{"name": "张三"}], units=[],
        )  # fmt: skip
    assert "铀盐" not in Message.objects.get(user=keeper).body
    assert item.evidence.get().file.name == "涉密材料.pdf"
    changed = AnnualReview.objects.get()
    assert "铀盐" not in changed.plan
    assert changed.updated_at > review.updated_at


def test_why_a_secret_came_back_is_not_in_the_audit():
    item = make_achievement(status="submitted", confidentiality="secret", title="铀盐分离")
    item = achievements.return_achievement(achievement=item, actor=staff(), reason="铀盐数据不全")
    assert item.return_reason == "铀盐数据不全"
    assert "铀盐" not in str(list(AuditEntry.objects.values("target_label", "details")))


def test_a_workbook_of_achievements_is_read_on_the_page_of_its_import_alone(client):
    make_studio("甲工作室")
    head = ["工作室", "年度", "类别", "成果名称", "保密"]
    target = BytesIO()
    columns = [ColumnData(title, 10) for title in head]
    write_workbook(target, [SheetData("成果", columns, [["甲工作室", "2025", "小革新", "某型装置", "涉密"]])])
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
    upload = SimpleUploadedFile("成果.xlsx", target.getvalue())
    page = client.post(reverse("admin:studios_achievement_import"), {"workbook": upload}, follow=True)
    assert page.status_code == 200
    stored = StoredFile.objects.get()
    stranger = Client()
    stranger.force_login(make_user(roles.COMPETITION_STAFF, is_staff=True))
    assert stranger.get(stored.get_absolute_url()).status_code == 404
    client.post(page.request["PATH_INFO"])
    assert Achievement.objects.get().title == "某型装置"
