"""Every list of the admin costs the same number of statements with one record of everything and with three."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import one_of_each
from unionportal.accounts.models import User

pytestmark = pytest.mark.django_db
MOST = 25


def costs(client):
    """{model label: statements of its list}, taken from the registry, so that a new list is measured too."""
    found = {}
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        found[model._meta.label_lower] = len(queries)
    return found


def test_every_list_costs_the_same_with_one_record_and_with_three(client):
    one_of_each.make()
    client.force_login(User.objects.get(username="maker"))
    with_one = costs(client)
    for tag in ("2", "3"):
        one_of_each.make(tag)
    with_three = costs(client)
    assert {label: (with_one[label], n) for label, n in with_three.items() if n != with_one[label]} == {}
    assert {label: n for label, n in with_three.items() if n > MOST} == {}
