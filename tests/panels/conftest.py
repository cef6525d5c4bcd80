"""Fixtures of the panels' tests."""

import pytest

from tests.factories import make_user
from tests.panels.desk import make_judge
from unionportal import roles


@pytest.fixture
def staff():
    return make_user(roles.COMPETITION_STAFF, username="jingsai", is_staff=True)


@pytest.fixture
def judges():
    return [make_judge(name) for name in ("jia", "yi", "bing")]
