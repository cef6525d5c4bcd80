"""What the tests of sealing and publishing share."""

import pytest

from competitions.models import (
    Appearance,
)
from competitions.services import results
from tests.competitions.played import (
    same,
    table_texts,
)

TIED = {"甲": (80, same(80), 100), "乙": (80, same(80), 100), "丙": (90, same(90), 50)}


def seal(stage, actor):
    return results.seal_stage(stage=stage, actor=actor)


def blocked(stage, actor):
    """What keeps the stage from being sealed, of which nothing may be in any table."""
    before = table_texts()
    with pytest.raises(results.Blocked) as error:
        seal(stage, actor)
    assert table_texts() == before
    return error.value.messages


def lines(sheet, *fields):
    return list(sheet.rows.values_list(*fields))


def panel_of(stage):
    return stage.modules.get(source="panel").panel


def appearance(name):
    return Appearance.objects.get(entry__person__name=name)
