"""One letter a department about everybody, one reply for everybody with exceptions, and what still waits."""

import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from docx import Document

from craftsmen import letters
from craftsmen.models import Consultation, ConsultationLine
from craftsmen.services import consultations
from tests.craftsmen import played
from tests.factories import make_nomination, make_offer

pytestmark = pytest.mark.django_db
Opinion = ConsultationLine.Opinion
SENT = date(2026, 3, 2)


@pytest.fixture
def staff():
    return played.make_staff()


@pytest.fixture
def offer(staff):
    return make_offer(staff)


def send(offer, staff, *departments, **fields):
    return consultations.send_letters(
        selection=offer.selection, departments=departments, actor=staff, **{"sent_on": SENT, **fields}
    )


def test_several_departments_are_asked_about_everybody_accepted_in_one_go(staff, offer):
    played.nominate(offer, "赵一", "钱二")
    make_nomination(offer, status="reviewed")
    made = send(offer, staff, "区税务局", " 公安密云分局 ", "区税务局")
    assert [letter.department for letter in made] == ["区税务局", "公安密云分局"]
    assert [letter.lines.count() for letter in made] == [2, 2]


def test_a_second_letter_asks_only_about_those_who_came_later(staff, offer):
    played.nominate(offer, "赵一")
    send(offer, staff, "区税务局")
    with pytest.raises(ValidationError, match="不必重复发函"):
        send(offer, staff, "区税务局")
    played.nominate(offer, "钱二")
    (letter,) = send(offer, staff, "区税务局")
    assert [line.nomination.person.name for line in letter.lines.all()] == ["钱二"]


def test_of_several_letters_all_are_made_or_none(staff, offer):
    played.nominate(offer, "赵一")
    send(offer, staff, "区税务局")
    with pytest.raises(ValidationError, match="区税务局"):
        send(offer, staff, "公安密云分局", "区税务局")
    assert Consultation.objects.count() == 1


def test_a_letter_needs_a_department_and_somebody_to_ask_about(staff, offer):
    with pytest.raises(ValidationError, match="名单是空的"):
        send(offer, staff, "区税务局")
    played.nominate(offer, "赵一")
    with pytest.raises(ValidationError, match="请填写要征求意见的部门"):
        send(offer, staff, " ")
    with pytest.raises(ValidationError, match="不能早于发函日期"):
        send(offer, staff, "区税务局", due_on=SENT - timedelta(1))


def test_the_letter_is_a_word_file_with_the_list_attached(staff, offer):
    played.nominate(offer, "赵一", "钱二", post="班长")
    offer.selection.basis = "《密云工匠评选办法》"
    offer.selection.save()
    (letter,) = send(offer, staff, "区税务局", number="密工函〔2026〕5号", due_on=date(2026, 3, 16))
    target = io.BytesIO()
    letters.write_letter(letter, list(letter.lines.all()), target)
    target.seek(0)
    document = Document(target)
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for part in (
        "区税务局：",
        "密工函〔2026〕5号",
        "根据《密云工匠评选办法》",
        "2 名人选",
        "2026 年 3 月 16 日前",
        "2026 年 3 月 2 日",
    ):
        assert part in text
    (table,) = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0][:4] == ["序号", "拟评称号", "姓名", "性别"]
    assert [row[2] for row in rows[1:]] == ["赵一", "钱二"]


# ── Replies ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def letter(staff, offer):
    played.nominate(offer, "赵一", "钱二", "孙三")
    return send(offer, staff, "区税务局")[0]


def line(letter, name):
    return letter.lines.get(nomination__person__name=name)


def opinions(letter):
    return dict(letter.lines.values_list("nomination__person__name", "opinion"))


def reply(letter, staff, **fields):
    return consultations.record_reply(
        consultation=letter, actor=staff, **{"replied_on": SENT + timedelta(3), **fields}
    )


def test_one_reply_covers_everybody_with_exceptions(staff, letter):
    exceptions = {
        line(letter, "钱二").pk: (Opinion.OBJECTION, "欠缴税款"),
        line(letter, "孙三").pk: (Opinion.WAITING, "另行答复"),
    }
    reply(letter, staff, exceptions=exceptions, reply="其余无不同意见")
    assert opinions(letter) == {"赵一": "no_objection", "钱二": "objection", "孙三": "waiting"}
    assert line(letter, "钱二").note == "欠缴税款"


def test_a_reply_may_be_put_right(staff, letter):
    reply(letter, staff, exceptions={line(letter, "钱二").pk: (Opinion.OBJECTION, "误记")})
    reply(letter, staff)
    assert set(opinions(letter).values()) == {"no_objection"}
    assert line(letter, "钱二").note == ""


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"replied_on": SENT - timedelta(1)}, "复函日期不能早于发函日期"),
        ({"replied_on": timezone.localdate() + timedelta(1)}, "不能晚于今天"),
        ({"opinion": Opinion.OBJECTION}, "请逐人登记"),
        ({"exceptions": {0: (Opinion.OBJECTION, "某")}}, "不在这封函的名单上"),
    ],
)
def test_a_reply_that_cannot_be_is_refused_whole(staff, letter, fields, problem):
    with pytest.raises(ValidationError, match=problem):
        reply(letter, staff, **fields)
    assert set(opinions(letter).values()) == {"waiting"}


def test_an_objection_says_what_it_is(staff, letter):
    with pytest.raises(ValidationError, match="赵一：有不同意见的，请写明内容"):
        reply(letter, staff, exceptions={line(letter, "赵一").pk: (Opinion.OBJECTION, " ")})
