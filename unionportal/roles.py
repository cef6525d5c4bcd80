"""Who may do what: the roles of the portal as groups, and the permissions each carries.

One table. Groups are synced from it after every migrate, because permissions do not exist during migrations; a
permission taken out here is taken from the group. Roles marked False cannot enter the admin.
"""

from django.apps import apps

VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"
KEEP = (VIEW, ADD, CHANGE, DELETE)

WORKER = "职工"
LIAISON = "基层工会经办人"
BRANCH_LIAISON = "镇街系统工会经办人"
TEACHER = "教师"
JUDGE = "裁判"
EXPERT = "评委"
COMPETITION_STAFF = "竞赛业务员"
CRAFTSMAN_STAFF = "选树业务员"
ACADEMY_STAFF = "学院业务员"
STUDIO_STAFF = "工作室业务员"
NEWS_STAFF = "宣传业务员"
NEWS_REVIEWER = "新闻审核员"
SUPERVISOR = "监督员"
SYSTEM_ADMINISTRATOR = "系统管理员"
SECURITY_ADMINISTRATOR = "安全管理员"
AUDITOR = "审计员"

# What every line of work needs of the shared records.
SHARED = {
    "people.person": (VIEW, ADD, CHANGE),
    "people.unit": (VIEW, ADD, CHANGE),
    "people.formername": KEEP,
    "people.sector": (VIEW,),
    "people.milestone": (VIEW,),
    "people.claim": (VIEW, CHANGE),
    "inbox.message": (VIEW,),
    "files.storedfile": (VIEW, ADD),
}
COMPETITION_RECORDS = {
    "competitions.competition": KEEP,
    "competitions.organiser": KEEP,
    "competitions.document": KEEP,
    "competitions.committeemember": KEEP,
    "competitions.event": KEEP,
    "competitions.stage": KEEP,
    "competitions.module": KEEP,
    "competitions.tiebreak": KEEP,
    "competitions.awardrule": KEEP,
    "competitions.entry": KEEP,
    "competitions.entrymember": KEEP,
    "competitions.appearance": KEEP,
    "competitions.attempt": KEEP,
    "competitions.modulescore": KEEP,
    "competitions.resultsheet": (VIEW,),
    "competitions.resultrow": (VIEW,),
}
PANEL_RECORDS = {
    "panels.panel": KEEP,
    "panels.criterion": KEEP,
    "panels.criterionlevel": KEEP,
    "panels.candidate": (VIEW, CHANGE),
    "panels.candidatefile": KEEP,
    "panels.judge": KEEP,
    "panels.declaredtie": KEEP,
    "panels.assignment": (VIEW, ADD, CHANGE),
    "panels.recusal": KEEP,
    "panels.sheet": (VIEW,),
    "panels.mark": (VIEW,),
    "panels.deduction": (VIEW,),
    "panels.sheetversion": (VIEW,),
}
CRAFTSMAN_RECORDS = {
    "people.unionbody": KEEP,
    "people.liaison": (VIEW, ADD, CHANGE),
    "craftsmen.honourtitle": KEEP,
    "craftsmen.selection": KEEP,
    "craftsmen.offer": KEEP,
    "craftsmen.allocation": KEEP,
    "craftsmen.eligibilityrule": KEEP,
    "craftsmen.extension": KEEP,
    "craftsmen.slaterule": KEEP,
    "craftsmen.nomination": (VIEW, CHANGE),
    "craftsmen.nominationfile": (VIEW, ADD, CHANGE),
    "craftsmen.consultation": (VIEW, ADD, CHANGE),
    "craftsmen.consultationline": (VIEW, CHANGE),
    "craftsmen.fieldvisit": (VIEW, ADD, CHANGE),
    "craftsmen.slateline": (VIEW,),
    "craftsmen.meeting": (VIEW, ADD, CHANGE),
    "craftsmen.conferral": (VIEW, ADD),
    "craftsmen.honour": (VIEW, ADD, CHANGE),
    "craftsmen.honourreview": (VIEW, ADD),
    "craftsmen.reportedhonours": KEEP,
    "craftsmen.profile": (VIEW, ADD, CHANGE),
    "craftsmen.profiledraft": (VIEW,),
    "craftsmen.recommendationquota": KEEP,
    "craftsmen.recommendation": (VIEW, ADD, CHANGE),
}
NOTICE_RECORDS = {
    "notices.publicnotice": KEEP,
    "notices.noticeline": KEEP,
    "notices.noticestop": (VIEW,),
    "notices.objection": (VIEW, ADD, CHANGE),
    "notices.holiday": KEEP,
}
CERTIFICATE_RECORDS = {
    "certificates.certificatedesign": KEEP,
    "certificates.certificateseries": KEEP,
    "certificates.certificate": (VIEW,),
}
ACADEMY_RECORDS = {
    "academies.academy": (VIEW, ADD, CHANGE),
    "academies.partner": KEEP,
    "academies.academyreview": KEEP,
    "academies.reportedtraining": KEEP,
    "academies.course": KEEP,
    "academies.courseteacher": KEEP,
    "academies.courserun": KEEP,
    "academies.lesson": KEEP,
    "academies.material": KEEP,
    "academies.question": KEEP,
    "academies.choice": KEEP,
    "academies.quizattempt": (VIEW,),
    "academies.progress": (VIEW,),
    "academies.enrolment": (VIEW, CHANGE),
    "academies.attendance": (VIEW, CHANGE),
    "academies.makeuprequest": (VIEW, CHANGE),
    "academies.feedback": (VIEW, CHANGE),
    "academies.classrequest": (VIEW, CHANGE),
}
STUDIO_RECORDS = {
    "people.unionbody": (VIEW,),
    "studios.studio": (VIEW, ADD, CHANGE),
    "studios.studiomember": KEEP,
    "studios.studiofile": KEEP,
    "studios.recognition": (VIEW, ADD, CHANGE),
    "studios.plaqueceremony": KEEP,
    "studios.plaqueline": KEEP,
    "studios.ceremonyphoto": KEEP,
    "studios.campaign": KEEP,
    "studios.studioapplication": (VIEW, CHANGE),
    "studios.conditionanswer": (VIEW,),
    "studios.applicationfile": (VIEW,),
    "studios.sitevisit": (VIEW, ADD, CHANGE),
    "studios.visitphoto": KEEP,
    "studios.achievement": (VIEW, ADD, CHANGE),
    "studios.contribution": KEEP,
    "studios.adoption": KEEP,
    "studios.evidence": KEEP,
    "studios.project": KEEP,
    "studios.apprenticeship": KEEP,
    "studios.activity": KEEP,
    "studios.activityphoto": KEEP,
    "studios.annualreview": (VIEW, CHANGE),
    "studios.grant": (VIEW, ADD, CHANGE),
    "studios.instalment": (VIEW,),
    "studios.helprequest": (VIEW, CHANGE),
}


def viewing(records):
    """Return the same records, to be looked at only."""
    return dict.fromkeys(records, (VIEW,))


def keeping(line):
    """Return what it takes to keep the notices of one line of work, and to answer those who object to them."""
    return (f"notices.keep_{line}", "notices.read_objectors")


# What staff of every line of work may besides keep their records.
COMMON_RIGHTS = (
    "people.read_identity",
    "people.hand_out_codes",
    "people.change_login_phone",
    "files.read_private_files",
)

# role → (may enter the admin, {model: verbs}, further permissions)
ROLES = {
    WORKER: (False, {}, ()),
    LIAISON: (False, {}, ()),
    BRANCH_LIAISON: (False, {}, ()),
    TEACHER: (False, {}, ()),
    JUDGE: (False, {}, ()),
    EXPERT: (False, {}, ()),
    COMPETITION_STAFF: (
        True,
        SHARED | COMPETITION_RECORDS | PANEL_RECORDS | NOTICE_RECORDS | CERTIFICATE_RECORDS,
        (
            "competitions.seal_stage",
            "competitions.publish_results",
            "competitions.reopen_stage",
            "certificates.issue_competitions",
            *keeping("competitions"),
            *COMMON_RIGHTS,
        ),
    ),
    CRAFTSMAN_STAFF: (
        True,
        SHARED | CRAFTSMAN_RECORDS | PANEL_RECORDS | NOTICE_RECORDS | CERTIFICATE_RECORDS,
        (
            "craftsmen.review_nominations",
            "craftsmen.settle_slate",
            "craftsmen.confer_titles",
            "craftsmen.revoke_honours",
            "craftsmen.publish_profiles",
            "certificates.issue_craftsmen",
            *keeping("craftsmen"),
            *COMMON_RIGHTS,
        ),
    ),
    ACADEMY_STAFF: (
        True,
        SHARED | ACADEMY_RECORDS | CERTIFICATE_RECORDS,
        (
            "academies.complete_runs",
            "academies.change_priority",
            "certificates.issue_academies",
            *COMMON_RIGHTS,
        ),
    ),
    STUDIO_STAFF: (
        True,
        SHARED | STUDIO_RECORDS | PANEL_RECORDS | NOTICE_RECORDS | CERTIFICATE_RECORDS,
        (
            "studios.replace_leaders",
            "studios.delist_studios",
            "studios.recognise_studios",
            "studios.review_applications",
            "studios.name_studios",
            "studios.verify_achievements",
            "studios.read_secret_achievements",
            "studios.decide_reviews",
            "studios.read_askers",
            "certificates.issue_studios",
            *keeping("studios"),
            *COMMON_RIGHTS,
        ),
    ),
    NEWS_STAFF: (
        True,
        {"news.column": (VIEW,), "news.article": KEEP, "files.storedfile": (VIEW, ADD)},
        (),
    ),
    NEWS_REVIEWER: (
        True,
        {"news.column": KEEP, "news.article": (VIEW, CHANGE), "files.storedfile": (VIEW, ADD)},
        (),
    ),
    SUPERVISOR: (
        True,
        viewing(
            COMPETITION_RECORDS
            | CRAFTSMAN_RECORDS
            | STUDIO_RECORDS
            | PANEL_RECORDS
            | NOTICE_RECORDS
            | CERTIFICATE_RECORDS
        ),
        ("notices.read_every_line", "notices.read_objectors", "certificates.view_every_line"),
    ),
    SYSTEM_ADMINISTRATOR: (
        True,
        {
            "accounts.user": (VIEW, ADD, CHANGE),
            "accounts.sitesettings": (VIEW, ADD, CHANGE),
            "accounts.reportedfigure": KEEP,
            "people.sector": KEEP,
            "inbox.delivery": (VIEW,),
        },
        (),
    ),
    SECURITY_ADMINISTRATOR: (True, {"accounts.user": (VIEW, CHANGE)}, ("accounts.assign_roles",)),
    AUDITOR: (True, {"audit.auditentry": (VIEW,), "accounts.user": (VIEW,)}, ()),
}
STAFF_ROLES = [role for role, (is_staff, _, _) in ROLES.items() if is_staff]


def permission_names(role):
    """Return the set of `app.codename` that the role carries."""
    _, models, further = ROLES[role]
    names = set(further)
    for label, verbs in models.items():
        app, model = label.split(".")
        names.update(f"{app}.{verb}_{model}" for verb in verbs)
    return names


def known_permissions():
    """Return {`app.codename`: Permission} of everything in the database."""
    permissions = apps.get_model("auth", "Permission").objects.select_related("content_type")
    return {f"{item.content_type.app_label}.{item.codename}": item for item in permissions}


def sync_groups():
    """Make the groups carry exactly the permissions of ROLES; a name that no model has is a KeyError."""
    known = known_permissions()
    for role in ROLES:
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in permission_names(role)])


def sync_groups_after_migrate(**kwargs):
    """Signal handler of the app that comes last; a partial migrate lacks permissions and leaves the groups alone."""
    if all(permission_names(role) <= set(known_permissions()) for role in ROLES):
        sync_groups()
