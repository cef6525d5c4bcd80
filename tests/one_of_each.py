"""One record of every model that the admin shows, for the tests that open every page."""

import io
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from competitions.models import Appearance, Entry, EntryMember, ModuleScore, ResultRow, ResultSheet, Stage
from competitions.services import exam_marks, panel_marks, results, stages
from craftsmen.models import Consultation, ConsultationLine, FieldVisit, NominationFile
from studios.models import Grant
from studios.services import evidence, grants
from tests import factories
from tests.academies import staff_records
from tests.academies.audited import own_records
from tests.craftsmen import honoured
from tests.craftsmen.played import conferred
from tests.studios import campaigning, making
from unionportal.accounts.models import ReportedFigure, SiteSettings
from unionportal.audit.services import record
from unionportal.files.services import inspect_image, store_document, store_image
from unionportal.inbox.services import send
from unionportal.news.models import Article, Column
from unionportal.news.services import publish_article
from unionportal.notices.models import Holiday, NoticeLine, NoticeStop, Objection, PublicNotice
from unionportal.panels.models import CandidateFile, CriterionLevel, DeclaredTie, Deduction, Judge, Recusal
from unionportal.people.models import Claim, Milestone, Sector

READ_ONLY = {
    "audit.auditentry",
    "files.storedfile",
    "people.milestone",
    "people.claim",
    "inbox.message",
    "inbox.delivery",
    "certificates.certificate",
    "competitions.resultsheet",
    "competitions.resultrow",
    "panels.recusal",
    "panels.sheet",
    "panels.mark",
    "panels.deduction",
    "panels.sheetversion",
    "notices.noticeline",
    "notices.noticestop",
    "notices.objection",
    "craftsmen.honourreview",
    "craftsmen.profiledraft",
    "craftsmen.nomination",
    "craftsmen.nominationfile",
    "craftsmen.consultationline",
    "craftsmen.slateline",
    "craftsmen.conferral",
    "studios.studioapplication",
    "studios.helprequest",
} | staff_records.READ_ONLY
# What no right opens: read-only records, and the records made here that a sealed result or a first mark has closed.
CLOSED_TO_ALL = (
    {(label, verb) for label in READ_ONLY for verb in ("add", "delete")} - {("files.storedfile", "add")}
    | staff_records.KEPT
    | {
        ("accounts.user", "delete"),
        ("craftsmen.consultation", "delete"),
        ("craftsmen.meeting", "delete"),
        ("accounts.sitesettings", "delete"),
        ("accounts.sitesettings", "add"),
        ("news.article", "delete"),
        ("notices.publicnotice", "delete"),
        *(
            (f"competitions.{name}", "delete")
            for name in ("competition", "event", "stage", "module", "tiebreak", "awardrule")
        ),
        *((f"competitions.{name}", "delete") for name in ("entry", "appearance", "attempt", "modulescore")),
        ("certificates.certificatedesign", "delete"),
        ("certificates.certificateseries", "delete"),
        ("craftsmen.honour", "delete"),
        ("craftsmen.profile", "add"),
        ("craftsmen.profile", "delete"),
        ("craftsmen.recommendation", "delete"),
        ("craftsmen.recommendationquota", "delete"),
        ("craftsmen.offer", "add"),
        ("people.liaison", "delete"),
        *((f"studios.{name}", "delete") for name in ("studio", "recognition", "campaign", "achievement")),
        *((f"studios.{name}", "delete") for name in ("annualreview", "grant")),
        ("studios.recognition", "add"),
        ("studios.annualreview", "add"),
        *((f"panels.{name}", "delete") for name in ("panel", "criterion", "criterionlevel", "assignment")),
    }
)


def picture():
    """A small PNG as an upload."""
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(target, "PNG")
    return SimpleUploadedFile("图.png", target.getvalue(), "image/png")


def roster_upload(actor, competition):
    """A roster that waits for somebody to confirm its import."""
    content = factories.workbook_file({"名册": [["姓名", "身份证号", "手机号", "单位", "赛项"]]}).read()
    upload = SimpleUploadedFile("名册.xlsx", content)
    return store_document(upload=upload, actor=actor, purpose=f"roster:{competition.pk}")


def play(actor, unit):
    """A published competition with two finalists; returns its final."""
    competition = factories.make_competition(actor)
    event = competition.events.get()
    names = ("甲某", "乙某")
    for name in names:
        factories.make_entry(event, name, unit)
    exam = [["赛项", "姓名", "理论成绩"], *(["焊接", name, 80] for name in names)]
    judged = [[name, f"裁判{seat}", 50, 30 + seat, 600] for name in names for seat in (1, 2, 3)]
    paper = [["姓名", "裁判", "质量", "安全", "用时（秒）"], *judged]
    final = {"competition": competition, "stage_name": "决赛", "actor": actor}
    exam_marks.import_exam_marks(**final, workbook=factories.workbook({"理论": exam}), enter=True)
    panel_marks.import_panel_marks(**final, workbook=factories.workbook({"焊接": paper}))
    stage = Stage.objects.get(event=event)
    results.seal_stage(stage=stage, actor=actor)
    results.publish_results(stage=stage, actor=actor)
    return stages.lock_stage(stage)


def notice_records(tag):
    """A public notice with a line, a stop and an objection."""
    today = timezone.localdate()
    days = {"starts_on": today, "last_on": today, "published_at": timezone.now(), "status": "running"}
    notice = PublicNotice.objects.create(line="competitions", title="公示", body="正文", **days)
    line = NoticeLine.objects.create(notice=notice, name="甲某")
    objection = Objection(notice=notice, line=line, text="异议", receipt=f"YY-0000-000{tag or 0}")
    objection.name = "乙某"
    objection.save()
    past = {"stopped_at": notice.published_at, "resumed_at": timezone.now(), "continues_on": today}
    stop = NoticeStop.objects.create(notice=notice, reason="核查", **past)
    return [
        notice,
        line,
        objection,
        stop,
        Holiday.objects.create(on=date(2027, 1, 1 + int(tag or 0)), name="元旦"),
    ]


def decided_records(actor, tag):
    """What a selection leaves on its way from the review to the titles."""
    offer, decision = conferred(actor, number=f"密工发〔2026〕7{tag}号")
    nomination = factories.make_nomination(offer, status="reviewed")
    paper = store_image(upload=picture(), actor=actor, purpose="申报材料")
    letter = Consultation.objects.create(
        selection=offer.selection, department="某局", sent_on=date(2026, 3, 2), scan=paper
    )
    return [
        nomination,
        NominationFile.objects.create(nomination=nomination, kind="photo", file=paper),
        letter,
        ConsultationLine.objects.create(consultation=letter, nomination=nomination),
        FieldVisit.objects.create(
            nomination=nomination,
            visited_on=date(2026, 3, 9),
            visitors="某某",
            report="属实",
            written_by=actor,
        ),
        offer.slate_lines.first(),
        offer.selection.meetings.get(),
        decision,
        offer,
        offer.selection,
    ]


def selection_records(actor):
    """A selection that is being set up, with one of all that its page holds."""
    offer = factories.make_offer(actor, status="draft")
    selection, body = offer.selection, factories.make_union_body("", "town")
    return [
        selection,
        offer,
        body,
        body.liaisons.create(user=actor, started_on=date(2025, 1, 1)),
        offer.allocations.create(body=body, places=1),
        offer.slate_rules.create(kind="women_at_least", number=20),
        selection.eligibility_rules.create(kind="union_member"),
        selection.extensions.create(body=body, until=date(2027, 1, 1), reason="邮寄延误"),
    ]


def nomination_records(actor):
    """A nomination with a paper, waiting at a town union whose liaison nobody of the tests is."""
    nomination = factories.make_nomination(
        factories.make_offer(actor), status="submitted", nominated_by=actor
    )
    file = store_image(upload=picture(), actor=actor, purpose="测试")
    return {"nomination": nomination, "nomination_file": nomination.files.create(kind="evidence", file=file)}


def studio_things(actor, tag):
    """A studio with one of all that belongs to one, an announced campaign with an application handed in."""
    studio = making.make_studio()
    achievement = making.make_achievement(studio, status="submitted")
    proof = evidence.attach_evidence(
        achievement=achievement, inspected=inspect_image(picture()), caption="证明", actor=actor
    )
    application = campaigning.apply(campaigning.make_campaign(), to="applied")
    grant = Grant.objects.create(studio=studio, year=2025, amount_yuan=100)
    grants.plan_instalment(grant=grant, amount_yuan=50, actor=actor)
    paid = grants.pay_instalment(
        instalment=grants.plan_instalment(grant=grant, amount_yuan=20, actor=actor),
        paid_on=timezone.localdate(),
        voucher_number=f"PZ-{tag or 0}",
        actor=actor,
        inspected=inspect_image(picture()),
    )
    today = timezone.localdate()
    made = [
        studio,
        studio.recognitions.get(),
        making.make_ceremony(studio.recognitions.get()),
        application.campaign,
        application,
        achievement,
        studio.projects.create(title="课题", started_on=today),
        studio.apprenticeships.create(
            master_name="甲", apprentice_name="乙", started_on=today, ends_on=today
        ),
        studio.activities.create(title="讲座", held_on=today),
        studio.reviews.create(year=2000 + int(tag or 0), due_on=today, status="submitted"),
        grant,
        making.make_question(),
    ]
    return {item._meta.label_lower: item for item in made} | {
        "application_file": application.files.first(),
        "proof": proof,
        "voucher": paid.voucher,
        "shown_achievement": making.make_achievement(studio, status="published"),
    }


def make(tag=""):
    """Return {model label: record}, and under "slug" the published competition; a tag makes one more of each."""
    actor = factories.make_superuser(f"maker{tag}")
    sector, unit = Sector.objects.create(name=f"焊接{tag}"), factories.make_unit()
    stage = play(actor, unit)
    competition, panel = stage.event.competition, stages.stage_panels(stage)[0]
    entry = stage.appearances.first().entry
    team = Entry.objects.create(
        event=stage.event, team_name="一队", unit=unit, unit_name=unit.name, number="T-1", status="accepted"
    )
    sheet, candidate = panel.sheets.first(), panel.candidates.first()
    studio_records = studio_things(actor, tag)
    application_file, proof = studio_records.pop("application_file"), studio_records.pop("proof")
    shown_achievement, voucher = studio_records.pop("shown_achievement"), studio_records.pop("voucher")
    column = Column.objects.create(name=f"要闻{tag}", slug=f"yaowen{tag}")
    article = Article.objects.create(column=column, title="标题", body="正文")
    publish_article(article=article, actor=actor)
    public_file = store_image(upload=picture(), actor=actor, purpose="测试", is_public=True)
    made = [
        stage,
        competition,
        panel,
        entry,
        sheet,
        candidate,
        column,
        article,
        public_file,
        sector,
        unit,
        entry.person,
        stage.event,
        competition.organisers.first(),
        competition.documents.create(
            kind="notice", title="关于举办竞赛的通知", text="正文", dated_on="2025-03-01"
        ),
        competition.committee.create(body="committee", duty="主任", name="丙某"),
        stage.modules.first(),
        stage.ties.first(),
        stage.award_rules.first(),
        EntryMember.objects.create(entry=team, person=factories.make_person()),
        Appearance.objects.filter(stage=stage).first(),
        stage.appearances.first().attempts.first(),
        ModuleScore.objects.first(),
        ResultSheet.objects.first(),
        ResultRow.objects.first(),
        panel.criteria.first(),
        CriterionLevel.objects.create(criterion=panel.criteria.first(), level=0, text="未达标"),
        panel.assignments.first(),
        sheet.marks.first(),
        sheet.versions.first(),
        CandidateFile.objects.create(candidate=candidate, file=public_file, label="证书"),
        Judge.objects.create(user=actor, unit=unit),
        DeclaredTie.objects.create(user=actor, person=entry.person, kind="master"),
        Recusal.objects.create(assignment=panel.assignments.first(), candidate=candidate, ground="added"),
        Deduction.objects.create(sheet=sheet, points=1, reason="超时"),
        Milestone.objects.first(),
        certificate := factories.make_certificate(actor),
        certificate.design,
        certificate.series,
        Claim.objects.create(user=actor, ground="identity"),
        message := send(to=actor, title="报名已通过", body="正文", kind="competitions.entry_accepted"),
        message.deliveries.create(channel="sms"),
        factories.make_user(),
        SiteSettings.objects.get_or_create(pk=1)[0],
        ReportedFigure.objects.create(
            value=48, unit="家", label=f"工作室{tag}", as_of="2025-06-30", source="区总工会"
        ),
        record(actor, "tests.something_done", unit),
        *decided_records(actor, tag),
        *notice_records(tag),
        *honoured.one_of_each(actor),
        *staff_records.one_of_each(actor),
        *selection_records(actor),
        *studio_records.values(),
    ]
    evidence = store_image(upload=picture(), actor=actor, purpose="异议材料")
    Objection.objects.last().attachments.add(evidence)
    return {item._meta.label_lower: item for item in made} | {
        "evidence": evidence,
        "scan": Consultation.objects.last().scan,
        "slug": competition.slug,
        "round": ("HJ", 1),
        "public_file": public_file,
        "upload": roster_upload(actor, competition),
        "selection": factories.make_offer(actor).selection,
        "application_file": application_file,
        "shown_achievement": shown_achievement,
        "proof": proof,
        "voucher": voucher,
        **nomination_records(actor),
        **own_records(actor),
    }
