"""axe finds nothing on any page, in four modes. The pages are all routes there are: a new one is read by itself.

The admin's pages are read elsewhere. A page is loaded once and changes its mode as its reader would change it.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from academies.models import ClassRequest
from competitions.models import Competition, Stage
from craftsmen.models import Nomination, Profile
from studios.models import Achievement, Studio
from studios.services import evidence
from tests.academies.audited import own_records
from tests.access_tables import ATTENDANCE, PUBLIC
from tests.browser.conftest import DESK, PHONE
from tests.craftsmen.nominating import picture
from tests.portal import broken_urls
from tests.studios import campaigning, making
from tests.test_access import ROUTES, url_of
from unionportal.accounts.models import User
from unionportal.certificates.models import Certificate
from unionportal.demo import loading
from unionportal.demo.notices import load_notice
from unionportal.files.models import StoredFile
from unionportal.files.services import inspect_upload
from unionportal.inbox.models import Message
from unionportal.news.models import Article
from unionportal.news.services import withdraw_article
from unionportal.panels.models import Sheet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
JUDGE, LIAISON, TEACHER = "caipan", "jingban", "xueyuan"
MODES = {
    "light": ("theme", "light"),
    "dark": ("theme", "dark"),
    "high": ("contrast", "high"),
    "large": ("text", "large"),
}
EVERYTHING = ["wcag2a", "wcag2aa"]
# Dark and high contrast change colours and nothing else.
COLOURS = ["color-contrast", "link-in-text-block"]
PASSES = [
    (PHONE, "large", EVERYTHING),
    (DESK, "light", EVERYTHING),
    (DESK, "dark", COLOURS),
    (DESK, "high", COLOURS),
]
SCRIPT = """
rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(found => found.violations.map(one => one.id))
"""
FRAGMENTS = {"account_bar", "academies:run_mine"}


def nomination_things(file):
    """What the addresses of the nominations name: a draft of the liaison's with a paper."""
    nomination = Nomination.objects.filter(status="draft", nominated_by__username=LIAISON).first()
    return {
        "nomination": nomination,
        "nomination_file": nomination.files.create(kind="evidence", file=file),
        "craftsmen.offer": nomination.offer,
        "people.unionbody": nomination.body,
        "selection": nomination.offer.selection,
        "craftsmen.profile": Profile.objects.public().first(),
    }


def academy_things(admin):
    """What the addresses of the academies name: a learner who signs in as the demo's people do, and a request."""
    records = own_records(admin)
    user = records["learner"].person.user
    user.set_password(loading.PASSWORD)
    user.save()
    liaison = User.objects.get(username=LIAISON)
    asked = ClassRequest.objects.create(
        unit_name="某厂", topic="叉车", people=20, contact_name="某某", requested_by=liaison
    )
    return {**records, "academies.classrequest": asked}


def studio_things():
    """What the addresses of the studios' applications name."""
    application = campaigning.apply(campaigning.make_campaign(), to="applied")
    studio = Studio.objects.kept_by(User.objects.get(username=LIAISON)).first()
    draft = making.make_achievement(studio)
    proof = evidence.attach_evidence(
        achievement=draft, inspected=inspect_upload(picture()), caption="照片", actor=making.staff()
    )
    return {
        "studios.studioapplication": application,
        "application_file": application.files.first(),
        "studios.studio": studio,
        "shown_achievement": Achievement.objects.public().first(),
        "studios.achievement": draft,
        "proof": proof,
        "studios.annualreview": studio.reviews.first() or making.make_review(studio),
    }


def reader_of(name, learner):
    """Return the account that opens a route which is not public."""
    if name in ATTENDANCE:
        return TEACHER
    if name.startswith(
        ("nominations:", "applications:", "mystudios:", "academies:request_", "academies:run_enrol_people")
    ):
        return LIAISON
    return learner if name.startswith("academies:") else JUDGE


def pages():
    """Addresses by who opens them: "" everybody, the chief judge, a union's liaison …; none of the admin's."""
    admin = User.objects.get(username="admin")
    sheet = Sheet.objects.filter(assignment__user__username=JUDGE).select_related("candidate__panel").first()
    panel = sheet.candidate.panel
    public_file = StoredFile.objects.filter(is_public=True, extension=".png").first()
    things = {
        "slug": Competition.objects.get(brand="工匠杯", edition=3).slug,
        "round": ("YL", 2),
        "news.article": Article.objects.exclude(cover=None).first(),
        "news.column": Article.objects.first().column,
        "public_file": public_file,
        "panels.panel": panel,
        "panels.sheet": sheet,
        "panels.candidate": sheet.candidate,
        "competitions.stage": Stage.objects.get(modules__panel=panel),
        "notices.publicnotice": load_notice(actor=admin),
        "certificates.certificate": Certificate.objects.first(),
        "inbox.message": Message.objects.first(),
        "panels.candidatefile": sheet.candidate.files.create(file=public_file, label="作品"),
        **nomination_things(public_file),
        **academy_things(admin),
        **studio_things(),
    }
    learner = things["learner"].person.user.username
    named = {name: url_of(name, things) for name in ROUTES if not name.startswith("admin:")}
    named["open for entry"] = Competition.objects.get(brand="工匠杯", edition=4).get_absolute_url()
    named["nothing found"] = reverse("news:article_list") + "?q=没有的词"
    gone = Article.objects.last()
    withdraw_article(article=gone, actor=admin, reason="测试")
    named["gone"] = gone.get_absolute_url()
    named |= {status: f"/broken/{status}/" for status in broken_urls.RAISED}
    addresses = {"": {}}
    for name, url in named.items():
        is_open = name in PUBLIC or name not in ROUTES
        addresses.setdefault("" if is_open else reader_of(name, learner), {})[name] = url
    return addresses


def is_page(answer):
    """A page to be read: not a file or feed, and not a route that takes POST only."""
    return answer.status != 405 and answer.headers["content-type"].startswith("text/html")


def read(page, name, url, found, is_signed_in):
    """Open a page and note what axe finds on it in each mode; False where there is no page."""
    if not is_page(page.request.get(url)):
        return False
    page.goto(url)
    if is_signed_in and page.locator(".account").count():
        page.locator(".account form").wait_for(state="attached")
    page.evaluate(Axe().axe_script)
    for size, mode, rules in PASSES:
        attribute, value = MODES[mode]
        page.set_viewport_size(size)
        page.evaluate(f"document.documentElement.setAttribute('data-{attribute}', '{value}')")
        if problems := page.evaluate(SCRIPT, rules):
            found[name, mode] = problems
        page.evaluate(f"document.documentElement.removeAttribute('data-{attribute}')")
    return True


def test_axe_finds_nothing_on_any_page_in_four_modes(browser, live_server, settings):
    settings.ROOT_URLCONF = "tests.portal.broken_urls"
    found, seen = {}, set()
    for username, addresses in pages().items():
        with browser.new_context(viewport=DESK, locale="zh-CN") as context:
            page = context.new_page()
            if username:
                page.goto(live_server.url + "/account/login/")
                page.get_by_label("登录名").fill(username)
                page.get_by_label("密码").fill(loading.PASSWORD)
                page.get_by_role("main").get_by_role("button", name="登录").click()
                page.wait_for_url(lambda url: "/login/" not in url)
            for name, url in addresses.items():
                is_one = name not in FRAGMENTS and not name.endswith("logout")
                if is_one and read(page, name, live_server.url + url, found, bool(username)):
                    seen.add(name)
    assert found == {}
    assert {"home", "gone", "404", "500", "accounts:login", "panels:sheet_edit", "boards:board_row"} <= seen
    assert {"nominations:nomination_edit", "craftsmen:profile_detail", "certificates:check_detail"} <= seen
    academies = (
        "run_detail",
        "course_list",
        "enrolment_detail",
        "learning_run",
        "lesson_sheet",
        "request_detail",
    )
    assert {f"academies:{name}" for name in academies} <= seen
