"""Loads the demo data through the same services that staff use; a second loading changes nothing."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from competitions.models import Competition
from competitions.services import exam_marks, panel_marks, results, roster, setup, stages
from unionportal import roles
from unionportal.accounts.models import ReportedFigure, SiteSettings, User
from unionportal.common.richtext import clean_html
from unionportal.common.spreadsheets import open_workbook
from unionportal.demo.academies import load_academies
from unionportal.demo.accounts import PHONE, load_worker_accounts
from unionportal.demo.attachments import drawing
from unionportal.demo.certificates import load_certificates
from unionportal.demo.craftsmen import load_craftsmen
from unionportal.demo.open_entry import load_open_entry
from unionportal.demo.rehearsal import load_rehearsal
from unionportal.demo.studios import load_studios
from unionportal.news.models import Article, Column
from unionportal.news.services import publish_article

FOLDER = Path(__file__).parent
PASSWORD = "gongjiang-2025"  # noqa: S105 — printed by make run; the command refuses to run in production
SUPERUSER = ("admin", "演示总管")
ACCOUNTS = (
    ("zhigong", "演示职工", roles.WORKER),
    ("jingban", "演示基层经办", roles.LIAISON),
    ("zhenjie", "演示镇街经办", roles.BRANCH_LIAISON),
    ("jiaoshi", "演示教师", roles.TEACHER),
    ("caipan", "演示裁判", roles.JUDGE),
    ("pingwei", "演示评委", roles.EXPERT),
    ("jingsai", "演示竞赛业务", roles.COMPETITION_STAFF),
    ("xuanshu", "演示选树业务", roles.CRAFTSMAN_STAFF),
    ("xueyuan", "演示学院业务", roles.ACADEMY_STAFF),
    ("gongzuoshi", "演示工作室业务", roles.STUDIO_STAFF),
    ("xuanchuan", "演示宣传业务", roles.NEWS_STAFF),
    ("shenhe", "演示新闻审核", roles.NEWS_REVIEWER),
    ("jiandu", "演示监督员", roles.SUPERVISOR),
    ("xitong", "演示系统管理", roles.SYSTEM_ADMINISTRATOR),
    ("anquan", "演示安全管理", roles.SECURITY_ADMINISTRATOR),
    ("shenji", "演示审计", roles.AUDITOR),
    *(
        (f"caipan{n}", f"演示裁判{numeral}", roles.JUDGE)
        for n, numeral in zip("2345", "二三四五", strict=True)
    ),
    ("pingwei2", "演示评委二", roles.EXPERT),
    ("pingwei3", "演示评委三", roles.EXPERT),
)
WORKER_PHONE = PHONE
FINAL = "决赛"
# The final was on the 23rd; the results of a competition played before the portal was are back-filled.
PUBLISHED_AT = datetime(2025, 5, 23, 20, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@transaction.atomic
def load():
    """Load whatever of the demo data is not there yet; returns True if anything was written."""
    # Two first starts at once must not both write.
    SiteSettings.objects.get_or_create(pk=1)
    SiteSettings.objects.select_for_update(no_key=True).get(pk=1)
    wrote = [load_accounts(), load_site()]
    actor = User.objects.get(username=SUPERUSER[0])
    wrote += [load_competition(actor), load_open_entry(actor), load_news(actor), load_rehearsal(actor)]
    wrote.append(load_certificates(actor, described_competition()["title"]))
    wrote += [load_craftsmen(actor), load_academies(actor), load_worker_accounts(actor)]
    wrote.append(load_studios(actor))
    return any(wrote)


def load_accounts():
    """Make an account for every role, and one that may do everything."""
    present = set(User.objects.values_list("username", flat=True))
    if SUPERUSER[0] not in present:
        User.objects.create_superuser(*SUPERUSER, PASSWORD)
    missing = [account for account in ACCOUNTS if account[0] not in present]
    for username, name, role in missing:
        user = User.objects.create_user(username, name, PASSWORD, is_staff=role in roles.STAFF_ROLES)
        user.groups.add(Group.objects.get(name=role))
    return bool(missing)


def described_competition():
    """Return the description of the competition that is played through."""
    return yaml.safe_load((FOLDER / "competition.yaml").read_text("utf-8"))


def load_site():
    """Fill the site's settings in, and the figures that the union reported."""
    if ReportedFigure.objects.exists():
        return False
    described = yaml.safe_load((FOLDER / "site.yaml").read_text("utf-8"))
    SiteSettings.objects.filter(pk=1).update(**described["settings"])
    for position, figure in enumerate(described["figures"]):
        ReportedFigure.objects.create(**figure, source="密云区总工会", position=position)
    return True


def load_competition(actor):
    """Play the competition through: set-up, roster, exam marks, paper mark sheets, sealing, publication."""
    description = described_competition()
    if Competition.objects.filter(title=description["title"]).exists():
        return False
    competition = setup.create_competition(description=description, actor=actor)
    final = {"competition": competition, "stage_name": FINAL, "actor": actor}
    roster.import_roster(
        competition=competition, workbook=workbook("roster"), actor=actor, source="roster.xlsx"
    )
    exam_marks.import_exam_marks(**final, workbook=workbook("theory"), enter=True, source="theory.xlsx")
    panel_marks.import_panel_marks(**final, workbook=workbook("marks"), source="marks.xlsx")
    for stage in stages.lock_stages(competition=competition, name=FINAL):
        results.seal_stage(stage=stage, actor=actor)
    for stage in stages.lock_stages(competition=competition, name=FINAL):
        results.publish_results(stage=stage, actor=actor, published_at=PUBLISHED_AT)
    return True


def workbook(name):
    """Return one of the demo workbooks."""
    return open_workbook(FOLDER / f"{name}.xlsx")


def load_news(actor):
    """Make the columns and publish the articles."""
    if Column.objects.exists():
        return False
    described = yaml.safe_load((FOLDER / "news.yaml").read_text("utf-8"))
    columns = {}
    for position, (slug, name) in enumerate(described["columns"].items()):
        columns[slug] = Column.objects.create(slug=slug, name=name, position=position)
    for item in described["articles"]:
        at = timezone.make_aware(datetime.fromisoformat(str(item["at"])))
        article = Article.objects.create(
            column=columns[item["column"]],
            title=item["title"],
            summary=item["summary"],
            body=clean_html(item["body"]),
            source=item.get("source", "密云区总工会"),
            editor=item.get("editor", "宣传教育部"),
            cover=drawing(item["cover"], actor, "新闻题图") if "cover" in item else None,
            cover_alt=item.get("cover_alt", ""),
            published_at=at,
        )
        publish_article(article=article, actor=actor)
    return True
