"""Two people at one record: what one has written the other does not write over unseen; races have one winner."""

import time
from datetime import date, timedelta
from decimal import Decimal
from difflib import SequenceMatcher

import pytest
from django.urls import reverse
from django.utils import timezone

from studios.admin.studios import StudioAdmin
from studios.models import Grant, PlaqueCeremony, Studio
from studios.services import ceremonies, grants, recognitions, reviews
from studios.services import studios as services
from studios.similarity import alike
from tests.factories import id_number, make_person, make_user
from tests.portal.threads import in_threads, only_error
from tests.studios import campaigning
from tests.studios.making import make_achievement, make_ceremony, make_review, make_studio, staff
from unionportal import roles
from unionportal.people.models import Milestone, Person

TODAY = timezone.localdate()


@pytest.fixture
def keeper(client):
    user = make_user(roles.STUDIO_STAFF, is_staff=True)
    client.force_login(user)
    return user


def page_of(record):
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])


def filled(client, record, **changes):
    """Return what the record's page would send, with these changes."""
    page = client.get(page_of(record))
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    for formset in page.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        sent |= {management[name].html_name: management[name].value() for name in management.fields}
        for row in formset.formset.forms:
            sent |= {row[name].html_name: row[name].value() for name in row.fields}
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


@pytest.mark.django_db
class TestTwoTabs:
    def test_what_a_studio_has_written_meanwhile_is_not_written_over(self, client, keeper):
        review = make_review()
        late = str(TODAY + timedelta(20))
        sent = filled(client, review, due_on=late)
        reviews.save_report(
            review=review, actor=staff(), version=review.updated_at.isoformat(), fields={"plan": "刚写的计划"}
        )
        page = client.post(page_of(review), sent)
        assert page.status_code == 200
        assert "本次没有保存" in page.content.decode()
        review.refresh_from_db()
        assert review.plan == "刚写的计划"
        # What was typed stands there still; sent once more it counts.
        assert page.context["adminform"].form["due_on"].value() == late
        again = {**sent, "read_at": page.context["adminform"].form["read_at"].value()}
        assert client.post(page_of(review), again).status_code == 302
        review.refresh_from_db()
        assert str(review.due_on) == late

    @pytest.mark.parametrize("kind", ["achievement", "studio"])
    def test_neither_is_a_record_of_staff(self, client, keeper, kind):
        record = make_achievement(status="submitted") if kind == "achievement" else make_studio()
        sent = filled(client, record)
        assert client.post(page_of(record), sent).status_code == 302
        page = client.post(page_of(record), sent)
        assert "本次没有保存" in page.content.decode()

    def test_who_may_only_look_sees_the_page(self, client):
        client.force_login(make_user(roles.SUPERVISOR, is_staff=True))
        for record in (make_studio(), make_achievement(), make_review()):
            assert client.get(page_of(record)).status_code == 200


@pytest.mark.django_db
class TestTwoClicks:
    def send_twice(self, client, record, act, **given):
        meta = record._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_act", args=[record.pk, act])
        key = client.get(url).context["form"]["key"].value()
        answers = [client.post(url, {**given, "key": key}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [302, 302]
        return url, key

    def test_an_instalment_is_planned_once(self, client, keeper):
        grant = Grant.objects.create(studio=make_studio(), year=2026, amount_yuan=100)
        url, key = self.send_twice(client, grant, "plan", amount_yuan="40")
        assert grant.instalments.count() == 1
        other = client.post(url, {"amount_yuan": "50", "key": key})
        assert "已经提交过一次" in other.content.decode()
        self.send_twice(client, grant, "plan", amount_yuan="40")
        assert grant.instalments.count() == 2

    def test_a_visit_is_noted_once(self, client, keeper):
        application = campaigning.apply(campaigning.make_campaign())
        given = {"visited_on": str(TODAY), "visitors": "某", "report": "属实", "finding": "confirmed"}
        self.send_twice(client, application, "visit", **given)
        assert application.visits.count() == 1


@pytest.mark.django_db
class TestPeople:
    def test_contributors_change_places(self, client, keeper):
        item = make_achievement(people=2)
        first, second = item.contributions.all()
        names = {"contributions-0-position": 2, "contributions-1-position": 1}
        assert client.post(page_of(item), filled(client, item, **names)).status_code == 302
        assert [row.pk for row in item.contributions.all()] == [second.pk, first.pk]

    def test_a_member_found_later_has_the_plaque_in_the_growth_record(self, client, keeper):
        studio, person = make_studio(), make_person()
        member = services.add_member(studio, name=person.name)
        ceremonies.hold_ceremony(ceremony=make_ceremony(studio.recognitions.get()), actor=staff())
        assert not Milestone.objects.filter(person=person)
        sent = filled(client, studio, **{"members-0-person": person.pk})
        assert client.post(page_of(studio), sent).status_code == 302
        member.refresh_from_db()
        assert member.person == person
        assert "授牌" in Milestone.objects.get(person=person).title


@pytest.mark.django_db
def test_of_ten_thousand_titles_only_the_likely_ones_are_compared_at_length(monkeypatch):
    compared, ratio = [], SequenceMatcher.ratio
    monkeypatch.setattr(SequenceMatcher, "ratio", lambda self: compared.append(self.a) or ratio(self))
    others = [(n, f"设备{n}号线自动上料快换接头改进") for n in range(10_000)]
    found = alike("药品批号智能核对装置", [*others, (-1, "药品批号智能核对 装置")])
    assert found == [(1.0, (-1, "药品批号智能核对 装置"))]
    assert len(compared) < 10


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_a_plaque_is_on_one_list(self):
        item = make_studio().recognitions.get()
        lists = [PlaqueCeremony.objects.create(title=name, on=date(2025, 6, 1)) for name in "甲乙"]
        actor = staff()
        results = in_threads(
            *(
                lambda ceremony=ceremony: ceremonies.list_plaques(
                    ceremony=ceremony, recognitions=[item], actor=actor
                )
                for ceremony in lists
            )
        )
        assert "请刷新后重选" in str(only_error(results))

    def test_a_delisted_studio_does_not_come_back_by_a_form(self, client, monkeypatch):
        save_form = StudioAdmin.save_form

        def slowly(*arguments, **named):
            time.sleep(1)
            return save_form(*arguments, **named)

        monkeypatch.setattr(StudioAdmin, "save_form", slowly)
        client.force_login(make_user(roles.STUDIO_STAFF, is_staff=True))
        studio = make_studio()
        sent = filled(client, studio, field="新领域")
        actor = staff()

        def delist():
            time.sleep(0.4)
            recognitions.delist(studio=studio, actor=actor, reason="差", document_number="1号")

        _, answer = in_threads(delist, lambda: client.post(page_of(studio), sent))
        assert answer.status_code == 302
        assert Studio.objects.get().status == "delisted"


@pytest.mark.django_db
class TestSamePersonTwice:
    def rows(self, prefix, parent, record, people, **more):
        found = {f"{prefix}-TOTAL_FORMS": len(people), f"{prefix}-INITIAL_FORMS": 0}
        for number, person in enumerate(people):
            row = {
                parent: record.pk,
                "person": person.pk,
                "name": person.name,
                "position": number + 7,
                **more,
            }
            found |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
        return found

    def test_among_new_members(self, client, keeper):
        studio, person = make_studio(), make_person()
        rows = self.rows("members", "studio", studio, [person, person], role="member")
        page = client.post(page_of(studio), filled(client, studio, **rows))
        assert "此人在本表中出现了两次" in page.content.decode()
        rows = self.rows("members", "studio", studio, [person], role="member")
        assert client.post(page_of(studio), filled(client, studio, **rows)).status_code == 302

    def test_among_new_contributors(self, client, keeper):
        item, person = make_achievement(people=0), make_person()
        rows = self.rows("contributions", "achievement", item, [person, person])
        page = client.post(page_of(item), filled(client, item, **rows))
        assert "此人在本表中出现了两次" in page.content.decode()


@pytest.mark.django_db
class TestNothingHalfDone:
    def send(self, client, **given):
        studio = make_studio()
        url = reverse("admin:studios_studio_act", args=[studio.pk, "leader"])
        people = Person.objects.count()
        page = client.post(url, {"id_number": id_number(77), "on": str(TODAY), "reason": "退休", **given})
        assert page.status_code == 200
        assert Person.objects.count() == people
        return page.content.decode()

    def test_an_id_number_without_a_name_is_asked_for_one(self, client, keeper):
        assert "请填写姓名" in self.send(client)

    def test_nobody_new_is_kept_of_a_change_that_is_refused(self, client, keeper):
        assert "不能晚于今天" in self.send(client, name="新人", on=str(TODAY + timedelta(9)))


@pytest.mark.django_db
class TestWhatIsSettled:
    def test_the_level_stands_once_the_meeting_has_decided(self, client, keeper):
        campaign = campaigning.make_campaign()
        assert "level" in client.get(page_of(campaign)).context["adminform"].form.fields
        campaign.meeting_body, campaign.meeting_on, campaign.minutes_number = "会", TODAY, "1号"
        campaign.save()
        assert "level" not in client.get(page_of(campaign)).context["adminform"].form.fields

    def test_an_amount_typed_after_the_plan_is_not_said_to_be_saved(self, client, keeper):
        grant = Grant.objects.create(studio=make_studio(), year=2026, amount_yuan=100)
        sent = filled(client, grant, amount_yuan="10", purpose="设备")
        grants.plan_instalment(grant=grant, amount_yuan=Decimal(60), actor=staff())
        page = client.post(page_of(grant), sent, follow=True)
        assert "工作室、年度和金额没有修改" in page.content.decode()
        grant.refresh_from_db()
        assert (grant.amount_yuan, grant.purpose) == (100, "设备")

    def test_money_planned_and_levels_held_are_not_deleted(self, client):
        client.force_login(staff())
        grant = Grant.objects.create(studio=make_studio(), year=2026, amount_yuan=100)
        grants.plan_instalment(grant=grant, amount_yuan=Decimal(60), actor=staff())
        for record in (grant, grant.studio.recognitions.get()):
            url = page_of(record).replace("/change/", "/delete/")
            assert client.post(url, {"post": "yes"}).status_code == 403
