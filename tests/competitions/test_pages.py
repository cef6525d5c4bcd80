"""The public pages: what they show, and what they never show."""

import io
import re
from datetime import timedelta
from types import SimpleNamespace

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from competitions import presenting
from competitions.models import Competition, Entry, ResultSheet, Stage
from competitions.services import results
from tests.competitions.played import import_marks, play, play_published, same, two_part_final
from tests.competitions.reading import (
    PEOPLE,
    SCORES,
    address,
    book_of,
    cells_of,
    listed,
    page,
    publish,
    text_of,
)
from tests.factories import make_competition

pytestmark = pytest.mark.django_db


# The list


def test_an_empty_list_says_so(client):
    assert listed(client) == []
    assert "还没有发布竞赛公告" in page(client, "competitions:competition_list")


def test_the_list_shows_what_is_announced_newest_first_and_no_draft(client, root):
    for title, year in (("旧赛", 2023), ("新赛", 2025), ("草稿赛", 2026)):
        make_competition(root, title=title, year=year, final_on=f"{year}-05-23")
    Competition.objects.filter(title="草稿赛").update(status="draft")
    assert listed(client) == ["新赛", "旧赛"]
    assert "2026" not in re.findall(r'value="(\d+)"', page(client, "competitions:competition_list"))


def test_the_list_can_be_filtered_by_year_sector_and_state(client, root):
    today = timezone.localdate()
    make_competition(root, title="电工赛", year=2024, sector="电工", final_on="2024-05-01")
    make_competition(
        root, title="养蜂赛", year=today.year, sector=["养蜂", "电工"],
        entry_opens_on=str(today - timedelta(1)), entry_closes_on=str(today + timedelta(9)),
        final_on=str(today + timedelta(20)),
    )  # fmt: skip
    make_competition(root, title="取消赛", year=2024, sector="叉车", final_on="2024-06-01")
    Competition.objects.filter(title="取消赛").update(status="cancelled")
    sectors = {sector.name: sector.pk for item in Competition.objects.all() for sector in item.sectors.all()}
    assert set(listed(client, year=2024)) == {"电工赛", "取消赛"}
    assert set(listed(client, sector=sectors["电工"])) == {"电工赛", "养蜂赛"}
    assert set(listed(client, state="entry")) == {"养蜂赛"}
    assert set(listed(client, state="cancelled")) == {"取消赛"}
    assert set(listed(client, state="running", year=2024)) == {"电工赛"}
    assert listed(client, year=2023) == []
    assert "没有符合条件的竞赛" in page(client, "competitions:competition_list", year=2023)


@pytest.mark.parametrize(
    "query",
    [
        {"year": "x"}, {"year": "99999999999999999999"}, {"year": "２０２５"}, {"sector": "9" * 30},
        {"sector": "-1"}, {"state": "nonsense"}, {"page": "0"}, {"page": "999"}, {"page": "x"},
        {"year": "\0"}, {"state": "\0"}, {"page": "\0"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_breaks_nothing(client, root, query):
    make_competition(root)
    assert client.get(reverse("competitions:competition_list"), query).status_code == 200


def test_the_list_has_twenty_on_a_page_and_keeps_the_filter_when_turning(client, root):
    for number in range(21):
        make_competition(root, title=f"第{number}赛", year=2024)
    assert len(listed(client, year=2024)) == 20
    assert len(listed(client, year=2024, page=2)) == 1
    assert re.search(
        r'href="\?[^"]*year=2024[^"]*page=2', page(client, "competitions:competition_list", year=2024)
    )


# One competition


def test_a_competition_shows_its_organisers_events_rounds_and_the_way_to_its_results(client, root):
    sheet = publish(root)
    shown = page(client, "competitions:competition_detail", sheet.stage.event.competition.slug)
    for words in ("测试竞赛", "区总工会", "焊接", "决赛", "理论 30%", "实操 70%", "成绩已公布"):
        assert words in shown
    assert address(sheet) in shown
    assert "赵冠" not in shown


@pytest.mark.parametrize(
    ("rounds", "shared"),
    [
        ([("决赛", "去掉最高最低"), ("决赛", "去掉最高最低")], ("决赛", 2, "去掉最高最低")),
        ([("选拔赛", None), ("决赛", "平均"), ("决赛", "平均")], ("决赛", 2, "平均")),
        ([("决赛", "平均"), ("决赛", "去掉最高最低")], None),
        ([("选拔赛", "平均"), ("决赛", "平均")], None),
        ([("决赛", "平均")], None),
        ([], None),
    ],
)
def test_a_rule_is_shared_only_where_every_published_round_is_counted_by_it(rounds, shared):
    stages = [SimpleNamespace(name=name, rule_text=rule) for name, rule in rounds]
    assert presenting.shared_rule([SimpleNamespace(rounds=[stage]) for stage in stages]) == shared


def test_a_shared_rule_is_printed_once_and_not_with_each_event(client, root, monkeypatch):
    sheet = publish(root)
    slug = sheet.stage.event.competition.slug
    alone = page(client, "competitions:competition_detail", slug)
    assert "决赛怎么算分" in alone
    monkeypatch.setattr(presenting, "shared_rule", lambda events: ("决赛", 3, sheet.rule_text))
    shown = page(client, "competitions:competition_detail", slug)
    assert "3 个赛项决赛计分办法相同" in shown
    assert "怎么算分" not in shown
    assert shown.count(sheet.rule_text) == alone.count(sheet.rule_text) == 1


def test_a_round_that_ended_without_a_day_says_that_none_is_known(client, root):
    competition = make_competition(root, final_on=str(timezone.localdate() - timedelta(3)))
    competition.events.get().stages.create(name="选拔赛", position=2)
    Competition.objects.update(status="closed")
    shown = page(client, "competitions:competition_detail", competition.slug)
    assert "日期未登记" in shown
    competition.events.get().stages.update(held_on=timezone.localdate() - timedelta(9))
    assert "日期未登记" not in page(client, "competitions:competition_detail", competition.slug)


def test_before_publication_there_is_no_way_to_the_results(client, root):
    stage = play(root, PEOPLE)
    results.seal_stage(stage=stage, actor=root)
    shown = page(client, "competitions:competition_detail", stage.event.competition.slug)
    assert "/results/" not in shown
    assert "未公布" in shown


def test_a_draft_competition_is_not_there_in_any_way(client, root):
    sheet = publish(root)
    competition = sheet.stage.event.competition
    Competition.objects.update(status="draft")
    for url in (
        competition.get_absolute_url(),
        reverse("competitions:result_list", args=[competition.slug]),
        address(sheet),
        address(sheet, "result_version", 1),
        address(sheet, "result_book", 1),
    ):
        response = client.get(url)
        assert response.status_code == 404, url
        assert "测试竞赛" not in response.content.decode()
    home = page(client, "home")
    assert "测试竞赛" not in home
    assert "赵冠" not in home


def test_results_not_published_are_not_there(client, root):
    stage = play(root, PEOPLE)
    sheet = results.seal_stage(stage=stage, actor=root)
    slug = stage.event.competition.slug
    for url in (
        reverse("competitions:result_list", args=[slug]),
        address(sheet),
        address(sheet, "result_version", 1),
        address(sheet, "result_book", 1),
    ):
        assert client.get(url).status_code == 404, url
        client.force_login(root)
        assert client.get(url).status_code == 404, url
        client.logout()
    assert "赵冠" not in page(client, "home")


@pytest.mark.parametrize("tail", ["/results/HJ/9/", "/results/XX/1/", "/results/HJ/1/v9/", "/results/HJ/1/v9.xlsx",
                                  "/results/HJ/99999999999999999999/", "/results/HJ/1/v99999999999999999999/"])  # fmt: skip
def test_an_address_of_nothing_answers_404(client, root, tail):
    sheet = publish(root)
    assert client.get(f"/competitions/{sheet.stage.event.competition.slug}{tail}").status_code == 404


# Results in the three scopes


WINNERS, OTHERS, NEVER = {"赵冠", "钱亚"}, {"孙落", "周宾"}, {"李缺"}


def shown_names(text):
    return {name for name in PEOPLE if name in text}


def shown_scores(text):
    return {score for score in SCORES if re.search(rf"(?<![\d.:]){re.escape(score)}(?![\d.:])", text)}


def units_of(names):
    return set(Entry.objects.filter(person__name__in=names).values_list("unit_name", flat=True))


@pytest.mark.parametrize(
    ("scope", "names"),
    [("awards", WINNERS), ("ranks", WINNERS | OTHERS), ("full", WINNERS | OTHERS)],
)
def test_page_and_excel_hold_exactly_the_people_that_the_scope_allows(client, root, scope, names):
    sheet = publish(root, scope)
    hidden = units_of(set(PEOPLE) - names)
    assert hidden
    for text in (
        text_of(client.get(address(sheet))),
        text_of(client.get(address(sheet, "result_version", 1))),
        " ".join(cells_of(book_of(client, sheet))),
    ):
        assert shown_names(text) == names
        assert {unit for unit in units_of(PEOPLE) if unit in text} == units_of(PEOPLE) - hidden


def test_the_full_scope_shows_every_score_of_those_who_competed(client, root):
    sheet = publish(root, "full")
    assert shown_scores(text_of(client.get(address(sheet)))) == SCORES
    numbers = {float(cell) for cell in cells_of(book_of(client, sheet)) if re.fullmatch(r"\d+(\.\d+)?", cell)}
    assert {92.46, 88.66, 84.86, 92.96, 83.5, 96.3} <= numbers


@pytest.mark.parametrize("scope", ["awards", "ranks"])
def test_the_other_scopes_show_no_score_anywhere(client, root, scope):
    sheet = publish(root, scope)
    competition = sheet.stage.event.competition
    for response in (
        client.get(address(sheet)),
        client.get(address(sheet, "result_version", 1)),
        client.get(competition.get_absolute_url()),
        client.get(reverse("home")),
    ):
        assert shown_scores(text_of(response)) == set()
        assert "分怎么来的" not in text_of(response)
    cells = cells_of(book_of(client, sheet))
    numbers = {cell for cell in cells if re.fullmatch(r"\d+(\.\d+)?", cell)}
    assert numbers == (set() if scope == "awards" else {"1", "2", "3"})
    assert shown_scores(" ".join(cells)) == set()


def test_the_award_list_tells_no_rank_even_in_excel(client, root):
    """A tie or a rank beside an award would tell how the others stand."""
    people = {**PEOPLE, "钱亚": (83.5, PEOPLE["赵冠"][1], 1302)}
    sheet = publish(root, "awards", people)
    cells = cells_of(book_of(client, sheet))
    assert not any("与第" in cell for cell in cells)
    header = {"姓名", "单位", "奖项"}
    assert header <= set(cells)
    assert not {"名次", "总分", "用时", "备注"} & set(cells)
    assert "与第" not in text_of(client.get(address(sheet)))


def test_the_home_page_names_winners_only_as_far_as_the_scope_allows(client, root):
    publish(root, "awards")
    assert shown_names(page(client, "home")) == WINNERS
    Competition.objects.update(public_scope="full")
    shown = page(client, "home")
    assert shown_names(shown) == WINNERS | {"孙落"}
    assert {"92.46", "88.66", "84.86"} <= shown_scores(shown)


def test_the_newest_version_is_shown_and_the_earlier_one_says_it_is_superseded(client, root):
    first = publish(root)
    stage = first.stage
    results.reopen_stage(stage=stage, actor=root, reason="漏计一项得分")
    import_marks(stage.event.competition, {"孙落": (same(99.5), 1403)}, root)
    results.seal_stage(stage=stage, actor=root)
    assert "漏计一项得分" not in text_of(client.get(address(first)))
    second = results.publish_results(stage=stage, actor=root)
    newest = text_of(client.get(address(first)))
    earlier = text_of(client.get(address(first, "result_version", 1)))
    assert newest.index("孙落") < newest.index("赵冠")
    assert earlier.index("赵冠") < earlier.index("孙落")
    assert "已经被第 2 版代替" in earlier
    assert "代替" not in newest
    for shown in (newest, earlier):
        assert "漏计一项得分" in shown
    assert "更正理由：漏计一项得分" in cells_of(book_of(client, second))
    assert "94.10" in newest
    assert "94.10" not in earlier


def test_the_short_address_leads_to_the_last_published_round(client, root):
    sheet = publish(root)
    url = reverse("competitions:result_list", args=[sheet.stage.event.competition.slug])
    response = client.get(url)
    assert (response.status_code, response["Location"]) == (302, address(sheet))


def test_the_excel_file_is_sent_as_one_with_a_plain_name(client, root):
    sheet = publish(root)
    response = book_of(client, sheet)
    slug = sheet.stage.event.competition.slug
    assert response["Content-Disposition"] == f'attachment; filename="{slug}-hj-1-v1.xlsx"'
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert openpyxl.load_workbook(io.BytesIO(response.content)).sheetnames == ["焊接"]


@pytest.mark.parametrize("scope", ["awards", "ranks", "full"])
def test_no_id_number_phone_or_reason_of_absence_is_on_a_public_page(client, root, scope):
    sheet = publish(root, scope)
    person = sheet.rows.get(rank=1, is_guest=False).appearance.entry.person
    person.id_number, person.phone = "110118199001010021"[:17] + "X", "13812345678"
    person.save()
    for text in (text_of(client.get(address(sheet))), " ".join(cells_of(book_of(client, sheet)))):
        for secret in ("110118", "13812345678", "5678", "登记为缺考"):
            assert secret not in text


def test_more_than_a_hundred_rows_go_over_several_pages(client, root):
    people = {f"人{number:03d}": (50 + number / 4, (80,), 100) for number in range(101)}
    sheet = play_published(root, people, final=two_part_final(judges=1))
    first = set(re.findall(r"人\d{3}", text_of(client.get(address(sheet)))))
    second = set(re.findall(r"人\d{3}", text_of(client.get(address(sheet), {"page": 2}))))
    assert (len(first), second) == (100, {"人000"})


def test_posting_to_a_public_page_is_refused(client, root):
    sheet = publish(root)
    for url in (reverse("home"), reverse("competitions:competition_list"), address(sheet)):
        assert client.post(url).status_code == 405


def test_results_stay_readable_while_their_stage_is_being_corrected(client, root):
    sheet = publish(root)
    before = client.get(address(sheet)).content
    results.reopen_stage(stage=sheet.stage, actor=root, reason="更正")
    assert client.get(address(sheet)).content == before
    assert ResultSheet.objects.count() == 1
    assert Stage.objects.get().status == "scoring"


def test_a_name_with_markup_is_shown_as_text(client, root):
    people = {"<b>赵</b>": (80, same(80), 100)}
    sheet = play_published(root, people, final=two_part_final(), title="<script>alert(1)</script>赛")
    raw = client.get(address(sheet)).content.decode()
    assert "<script>alert" not in raw
    assert "<b>赵</b>" not in raw
    assert "&lt;b&gt;赵" in raw
