"""Units: new names, mergers, and how a name finds its unit."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.factories import make_superuser, make_unit, make_user
from tests.portal.threads import in_threads, only_error
from unionportal.audit.models import AuditEntry
from unionportal.common.identity import match_key
from unionportal.people import services
from unionportal.people.models import FormerName, Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return make_user(username="jingsai")


def found(name):
    """The name of the unit that an import finds under this name, or None."""
    unit = services.unit_index().get(match_key(name))
    return unit and unit.name


def merge(actor, unit, into):
    return services.merge_units(unit=unit, into=into, actor=actor)


def rename(actor, unit, name):
    return services.rename_unit(unit=unit, name=name, actor=actor)


def lines():
    return [(line.action, line.details) for line in AuditEntry.objects.order_by("pk")]


# ── Renaming ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_renamed_unit_is_found_by_both_names(actor):
    unit = make_unit("密云县电力公司")
    rename(actor, unit, "密云区电力公司")
    assert (found("密云县电力公司"), found("密云区 电力公司")) == ("密云区电力公司",) * 2
    assert [(item.name, item.unit) for item in FormerName.objects.all()] == [("密云县电力公司", unit)]
    assert lines() == [("people.unit_renamed", {"before": "密云县电力公司", "after": "密云区电力公司"})]


def test_a_unit_that_takes_its_old_name_back_keeps_the_other(actor):
    unit = make_unit("甲厂")
    rename(actor, unit, "乙厂")
    rename(actor, unit, "甲厂")
    assert {item.name for item in FormerName.objects.all()} == {"乙厂"}
    assert (found("甲厂"), found("乙厂")) == ("甲厂", "甲厂")


def test_another_spelling_of_the_same_name_is_no_former_name(actor):
    unit = make_unit("密云（北京）公司")
    rename(actor, unit, "密云(北京)公司")
    unit.refresh_from_db()
    assert unit.name == "密云(北京)公司"
    assert not FormerName.objects.exists()
    rename(actor, unit, "密云(北京)公司")
    assert len(lines()) == 1


def test_a_name_that_another_unit_bears_is_refused(actor):
    make_unit("甲厂")
    unit = make_unit("乙厂")
    with pytest.raises(ValidationError, match="已有单位“甲厂”"):
        rename(actor, unit, "甲 厂")
    unit.refresh_from_db()
    assert (unit.name, lines()) == ("乙厂", [])


# ── Merging ──────────────────────────────────────────────────────────────────────────────────────────────


def test_names_lead_to_the_last_successor(actor):
    first, second, third = make_unit("甲厂", short_name="甲"), make_unit("乙厂"), make_unit("丙厂")
    rename(actor, first, "甲一厂")
    merge(actor, first, second)
    merge(actor, second, third)
    names = ("甲厂", "甲一厂", "甲", "乙厂", "丙厂")
    assert [found(name) for name in names] == ["丙厂"] * 5
    first.refresh_from_db()
    assert first.merged_into == second
    assert set(Unit.objects.current()) == {third}
    assert lines()[-2:] == [
        ("people.unit_merged", {"into": "乙厂", "into_key": second.pk}),
        ("people.unit_merged", {"into": "丙厂", "into_key": third.pk}),
    ]


def test_mergers_never_go_in_a_circle(actor):
    units = [make_unit(name) for name in ("甲厂", "乙厂", "丙厂")]
    with pytest.raises(ValidationError, match="不能并入自己"):
        merge(actor, units[0], units[0])
    merge(actor, units[0], units[1])
    merge(actor, units[1], units[2])
    for into in (units[0], units[1]):
        with pytest.raises(ValidationError, match="不能并入自己"):
            merge(actor, units[2], into)
    assert Unit.objects.get(pk=units[2].pk).merged_into is None
    assert len(lines()) == 2


@pytest.mark.django_db(transaction=True)
def test_two_mergers_at_once_do_not_close_a_circle():
    actor, one, two = make_user(), make_unit("甲厂"), make_unit("乙厂")
    results = in_threads(lambda: merge(actor, one, two), lambda: merge(actor, two, one))
    assert isinstance(only_error(results), ValidationError)
    assert Unit.objects.filter(merged_into=None).count() == 1


def test_a_mistaken_merger_is_taken_back(actor):
    one, two = make_unit("甲厂"), make_unit("乙厂")
    merge(actor, one, two)
    services.separate_unit(unit=one, actor=actor)
    assert found("甲厂") == "甲厂"
    assert lines()[1:] == [("people.unit_separated", {"into": "乙厂", "into_key": two.pk})]
    services.separate_unit(unit=one, actor=actor)
    assert len(lines()) == 2


# ── The index ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_short_name_that_two_units_share_finds_neither():
    make_unit("密云一中", short_name="一中")
    make_unit("北京一中", short_name="一中")
    make_unit("密云二中", short_name="二中")
    assert (found("一中"), found("二中"), found("密云一中")) == (None, "密云二中", "密云一中")


def test_a_short_name_shared_with_the_own_predecessor_finds_the_successor(actor):
    old, new = make_unit("密云县医院", short_name="县医院"), make_unit("密云区医院", short_name="县医院")
    assert found("县医院") is None
    merge(actor, old, new)
    assert found("县医院") == "密云区医院"


def test_a_full_name_beats_a_former_one_and_that_a_short_one(actor):
    bearer = make_unit("甲厂")
    rename(actor, bearer, "新厂")
    short = make_unit("某厂", short_name="甲厂")
    assert found("甲厂") == "新厂"
    owner = make_unit("甲厂")
    assert found("甲厂") == owner.name
    assert short.name == found("某厂")


def test_the_index_reads_twice_however_many_units(django_assert_num_queries):
    for number in range(5):
        make_unit(f"{number}号厂", short_name=f"{number}")
    with django_assert_num_queries(2):
        services.unit_index()


def test_units_made_in_one_go_leave_one_line(actor):
    units = services.create_units(names=["甲厂", "乙厂"], actor=actor, source="roster.xlsx")
    assert [unit.name for unit in Unit.objects.filter(pk__in=[u.pk for u in units]).order_by("pk")] == [
        "甲厂",
        "乙厂",
    ]
    assert {unit.match_key for unit in Unit.objects.all()} == {match_key("甲厂"), match_key("乙厂")}
    assert lines() == [("people.units_created", {"names": ["甲厂", "乙厂"], "source": "roster.xlsx"})]
    assert services.create_units(names=[], actor=actor, source="x") == []
    assert len(lines()) == 1


# ── In the admin ─────────────────────────────────────────────────────────────────────────────────────────


def form_of(unit=None, former=(), **changes):
    sent = dict.fromkeys(("short_name", "kind", "system", "town", "credit_code", "contact_name"), "")
    sent |= {"name": unit.name if unit else "", "contact_phone": "", "dissolved_on": ""}
    sent |= {"merged_into": unit.merged_into_id or "" if unit else ""}
    sent |= {"former_names-TOTAL_FORMS": str(len(former)), "former_names-INITIAL_FORMS": "0"}
    for number, name in enumerate(former):
        sent |= {f"former_names-{number}-name": name, f"former_names-{number}-until": ""}
    return sent | changes


@pytest.fixture
def boss(client):
    boss = make_superuser()
    client.force_login(boss)
    return boss


def change(client, unit, **changes):
    unit.refresh_from_db()
    return client.post(reverse("admin:people_unit_change", args=[unit.pk]), form_of(unit, **changes))


def errors(response):
    form = response.context["adminform"].form
    return {field: [str(text) for text in texts] for field, texts in form.errors.items()}


def test_staff_rename_merge_and_separate(client, boss):
    unit, other = make_unit("甲厂"), make_unit("乙厂")
    assert change(client, unit, name="甲一厂", town="果园街道").status_code == 302
    assert change(client, unit, merged_into=other.pk, town="果园街道").status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.town, unit.merged_into) == ("甲一厂", "果园街道", other)
    assert found("甲厂") == "乙厂"
    assert change(client, unit, merged_into="").status_code == 302
    unit.refresh_from_db()
    assert unit.merged_into is None
    assert {action for action, _ in lines()} == {
        "people.unit_renamed",
        "people.unit_merged",
        "people.unit_separated",
        "people.unit_changed",
    }


def test_a_taken_name_is_an_error_of_the_form(client, boss):
    make_unit("密云（北京）公司")
    unit = make_unit("乙厂")
    expected = {"name": ["已有单位“密云（北京）公司”。若两家合并，请用“并入单位”。"]}
    assert errors(change(client, unit, name="密云(北京) 公司")) == expected
    added = client.post(reverse("admin:people_unit_add"), form_of(name="密云(北京)公司"))
    assert errors(added) == expected
    assert errors(client.post(reverse("admin:people_unit_add"), form_of(name="（）"))).keys() == {"name"}
    assert Unit.objects.count() == 2


def test_a_circle_is_an_error_of_the_form(client, boss):
    one, two = make_unit("甲厂"), make_unit("乙厂")
    change(client, one, merged_into=two.pk)
    assert errors(change(client, two, merged_into=one.pk)).keys() == {"merged_into"}
    assert errors(change(client, two, merged_into=two.pk)).keys() == {"merged_into"}


def test_a_former_name_of_another_unit_is_an_error_of_the_form(client, boss):
    one, two = make_unit("甲厂"), make_unit("乙厂")
    assert change(client, one, former=["旧厂"]).status_code == 302
    response = change(client, two, former=["旧 厂"])
    (formset,) = response.context["inline_admin_formsets"]
    assert [str(text) for text in formset.formset.errors[0]["name"]] == ["“旧 厂”已登记为“甲厂”的曾用名。"]
    assert [item.unit for item in FormerName.objects.all()] == [one]


def test_a_wrong_credit_code_is_refused_and_a_blank_one_is_nobodys(client, boss):
    first, second = make_unit("甲厂"), make_unit("乙厂")
    assert errors(change(client, first, credit_code="91110118000000000X")).keys() == {"credit_code"}
    for unit in (first, second):
        assert change(client, unit, credit_code="").status_code == 302
    assert set(Unit.objects.values_list("credit_code", flat=True)) == {None}
