"""Every act on a nomination leaves its line; where the line cannot be written, nothing is."""

import pytest
from django.apps import apps
from django.db import Error, connection

from craftsmen import documents
from craftsmen.models import Nomination
from craftsmen.services import branches, nomination_files, nominations, selections, setup
from tests.craftsmen.nominating import Town, paper, picture
from tests.factories import make_nomination
from unionportal.audit.models import AuditEntry
from unionportal.audit.wording import ACTIONS

pytestmark = pytest.mark.django_db


class Scene(Town):
    """A town with a draft, a complete draft, and one that waits at the branch with its rank."""

    def __init__(self):
        super().__init__(5)
        self.draft = self.start("李四", 2)
        self.full = self.fill(self.start())
        self.kept = self.full.files.create(kind="evidence", file=self.full.photo)
        self.waiting = make_nomination(
            self.offer, status="submitted", body=self.body, branch=self.branch, branch_rank=1
        )
        self.other = make_nomination(self.offer, status="submitted", body=self.body, branch=self.branch)
        self.queue = {"offer": self.offer, "branch": self.branch, "actor": self.reviewer}


ACTS = {
    "craftsmen.nomination_started": lambda s: s.start("王五", 3),
    "craftsmen.nomination_saved": lambda s: nominations.save_nomination(
        nomination=s.draft, actor=s.liaison, version=0, fields={"occupation": "电工"}
    ),
    "craftsmen.nomination_photo_set": lambda s: nomination_files.set_photo(
        nomination=s.draft, upload=picture(), focus=(50, 50), share=100, actor=s.liaison
    ),
    "craftsmen.nomination_file_added": lambda s: nomination_files.attach_file(
        nomination=s.draft, kind="evidence", upload=paper(), actor=s.liaison
    ),
    "craftsmen.nomination_file_removed": lambda s: nomination_files.remove_file(
        paper=s.kept, actor=s.liaison
    ),
    "craftsmen.nomination_submitted": lambda s: nominations.submit_nomination(
        nomination=s.full, actor=s.liaison
    ),
    "craftsmen.nomination_withdrawn": lambda s: nominations.withdraw_nomination(
        nomination=s.waiting, actor=s.liaison, reason="调离"
    ),
    "craftsmen.nomination_returned": lambda s: branches.send_back(
        nomination=s.waiting, actor=s.reviewer, reason="不全"
    ),
    "craftsmen.nominations_ranked": lambda s: branches.rank_nominations(ranks={s.other.pk: 2}, **s.queue),
    "craftsmen.nomination_passed_up": lambda s: branches.pass_up(
        chosen=[s.waiting.pk], opinion="同意", upload=picture(), **s.queue
    ),
    "craftsmen.nomination_form_printed": lambda s: documents.print_form(
        nomination=s.full, actor=s.liaison, shows_number=False
    ),
    "craftsmen.summary_printed": lambda s: documents.print_summary(**s.queue),
    "craftsmen.places_allocated": lambda s: setup.set_allocations(
        selection=s.offer.selection, places={(s.offer.pk, s.branch.pk): 3}, actor=s.liaison
    ),
    "craftsmen.selection_copied": lambda s: setup.copy_selection(
        selection=s.offer.selection, actor=s.liaison
    ),
    "craftsmen.selection_moved": lambda s: selections.move_selection(
        selection=s.offer.selection, to="closed", actor=s.liaison
    ),
}
# What is only read leaves its line too, and nothing else.
READING = {"craftsmen.nomination_form_printed", "craftsmen.summary_printed"}


def database():
    """Every row of the line of work and of people."""
    models = [*apps.get_app_config("craftsmen").get_models(), *apps.get_app_config("people").get_models()]
    return {model: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_its_line(action):
    scene = Scene()
    before, count = database(), AuditEntry.objects.count()
    ACTS[action](scene)
    lines = list(AuditEntry.objects.order_by("pk")[count:])
    (line,) = [line for line in lines if line.action == action]
    assert line.actor_key in {str(scene.liaison.pk), str(scene.reviewer.pk)}
    assert action in ACTIONS
    assert (database() != before) is (action not in READING)


@pytest.mark.parametrize("action", sorted(set(ACTS) - READING))
def test_an_act_whose_line_cannot_be_written_writes_nothing(action):
    scene = Scene()
    before = database()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no audit'; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
    with pytest.raises(Error, match="no audit"):
        ACTS[action](scene)
    assert database() == before


def test_no_line_of_a_nomination_holds_an_id_number():
    scene = Scene()
    ACTS["craftsmen.nomination_started"](scene)
    numbers = set(Nomination.objects.values_list("person__id_number_hash", flat=True)) - {None}
    told = " ".join(str(line.details) + line.target_label for line in AuditEntry.objects.all())
    assert numbers
    assert "110118" not in told
