"""The staff's work queue: what waits for whom, each kind in one aggregated statement, by what the user may do."""

from datetime import timedelta
from functools import partial

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from competitions.models import Appearance, Attempt, Competition, Entry, Module, ResultSheet, Stage
from competitions.services.results import SEALABLE
from craftsmen.models import (
    Consultation,
    Honour,
    Nomination,
    Offer,
    ProfileDraft,
    Recommendation,
)
from craftsmen.services import conferral
from unionportal.accounts.models import User
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import action_name
from unionportal.inbox.models import Delivery
from unionportal.news.models import Article
from unionportal.notices.models import Objection, PublicNotice
from unionportal.panels.models import Candidate, Panel, Sheet
from unionportal.people.models import Claim, Person
from unionportal.work_queue_academies import KINDS as ACADEMY_KINDS
from unionportal.work_queue_studios import KINDS as STUDIO_KINDS
from unionportal.work_queue_tasks import Task, joined, listed

RECENT = 8
AHEAD = timedelta(days=45)


def pending_entries():
    """Entries that wait for a decision, by event."""
    counts = list(
        Entry.objects.filter(status=Entry.Status.PENDING)
        .order_by()
        .values_list("event__name")
        .annotate(Count("pk"))
        .order_by("event__name")
    )
    detail = joined(f"{name} {count}" for name, count in counts)
    return Task(sum(n for _, n in counts), "待审核报名", detail, listed(Entry, status__exact="pending"))


def missing_sheets(title="未交评分表", **own):
    """Sheets that judges still owe in open panels of a line of work, by judge; a predecessor's own are not owed."""
    predecessors = (
        Sheet.objects.counting()
        .filter(candidate=OuterRef("candidate"), assignment__seat=OuterRef("assignment__seat"))
        .exclude(assignment__ended_at=None)
    )
    counts = list(
        Sheet.objects.filter(
            **own,
            panel__status=Panel.Status.OPEN,
            candidate__is_marked=True,
            assignment__ended_at=None,
            assignment__set_aside_at=None,
        )
        .exclude(status=Sheet.Status.SUBMITTED)
        .exclude(candidate__recusals__assignment=F("assignment"))
        .exclude(Exists(predecessors))
        .order_by()
        .values_list("panel__title", "assignment__label")
        .annotate(Count("pk"))
        .order_by("panel__title", "assignment__label")
    )
    detail = joined(f"{judge} {count} 份" for _, judge, count in counts)
    url = listed(Sheet, panel__status__exact="open", status__in="not_started,draft,reopened")
    if own.get("panel__kind") == Panel.Kind.CONTEST:
        url = reverse("boards:board_list")
    return Task(sum(n for *_, n in counts), title, detail, url, is_urgent=True)


def complete_stages():
    """Return the stages whose marks are all in; sealing itself checks the rest, such as ties and spreads."""
    modules = (
        Module.objects.filter(stage=OuterRef("appearance__stage")).values("stage").annotate(n=Count("pk"))
    )
    unmarked = (
        Attempt.objects.filter(
            appearance__stage=OuterRef("pk"), appearance__status=Appearance.Status.PRESENT, is_counted=True
        )
        .annotate(given=Count("module_scores"), needed=Subquery(modules.values("n")))
        .filter(given__lt=F("needed"))
    )
    submitted = Q(sheets__status=Sheet.Status.SUBMITTED, sheets__assignment__set_aside_at=None)
    unjudged = (
        Candidate.objects.filter(panel__module__stage=OuterRef("pk"), is_marked=True)
        .annotate(given=Count("sheets", filter=submitted))
        .filter(given__lt=F("panel__min_judges"))
    )
    return Stage.objects.filter(
        Exists(Appearance.objects.filter(stage=OuterRef("pk"))),
        ~Exists(unmarked),
        ~Exists(unjudged),
        status__in=SEALABLE,
    )


def sealable_stages():
    """Stages that can be sealed."""
    stages = list(complete_stages().select_related("event"))
    url = listed(Stage, status__in=",".join(sorted(SEALABLE)))
    if len(stages) == 1:
        url = reverse("admin:competitions_stage_change", args=[stages[0].pk])
    return Task(len(stages), "可锁定的轮次", joined(stages), url)


def unpublished_results():
    """Result sheets sealed and not yet public."""
    sheets = list(ResultSheet.objects.filter(published_at=None).select_related("stage__event"))
    url = listed(ResultSheet, published_at__isempty=1)
    if len(sheets) == 1:
        url = reverse("admin:competitions_stage_change", args=[sheets[0].stage_id])
    return Task(len(sheets), "待发布成绩", joined(sheet.stage for sheet in sheets), url)


def draft_competitions():
    """Competitions not yet announced; a draft in which marking has begun is a rehearsal and stays one."""
    begun = Stage.objects.filter(event__competition=OuterRef("pk")).exclude(status=Stage.Status.PREPARING)
    drafts = Competition.objects.filter(~Exists(begun), status=Competition.Status.DRAFT)
    drafts = list(drafts.only("title", "short_title"))
    url = listed(Competition, status__exact="draft")
    return Task(len(drafts), "待公告竞赛", joined(item.short_title or item.title for item in drafts), url)


def road_to(selections):
    """Return the address of a selection's whole road, or where there are several of their list."""
    selections = set(selections)
    if len(selections) == 1:
        return reverse("admin:craftsmen_selection_progress", args=[selections.pop()])
    return listed(Nomination)


def nominations_to_review():
    """Nominations that wait for the district's review, by title."""
    counts = list(
        Nomination.objects.filter(status=Nomination.Status.REVIEWED)
        .order_by()
        .values_list("offer__title__name")
        .annotate(Count("pk"))
        .order_by("offer__title__name")
    )
    detail = joined(f"{name} {count}" for name, count in counts)
    return Task(sum(n for _, n in counts), "待审查申报", detail, listed(Nomination, status__exact="reviewed"))


def replies_awaited():
    """Departments that have been asked and have not replied; urgent once one of them is late."""
    letters = list(Consultation.objects.filter(replied_on=None).only("department", "due_on"))
    is_late = any(letter.due_on and letter.due_on < timezone.localdate() for letter in letters)
    url = listed(Consultation, replied_on__isempty=1)
    return Task(
        len(letters), "待复函", joined(letter.department for letter in letters), url, is_urgent=is_late
    )


def finished_panels():
    """Experts' panels in which every sheet is handed in."""
    open_panels = Offer.objects.filter(panel__status=Panel.Status.OPEN).select_related("title", "selection")
    owed = (
        Sheet.objects.filter(panel=OuterRef("panel"), candidate__is_marked=True, assignment__ended_at=None)
        .exclude(status=Sheet.Status.SUBMITTED)
        .exclude(candidate__recusals__assignment=F("assignment"))
    )
    done = list(open_panels.filter(~Exists(owed), panel__sheets__isnull=False).distinct())
    url = reverse("admin:craftsmen_offer_experts", args=[done[0].pk]) if done else ""
    return Task(len(done), "评审可截止", joined(done), url)


def slates_to_settle():
    """Offers whose scores are in and whose slate is not settled."""
    scored = Nomination.objects.filter(offer=OuterRef("pk"), status=Nomination.Status.SCORED)
    offers = Offer.objects.filter(Exists(scored), slate_settled_at=None).select_related("title", "selection")
    offers = list(offers)
    url = reverse("admin:craftsmen_offer_slate", args=[offers[0].pk]) if offers else ""
    return Task(len(offers), "待拟定名单", joined(offers), url)


def titles_to_confer():
    """Nominees who stand clear in a notice that is closed."""
    ready = list(conferral.standing_clear().select_related("person", "offer").order_by("offer", "pk"))
    url = road_to(nomination.offer.selection_id for nomination in ready)
    return Task(len(ready), "公示期满可授予", joined(item.person.name for item in ready), url)


def draft_articles():
    """Articles not yet published."""
    titles = list(Article.objects.filter(status=Article.Status.DRAFT).values_list("title", flat=True))
    return Task(len(titles), "草稿文章", joined(titles), listed(Article, status__exact="draft"))


def open_objections(user):
    """Objections that wait for a finding, in the lines of work whose notices this user keeps."""
    open_ones = Objection.objects.visible_to(user).open().select_related("notice", "line")
    objections = list(open_ones.only("receipt", "notice__title", "line__name"))
    url = listed(Objection, status__in=",".join(Objection.OPEN))
    if len(objections) == 1:
        url = reverse("admin:notices_objection_change", args=[objections[0].pk])
    detail = joined(f"{item}（{item.line or '整个公示'}）" for item in objections)
    return Task(len(objections), "待处理异议", detail, url, is_urgent=True)


def notices_due(user):
    """Notices that end today, and those whose clock has run out and that wait to be closed."""
    today = timezone.localdate()
    visible = PublicNotice.objects.visible_to(user).filter(status="running", withdrawn_at=None)
    notices = list(visible.filter(last_on__lte=today).only("title", "last_on").order_by("last_on", "pk"))
    url = listed(PublicNotice, status__exact="running")
    if len(notices) == 1:
        url = reverse("admin:notices_publicnotice_change", args=[notices[0].pk])
    detail = joined(f"{item}（{'今日到期' if item.last_on == today else '已期满'}）" for item in notices)
    return Task(len(notices), "公示到期", detail, url, is_urgent=True)


def accounts_without_role():
    """Accounts that nobody has given a role."""
    names = list(
        User.objects.filter(groups=None, is_active=True, is_superuser=False).values_list("name", flat=True)
    )
    return Task(len(names), "待分配角色的账号", joined(names), listed(User, is_active__exact=1))


def claims_to_settle():
    """Accounts of which staff must say which person they are."""
    claims = Claim.objects.filter(status=Claim.Status.WAITING).select_related("user").order_by("made_at")
    waiting = list(claims)
    url = listed(Claim, status__exact="waiting")
    if len(waiting) == 1:
        url = reverse("admin:people_claim_change", args=[waiting[0].pk])
    return Task(len(waiting), "待核实的账号关联", joined(claim.user.name for claim in waiting), url)


def failed_deliveries():
    """Messages that SMS or mail has not taken, by channel: nobody reads them out of a log."""
    failed = Delivery.objects.filter(state=Delivery.State.FAILED).order_by()
    counts = list(failed.values_list("channel").annotate(Count("pk")).order_by("channel"))
    names = dict(Delivery.Channel.choices)
    detail = joined(f"{names[channel]} {count}" for channel, count in counts)
    return Task(
        sum(n for _, n in counts), "没有发出的短信、邮件", detail, listed(Delivery, state__exact="failed")
    )


def units_to_check():
    """Units that workers have typed when signing up because no search found them."""
    people = Person.objects.current().filter(unit=None).exclude(unit_claimed="")
    names = list(people.order_by("pk").values_list("unit_claimed", flat=True))
    url = listed(Person, unit_claimed__isempty=0)
    return Task(len(names), "待核对的自填单位", joined(names), url)


def honours_to_review():
    """Honours whose title asks for a yearly review that this year has not seen yet, by title."""
    waiting = Honour.objects.awaiting_review(timezone.localdate().year).order_by()
    counts = list(
        waiting.values_list("title__name").annotate(Count("pk")).order_by("title__position", "title__name")
    )
    detail = joined(f"{title} {count}" for title, count in counts)
    return Task(
        sum(n for _, n in counts), "待年度复核的荣誉", detail, reverse("admin:craftsmen_honour_review")
    )


def drafts_to_publish():
    """Drafts of craftsmen's pages that wait for a second person."""
    names = list(ProfileDraft.objects.exclude(story="").values_list("profile__person__name", flat=True))
    return Task(len(names), "待发布的工匠主页", joined(names), listed(ProfileDraft))


def recommendations_due():
    """Recommendations not yet sent to the union above."""
    waiting = Recommendation.objects.filter(status=Recommendation.Status.RECOMMENDED)
    counts = list(waiting.order_by().values_list("quota__title__name", "quota__due_on").annotate(Count("pk")))
    detail = joined(f"{title} {count}" for title, _, count in counts)
    soon = timezone.localdate() + timedelta(days=7)
    is_urgent = any(due and due <= soon for _, due, _ in counts)
    url = listed(Recommendation, status__exact=Recommendation.Status.RECOMMENDED)
    return Task(sum(n for *_, n in counts), "待报送的上级推荐", detail, url, is_urgent)


# permission → what it makes somebody's work
KINDS = (
    ("competitions.change_stage", partial(missing_sheets, panel__kind="contest")),
    ("craftsmen.change_offer", partial(missing_sheets, "评委未交评分表", panel__kind="selection")),
    ("competitions.change_entry", pending_entries),
    ("competitions.seal_stage", sealable_stages),
    ("competitions.publish_results", unpublished_results),
    ("competitions.change_competition", draft_competitions),
    ("craftsmen.add_honourreview", honours_to_review),
    ("craftsmen.publish_profiles", drafts_to_publish),
    ("craftsmen.change_recommendation", recommendations_due),
    ("craftsmen.review_nominations", nominations_to_review),
    ("craftsmen.review_nominations", replies_awaited),
    ("craftsmen.review_nominations", finished_panels),
    ("craftsmen.settle_slate", slates_to_settle),
    ("craftsmen.confer_titles", titles_to_confer),
    *ACADEMY_KINDS,
    ("studios.change_campaign", partial(missing_sheets, "评委未交评分表", panel__kind="campaign")),
    *STUDIO_KINDS,
    ("news.change_article", draft_articles),
    ("inbox.view_delivery", failed_deliveries),
    ("people.change_claim", claims_to_settle),
    ("people.change_claim", units_to_check),
    ("accounts.assign_roles", accounts_without_role),
)
# The same for records of a line of work: which ones are the user's depends on the user.
KINDS_BY_LINE = (
    ("notices.change_objection", open_objections),
    ("notices.change_publicnotice", notices_due),
)


def tasks_of(user):
    """Return what waits for this user, nothing that is done."""
    tasks = [kind() for permission, kind in KINDS if user.has_perm(permission)]
    tasks += [kind(user) for permission, kind in KINDS_BY_LINE if user.has_perm(permission)]
    return [task for task in tasks if task.count]


def recent_acts(user):
    """Return the user's own last acts as (verb, label, time)."""
    entries = AuditEntry.objects.filter(actor_key=str(user.pk)).only("action", "target_label", "at")
    return [(action_name(entry.action), entry.target_label, entry.at) for entry in entries[:RECENT]]


def dates_ahead(user):
    """Return (date, what, competition) of the coming weeks for whoever may see competitions."""
    if not user.has_perm("competitions.view_competition"):
        return []
    today = timezone.localdate()
    running = Competition.objects.filter(status=Competition.Status.ANNOUNCED).defer("introduction")
    dates = [
        (on, label, item) for item in running for label, on in item.dates() if today <= on <= today + AHEAD
    ]
    return sorted(dates, key=lambda line: line[0])[:RECENT]
