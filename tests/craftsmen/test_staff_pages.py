"""The staff's pages: queue, dossier, letters, experts, slate, road, notice, conferral; what they cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from craftsmen.models import Conferral, Consultation, Meeting, Nomination, Selection, SlateRule
from craftsmen.services import consultations, experts, review, slates
from tests.craftsmen import played
from tests.factories import make_design, make_nomination, make_offer, make_person, make_series, make_user
from tests.one_of_each import picture
from unionportal import roles
from unionportal.news.models import Column
from unionportal.notices.models import PublicNotice

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = played.make_staff()
    client.force_login(user)
    return user


@pytest.fixture
def supervisor(client):
    user = make_user(roles.SUPERVISOR, is_staff=True)
    client.force_login(user)
    return user


def page(client, name, *args, status=200, **query):
    response = client.get(reverse(f"admin:craftsmen_{name}", args=args), query)
    assert response.status_code == status
    return response.content.decode()


def post(client, name, *args, **fields):
    return client.post(reverse(f"admin:craftsmen_{name}", args=args), fields, follow=True)


def statements(call):
    with CaptureQueriesContext(connection) as context:
        call()
    return len(context)


# ── Queue and dossier ────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_shows_what_was_handed_in_and_flags_doubles(client, staff):
    offer = make_offer(staff)
    person = make_person("赵一")
    make_nomination(offer, person, status="reviewed")
    make_nomination(offer, make_person("未交"), status="draft")
    other = make_offer(staff)
    other.selection = offer.selection
    other.save()
    make_nomination(other, person, status="reviewed")
    text = page(client, "nomination_changelist")
    assert text.count("重复申报") >= 3  # in both rows, and in the filter
    assert "未交" not in text
    assert "未交" not in page(client, "nomination_changelist", q="未交").partition('id="result_list"')[2]


@pytest.mark.parametrize("count", [1, 3])
def test_the_queue_costs_the_same_however_long_it_is(client, staff, count):
    offer = make_offer(staff)
    played.nominate(offer, *played.NAMES[:count], status="reviewed")
    page(client, "nomination_changelist")
    assert statements(lambda: page(client, "nomination_changelist")) == 10


def test_the_dossier_reads_the_whole_form_and_offers_what_may_come_next(client, staff):
    nomination = make_nomination(
        make_offer(staff), make_person("赵一"), status="reviewed", full_deeds="三十年如一日。", post="班长"
    )
    text = page(client, "nomination_change", nomination.pk)
    for part in (
        "赵一",
        "三十年如一日。",
        "7 字",
        "班长",
        "通过审查",
        "退回申报单位",
        "不符合条件",
        "撤回申报",
    ):
        assert part in text
    assert "退回镇街" not in text
    response = post(client, "nomination_step", nomination.pk, "accept")
    assert "审查通过" in response.content.decode()
    nomination.refresh_from_db()
    assert nomination.status == "accepted"
    assert "资格审查通过" in page(client, "nomination_change", nomination.pk).partition("经过")[2]


def test_a_step_that_is_refused_says_why(client, staff):
    nomination = make_nomination(make_offer(staff), status="reviewed")
    text = post(client, "nomination_step", nomination.pk, "to_unit", reason=" ").content.decode()
    assert "请写明退回的理由" in text
    nomination.refresh_from_db()
    assert nomination.status == "reviewed"


def test_a_draft_has_no_page_for_staff(client, staff):
    nomination = make_nomination(make_offer(staff), status="draft")
    page(client, "nomination_change", nomination.pk, status=404)
    assert post(client, "nomination_step", nomination.pk, "accept").status_code == 404


def test_the_workbook_holds_what_the_list_shows(client, staff):
    offer = make_offer(staff)
    played.nominate(offer, "赵一")
    played.nominate(offer, "钱二", status="reviewed")
    url = reverse("admin:craftsmen_nomination_export") + "?status__exact=reviewed"
    response = client.post(url)
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    assert client.get(url).status_code == 405
    assert client.post(reverse("admin:craftsmen_nomination_export") + "?id__bad=1").status_code == 400


def test_a_supervisor_reads_and_moves_nothing(client, supervisor):
    offer = played.scored(make_user(roles.CRAFTSMAN_STAFF))
    nomination = make_nomination(offer, status="reviewed")
    assert (
        "通过审查"
        not in page(client, "nomination_change", nomination.pk).partition("经过")[0].partition("下一步")[2]
    )
    assert "确定名单" not in page(client, "offer_slate", offer.pk)
    page(client, "offer_experts", offer.pk)
    page(client, "selection_progress", offer.selection_id)
    for name, args in (
        ("nomination_step", (nomination.pk, "accept")),
        ("offer_slate_act", (offer.pk, "settle")),
        ("offer_expert_act", (offer.pk, "reopen")),
        ("selection_act", (offer.selection_id, "refill")),
        ("selection_confer", (offer.selection_id,)),
        ("selection_notice", (offer.selection_id,)),
    ):
        assert post(client, name, *args).status_code == 403, name


# ── Letters and visits ───────────────────────────────────────────────────────────────────────────────────


def test_letters_go_out_and_a_reply_comes_back_through_the_pages(client, staff):
    offer = make_offer(staff)
    played.nominate(offer, "赵一", "钱二")
    today = timezone.localdate().isoformat()
    sent = {"selection": offer.selection_id, "departments": "区税务局\n公安密云分局", "sent_on": today}
    assert "已生成 2 封" in post(client, "consultation_add", **sent).content.decode()
    letter = Consultation.objects.get(department="区税务局")
    response = client.get(reverse("admin:craftsmen_consultation_letter", args=[letter.pk]))
    assert b"".join(response)[:2] == b"PK"
    line = letter.lines.get(nomination__person__name="钱二")
    fields = {"replied_on": today, "opinion": "no_objection", f"opinion_{line.pk}": "objection"}
    refused = post(client, "consultation_reply", letter.pk, **fields).content.decode()
    assert "请写明内容" in refused
    fields |= {f"note_{line.pk}": "欠缴税款", "scan": picture()}
    text = post(client, "consultation_reply", letter.pk, **fields).content.decode()
    assert "欠缴税款" in text
    letter.refresh_from_db()
    assert letter.scan
    assert client.get(letter.scan.get_absolute_url()).status_code == 404
    scan = client.get(reverse("admin:craftsmen_selection_paper", args=[letter.scan.key]))
    assert b"".join(scan)[:4] == b"\x89PNG"
    assert "部门有不同意见" in page(client, "nomination_changelist")


def test_a_refused_letter_keeps_what_was_typed(client, staff):
    offer = make_offer(staff)
    sent = {"selection": offer.selection_id, "departments": "区税务局", "sent_on": "2026-03-02"}
    text = post(client, "consultation_add", **sent).content.decode()
    assert "名单是空的" in text
    assert "区税务局</textarea>" in text


def test_a_visit_keeps_its_pictures_private(client, staff):
    nomination = make_nomination(make_offer(staff))
    fields = {
        "nomination": nomination.pk,
        "visited_on": "2026-03-09",
        "visitors": "张某",
        "report": "事迹属实。",
        "pictures": [picture(), picture()],
    }
    post(client, "fieldvisit_add", **fields)
    visit = nomination.field_visits.get()
    assert visit.written_by == staff
    assert [photo.is_guarded for photo in visit.photos.all()] == [True, True]
    assert "照片 2 张" in page(client, "nomination_change", nomination.pk)


# ── Experts ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_experts_page_takes_the_marking_from_shortlist_to_scores(client, staff):
    offer = make_offer(staff, seats=3)
    played.nominate(offer, "赵一")
    assert "已安排 0 名专家" in page(client, "offer_experts", offer.pk)
    users = played.seat(offer, staff, 3)
    for act, done in (("shortlist", "1 名候选人"), ("open", "已开始")):
        assert done in post(client, "offer_expert_act", offer.pk, act).content.decode()
    played.mark_all(users, {"赵一": [90, 91, 92]})
    assert "3 / 3" in page(client, "offer_experts", offer.pk)
    assert "已截止" in post(client, "offer_expert_act", offer.pk, "close").content.decode()
    assert "91.00（3 份）" in page(client, "offer_experts", offer.pk)
    assert "已取" in post(client, "offer_expert_act", offer.pk, "scores").content.decode()
    assert "没有这一步" in post(client, "offer_expert_act", offer.pk, "dance").content.decode()


def test_of_a_blind_panel_staff_are_told_to_read_the_material(client, staff):
    offer = make_offer(staff, is_blind=True)
    played.nominate(offer, "赵一")
    experts.shortlist(offer=offer, actor=staff)
    text = page(client, "offer_experts", offer.pk)
    assert "开评前须逐份通读" in text
    assert "通读盲评材料" in text


# ── Slate ────────────────────────────────────────────────────────────────────────────────────────────────


def choice(offer, *chosen, reserves=(), **reasons):
    keys = dict(offer.slate_lines.values_list("nomination__person__name", "pk"))
    orders = {f"order_{keys[name]}": place for place, name in enumerate(reserves, 1)}
    return {"chosen": [keys[name] for name in chosen], **orders} | {
        f"reason_{keys[name]}": text for name, text in reasons.items()
    }


def test_the_slate_is_chosen_without_a_script(client, staff):
    offer = played.scored(staff)
    SlateRule.objects.create(offer=offer, kind="per_unit_at_most", number=1)
    text = page(client, "offer_slate", offer.pk)
    assert "按名次预选，还没有保存。" in text
    assert "并列" not in text
    assert "同一单位人数不超过 1 人" in text
    refused = post(
        client, "offer_slate_act", offer.pk, "settle", **choice(offer, "赵一", "周五", reserves=["钱二"])
    )
    text = refused.content.decode()
    assert "周五排在名次相同或更靠前的人之前" in text
    assert text.count("checked") == 2
    assert Nomination.objects.filter(status="scored").count() == 5
    kept = post(client, "offer_slate_act", offer.pk, "save", **choice(offer, "赵一", "周五"))
    assert "已保存，尚未确定" in kept.content.decode()
    fields = choice(offer, "赵一", "周五", reserves=["钱二"], 周五="一线岗位空白，统筹考虑。")
    text = post(client, "offer_slate_act", offer.pk, "settle", **fields).content.decode()
    assert "名单已确定" in text
    assert played.states(offer)["周五"] == "proposed"
    assert "退回重新拟定" in text
    text = post(client, "offer_slate_act", offer.pk, "reopen", reason="漏看一份材料").content.decode()
    assert "已退回重新拟定" in text


def test_the_slate_tells_of_a_tie_at_the_line_only_where_there_is_one(client, staff):
    offer = played.scored(staff, {"赵一": [90] * 3, "钱二": [80] * 3, "孙三": [80] * 3})
    assert "名额线上并列的没有预选" in page(client, "offer_slate", offer.pk)


def test_orders_that_repeat_or_are_no_numbers_are_refused_and_kept_on_the_page(client, staff):
    offer = played.scored(staff)
    fields = choice(offer, "赵一", "钱二", reserves=["孙三"])
    key = offer.slate_lines.get(nomination__person__name="李四").pk
    for typed, problem in (("1", "递补次序有重复"), ("第二", "应为 1、2、3")):
        text = post(
            client, "offer_slate_act", offer.pk, "settle", **fields, **{f"order_{key}": typed}
        ).content.decode()
        assert problem in text
    assert offer.slate_lines.filter(is_chosen=True).count() == 0


@pytest.mark.parametrize("people", [3, 300])
def test_scores_and_slate_cost_the_same_for_three_and_three_hundred(client, staff, people):
    offer = played.crowd(staff, people)
    assert statements(lambda: experts.take_scores(offer=offer, actor=staff)) == 17
    page(client, "offer_slate", offer.pk)
    assert statements(lambda: page(client, "offer_slate", offer.pk)) == 8
    assert statements(lambda: page(client, "offer_experts", offer.pk)) == 23
    keys = [line.pk for line in slates.lines_of(offer)]
    best = slates.Choice(frozenset(keys[:3]), tuple(keys[3:]), dict.fromkeys(keys, "并列"))
    assert statements(lambda: slates.settle_slate(offer=offer, choice=best, actor=staff)) == 16


# ── Road, meeting, notice, conferral ─────────────────────────────────────────────────────────────────────


def now_at(client, selection):
    text = page(client, "selection_progress", selection.pk)
    return text.partition('class="now"')[2].partition("<h2>")[2].partition("<span>")[0]


def test_the_road_says_where_a_selection_stands(client, staff):
    offer = make_offer(staff, seats=3)
    selection = offer.selection
    assert now_at(client, selection) == "申报推荐"
    (nomination,) = played.nominate(offer, "赵一", status="reviewed")
    Selection.objects.update(opens_on=None, unit_deadline=None, branch_deadline=None)
    assert now_at(client, selection) == "资格审查"
    review.accept_nomination(nomination=nomination, actor=staff)
    assert now_at(client, selection) == "征求意见"
    today = timezone.localdate()
    sent = {"selection": selection, "departments": ["区税务局"], "sent_on": today}
    (letter,) = consultations.send_letters(actor=staff, **sent)
    assert now_at(client, selection) == "征求意见"
    consultations.record_reply(consultation=letter, replied_on=today, actor=staff)
    assert now_at(client, selection) == "专家评审"


def test_the_year_goes_through_the_pages(client, staff):
    offer = played.settled(staff)
    selection = offer.selection
    today = timezone.localdate().isoformat()
    meeting = {
        "selection": selection.pk,
        "body": "评选委员会会议",
        "held_on": today,
        "minutes_number": "2026-3",
    }
    text = post(client, "meeting_add", **meeting, minutes=picture()).content.decode()
    assert "审定会议已登记" in text
    assert Meeting.objects.get().scan
    words = {"title": "公示", "body": "现予公示。", "days": 5, "order_rule": "strokes", **played.CONTACT}
    assert "草稿已保存" in post(client, "selection_notice", selection.pk, **words).content.decode()
    assert "公示已发布" in post(client, "selection_notice", selection.pk, **words, publish=1).content.decode()
    notice = PublicNotice.objects.get()
    played.uphold(notice, "钱二", staff)
    assert "更新公示结果" in page(client, "selection_progress", selection.pk)
    post(client, "selection_act", selection.pk, "follow")
    assert "递补下一名并公示" in page(client, "selection_progress", selection.pk)
    assert "孙三已递补" in post(client, "selection_act", selection.pk, "refill").content.decode()
    for item in PublicNotice.objects.all():
        played.close(item, staff)
    assert now_at(client, selection) == "授予"
    key = offer.nominations.get(person__name="赵一").pk
    decided = {
        "document_title": "关于命名的决定",
        "document_number": "密工发〔2026〕7号",
        "document_on": today,
    }
    text = post(
        client, "selection_confer", selection.pk, **decided, **{f"citation_{key}": "匠心如一"}
    ).content.decode()
    assert "已授予，共 2 人" in text
    assert "匠心如一" in text
    made = Conferral.objects.get()
    again = post(client, "selection_confer", selection.pk, **decided).content.decode()
    assert "已授予，共 2 人" in again
    column = Column.objects.create(name="要闻", slug="yaowen")
    design = make_design("craftsmen", kind="honour", body="授予{award}称号。", highlight="")
    issued = {"design": design.pk, "series": make_series("craftsmen").pk, "issued_on": today}
    for act, fields in (
        ("certificates", issued),
        ("article", {"column": column.pk}),
        ("ceremony", {"on": today, "place": "区文化馆"}),
    ):
        assert "已办理" in post(client, "conferral_after", made.pk, act, **fields).content.decode(), act
    made.refresh_from_db()
    assert made.article
    assert made.ceremony_place == "区文化馆"
    assert page(client, "conferral_change", made.pk).count("MYGJ-") == 2


def test_a_notice_that_cannot_start_stays_a_draft(client, staff):
    offer = played.scored(staff, {"赵\U000323af": [90] * 3, "钱二": [80] * 3, "孙三": [70] * 3})
    picked = played.choose(offer, "赵\U000323af", "钱二")
    slates.settle_slate(offer=offer, choice=picked, actor=staff)
    played.meet(offer.selection, staff)
    words = {
        "title": "公示",
        "body": "现予公示。",
        "days": 5,
        "order_rule": "strokes",
        **played.CONTACT,
        "publish": 1,
    }
    text = post(client, "selection_notice", offer.selection_id, **words).content.decode()
    assert "手工笔画数" in text
    assert PublicNotice.objects.get().status == "draft"
    assert set(played.states(offer).values()) == {"proposed", "not_chosen"}


def test_a_meeting_stands_once_a_notice_rests_on_it(client, staff):
    offer, _ = played.announced(staff)
    meeting = offer.selection.meetings.get()
    assert post(client, "meeting_change", meeting.pk, minutes_number="改").status_code == 403
    review.take_back(nomination=offer.nominations.get(person__name="赵一"), actor=staff, reason="本人申请")
    assert "空出名额：赵一" in page(client, "selection_progress", offer.selection_id)
