"""Growth records: written once, replaced whole, withdrawn when no longer called for."""

from datetime import date

import pytest

from tests.factories import make_person
from unionportal.people.models import Milestone, Person
from unionportal.people.services import MilestoneLine, replace_milestones

pytestmark = pytest.mark.django_db


def line(person, place="一等奖", key=None, **more):
    return MilestoneLine(
        person_id=person.pk,
        on=date(2025, 5, 23),
        title="工匠杯 焊接 决赛",
        place=place,
        source_key=key or f"result:1:{person.pk}",
        visibility=Milestone.Visibility.PUBLIC,
        **more,
    )


def replace(*lines, prefix="result:1:"):
    return replace_milestones(
        source_prefix=prefix,
        kind=Milestone.Kind.COMPETITION,
        tier=Milestone.Tier.DISTRICT,
        lines=list(lines),
    )


def written():
    return {(item.person.name, item.place, item.source_key) for item in Milestone.objects.all()}


def test_writing_the_same_lines_again_changes_nothing():
    one, two = make_person("甲"), make_person("乙")
    assert replace(line(one), line(two, "二等奖")) == 2
    before = list(Milestone.objects.order_by("pk").values())
    assert replace(line(two, "二等奖"), line(one)) == 2
    assert list(Milestone.objects.order_by("pk").values()) == before


def test_a_correction_changes_the_line_and_withdraws_the_other():
    one, two, three = make_person("甲"), make_person("乙"), make_person("丙")
    replace(line(one), line(two, "二等奖"))
    kept = Milestone.objects.get(person=two).pk
    replace(line(two, "一等奖", detail="更正"), line(three, "二等奖"))
    assert written() == {
        ("乙", "一等奖", f"result:1:{two.pk}"),
        ("丙", "二等奖", f"result:1:{three.pk}"),
    }
    assert (Milestone.objects.get(person=two).pk, Milestone.objects.get(person=two).detail) == (kept, "更正")


def test_nothing_left_withdraws_all_of_this_source_and_none_of_another():
    one = make_person("甲")
    replace(line(one))
    replace(line(one, key=f"result:11:{one.pk}"), prefix="result:11:")
    replace(line(one, key="result_1:x"), prefix="result_1:")
    assert replace() == 0
    assert {key for _, _, key in written()} == {f"result:11:{one.pk}", "result_1:x"}


def test_a_merged_person_is_followed():
    old, new = make_person("甲"), make_person("甲")
    Person.objects.filter(pk=old.pk).update(merged_into=new)
    replace(line(old))
    assert Milestone.objects.get().person == new
