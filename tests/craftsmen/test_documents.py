"""The union's Word forms: what stands in them, and what stays blank."""

import io

import pytest
from docx import Document

from craftsmen import documents
from craftsmen.services import branches
from tests.craftsmen.nominating import Town
from tests.factories import id_number, make_nomination
from unionportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def read(content):
    """Return (every text of the document, number of pictures)."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells), len(
        document.inline_shapes
    )


def test_the_form_holds_what_was_filled_in_and_the_photograph():
    town = Town()
    nomination = town.submit()
    text, pictures = read(documents.print_form(nomination=nomination, actor=town.liaison, shows_number=True))
    for words in (
        "“密云工匠”推荐审批表",
        "张三",
        "1990.01",
        id_number(1),
        "甲厂",
        "焊接二十年。",
        "同意推荐。",
        "公示无异议",
        "盖章",
    ):
        assert words in text
    assert pictures == 1
    assert AuditEntry.objects.filter(action="people.identity_revealed").exists()


def test_whoever_may_not_read_the_number_gets_it_starred():
    town = Town()
    text, _ = read(documents.print_form(nomination=town.submit(), actor=town.reviewer, shows_number=False))
    assert id_number(1) not in text
    assert id_number(1)[-4:] in text
    assert not AuditEntry.objects.filter(action="people.identity_revealed").exists()


def test_a_blank_nomination_prints_blank_boxes():
    town = Town()
    text, pictures = read(
        documents.print_form(nomination=town.start(), actor=town.liaison, shows_number=True)
    )
    assert "None" not in text
    assert pictures == 0


def test_the_list_of_a_branch_is_in_its_order():
    town = Town()
    rows = [
        make_nomination(town.offer, status="submitted", body=town.body, branch=town.branch) for _ in range(3)
    ]
    branches.rank_nominations(
        offer=town.offer, branch=town.branch, ranks={rows[2].pk: 1, rows[0].pk: 2}, actor=town.reviewer
    )
    table = Document(
        io.BytesIO(documents.print_summary(offer=town.offer, branch=town.branch, actor=town.reviewer))
    ).tables[0]
    assert [row.cells[1].text for row in table.rows] == ["姓名", rows[2].person.name, rows[0].person.name]
