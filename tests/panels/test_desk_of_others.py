"""The desk of a selection or a campaign: its words, the material, the files; and where a sign-in leads."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import make_user
from tests.files.test_storing import PDF
from tests.panels.desk import D, make_candidate, make_judge, make_panel, sheet_of, submit
from unionportal import roles
from unionportal.files.services import store_document
from unionportal.panels.models import CandidateFile, Panel
from unionportal.panels.services import marks, seats

pytestmark = pytest.mark.django_db
OF_CONTESTS = ("裁判", "选手", "加密号", "竞赛", "缺赛")


@pytest.fixture
def expert(client):
    expert = make_judge("pingwei")
    client.force_login(expert)
    return expert


def selection(expert, *, is_blind=False, **candidate):
    """An open selection with one candidate; returns the expert's sheet."""
    panel = make_panel(judges=[expert], is_open=False, kind=Panel.Kind.SELECTION, is_blind=is_blind)
    make_candidate(panel, "张三丰", code="M01", **candidate)
    seats.open_panel(panel=panel, actor=None)
    return sheet_of(expert)


def attach(sheet, label, **more):
    stored = store_document(
        upload=SimpleUploadedFile("张三丰事迹.pdf", PDF), actor=make_user(), purpose="评审附件"
    )
    return CandidateFile.objects.create(candidate=sheet.candidate, file=stored, label=label, **more)


def pages(client, sheet):
    """The text of every page of the desk, as this sheet's judge sees them."""
    paths = ["/judging/", f"/judging/panels/{sheet.panel_id}/", f"/judging/sheets/{sheet.uuid}/"]
    return "".join(client.get(path).content.decode() for path in paths)


def test_a_selection_speaks_of_experts_and_candidates_at_every_step(client, expert):
    sheet = selection(expert)
    texts = [pages(client, sheet)]
    assert "候选人" in texts[0]
    assert "评委签名" in texts[0]
    submit(expert, D(50), D(30))
    texts.append(pages(client, sheet))
    assert "请工作人员退回" in texts[1]
    seats.close_panel(panel=sheet.panel, actor=None)
    texts.append(pages(client, sheet))
    assert [word for word in OF_CONTESTS if word in "".join(texts)] == []


def test_a_contest_keeps_its_own_words(client, expert):
    panel = make_panel(judges=[expert], is_open=False)
    make_candidate(panel, "张三丰")
    seats.open_panel(panel=panel, actor=None)
    assert all(word in pages(client, sheet_of(expert)) for word in ("选手", "裁判签名", "竞赛工作人员"))


@pytest.mark.parametrize(("is_chaired", "asked"), [(False, "工作人员"), (True, "评审组长")])
def test_a_judge_is_sent_to_the_chief_only_where_there_is_one(client, expert, is_chaired, asked):
    panel = make_panel(judges=[expert], is_open=False, kind=Panel.Kind.SELECTION, seats=2)
    if is_chaired:
        chief = make_judge("zuzhang")
        seats.assign_judge(panel=panel, seat=2, user=chief, actor=None, role="chief", is_marking=False)
    make_candidate(panel, "张三丰")
    seats.open_panel(panel=panel, actor=None)
    shown = pages(client, submit(expert, D(50), D(30)))
    assert f"确需修改，请{asked}退回。" in shown
    assert f"确需修改，由{asked}退回。" in shown


def test_a_closed_panel_speaks_of_no_sending_back_and_of_no_deductions(client, expert):
    sheet = selection(expert)
    submit(expert, D(50), D(30))
    seats.close_panel(panel=sheet.panel, actor=None)
    shown = client.get(f"/judging/sheets/{sheet.uuid}/").content.decode()
    assert "评分已截止，评分表只能查看。确需更正，请联系工作人员。" in shown
    assert "退回" not in shown.partition("<main")[2].partition("</main>")[0]
    assert "没有扣分。" in shown


def test_material_is_shown_with_its_headings_and_nothing_of_it_is_markup(client, expert):
    text = "【主要事迹】\n\n三十年如一日<script>\n【绝技绝活】\n“一枪准”"
    shown = pages(client, selection(expert, brief=text))
    assert "<h2>主要事迹</h2><p>三十年如一日&lt;script&gt;</p><h2>绝技绝活</h2>" in "".join(
        line.strip() for line in shown.splitlines()
    )


def test_a_blind_selection_shows_the_blind_material_and_the_files_that_are_safe(client, expert):
    sheet = selection(expert, is_blind=True, brief="张三丰的事迹", blind_brief="某同志的事迹")
    named, blind = attach(sheet, "推荐表"), attach(sheet, "作品照片", is_blind_safe=True)
    text = pages(client, sheet)
    assert "张三丰" not in text
    assert "推荐表" not in text
    assert "某同志的事迹" in text
    assert client.get(f"/judging/files/{named.uuid}/").status_code == 404
    answer = client.get(f"/judging/files/{blind.uuid}/")
    assert b"".join(answer.streaming_content) == PDF
    # The upload's own name would give the person away.
    assert "%E4%BD%9C%E5%93%81%E7%85%A7%E7%89%87.pdf" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_a_file_is_there_for_the_judge_of_its_candidate_until_recusal_or_leaving(client, expert):
    sheet = selection(expert)
    address = f"/judging/files/{attach(sheet, '推荐表').uuid}/"
    assert b"".join(client.get(address).streaming_content) == PDF
    stranger = make_judge("lushi")
    make_panel(judges=[stranger], candidates=["别组"])
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    client.force_login(expert)
    seats.recuse_oneself(sheet=sheet, actor=expert, note="师徒")
    assert client.get(address).status_code == 404
    assert "推荐表" not in pages(client, sheet)
    client.logout()
    assert client.get(address).status_code == 302


def test_a_judge_who_left_opens_no_file(client, expert):
    sheet = selection(expert)
    line = attach(sheet, "推荐表")
    seats.end_assignment(assignment=sheet.assignment, actor=None, reason="病")
    assert client.get(f"/judging/files/{line.uuid}/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "role", "is_shown"),
    [
        ("contest", "chief", True),
        ("contest", "judge", False),
        ("selection", "chief", False),
    ],
)
def test_the_desk_leads_to_the_boards_only_whoever_has_one(client, expert, kind, role, is_shown):
    panel = make_panel(is_open=False, kind=kind)
    seats.assign_judge(panel=panel, seat=1, user=expert, actor=None, role=role, is_marking=role == "judge")
    assert ("评分总览" in client.get("/judging/").content.decode()) is is_shown


# ── Giving back is the chief's ───────────────────────────────────────────────────────────────────────────


def test_only_the_chief_of_this_panel_or_staff_give_a_sheet_back():
    judge, chief, other = (make_judge(name) for name in ("jia", "zhang", "yi"))
    panel = make_panel(judges=[judge], candidates=["01"], seats=2)
    make_panel(judges=[other], candidates=["02"])
    seats.assign_judge(panel=panel, seat=2, user=chief, actor=None, role="chief", is_marking=False)
    sheet = submit(judge, D(50), D(30))
    viewer = make_user(roles.SUPERVISOR, is_staff=True)
    for actor in (judge, other, viewer, make_user()):
        with pytest.raises(marks.ValidationError, match="只有本评审组的裁判长"):
            marks.reopen_sheet(sheet=sheet, actor=actor, reason="改")
    assert marks.reopen_sheet(sheet=sheet, actor=chief, reason="改").status == "reopened"
    sheet = submit(judge, D(51), D(30))
    seats.end_assignment(assignment=panel.assignments.get(user=chief), actor=None, reason="病")
    with pytest.raises(marks.ValidationError, match="只有本评审组的裁判长"):
        marks.reopen_sheet(sheet=sheet, actor=chief, reason="改")
    staff = make_user(roles.COMPETITION_STAFF, is_staff=True)
    assert marks.reopen_sheet(sheet=sheet, actor=staff, reason="改").status == "reopened"


# ── Where a sign-in leads ────────────────────────────────────────────────────────────────────────────────


def landing(client, user, **more):
    """Where this user is after signing in."""
    sent = {"username": user.username, "password": user.username, **more}
    return client.post("/account/login/", sent, follow=True).redirect_chain[-1][0]


@pytest.mark.parametrize(
    ("given", "is_staff", "place"),
    [
        ([roles.JUDGE], False, "/judging/"),
        ([roles.EXPERT], False, "/judging/"),
        ([roles.WORKER], False, "/"),
        ([], False, "/"),
        ([roles.COMPETITION_STAFF, roles.JUDGE], True, "/"),
    ],
)
def test_judges_and_experts_land_on_the_desk(client, given, is_staff, place):
    assert landing(client, make_user(*given, is_staff=is_staff)) == place


def test_whoever_has_a_seat_lands_on_the_desk_and_a_page_asked_for_wins(client):
    user = make_user()
    panel = make_panel(is_open=False)
    seats.assign_judge(panel=panel, seat=1, user=user, actor=None)
    assert landing(client, user) == "/judging/"
    client.logout()
    assert landing(client, user, next="/account/password/") == "/account/password/"


def test_the_desk_offers_the_way_out(client, expert):
    sheet = selection(expert)
    for path in ("/judging/", f"/judging/panels/{sheet.panel_id}/", f"/judging/sheets/{sheet.uuid}/"):
        text = client.get(path).content.decode()
        assert 'action="/account/logout/"' in text


def test_the_worker_is_a_script_for_the_whole_desk_and_names_nobody(client):
    answer = client.get("/judging/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "worker-src 'self'" in client.get("/account/login/")["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-cache"
    assert "Cookie" not in answer.get("Vary", "")
