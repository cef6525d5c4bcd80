"""Fixtures that the tests of competitions share."""

import pytest

from tests.competitions.played import competition_of, import_theory
from tests.factories import make_superuser, make_user
from unionportal import roles


@pytest.fixture
def root():
    return make_superuser()


@pytest.fixture
def staff(client):
    """Staff of the competitions, signed in to the client."""
    user = make_user(roles.COMPETITION_STAFF, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def competition(root):
    """甲 and 乙 are accepted, nobody is in the final yet."""
    return competition_of(root, ["甲", "乙"])[0]


@pytest.fixture
def entered(competition, root):
    """甲 and 乙 are in the final with their exam marks."""
    import_theory(competition, {"甲": 80, "乙": 70}, root)
    return competition
