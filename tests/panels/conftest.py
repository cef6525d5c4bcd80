"""Fixtures of the panels' tests."""

import pytest

from tests.factories import make_user
from tests.panels.desk import make_judge


@pytest.fixture
def staff():
    return make_user(username="jingsai")


@pytest.fixture
def judges():
    return [make_judge(name) for name in ("jia", "yi", "bing")]
