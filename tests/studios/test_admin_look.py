"""What the staff's pages of studios look like: which act stands out, which is red, what a list says."""

import pytest
from django.urls import reverse

from tests.factories import make_user
from tests.studios import campaigning
from tests.studios.making import make_studio
from unionportal import roles

pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(client):
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))


def test_the_acts_that_turn_down_stand_last_and_in_red(client, keeper):
    application = campaigning.apply(campaigning.make_campaign(), to="applied")
    url = reverse("admin:studios_studioapplication_change", args=[application.pk])
    offered = client.get(url).context["offered"]
    assert [(name, button.ends) for name, button in offered] == [
        ("accept", False),
        ("return", True),
        ("reject", True),
        ("withdraw", True),
    ]
    notes = {
        name: client.get(reverse("admin:studios_studioapplication_act", args=[application.pk, name]))
        for name in ("accept", "return")
    }
    assert "act-note" in notes["accept"].content.decode()
    assert "errornote" in notes["return"].content.decode()


def test_a_studio_that_lacks_papers_says_so_in_the_list(client, keeper):
    make_studio(is_incomplete=True, incomplete_note="缺照片")
    make_studio()
    page = client.get(reverse("admin:studios_studio_changelist")).content.decode()
    assert page.count('<td class="field-lacks">待补</td>') == 1
    assert page.count('<td class="field-lacks">-</td>') == 1
