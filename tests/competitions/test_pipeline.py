"""The commands from set-up to export, on the demo workbooks, against the results known beforehand."""

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command, load_command_class

from competitions.models import Appearance, Competition, Entry, ResultSheet, Stage
from tests.competitions.played import row_counts, rows_of, run, table_texts
from tests.factories import make_superuser, make_user
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Person, Unit

pytestmark = pytest.mark.django_db
DEMO = Path(settings.BASE_DIR) / "unionportal" / "demo"
EXPECTED = json.loads((Path(settings.BASE_DIR) / "tests" / "data" / "expected.json").read_text("utf-8"))
REFUSED_ROWS = [15, 29, 35, 58, 59, 82, 84, 97, 98]


@pytest.fixture
def slug(root):
    return run("load_competition", DEMO / "competition.yaml").strip()


def played(slug):
    """Everything up to publication, through the commands."""
    run("import_entries", slug, DEMO / "roster.xlsx")
    run("import_exam_marks", slug, DEMO / "theory.xlsx", "--stage", "决赛", "--enter")
    run("import_panel_marks", slug, DEMO / "marks.xlsx", "--stage", "决赛")
    run("seal_stage", slug, "--stage", "决赛", "--as", "root")
    run("publish_results", slug, "--stage", "决赛", "--as", "root")


def exported(slug):
    return json.loads(run("export_results", slug, "--stage", "决赛", "--json"))


# Set-up


def test_load_competition_prints_the_slug_and_nothing_else(root):
    printed = run("load_competition", DEMO / "competition.yaml")
    competition = Competition.objects.get()
    assert printed == f"{competition.slug}\n"
    assert competition.status == Competition.Status.ANNOUNCED
    assert [event.name for event in competition.events.all()] == ["母婴护理", "养老服务", "家政服务"]


def test_loading_the_same_file_twice_makes_another_competition_with_a_slug_of_its_own(slug):
    second = run("load_competition", DEMO / "competition.yaml", "--draft").strip()
    assert second != slug
    assert {item.slug: item.status for item in Competition.objects.all()} == {
        slug: "announced",
        second: "draft",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"brand: [", "第 1 行"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"brand: x", "缺少"),
        (b"- 1", "条目"),
        (b"x" * (1024 * 1024 + 1), "1 MB"),
    ],
)
def test_a_faulty_description_is_refused_in_one_sentence_and_nothing_is_written(
    root, tmp_path, content, words
):
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    before = row_counts()
    with pytest.raises(CommandError, match=words):
        run("load_competition", path)
    assert row_counts() == before


def test_a_missing_file_and_an_unknown_slug_are_told_in_chinese(slug):
    with pytest.raises(CommandError, match="打不开文件"):
        run("import_entries", slug, "/nowhere/roster.xlsx")
    with pytest.raises(CommandError, match=f"最近的有：{slug}"):
        run("import_entries", "no-such", DEMO / "roster.xlsx")


def test_an_unknown_stage_is_told_with_the_stages_there_are(slug):
    with pytest.raises(CommandError, match="现有轮次：选拔赛、决赛"):
        run("seal_stage", slug, "--stage", "复赛")


# The roster


def test_a_dry_run_of_the_roster_writes_to_no_table_at_all(slug):
    before = row_counts()
    report = json.loads(run("import_entries", slug, DEMO / "roster.xlsx", "--dry-run", "--json"))
    assert row_counts() == before
    assert (report["accepted"], report["unchanged"], len(report["refused"])) == (88, 0, 9)


def test_the_roster_report_has_exactly_this_shape_and_names_the_faulty_rows(slug):
    report = json.loads(run("import_entries", slug, DEMO / "roster.xlsx", "--json"))
    assert set(report) == {"accepted", "unchanged", "new_units", "refused"}
    assert {frozenset(problem) for problem in report["refused"]} == {
        frozenset({"row", "column", "problem", "remedy"})
    }
    assert [problem["row"] for problem in report["refused"]] == REFUSED_ROWS
    assert [problem["column"] for problem in report["refused"]] == [
        "姓名", "单位", "身份证号", "身份证号", "性别", "手机号", "身份证号", "赛项", "身份证号",
    ]  # fmt: skip
    assert all(problem["problem"] and problem["remedy"] for problem in report["refused"])
    assert (report["accepted"], report["unchanged"]) == (88, 0)
    assert sorted(Unit.objects.values_list("name", flat=True)) == sorted(report["new_units"])
    assert Entry.objects.filter(status="accepted", source="roster").count() == Entry.objects.count() == 88
    assert Person.objects.count() == 88


def test_the_roster_report_agrees_with_the_expected_one(slug):
    report = json.loads(run("import_entries", slug, DEMO / "roster.xlsx", "--json"))
    expected = EXPECTED["roster"]
    assert report["accepted"] == expected["accepted"]
    assert [problem["row"] for problem in report["refused"]] == [row["row"] for row in expected["refused"]]
    assert report["accepted"] + len(report["refused"]) == expected["rows"]
    words = {
        "no_name": "姓名为空", "no_unit": "单位为空", "numeric_id": "数字格式", "checksum": "校验位",
        "sex_mismatch": "与身份证号不符", "bad_phone": "手机号不是11位", "short_id": "15位",
        "bad_event": "没有“月嫂护理”这个赛项", "duplicate of an earlier row": "与第 5 行重复",
    }  # fmt: skip
    for problem, row in zip(report["refused"], expected["refused"], strict=True):
        assert words[row["problem"]] in problem["problem"]


def test_the_same_roster_again_accepts_nobody_and_changes_nothing(slug):
    run("import_entries", slug, DEMO / "roster.xlsx")
    before = table_texts()
    report = json.loads(run("import_entries", slug, DEMO / "roster.xlsx", "--json"))
    assert (report["accepted"], report["unchanged"], report["new_units"]) == (0, 88, [])
    assert [problem["row"] for problem in report["refused"]] == REFUSED_ROWS
    assert table_texts() == before


def test_the_roster_report_in_words_counts_and_lists_line_by_line(slug):
    lines = run("import_entries", slug, DEMO / "roster.xlsx", "--dry-run").splitlines()
    assert lines[0] == "将接收 88 人（其中更新 0 人），与已有记录相同 0 人，拒收 9 行。"
    assert "没有写入" in lines[1]
    assert [int(line.split()[1]) for line in lines if line.startswith("第 ")] == REFUSED_ROWS


# From marks to export


def test_all_twenty_finalists_come_out_as_known_beforehand(slug):
    played(slug)
    found = exported(slug)
    assert {event: len(rows) for event, rows in found.items()} == {
        event: len(rows) for event, rows in EXPECTED["final"].items()
    }
    assert {
        event: {
            (
                row["rank"], row["name"], row["unit"], row["modules"]["理论考试"],
                row["modules"]["实操比赛"], row["total"],
            )
            for row in rows
        }
        for event, rows in found.items()
    } == {
        event: {
            (row["rank"], row["name"], row["unit"], row["theory"], row["practical"], row["total"])
            for row in rows
        }
        for event, rows in EXPECTED["final"].items()
    }  # fmt: skip
    assert [row["rank"] for row in found["母婴护理"]] == [1, 2, 3, 4, 5, 6, 6]


def test_the_json_export_has_exactly_these_fields_in_the_order_of_the_ranks(slug):
    played(slug)
    found = exported(slug)
    assert list(found) == ["母婴护理", "养老服务", "家政服务"]
    assert {frozenset(row) for rows in found.values() for row in rows} == {
        frozenset({"rank", "name", "unit", "modules", "total", "status", "award"})
    }
    assert [row["award"] for row in found["养老服务"]] == ["一等奖", *["二等奖"] * 2, *["三等奖"] * 3, None]
    assert [row["award"] for row in found["母婴护理"]] == ["一等奖", *["二等奖"] * 2, *["三等奖"] * 4]


def test_the_export_lists_everybody_in_order_and_sharers_of_a_place_by_entry_number(slug):
    played(slug)
    found = json.loads(run("export_results", slug, "--stage", "决赛", "--json"))
    assert {event: [row["name"] for row in rows] for event, rows in found.items()} == {
        event: [row["name"] for row in rows] for event, rows in EXPECTED["final"].items()
    }


@pytest.mark.parametrize("place", [1, 3])
def test_the_file_may_stand_before_or_after_the_stage(slug, tmp_path, place):
    played(slug)
    arguments = [slug, "--stage", "决赛"]
    arguments.insert(place, str(tmp_path / "book.xlsx"))
    parser = load_command_class("competitions", "export_results").create_parser("manage.py", "export_results")
    assert parser.parse_args(arguments).file == str(tmp_path / "book.xlsx")
    assert "已写入" in run("export_results", *arguments)


def test_the_excel_export_has_a_sheet_per_event_with_every_judge(slug, tmp_path):
    played(slug)
    path = tmp_path / "book.xlsx"
    run("export_results", slug, path, "--stage", "决赛")
    for event, expected in EXPECTED["final"].items():
        rows = rows_of(path, event)
        header = next(row for row in rows if row[0] == "名次")
        lines = [dict(zip(header, row, strict=True)) for row in rows[rows.index(header) + 1 :]]
        assert sum("裁判" in str(title) for title in header) == 5
        assert {(line["名次"], line["姓名"], line["单位"], Decimal(str(line["总分"]))) for line in lines} == {
            (row["rank"], row["name"], row["unit"], Decimal(row["total"])) for row in expected
        }


def test_the_marks_again_write_nothing_new(slug):
    run("import_entries", slug, DEMO / "roster.xlsx")
    run("import_exam_marks", slug, DEMO / "theory.xlsx", "--stage", "决赛", "--enter")
    run("import_panel_marks", slug, DEMO / "marks.xlsx", "--stage", "决赛")
    before = table_texts()
    exam = run("import_exam_marks", slug, DEMO / "theory.xlsx", "--stage", "决赛", "--enter")
    paper = run("import_panel_marks", slug, DEMO / "marks.xlsx", "--stage", "决赛")
    assert "进入“决赛” 0 人，写入成绩 0 项，与已有相同 20 项" in exam
    assert "写入评分表 0 份，与已有相同 100 份" in paper
    assert table_texts() == before


def test_exam_marks_need_enter_to_bring_people_into_the_stage(slug):
    run("import_entries", slug, DEMO / "roster.xlsx")
    with pytest.raises(CommandError, match="--enter") as error:
        run("import_exam_marks", slug, DEMO / "theory.xlsx", "--stage", "决赛")
    assert str(error.value).count("没有进入") == 20
    assert Appearance.objects.count() == 0


def test_sealing_says_what_is_missing_and_seals_none_of_the_events(slug):
    run("import_entries", slug, DEMO / "roster.xlsx")
    run("import_exam_marks", slug, DEMO / "theory.xlsx", "--stage", "决赛", "--enter")
    with pytest.raises(CommandError) as error:
        run("seal_stage", slug, "--stage", "决赛")
    assert all(event in str(error.value) for event in ("母婴护理", "养老服务", "家政服务"))
    assert ResultSheet.objects.count() == 0


def test_nothing_can_be_exported_or_published_before_it_is_sealed(slug):
    with pytest.raises(CommandError, match="还没有锁定的成绩"):
        run("export_results", slug, "--stage", "决赛", "--json")
    with pytest.raises(CommandError, match="成绩锁定后才能发布"):
        run("publish_results", slug, "--stage", "决赛")


def test_sealed_results_are_exported_before_they_are_public(slug):
    run("import_entries", slug, DEMO / "roster.xlsx")
    run("import_exam_marks", slug, DEMO / "theory.xlsx", "--stage", "决赛", "--enter")
    run("import_panel_marks", slug, DEMO / "marks.xlsx", "--stage", "决赛")
    run("seal_stage", slug, "--stage", "决赛")
    assert {event: len(rows) for event, rows in exported(slug).items()} == {
        "母婴护理": 7,
        "养老服务": 7,
        "家政服务": 6,
    }
    with pytest.raises(CommandError, match="FILE.xlsx"):
        run("export_results", slug, "--stage", "决赛")


# Other settings, against a small calculation of the test's own


def half_up(value, places=2):
    scaled = value * 10**places
    return Fraction((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator), 10**places)


def text(value):
    return str((Decimal(value.numerator) / value.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP))


def oracle(theory_weight, *, round_modules):
    """{event: {(rank, name, theory, practical, total)}} straight from the workbooks."""
    theory = {(row[0], row[1]): Fraction(str(row[3])) for row in rows_of(DEMO / "theory.xlsx")[1:]}
    found = {}
    for event in EXPECTED["final"]:
        totals, seconds = {}, {}
        for row in rows_of(DEMO / "marks.xlsx", event)[1:]:
            totals.setdefault(row[0], []).append(sum(Fraction(str(mark)) for mark in row[3:-1]))
            seconds[row[0]] = row[-1]
        lines = []
        for name, sums in totals.items():
            kept = sorted(sums)[1:-1]
            parts = theory[event, name], sum(kept) / len(kept)
            shown = [half_up(part) for part in parts]
            used = shown if round_modules else parts
            total = half_up((used[0] * theory_weight + used[1] * (100 - theory_weight)) / 100)
            lines.append(((total, shown[1], -seconds[name]), name, shown))
        found[event] = {
            (1 + sum(other > key for other, _, _ in lines), name, text(a), text(b), text(key[0]))
            for key, name, (a, b) in lines
        }
    return found


@pytest.mark.parametrize(("theory_weight", "round_at"), [(20, "total"), (20, "module"), (50, "module")])
def test_other_weights_and_roundings_agree_with_an_independent_calculation(
    root, tmp_path, theory_weight, round_at
):
    description = yaml.safe_load((DEMO / "competition.yaml").read_text("utf-8"))
    for event in description["events"]:
        final = event["stages"][-1]
        final["round_at"] = round_at
        final["modules"][0]["weight"], final["modules"][1]["weight"] = theory_weight, 100 - theory_weight
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(description, allow_unicode=True), "utf-8")
    slug = run("load_competition", path).strip()
    played(slug)
    assert {
        event: {
            (row["rank"], row["name"], row["modules"]["理论考试"], row["modules"]["实操比赛"], row["total"])
            for row in rows
        }
        for event, rows in exported(slug).items()
    } == oracle(theory_weight, round_modules=round_at == "module")


def test_the_settings_of_the_oracle_tell_results_apart():
    """Were all settings to give the same totals, the test above would prove nothing."""
    found = {weight: oracle(weight, round_modules=False) for weight in (30, 20, 50)}
    assert found[30] != found[20] != found[50] != found[30]
    assert all(found[weight] != oracle(weight, round_modules=True) for weight in (20, 50))


# In whose name


COMMANDS = {
    "load_competition": [DEMO / "competition.yaml"],
    "import_entries": ["SLUG", DEMO / "roster.xlsx"],
    "import_exam_marks": ["SLUG", DEMO / "theory.xlsx", "--stage", "决赛", "--enter"],
    "import_panel_marks": ["SLUG", DEMO / "marks.xlsx", "--stage", "决赛"],
    "seal_stage": ["SLUG", "--stage", "决赛"],
    "publish_results": ["SLUG", "--stage", "决赛"],
    "export_results": ["SLUG", "--stage", "决赛", "--json"],
}


def step(name, slug, *more):
    arguments = [slug if argument == "SLUG" else argument for argument in COMMANDS[name]]
    return run(name, *arguments, *more)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_an_unknown_or_disabled_account(slug, name):
    make_user(roles.COMPETITION_STAFF, username="gone", is_active=False)
    before = row_counts()
    for username in ("nobody", "gone"):
        with pytest.raises(CommandError, match=f"没有可用的账号“{username}”"):
            step(name, slug, "--as", username)
    assert row_counts() == before


def test_every_command_refuses_an_account_without_the_right_and_shows_it_nothing(slug):
    played(slug)
    make_user(roles.NEWS_STAFF, username="news", is_staff=True)
    before = table_texts()
    for name in COMMANDS:
        with pytest.raises(CommandError, match="^用户news（news） 没有这项权限，[^\n]*$"):
            step(name, slug, "--as", "news")
    assert table_texts() == before


def test_a_supervisor_may_export_and_nothing_else(slug):
    played(slug)
    make_user(roles.SUPERVISOR, username="jiandu", is_staff=True)
    assert set(json.loads(step("export_results", slug, "--as", "jiandu"))) == set(EXPECTED["final"])
    for name in COMMANDS.keys() - {"export_results"}:
        with pytest.raises(CommandError, match="没有这项权限"):
            step(name, slug, "--as", "jiandu")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_without_as_needs_exactly_one_superuser(slug, name):
    make_superuser("second")
    with pytest.raises(CommandError, match="--as"):
        step(name, slug)


def test_without_any_superuser_somebody_must_be_named(db):
    with pytest.raises(CommandError, match="--as"):
        run("load_competition", DEMO / "competition.yaml")
    assert Competition.objects.count() == 0


def test_competition_staff_may_do_it_all_and_the_audit_names_them(root):
    staff = make_user(roles.COMPETITION_STAFF, username="jingsai", name="经办", is_staff=True)
    slug = step("load_competition", "", "--as", "JINGSAI").strip()
    for name in list(COMMANDS)[1:]:
        step(name, slug, "--as", "jingsai")
    assert set(AuditEntry.objects.values_list("actor_key", "actor_name")) == {
        (str(staff.pk), "经办（jingsai）")
    }
    assert {
        "competitions.competition_created",
        "competitions.roster_imported",
        "people.units_created",
        "competitions.stage_entered",
        "competitions.exam_marks_imported",
        "competitions.stage_moved",
        "competitions.panel_marks_imported",
        "panels.panel_opened",
        "panels.panel_closed",
        "panels.judge_assigned",
        "competitions.stage_sealed",
        "competitions.results_published",
    } == set(AuditEntry.objects.values_list("action", flat=True))
    sheet = ResultSheet.objects.first()
    assert (sheet.sealed_by, sheet.published_by) == ("经办", "经办")
    assert set(Stage.objects.filter(name="决赛").values_list("status", flat=True)) == {"published"}


def test_the_only_superuser_acts_where_nobody_is_named(slug, root):
    assert set(AuditEntry.objects.values_list("actor_key", flat=True)) == {str(root.pk)}


def test_no_id_number_or_phone_reaches_the_audit_or_a_report(slug):
    printed = run("import_entries", slug, DEMO / "roster.xlsx", "--json")
    entry = AuditEntry.objects.get(action="competitions.roster_imported")
    numbers = {str(cell) for row in rows_of(DEMO / "roster.xlsx")[1:] for cell in row[3:5] if cell}
    assert len(numbers) > 150
    assert not any(number in printed or number in str(entry.details) for number in numbers)


def test_call_command_takes_the_same_options_by_name(slug, capsys):
    call_command("import_entries", slug, str(DEMO / "roster.xlsx"), dry_run=True, json=True)
    assert json.loads(capsys.readouterr().out)["accepted"] == 88
