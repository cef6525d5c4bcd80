"""What the made-up studios do: achievements in each state, projects, reviews, money, questions, and an application."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from studios.models import (
    Achievement,
    AnnualReview,
    Contribution,
    Grant,
    HelpRequest,
)
from studios.services import achievements, grants, help_requests, reviews
from unionportal.demo.attachments import drawing
from unionportal.demo.studios_application import load_campaign


def load_work(described, made_up, actor):
    """Load all that hangs on the made-up studios."""
    load_achievements(described["achievements"], made_up, actor)
    for number, studio in enumerate(made_up):
        load_year(studio, number, actor)
    load_reviews(made_up, actor)
    load_questions(described["questions"], made_up, actor)
    load_campaign(actor)


def load_achievements(lines, made_up, actor):
    """Make achievements in every state and of every confidentiality."""
    year = timezone.localdate().year
    by_title = {}
    for number, (place, kind, title, problem, solution, yuan, confidentiality, state) in enumerate(lines):
        is_patent = kind == "patent"
        item = Achievement.objects.create(
            studio=made_up[place],
            year=year - number % 3,
            kind=kind,
            title=title,
            problem=problem,
            solution=solution,
            confidentiality=confidentiality,
            in_use_since=date(year - 1 - number % 3, 5, 10),
            benefit_yuan=yuan,
            benefit_basis="（演示）按年节约工时和材料测算" if yuan else "",
            certified_by="（演示）本单位财务科" if yuan else "",
            patent_kind="utility" if is_patent else "",
            patent_number="演示专利号 0000000" if is_patent else "",
        )
        leader = item.studio.leader
        Contribution.objects.create(achievement=item, position=1, person=leader.person, name=leader.name)
        Contribution.objects.create(achievement=item, position=2, name=f"演示成员{number % 3 + 1}")
        if number % 3 == 0:
            item.adoptions.create(unit_name="演示兄弟单位", effect="（演示）照此改造，效果相当。")
        by_title[title] = bring_to(item, state, actor, by_title)


def bring_to(item, state, actor, by_title):
    """Move an achievement on to a state by the services and return it."""
    if state == "draft":
        return item
    item = achievements.submit_achievement(achievement=item, actor=actor)
    if state == "returned":
        return achievements.return_achievement(
            achievement=item, actor=actor, reason="（演示）请补充使用前后的对比数据。"
        )
    if state == "duplicate":
        return achievements.refuse_achievement(
            achievement=item,
            actor=actor,
            reason="（演示）与已登记的成果做法相同。",
            duplicate_of=by_title["可拆式越冬保温板"],
        )
    if state in ("verified", "published"):
        item = achievements.verify_achievement(achievement=item, actor=actor)
    if state == "published":
        item = achievements.publish_achievement(achievement=item, actor=actor)
    return item


def load_year(studio, number, actor):
    """Give a studio projects, a pair of master and apprentice, activities and a grant."""
    today = timezone.localdate()
    studio.projects.create(
        title=f"{studio.field.split('、')[0]}难题攻关（演示）",
        problem="（演示）一线反映最多的一个问题。",
        goal="（演示）年内拿出可推广的办法",
        lead_name=studio.leader.name,
        started_on=today - timedelta(days=120),
        due_on=today + timedelta(days=150),
        status="running",
        is_public=True,
    )
    studio.apprenticeships.create(
        master=studio.leader.person,
        master_name=studio.leader.name,
        apprentice_name=f"演示徒弟{number + 1}",
        trade=studio.field,
        started_on=date(today.year, 1, 8),
        ends_on=date(today.year + 1, 1, 7),
    )
    for months, (kind, title, people, caption) in enumerate(
        (
            ("training", "岗位难题公开课（演示）", 36, "示意图：教师在白板前讲解，学员围坐"),
            ("service", "走进班组答疑（演示）", 18, "示意图：两名工友在工作台前讨论一个零件"),
        ),
        1,
    ):
        activity = studio.activities.create(
            kind=kind,
            title=title,
            held_on=today - timedelta(days=40 * months),
            place="演示培训室",
            people=people,
            summary="（演示）现场拆解三个问题，当场试做。",
        )
        picture = drawing("training" if kind == "training" else "bench", actor, "工作室活动照片")
        activity.photos.create(file=picture, caption=caption, position=1)
    load_grant(studio, number, actor)


def load_grant(studio, number, actor):
    """Give a studio money in two instalments, the first paid but for one studio."""
    today = timezone.localdate()
    grant = Grant.objects.create(
        studio=studio,
        year=today.year,
        amount_yuan=20000,
        source="区总工会创新工作室补助（演示）",
        document_number=f"演示批复{number + 1}",
        decided_on=date(today.year, 1, 15),
    )
    first = grants.plan_instalment(grant=grant, amount_yuan=12000, actor=actor, planned_on=today)
    grants.plan_instalment(grant=grant, amount_yuan=8000, actor=actor, planned_on=today + timedelta(days=120))
    if number != 2:
        grants.pay_instalment(
            instalment=first, paid_on=today, voucher_number=f"演示凭证{number + 1:03d}", actor=actor
        )


def load_reviews(made_up, actor):
    """Decide on last year's reports; ask for this year's: one half written, one handed in, one overdue."""
    today = timezone.localdate()
    last = today.year - 1
    for studio, score, result in zip(made_up, (92, 81, 76), ("excellent", "pass", "pass"), strict=True):
        review = AnnualReview.objects.create(
            studio=studio, year=last, due_on=date(last, 12, 31), **reviews.year_of(studio, last)
        )
        told = {"results": review.results or "（演示）上年的成果。", "plan": "（演示）继续攻关，带好徒弟。"}
        reviews.submit_report(review=review, actor=actor, fields=told)
        reviews.decide_review(review=review, actor=actor, score=score, result=result)
        sent = timezone.make_aware(datetime(last, 12, 18, 10, 20))
        AnnualReview.objects.filter(pk=review.pk).update(submitted_at=sent, decided_on=date(last + 1, 1, 20))
    reviews.open_reviews(year=today.year, due_on=today + timedelta(days=20), actor=actor)
    open_one, handed_in, late = (AnnualReview.objects.get(studio=item, year=today.year) for item in made_up)
    reviews.save_report(
        review=open_one,
        actor=actor,
        version=open_one.updated_at.isoformat(),
        fields={"funds": "（演示）补助 2 万元，已用 1.2 万元，购置夹具试制材料。"},
    )
    reviews.submit_report(review=handed_in, actor=actor, fields={"plan": "（演示）把保温板推到全区蜂场。"})
    AnnualReview.objects.filter(pk=late.pk).update(due_on=today - timedelta(days=6))


def load_questions(told, made_up, actor):
    """Take in questions from made-up workers and bring each as far as told."""
    for number, one in enumerate(told, 1):
        item = help_requests.ask(
            title=one["title"],
            question=one["question"],
            asker=f"演示求助人{number}",
            contact="010-00000000",
            consents_to_publication=True,
        )
        if one["state"] == "received":
            continue
        studio = made_up[one["studio"]]
        due_on = timezone.localdate() + timedelta(days=7)
        item = help_requests.route(item=item, studio=studio, due_on=due_on, actor=actor)
        if "answer" in one:
            item = help_requests.answer(
                item=item, text=one["answer"], answered_by=studio.leader.name, actor=actor
            )
            help_requests.publish(item=HelpRequest.objects.get(pk=item.pk), actor=actor)
