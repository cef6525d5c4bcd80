"""Fixtures of the audit's tests."""

import pytest

from tests.audit.scene import Scene
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Sector


@pytest.fixture
def scene(client):
    scene = Scene()
    scene.sector = Sector.objects.create(name="电工")
    client.force_login(scene.actor)
    AuditEntry.objects.all().delete()
    return scene
