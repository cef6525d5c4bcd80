"""Honours from an Excel list: what is taken, what is refused and how it is told, preview, export."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from craftsmen.models import Honour
from craftsmen.services import honour_files
from tests.craftsmen.honoured import make_honour
from tests.factories import id_number, make_person, make_title, make_unit, make_user, workbook, workbook_file
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.common.spreadsheets import WorkbookProblem
from unionportal.files.models import StoredFile
from unionportal.people.models import Milestone, Person, Sector, Unit

pytestmark = pytest.mark.django_db
HEAD = ["称号", "年度", "姓名", "身份证号", "单位", "集体名称", "文号", "授予日期", "行业", "公开展示"]
GOOD = {"称号": "密云工匠", "年度": 2025, "文号": "1号", "授予日期": "2025-04-28"}


def sheet(*lines):
    return {"荣誉": [HEAD, *([({**GOOD, **line}).get(title) for title in HEAD] for line in lines)]}


def imported(*lines):
    return honour_files.import_honours(workbook=workbook(sheet(*lines)), actor=None)


@pytest.fixture
def titles():
    make_title("密云工匠")
    make_title("工人先锋号", to_person=False, to_team=True, to_unit=True)
    Sector.objects.create(name="电工")


@pytest.fixture
def staff(client):
    user = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    client.force_login(user)
    return user


def test_persons_units_and_teams_are_registered_with_their_milestones(titles):
    known = make_person("张三", unit=make_unit("甲厂"), occupation="钳工")
    report = imported(
        {"姓名": "张三", "单位": "甲厂", "行业": "电工", "公开展示": "是"},
        {"姓名": "李四", "单位": "乙厂", "授予日期": "2025年4月28日"},
        {"称号": "工人先锋号", "单位": "甲厂", "集体名称": "一班"},
        {"称号": "工人先锋号", "单位": "甲厂"},
    )
    assert (report.accepted, report.shown, report.unchanged, report.refused) == (4, 1, 0, [])
    assert report.new_people == [("李四", "乙厂", [])]
    assert report.new_units == ["乙厂"]
    found = {(item.holder, item.unit_name, item.is_public) for item in Honour.objects.all()}
    assert found == {
        ("张三", "甲厂", True),
        ("李四", "乙厂", False),
        ("一班", "甲厂", False),
        ("甲厂", "甲厂", False),
    }
    assert Honour.objects.get(person=known).occupation == "钳工"
    assert sorted(Milestone.objects.values_list("person__name", "visibility")) == [
        ("张三", "public"),
        ("李四", "self"),
    ]


def test_importing_the_same_list_again_changes_nothing(titles):
    lines = [{"姓名": "张三", "单位": "甲厂"}, {"称号": "工人先锋号", "单位": "甲厂", "集体名称": "一班"}]
    imported(*lines)
    before = list(Honour.objects.values())
    report = imported(*lines)
    assert (report.accepted, report.unchanged) == (0, 2)
    assert list(Honour.objects.values()) == before
    assert Person.objects.count() == Unit.objects.count() == 1


def test_an_id_number_finds_the_person_wherever_they_work_now(titles):
    person = make_person("张三", unit=make_unit("新厂"), id_number=id_number(1))
    imported({"姓名": "张三", "单位": "旧厂", "身份证号": id_number(1)})
    assert Honour.objects.get().person == person
    assert Honour.objects.get().unit_name == "旧厂"
    person.refresh_from_db()
    assert person.unit.name == "新厂"


REFUSALS = [
    ({"姓名": "张三", "单位": "甲厂", "称号": "没有的"}, "称号", "没有“没有的”这个称号"),
    ({"姓名": "张三", "单位": "甲厂", "年度": "今年"}, "年度", "无法识别"),
    ({"姓名": "张三", "单位": "甲厂", "文号": ""}, "文号", "文号为空"),
    ({"姓名": "张三", "单位": "甲厂", "授予日期": "春天"}, "授予日期", "无法识别"),
    ({"姓名": "张三", "单位": "甲厂", "授予日期": "2025-02-30"}, "授予日期", "无法识别"),
    ({"姓名": "张三", "单位": "甲厂", "授予日期": "2099-01-01"}, "授予日期", "晚于今天"),
    ({"姓名": "张三", "单位": "甲厂", "行业": "天文"}, "行业", "没有“天文”这个行业"),
    ({"姓名": "张三", "单位": "甲厂", "公开展示": "也许"}, "公开展示", "无法识别"),
    ({"姓名": "张三"}, "单位", "单位为空"),
    ({"姓名": "张三", "单位": "甲厂", "身份证号": "110118199001010010"}, "身份证号", "校验位"),
    ({"姓名": "张三", "单位": "甲厂", "身份证号": 110118199001010000}, "身份证号", "数字格式"),
    ({"姓名": "张三2", "单位": "甲厂"}, "姓名", "数字"),
    ({"姓名": "张三", "单位": "甲厂", "集体名称": "一班"}, "集体名称", "既填了姓名又填了集体名称"),
    ({"单位": "甲厂"}, "称号", "不授予单位"),
    ({"称号": "工人先锋号", "姓名": "张三", "单位": "甲厂"}, "称号", "不授予个人"),
    ({"姓名": "#REF!", "单位": "甲厂"}, "姓名", "错误值"),
]


@pytest.mark.parametrize(("line", "column", "problem"), REFUSALS)
def test_a_bad_row_is_refused_by_row_and_column_and_the_good_ones_are_taken(titles, line, column, problem):
    report = imported({"姓名": "王五", "单位": "甲厂"}, line)
    (refused,) = report.refused
    assert refused.row == 3
    assert column in refused.column
    assert problem in refused.problem
    assert refused.remedy
    assert [item.holder for item in Honour.objects.all()] == ["王五"]


def test_two_of_one_name_at_a_unit_refuse_the_row_until_the_id_number_is_given(titles):
    unit = make_unit("甲厂")
    one = make_person("张三", unit=unit, id_number=id_number(1))
    make_person("张三", unit=unit, id_number=id_number(2))
    (refused,) = imported({"姓名": "张三", "单位": "甲厂"}).refused
    assert "2 名职工" in refused.problem
    assert "身份证号" in refused.remedy
    imported({"姓名": "张三", "单位": "甲厂", "身份证号": id_number(1)})
    assert Honour.objects.get().person == one


def test_an_id_number_of_somebody_else_refuses_the_row_without_writing_the_number(titles):
    make_person("李四", unit=make_unit("甲厂"), id_number=id_number(1))
    (refused,) = imported({"姓名": "张三", "单位": "甲厂", "身份证号": id_number(1)}).refused
    assert "李四" in refused.problem
    assert id_number(1) not in str(refused.as_dict())


def test_a_new_id_number_never_makes_a_double_of_somebody_without_one(titles):
    make_person("张三", unit=make_unit("甲厂"))
    (refused,) = imported({"姓名": "张三", "单位": "甲厂", "身份证号": id_number(1)}).refused
    assert "补录身份证号" in refused.remedy
    assert Person.objects.count() == 1


def test_namesakes_elsewhere_are_shown_before_a_new_person_is_made(titles):
    make_person("张三", unit=make_unit("丙厂"))
    report = imported({"姓名": "张三", "单位": "甲厂"})
    assert report.new_people == [("张三", "甲厂", ["丙厂"])]


def test_the_same_row_twice_is_refused_once(titles):
    report = imported({"姓名": "张三", "单位": "甲厂"}, {"姓名": "张 三", "单位": "甲厂"})
    assert (report.accepted, [item.row for item in report.refused]) == (1, [3])


def test_one_person_of_two_rows_is_made_once(titles):
    report = imported({"姓名": "张三", "单位": "甲厂"}, {"姓名": "张三", "单位": "甲厂", "年度": 2024})
    assert (report.accepted, Person.objects.count(), Honour.objects.count()) == (2, 1, 2)


def test_a_file_without_the_columns_is_refused_whole():
    with pytest.raises(WorkbookProblem, match="缺少列"):
        honour_files.import_honours(workbook=workbook({"表": [["姓名"], ["张三"]]}), actor=None)


def test_a_long_list_costs_no_statement_a_row(titles, django_assert_max_num_queries):
    lines = [{"姓名": f"职工{chr(0x4E00 + number)}", "单位": f"单位{number % 7}"} for number in range(300)]
    with django_assert_max_num_queries(25):
        assert imported(*lines).accepted == 300
    assert Milestone.objects.count() == 300


# ── The pages ──────────────────────────────────────────────────────────────────────────────────────────────


def send(client, *lines):
    book = SimpleUploadedFile("荣誉.xlsx", workbook_file(sheet(*lines)).read())
    return client.post(reverse("admin:craftsmen_honour_import"), {"workbook": book}, follow=True)


def test_a_list_is_previewed_and_only_then_registered_from_the_kept_file(client, staff, titles):
    response = send(client, {"姓名": "张三", "单位": "甲厂"}, {"姓名": "李四"})
    text = response.content.decode()
    assert dict(response.context["shown"].facts)["登记"] == 1
    assert "单位为空" in text
    assert not Honour.objects.exists()
    assert not Person.objects.exists()
    url = response.redirect_chain[-1][0]
    assert client.post(url, follow=True).status_code == 200
    assert not Honour.objects.exists(), "new units and persons have to be confirmed"
    client.post(url, {"confirmed": "1"})
    assert [item.holder for item in Honour.objects.all()] == ["张三"]
    line = AuditEntry.objects.get(action="craftsmen.honours_imported")
    assert (line.details["accepted"], line.details["refused"]) == (1, 1)


def test_a_file_that_is_no_list_is_told_and_not_kept(client, staff):
    book = SimpleUploadedFile("a.xlsx", workbook_file({"表": [["甲"], ["乙"]]}).read())
    response = client.post(reverse("admin:craftsmen_honour_import"), {"workbook": book})
    assert "缺少列" in response.content.decode()
    assert not StoredFile.objects.exists()


def test_another_purposes_file_cannot_be_imported(client, staff, titles):
    send(client, {"姓名": "张三", "单位": "甲厂"})
    StoredFile.objects.update(purpose="roster:1")
    url = reverse("admin:craftsmen_honour_import_preview", args=[StoredFile.objects.get().key])
    assert client.get(url).status_code == 404


def test_the_blank_workbook_is_one_that_the_import_takes(client, staff, titles):
    blank = client.get(reverse("admin:craftsmen_honour_import_blank"))
    book = openpyxl.load_workbook(io.BytesIO(blank.content))
    page = book.worksheets[0]
    titles_of = [cell.value for cell in page[1]]
    for column, value in {**GOOD, "姓名": "张三", "单位": "甲厂"}.items():
        page.cell(2, titles_of.index(column) + 1, value)
    target = io.BytesIO()
    book.save(target)
    upload = SimpleUploadedFile("荣誉.xlsx", target.getvalue())
    response = client.post(reverse("admin:craftsmen_honour_import"), {"workbook": upload}, follow=True)
    assert dict(response.context["shown"].facts)["登记"] == 1


def test_the_export_has_no_id_or_phone_number_and_leaves_its_line(client, staff):
    number, phone = id_number(7), "13812345678"
    honour = make_honour(person=make_person("=张三", unit=make_unit(), id_number=number, phone=phone))
    sent = {"action": "export", "_selected_action": [honour.pk]}
    response = client.post(reverse("admin:craftsmen_honour_changelist"), sent)
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    cells = [str(value) for row in book.active.values for value in row if value]
    assert "=张三" in cells
    assert book.active["D2"].data_type == "s"
    assert not [text for text in cells if number[:6] in text or phone[-4:] in text or "*" in text]
    assert AuditEntry.objects.filter(action="craftsmen.honours_exported").count() == 1
