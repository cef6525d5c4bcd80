"""Fixtures for all tests, and the end of the tests' own PostgreSQL."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType


def pytest_sessionfinish(session):
    """The controlling process stops the tests' server, unless another test run still uses it."""
    server = getattr(settings, "EMBEDDED_SERVER", None)
    is_worker = hasattr(session.config, "workerinput")
    if server and not is_worker and server.status().running and server.other_connections() == 0:
        server.stop()


@pytest.fixture(autouse=True)
def _media_in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def _warm():
    """Know the content types: they are read once in the life of a process, and would be counted with whoever is first."""
    ContentType.objects.get_for_models(*apps.get_models())


@pytest.fixture
def django_assert_num_queries(django_assert_num_queries):
    _warm()
    return django_assert_num_queries


@pytest.fixture
def django_assert_max_num_queries(django_assert_max_num_queries):
    _warm()
    return django_assert_max_num_queries
