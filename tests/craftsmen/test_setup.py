"""Setting a selection up: what it lacks, places on the grid and from Excel, next year's copy, and the admin's pages."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from craftsmen.models import Allocation, EligibilityRule, Extension, Nomination, Offer, Selection, SlateRule
from craftsmen.services import allocation_files, selections, setup
from tests.factories import (
    make_nomination,
    make_offer,
    make_title,
    make_union_body,
    make_user,
    workbook,
    workbook_file,
)
from unionportal import roles
from unionportal.audit.models import AuditEntry
from unionportal.panels.models import Criterion, CriterionLevel
from unionportal.people.models import UnionBody

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def staff(client):
    user = make_user(roles.CRAFTSMAN_STAFF, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def offer():
    """An offer of a draft selection, with two town unions to give places to."""
    made = make_offer(status="draft", title=make_title("密云工匠"), quota=3)
    for name in ("甲镇总工会", "乙镇总工会"):
        make_union_body(name, UnionBody.Kind.TOWN)
    return made


def towns():
    return list(UnionBody.objects.filter(kind="town").order_by("name"))


def test_a_selection_is_announced_once_nothing_is_missing(offer):
    selection = offer.selection
    with pytest.raises(ValidationError, match="还没有分配推荐名额"):
        selections.move_selection(selection=selection, to="announced", actor=None)
    setup.set_allocations(selection=selection, places={(offer.pk, towns()[0].pk): 2}, actor=None)
    moved = selections.move_selection(selection=selection, to="announced", actor=None)
    assert moved.announced_at is not None
    assert "少于评选名额" in "".join(selections.advice(selection, selections.offers_with_places(selection)))


def test_everything_missing_is_named_at_once():
    selection = Selection.objects.create(title="空", slug="kong", year=2026, by_unit=False)
    lines = selections.missing(selection)
    assert lines == [
        "还没有评选的称号和名额。",
        "还没有填写申报开始日期。",
        "还没有填写单位申报截止日期。",
        "还没有填写镇街、系统工会审核截止日期。",
        "至少开放一种推荐渠道。",
    ]


def test_a_selection_is_closed_only_when_nobody_is_on_the_way(offer):
    offer.selection.status = "announced"
    offer.selection.save()
    nomination = make_nomination(offer, status="in_notice")
    with pytest.raises(ValidationError, match="1 名申报人"):
        selections.move_selection(selection=offer.selection, to="closed", actor=None)
    Nomination.objects.filter(pk=nomination.pk).update(status="conferred")
    assert selections.move_selection(selection=offer.selection, to="closed", actor=None).status == "closed"
    with pytest.raises(ValidationError, match="不能转为“已取消”"):
        selections.move_selection(selection=offer.selection, to="cancelled", actor=None, reason="x")


def test_cancelling_takes_a_reason(offer):
    offer.selection.status = "announced"
    offer.selection.save()
    with pytest.raises(ValidationError, match="原因"):
        selections.move_selection(selection=offer.selection, to="cancelled", actor=None)


def test_next_years_copy_has_the_set_up_and_nobody_in_it(offer):
    selection, town = offer.selection, towns()[0]
    selection.year, selection.title, selection.slug = 2028, "2028 年评选", "gongjiang-2028"
    selection.opens_on, selection.unit_deadline = date(2028, 2, 29), date(2028, 3, 20)
    selection.branch_deadline = date(2028, 3, 31)
    selection.save()
    offer.allocations.create(body=town, places=2)
    SlateRule.objects.create(offer=offer, kind="women_at_least", number=30)
    EligibilityRule.objects.create(selection=selection, kind="union_member")
    EligibilityRule.objects.create(selection=selection, kind="paper", text="证明", offer=offer)
    Extension.objects.create(selection=selection, body=town, until=TODAY, reason="x")
    criterion = offer.panel.criteria.first()
    CriterionLevel.objects.create(criterion=criterion, level=0, text="一般")
    make_nomination(offer)
    draft = setup.copy_selection(selection=selection, actor=None)
    copied = draft.offers.get()
    assert (draft.title, draft.slug, draft.year, draft.status) == (
        "2029 年评选",
        "gongjiang-2029",
        2029,
        "draft",
    )
    assert (draft.opens_on, draft.unit_deadline) == (date(2029, 2, 28), date(2029, 3, 20))
    assert copied.panel_id != offer.panel_id
    assert list(copied.panel.criteria.values_list("name", "maximum")) == list(
        offer.panel.criteria.values_list("name", "maximum")
    )
    assert copied.panel.criteria.first().levels.get().text == "一般"
    assert copied.allocations.get().places == 2
    assert copied.slate_rules.get().number == 30
    assert {rule.offer_id for rule in draft.eligibility_rules.all()} == {None, copied.pk}
    assert not copied.nominations.exists()
    assert not draft.extensions.exists()


def test_places_are_changed_where_they_differ_and_the_audit_names_them(offer):
    first, second = towns()
    setup.set_allocations(
        selection=offer.selection, places={(offer.pk, first.pk): 2, (offer.pk, second.pk): 1}, actor=None
    )
    again = {(offer.pk, first.pk): 0, (offer.pk, second.pk): 1}
    assert setup.set_allocations(selection=offer.selection, places=again, actor=None) == 1
    assert list(Allocation.objects.values_list("body", "places")) == [(second.pk, 1)]
    entry = AuditEntry.objects.filter(action="craftsmen.places_allocated").first()
    assert entry.details["places"] == [f"{first} 密云工匠 0 名"]


def test_places_come_from_excel_whole_or_not_at_all(offer):
    head = ["镇街、系统工会", "密云工匠"]
    good = workbook({"名额": [head, ["甲镇总工会", 2], ["乙镇总工会", None], ["合计", 2]]})
    report = allocation_files.import_allocations(selection=offer.selection, workbook=good, actor=None)
    assert (report.rows, report.changed, report.sums) == (2, 1, [("密云工匠", 2, 3)])
    bad = workbook({"名额": [head, ["甲镇总工会", 1], ["丙镇总工会", 1], ["乙镇总工会", 1.5]]})
    with pytest.raises(allocation_files.AllocationsRefused) as caught:
        allocation_files.import_allocations(selection=offer.selection, workbook=bad, actor=None)
    assert [(item.row, item.column) for item in caught.value.problems] == [
        (3, "镇街、系统工会"),
        (4, "密云工匠"),
    ]
    assert Allocation.objects.get().places == 2


def test_the_grid_saves_and_refuses_what_is_no_number(offer, staff, client):
    first, second = towns()
    url = reverse("admin:craftsmen_selection_allocations", args=[offer.selection_id])
    assert "相差" in client.get(url).text
    names = [f"p{offer.pk}-{first.pk}", f"p{offer.pk}-{second.pk}"]
    bad = client.post(url, {names[0]: "2", names[1]: "-1"})
    assert "没有保存" in bad.text
    assert not Allocation.objects.exists()
    assert client.post(url, {names[0]: "2", names[1]: ""})["Location"] == url
    assert Allocation.objects.get().places == 2


def upload(client, url, rows):
    file = SimpleUploadedFile("表.xlsx", workbook_file({"表": rows}).read())
    return client.post(url, {"workbook": file})


def test_a_workbook_is_previewed_then_the_same_file_applied(offer, staff, client):
    url = reverse("admin:craftsmen_selection_import", args=[offer.selection_id])
    kept = upload(client, url, [["镇街、系统工会", "密云工匠"], ["甲镇总工会", 2]])
    assert "确认导入" in client.get(kept["Location"]).text
    assert not Allocation.objects.exists()
    assert client.post(kept["Location"]).status_code == 302
    assert Allocation.objects.get().places == 2
    refused = upload(client, url, [["镇街、系统工会", "密云工匠"], ["丙镇", 2]])
    assert "没有“丙镇”" in refused.text
    assert (
        client.get(reverse("admin:craftsmen_selection_import_blank", args=[offer.selection_id])).status_code
        == 200
    )


def test_a_rubric_is_imported_on_its_titles_page(offer, staff, client):
    url = reverse("admin:craftsmen_offer_import", args=[offer.pk])
    kept = upload(client, url, [["评分项", "满分"], ["技艺超群", 60], ["传承创新", 40]])
    client.post(kept["Location"])
    assert list(Criterion.objects.filter(panel=offer.panel).values_list("name", "maximum")) == [
        ("技艺超群", 60),
        ("传承创新", 40),
    ]
    page = client.get(reverse("admin:craftsmen_offer_change", args=[offer.pk])).text
    assert "技艺超群" in page


def test_a_title_added_on_the_page_gets_its_panel(staff, client):
    selection = Selection.objects.create(title="2026 年评选", slug="x", year=2026)
    title = make_title("密云能手")
    url = reverse("admin:craftsmen_selection_change", args=[selection.pk])
    data = {"title": selection.title, "slug": "x", "year": 2026, "unit_notice_days": 5, "notice_days": 5}
    for prefix in ("offers", "eligibility_rules", "extensions"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    data |= {
        "offers-TOTAL_FORMS": 1,
        "offers-0-title": title.pk,
        "offers-0-quota": 20,
        "offers-0-surplus_percent": 0,
        "offers-0-position": 1,
        "offers-0-selection": selection.pk,
        "by_unit": "on",
    }
    answer = client.post(url, data)
    assert answer.status_code == 302, answer.context and answer.context["errors"]
    assert Offer.objects.get().panel.criteria.count() == 4


def test_steps_move_the_selection_and_say_why_not(offer, staff, client):
    step = reverse("admin:craftsmen_selection_step", args=[offer.selection_id, "announced"])
    assert "还没有分配推荐名额" in client.post(step, follow=True).text
    setup.set_allocations(selection=offer.selection, places={(offer.pk, towns()[0].pk): 3}, actor=staff)
    assert "已转为“已公告”" in client.post(step, follow=True).text
    copy = reverse("admin:craftsmen_selection_step", args=[offer.selection_id, "copy"])
    assert "日期顺延一年" in client.post(copy, follow=True).text
    assert Selection.objects.count() == 2


def test_an_extension_says_who_allowed_it(offer, staff, client):
    url = reverse("admin:craftsmen_extension_add")
    body = towns()[0]
    data = {
        "selection": offer.selection_id,
        "body": body.pk,
        "until": TODAY + timedelta(days=3),
        "reason": "汇总延误",
    }
    assert client.post(url, data).status_code == 302
    assert Extension.objects.get().allowed_by == staff
