"""One current leader, whoever changes it and when."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection
from django.urls import reverse
from django.utils import timezone

from studios.models import Studio, StudioMember
from studios.services import studios as services
from tests.factories import make_person, make_user
from tests.portal.threads import in_threads, meeting, only_error
from tests.studios.making import make_studio, staff
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.people.models import Milestone


def change(studio, person, **fields):
    return services.change_leader(
        studio=studio, person=person, actor=staff(), **{"reason": "原负责人退休", **fields}
    )


def leaders(studio):
    return list(studio.members.current().filter(role="leader").values_list("name", flat=True))


@pytest.mark.django_db
class TestChangingHands:
    def test_the_new_leader_follows_the_old_one_who_keeps_a_line(self):
        studio, successor = make_studio(), make_person("新负责人")
        former = studio.leader
        services.add_member(studio, person=successor, post="主任医师")
        change(studio, successor)
        assert leaders(studio) == ["新负责人"]
        former.refresh_from_db()
        assert (former.ended_on, former.ended_reason) == (timezone.localdate(), "原负责人退休")
        assert studio.members.current().count() == 1
        line = AuditEntry.objects.get(action="studios.leader_changed")
        assert (line.details["before"], line.details["after"]) == (former.name, "新负责人")
        assert Milestone.objects.get(person=successor).title == f"任{studio}负责人"

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"reason": " "}, "请写明更换的原因"),
            ({"person": None}, "请选择新负责人"),
            ({"on": timezone.localdate() + timedelta(1)}, "不能晚于今天"),
        ],
    )
    def test_a_change_that_says_too_little_is_refused(self, fields, message):
        studio = make_studio()
        with pytest.raises(ValidationError, match=message):
            change(studio, **{"person": make_person(), **fields})
        assert leaders(studio) == [studio.leader.name]

    def test_the_leader_does_not_follow_herself(self):
        studio = make_studio()
        with pytest.raises(ValidationError, match="已是现任负责人"):
            change(studio, studio.leader.person)

    def test_a_studio_that_has_ended_keeps_the_leader_it_had(self):
        studio = make_studio()
        services.end_studio(studio=studio, actor=staff(), reason="单位撤销")
        assert set(studio.recognitions.values_list("status", flat=True)) == {"expired"}
        with pytest.raises(ValidationError, match="已停办"):
            change(studio, make_person())

    def test_a_leader_leaves_only_by_being_followed(self):
        studio = make_studio()
        with pytest.raises(ValidationError, match="更换负责人"):
            services.end_membership(member=studio.leader, actor=staff(), reason="调离")

    def test_who_has_not_the_right_changes_nothing(self):
        studio = make_studio()
        with pytest.raises(PermissionDenied):
            services.change_leader(
                studio=studio, person=make_person(), actor=make_user("竞赛业务员"), reason="退休"
            )

    def test_the_database_takes_no_second_leader(self):
        studio = make_studio()
        with pytest.raises(IntegrityError, match="one_current_leader_per_studio"):
            StudioMember.objects.create(studio=studio, name="另一人", role="leader")


@pytest.fixture
def together(monkeypatch):
    """Between reading the former leader and writing the next the two wait for each other."""
    refuse, meet = services._refuse_change, meeting()

    def look(*args):
        meet()
        return refuse(*args)

    monkeypatch.setattr(services, "_refuse_change", look)


def race(studio):
    actor = staff()
    return in_threads(
        *[
            lambda name=name: services.change_leader(
                studio=studio, name=name, actor=actor, reason="原负责人退休"
            )
            for name in ("甲", "乙")
        ]
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("together")
class TestTwoAtOnce:
    def test_two_who_make_a_leader_at_the_same_moment_make_one_after_the_other(self):
        studio = make_studio()
        results = race(studio)
        assert [item for item in results if isinstance(item, Exception)] == []
        assert len(leaders(studio)) == 1
        assert studio.members.filter(role="leader").count() == 3

    def test_without_the_lock_one_of_them_is_refused_by_the_constraint(self, monkeypatch):
        """The control: the lock is what lets both be written in turn."""
        monkeypatch.setattr(services, "lock_studio", lambda studio: Studio.objects.get(pk=studio.pk))
        studio = make_studio()
        assert "已有现任负责人" in str(only_error(race(studio)))

    def test_without_lock_and_constraint_there_are_two_leaders(self, monkeypatch):
        """The control of both: the same race, and nothing to hold it."""
        monkeypatch.setattr(services, "lock_studio", lambda studio: Studio.objects.get(pk=studio.pk))
        monkeypatch.setattr(StudioMember, "full_clean", lambda *args, **kwargs: None)
        studio = make_studio()
        (index,) = [
            item for item in StudioMember._meta.constraints if item.name == "one_current_leader_per_studio"
        ]
        with connection.schema_editor() as editor:
            editor.remove_constraint(StudioMember, index)
        try:
            race(studio)
            assert len(leaders(studio)) == 2
        finally:
            studio.members.all().delete()
            with connection.schema_editor() as editor:
                editor.add_constraint(StudioMember, index)


@pytest.mark.django_db
def test_nothing_presses_for_another_leader_until_the_month_of_retirement_has_passed(client):
    client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
    studio, today = make_studio(), timezone.localdate()
    person = studio.leader.person
    act = reverse("admin:studios_studio_act", args=[studio.pk, "leader"])
    for retires_on, said in ((today - timedelta(40), "（已过，须更换负责人）"), (today, "<")):
        person.retires_on = retires_on
        person.save()
        page = client.get(reverse("admin:studios_studio_change", args=[studio.pk])).text
        assert f"{retires_on:%Y年%-m月}{said}" in page
        assert f'<a class="button quiet" href="{act}"' in page
        assert '<a class="button" ' not in page
