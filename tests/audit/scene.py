"""Records for every service of the kernel to act on, and a call of each service."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from tests.academies import audited
from tests.craftsmen import honoured
from tests.factories import (
    certificate_line,
    id_number,
    make_certificate,
    make_design,
    make_person,
    make_series,
    make_superuser,
    make_unit,
    make_user,
    workbook,
)
from tests.files.test_storing import PDF, picture, upload
from tests.notices import notices
from tests.panels.desk import D, make_judge, make_panel, rubric, save, submit
from unionportal import roles
from unionportal.accounts.services import assign_roles
from unionportal.certificates import handing_out
from unionportal.certificates import services as certificates
from unionportal.certificates.models import Certificate
from unionportal.files import services as files
from unionportal.inbox import services as inbox
from unionportal.inbox.models import Message
from unionportal.news import services as news
from unionportal.news.models import Article, Column
from unionportal.notices.archive import archive_pdf
from unionportal.notices.models import Holiday, PublicNotice
from unionportal.notices.services import lifecycle, objections
from unionportal.panels.services import decisions, marks, seats
from unionportal.people import claims, phones, sign_up
from unionportal.people import services as people
from unionportal.people.models import Claim
from unionportal.people.union_files import import_union_bodies


class Scene:
    """Records for every service of the kernel to act on."""

    def __init__(self):
        self.actor = make_superuser()
        self.stored = files.store_document(upload=upload(PDF, "旧.pdf"), actor=self.actor, purpose="测试")
        self.account = make_user(roles.EXPERT)
        self.unit, self.other = make_unit("甲厂"), make_unit("乙厂")
        self.merged = make_unit("丙厂", merged_into=self.other)
        self.person = make_person(id_number=id_number(1), phone="13812345678")
        self.design, self.series = make_design(), make_series()
        self.certificate = make_certificate(self.actor)
        make_person(self.actor.name, id_number=id_number(8))
        self.worker = make_user(roles.WORKER, name="赵工")
        self.claim = Claim.objects.create(user=self.worker, ground="identity")
        self.message = inbox.send(to=self.actor, title="旧消息", body="正文")
        Message.objects.update(sent_at=timezone.now() - timedelta(days=4000))
        column = Column.objects.create(name="动态", slug="dongtai")
        self.draft = Article.objects.create(column=column, title="稿", body="<p>文</p>")
        self.live = Article.objects.create(
            column=column,
            title="文",
            body="<p>文</p>",
            status="published",
            published_at=timezone.now() - timedelta(hours=1),
        )
        self.judges = [make_judge("jia"), make_judge("yi")]
        self.panel = make_panel(self.actor, judges=self.judges, candidates=["01", "02"], seats=3)
        self.preparing = make_panel(self.actor, is_open=False)
        self.closed = seats.close_panel(panel=make_panel(self.actor), actor=self.actor)
        self.seat = self.panel.assignments.get(user=self.judges[0])
        self.candidate = self.panel.candidates.get(label="01")
        self.draft_sheet = save(self.judges[0], D(1), D(1), label="01")
        self.set_aside = decisions.set_judge_aside(
            assignment=self.panel.assignments.get(user=self.judges[1]), actor=self.actor, reason="误判"
        )
        self.recusal = seats.recuse(
            assignment=self.set_aside,
            candidate=self.panel.candidates.get(label="02"),
            actor=self.actor,
            note="同镇街",
        )
        self.honours = honoured.HonourScene(self.actor)
        self.learning = audited.LearningScene(self.actor)
        self.handed_in = submit(self.judges[0], D(1), D(1), label="02")
        self.notice_draft = notices.draft(self.actor)
        self.notice, self.stopped, self.over = (notices.running(self.actor) for _ in range(3))
        lifecycle.stop_notice(notice=self.stopped, actor=self.actor, reason="核查")
        days = {
            "starts_on": timezone.localdate() - timedelta(9),
            "last_on": timezone.localdate() - timedelta(2),
        }
        PublicNotice.objects.filter(pk=self.over.pk).update(**days)
        self.objection = notices.object_to(self.notice)
        self.evidence = files.store_image(
            upload=upload(picture(), "a.jpg"), actor=self.actor, purpose="异议材料"
        )
        self.closed_notice = notices.running(self.actor)
        PublicNotice.objects.filter(pk=self.closed_notice.pk).update(**days)
        self.closed_notice = lifecycle.close_notice(notice=self.closed_notice, actor=self.actor)
        Holiday.objects.create(on=self.notice.last_on, name="临时放假")


SERVICES = {
    **honoured.SERVICES,
    **audited.SERVICES,
    "people.life_status_set": lambda s: people.set_life_status(
        person=s.person, status="retired", actor=s.actor
    ),
    "accounts.roles_assigned": lambda s: assign_roles(
        user=s.account, roles=list(Group.objects.filter(name=roles.JUDGE)), actor=s.actor
    ),
    "people.units_created": lambda s: people.create_units(names=["新厂"], actor=s.actor, source="x"),
    "people.unit_renamed": lambda s: people.rename_unit(unit=s.unit, name="新名", actor=s.actor),
    "people.unit_merged": lambda s: people.merge_units(unit=s.unit, into=s.other, actor=s.actor),
    "people.unit_separated": lambda s: people.separate_unit(unit=s.merged, actor=s.actor),
    "people.person_added": lambda s: people.person_by_identity(
        name="新人", id_number=id_number(9), actor=s.actor
    ),
    "people.person_claimed": lambda s: claims.claim_person(
        user=s.actor, name=s.actor.name, id_number=id_number(8)
    ),
    "people.signed_up": lambda s: sign_up.sign_up(phone="13600000001", name="新工", is_flexible=True),
    "people.claim_made": lambda s: claims.ask_to_join(user=s.actor, id_number=id_number(7)),
    "people.claim_settled": lambda s: claims.settle_claim(
        claim=s.claim, person=s.person, actor=s.actor, reason="本人到场"
    ),
    "people.claim_refused": lambda s: claims.refuse_claim(claim=s.claim, actor=s.actor, reason="不是本人"),
    "people.code_handed_out": lambda s: phones.hand_out_code(
        phone="13600000002", name="新工", reason="本人到场", actor=s.actor
    ),
    "people.login_phone_changed": lambda s: phones.change_login_phone(
        user=s.worker, phone="13600000003", reason="本人到场", actor=s.actor
    ),
    "people.union_bodies_imported": lambda s: import_union_bodies(
        workbook=workbook({"工会": [["名称", "层级"], ["区总工会", "区总工会"]]}), actor=s.actor
    ),
    "inbox.messages_forgotten": lambda s: inbox.forget_old(),
    "people.identity_revealed": lambda s: people.reveal_identity(person=s.person, actor=s.actor),
    "files.file_stored": lambda s: files.store_document(
        upload=upload(PDF, "a.pdf"), actor=s.actor, purpose="测试"
    ),
    "files.file_stored ": lambda s: files.store_image(
        upload=upload(picture(), "a.jpg"), actor=s.actor, purpose="测试"
    ),
    "files.file_discarded": lambda s: files.discard_file(stored=s.stored, actor=s.actor, reason="导入完成"),
    "certificates.certificates_issued": lambda s: certificates.issue_certificates(
        design=s.design,
        series=s.series,
        issued_on=timezone.localdate(),
        lines=[certificate_line()],
        actor=s.actor,
    ),
    "certificates.certificate_reissued": lambda s: certificates.reissue_certificate(
        certificate=s.certificate, reason="遗失", actor=s.actor
    ),
    "certificates.certificate_revoked": lambda s: certificates.revoke_certificate(
        certificate=s.certificate, ground="误", actor=s.actor
    ),
    "certificates.certificates_exported": lambda s: handing_out.hand_out(
        certificates=Certificate.objects.all(), kind="xlsx", site="https://a.cn", name="x", actor=s.actor
    ),
    "news.article_published": lambda s: news.publish_article(article=s.draft, actor=s.actor),
    "news.article_withdrawn": lambda s: news.withdraw_article(article=s.live, actor=s.actor, reason="误"),
    "notices.notice_drafted": lambda s: notices.draft(s.actor),
    "notices.notice_started": lambda s: lifecycle.start_notice(notice=s.notice_draft, actor=s.actor),
    "notices.notice_stopped": lambda s: lifecycle.stop_notice(notice=s.notice, actor=s.actor, reason="误"),
    "notices.notice_resumed": lambda s: lifecycle.resume_notice(notice=s.stopped, actor=s.actor),
    "notices.notice_extended": lambda s: lifecycle.extend_notice(notice=s.notice, actor=s.actor),
    "notices.notice_closed": lambda s: lifecycle.close_notice(notice=s.over, actor=s.actor),
    "notices.notice_withdrawn": lambda s: lifecycle.withdraw_notice(
        notice=s.notice, actor=s.actor, reason="误"
    ),
    "notices.objection_raised": lambda s: notices.object_to(s.notice, s.notice.lines.first()),
    "notices.objection_registered": lambda s: notices.register(s.notice, s.actor),
    "notices.objection_investigated": lambda s: objections.investigate(objection=s.objection, actor=s.actor),
    "notices.objection_decided": lambda s: objections.decide_objection(
        objection=s.objection, actor=s.actor, is_upheld=True, finding="属实。"
    ),
    "notices.archive_made": lambda s: archive_pdf(notice=s.closed_notice, actor=s.actor),
    "notices.attachment_read": lambda s: objections.read_attachment(
        objection=s.objection, stored=s.evidence, actor=s.actor
    ),
    "notices.objector_revealed": lambda s: objections.reveal_objector(objection=s.objection, actor=s.actor),
    "panels.panel_opened": lambda s: seats.open_panel(panel=s.preparing, actor=s.actor),
    "panels.panel_closed": lambda s: seats.close_panel(panel=s.panel, actor=s.actor),
    "panels.panel_reopened": lambda s: seats.reopen_panel(panel=s.closed, actor=s.actor, reason="误"),
    "panels.judge_assigned": lambda s: seats.assign_judge(
        panel=s.preparing, seat=1, label="裁判1", actor=s.actor
    ),
    "panels.judge_left": lambda s: seats.end_assignment(assignment=s.seat, actor=s.actor, reason="病"),
    "panels.judge_recused": lambda s: seats.recuse(
        assignment=s.seat, candidate=s.candidate, actor=s.actor, note="邻居"
    ),
    "panels.recusal_lifted": lambda s: seats.lift_recusal(
        recusal=s.recusal, actor=s.actor, reason="登记有误"
    ),
    "panels.sheet_saved": lambda s: marks.save_sheet(
        sheet=s.draft_sheet,
        actor=s.judges[0],
        marks=rubric(s.panel, D(2), None),
        version=s.draft_sheet.version,
        deductions=[(D(1), "着装")],
    ),
    "panels.sheet_submitted": lambda s: marks.submit_sheet(
        sheet=s.draft_sheet, actor=s.judges[0], version=s.draft_sheet.version
    ),
    "panels.sheet_reopened": lambda s: marks.reopen_sheet(sheet=s.handed_in, actor=s.actor, reason="误"),
    "panels.judge_set_aside": lambda s: decisions.set_judge_aside(
        assignment=s.seat, actor=s.actor, reason="失当"
    ),
    "panels.judge_counted_again": lambda s: decisions.count_judge_again(
        assignment=s.set_aside, actor=s.actor, reason="误判"
    ),
    "panels.mixed_numbers_accepted": lambda s: decisions.accept_mixed_numbers(
        panel=s.panel, actor=s.actor, reason="病"
    ),
    "panels.spread_answered": lambda s: decisions.answer_spread(
        candidate=s.candidate, actor=s.actor, answer="无误"
    ),
    "panels.points_deducted": lambda s: decisions.deduct(
        candidate=s.handed_in.candidate, points=D(1), reason="超时", actor=s.actor
    ),
}
