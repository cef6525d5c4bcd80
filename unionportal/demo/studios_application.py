"""A made-up round of recognition of studios, with one application that waits for its initial review."""

from datetime import date, timedelta

from django.utils import timezone

from studios.models import ConditionAnswer, StudioApplication
from studios.services import applications, campaigns
from unionportal.accounts.models import User
from unionportal.demo.attachments import paper, upload
from unionportal.people.models import Person, Sector, UnionBody

# condition: number, what is said, title of the paper that proves it
ANSWERS = {
    "honour": (None, "（演示）技师，2024 年本单位技术能手", "负责人技师证书"),
    "team": (5, "（演示）技师一人、高级工三人、工程师一人，运维与电气各半", ""),
    "place": (48, "（演示）车间二层一间，分讨论、试制两区", ""),
    "plan": (None, "（演示）三年规划和四项管理制度", "三年工作规划"),
    "results": (3, "（演示）机器人抓手快换、焊接工装防错、停机看板", "三项成果说明"),
    "funds": (20000, "（演示）单位每年列支两万元", "经费承诺"),
}


def load_campaign(actor):
    """Announce a made-up round of recognition with one application that waits for its initial review."""
    today = timezone.localdate()
    campaign = campaigns.add_campaign(
        actor=actor,
        title=f"{today.year} 年区级创新工作室认定（演示）",
        year=today.year,
        opens_on=today - timedelta(days=10),
        closes_on=today + timedelta(days=20),
        introduction="（演示）由基层工会申报，经初审、专家评审、实地考察和公示后认定。",
        contact_phone="010-00000000",
        least_area=30,
        least_results=2,
        least_funds=10000,
    )
    campaign = campaigns.move_campaign(campaign=campaign, to="announced", actor=actor)
    body = UnionBody.objects.get(name="演示精密机械厂工会")
    load_application(campaign, body, body.units.get())


def load_application(campaign, body, unit):
    """Hand in an application of a made-up union, with its papers."""
    liaison = User.objects.get(username="jingban")
    year = timezone.localdate().year
    sector, _ = Sector.objects.get_or_create(name="智能装备")
    leader = Person.objects.create(name="演示带头人丁", unit=unit, occupation="工业机器人运维")
    application = StudioApplication.objects.create(
        campaign=campaign,
        body=body,
        applied_by=liaison,
        name="演示智能装备运维创新工作室",
        kind="craftsman",
        host_unit=unit,
        leader=leader,
        leader_post="工业机器人系统运维员，技师",
        sector=sector,
        field="工业机器人运维",
        founded_on=date(year - 2, 9, 1),
        address="密云区（演示地址）",
        team="演示成员丁一，技师\n演示成员丁二，高级工\n演示成员丁三，工程师\n演示成员丁四，高级工",
        story="（演示）把停机记录一条条翻出来，先解决停得最多的那一种。",
        goals="（演示）一年内把非计划停机减少三成。",
        unit_opinion="（演示）同意申报。",
    )
    answer(application)
    attach_papers(application, liaison)
    applications.submit_application(application=application, actor=liaison)


def answer(application):
    """Answer each condition of the campaign."""
    ConditionAnswer.objects.bulk_create(
        ConditionAnswer(application=application, condition=condition, number=number, text=text)
        for condition, (number, text, _) in ANSWERS.items()
    )


def attach_papers(application, liaison):
    """Attach what proves the answers, a picture of the place, and the stamped form."""
    for condition, (_, text, title) in ANSWERS.items():
        if title:
            applications.attach_file(
                application=application,
                kind="evidence",
                condition=condition,
                upload=paper(title, text),
                actor=liaison,
            )
    applications.attach_file(
        application=application, kind="photo", condition="place", upload=upload("lathe"), actor=liaison
    )
    applications.attach_file(
        application=application,
        kind="form",
        upload=paper("盖章的申报表", "此处应为盖章后的扫描件。"),
        actor=liaison,
    )
