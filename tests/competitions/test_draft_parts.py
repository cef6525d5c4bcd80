"""Parts of a draft are deleted with what hangs below them; from an announced competition nothing is."""

import pytest
from django.urls import reverse

from competitions.models import Competition, Event, Module, Stage
from competitions.services import lifecycle, setup
from tests import factories
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Criterion, Panel

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(staff):
    return setup.create_competition(description=factories.describe_competition(), actor=staff, announce=False)


def address(record, verb="delete"):
    return reverse(f"admin:competitions_{record._meta.model_name}_{verb}", args=[record.pk])


def parts_of(competition):
    event = competition.events.get()
    return [event, event.stages.get(), Module.objects.get(source="panel"), competition]


@pytest.mark.parametrize("place", range(4), ids=["event", "stage", "module", "competition"])
def test_a_part_of_a_draft_goes_with_its_panel_and_rubric_after_the_page_has_said_so(client, draft, place):
    part = parts_of(draft)[place]
    page = client.get(address(part)).content.decode()
    assert "评审组：" in page
    assert "评分项：质量（60）" in page
    assert client.post(address(part), {"post": "yes"}).status_code == 302
    assert not type(part).objects.filter(pk=part.pk).exists()
    assert not Panel.objects.exists()
    assert not Criterion.objects.exists()
    assert AuditEntry.objects.filter(action=f"competitions.{part._meta.model_name}_deleted").count() == 1


def test_once_announced_every_part_stays_and_the_page_says_why(client, draft, staff):
    lifecycle.move_competition(competition=draft, to=Competition.Status.ANNOUNCED, actor=staff)
    for part in parts_of(draft):
        for answer in (client.get(address(part)), client.post(address(part), {"post": "yes"})):
            assert answer.status_code == 403
            assert "不能再删除" in answer.content.decode()
        with pytest.raises(setup.ValidationError, match="不能再删除"):
            setup.delete_part(part=part)
        chosen = {"action": "delete_selected", "_selected_action": [part.pk], "post": "yes"}
        client.post(reverse(f"admin:competitions_{part._meta.model_name}_changelist"), chosen)
    assert [model.objects.count() for model in (Event, Stage, Module, Panel)] == [1, 1, 2, 1]


def test_an_event_with_entries_stays_and_the_page_names_them(client, draft):
    entry = factories.make_entry(draft.events.get(), "甲")
    page = client.get(address(draft.events.get())).content.decode()
    assert str(entry) in page
    client.post(address(draft.events.get()), {"post": "yes"})
    assert Event.objects.exists()


def test_the_inlines_lead_to_the_deletion_only_in_a_draft(client, draft, staff):
    event, stage, module, _ = parts_of(draft)
    pairs = ((draft, event), (event, stage), (stage, module))
    for owner, part in pairs:
        assert address(part) in client.get(address(owner, "change")).content.decode()
    lifecycle.move_competition(competition=draft, to=Competition.Status.ANNOUNCED, actor=staff)
    for owner, part in pairs:
        assert address(part) not in client.get(address(owner, "change")).content.decode()


def test_what_a_role_may_not_delete_at_all_is_refused_without_a_reason(client, draft):
    client.force_login(factories.make_user(roles.SUPERVISOR, is_staff=True))
    assert client.post(address(draft.events.get()), {"post": "yes"}).status_code == 403
    assert Event.objects.exists()
