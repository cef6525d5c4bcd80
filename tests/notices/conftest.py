import pytest

from tests.factories import make_superuser, make_user
from unionportal import roles


@pytest.fixture
def staff(db):
    """Whoever keeps the notices of craftsmen."""
    return make_user(roles.CRAFTSMAN_STAFF, username="xuanshu", is_staff=True)


@pytest.fixture
def root(db):
    return make_superuser()
