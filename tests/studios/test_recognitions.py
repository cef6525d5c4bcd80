"""Recognitions and plaques: by document, once a level, proofread before given, gone with delisting."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from studios.models import Recognition, Studio
from studios.services import ceremonies, growth, recognitions
from studios.services import studios as services
from tests.craftsmen.nominating import picture
from tests.factories import make_person
from tests.studios.making import make_achievement, make_ceremony, make_studio, recognise, staff
from unionportal.audit.models import AuditEntry
from unionportal.news.models import Article, Column
from unionportal.people.models import Milestone

pytestmark = pytest.mark.django_db


def test_a_recognition_holds_from_its_document_to_its_last_day():
    studio = make_studio(recognised=False)
    recognise(studio, named_on=date(2025, 5, 20), valid_to=date(2028, 5, 20))
    days = (date(2025, 5, 19), date(2025, 5, 20), date(2028, 5, 20), date(2028, 5, 21))
    assert [Studio.objects.public(day).exists() for day in days] == [False, True, True, False]


def test_a_level_is_held_once_and_several_levels_at_a_time():
    studio = make_studio()
    with pytest.raises(ValidationError, match="已有同级的有效认定"):
        recognise(studio)
    recognise(studio, level="city")
    assert set(studio.recognitions.values_list("level", flat=True)) == {"district", "city"}


def test_no_recognition_without_a_document_but_one_of_the_old_ledger_marked_so():
    studio = make_studio(recognised=False)
    with pytest.raises(ValidationError, match="请填写文号和成文日期"):
        recognise(studio, document_number="", named_on=None)
    recognise(studio, document_number="", named_on=None, is_incomplete=True)
    assert Studio.objects.public().get() == studio


def test_what_has_run_out_makes_room_for_the_next():
    studio = make_studio()
    old = studio.recognitions.get()
    recognitions.expire_recognition(recognition=old, actor=staff(), ground="期满")
    assert not Studio.objects.public().exists()
    recognise(studio)
    with pytest.raises(ValidationError, match="到期"):
        recognitions.expire_recognition(recognition=old, actor=staff(), ground="期满")


class TestCeremony:
    def test_plaques_bring_dates_growth_records_and_a_news_draft(self):
        studio = make_studio("“中医+”身心医学创新工作室")
        member = services.add_member(studio, person=make_person("成员甲"))
        services.add_member(studio, name="没有档案的人")
        late = services.add_member(studio, person=make_person("后来者"), started_on=date(2025, 7, 1))
        ceremony = make_ceremony(studio.recognitions.get())
        ceremonies.hold_ceremony(ceremony=ceremony, actor=staff())
        assert studio.recognitions.get().plaque_on == date(2025, 6, 18)
        told = {item.person.name: item.place for item in Milestone.objects.filter(kind="studio")}
        assert told == {studio.leader.name: "负责人", member.name: "成员"}
        assert late.name not in told
        column = Column.objects.create(name="要闻", slug="yaowen")
        ceremonies.add_photo(ceremony=ceremony, upload=picture(), caption="授牌合影", actor=staff())
        article = ceremonies.draft_article(ceremony=ceremony, column=column, actor=staff())
        assert (article.status, article.cover_alt) == ("draft", "授牌合影")
        assert "“中医+”身心医学创新工作室" in article.body
        assert ceremonies.draft_article(ceremony=ceremony, column=column, actor=staff()) == article
        assert Article.objects.count() == 1

    def test_no_plaque_is_given_before_its_words_are_proofread(self):
        ceremony = make_ceremony(make_studio().recognitions.get(), is_proofread=False)
        with pytest.raises(ValidationError, match="还没有校对"):
            ceremonies.hold_ceremony(ceremony=ceremony, actor=staff())

    def test_the_name_has_to_stand_letter_by_letter_with_its_own_quotation_marks(self):
        ceremony = make_ceremony(make_studio("“中医+”工作室").recognitions.get(), is_proofread=False)
        ceremony.lines.update(text='"中医+"工作室')
        with pytest.raises(ValidationError, match="不一致"):
            ceremonies.proofread(ceremony=ceremony, actor=staff(), proofreader="某某")

    def test_one_more_plaque_has_to_be_proofread_again(self):
        ceremony = make_ceremony(make_studio().recognitions.get())
        ceremonies.list_plaques(
            ceremony=ceremony, recognitions=[make_studio().recognitions.get()], actor=staff()
        )
        ceremony.refresh_from_db()
        assert (ceremony.status, ceremony.proofread_by) == ("draft", "")

    def test_a_plaque_is_listed_once_and_not_after_its_recognition_ended(self):
        recognition = make_studio().recognitions.get()
        make_ceremony(recognition)
        with pytest.raises(ValidationError, match="已列入仪式"):
            make_ceremony(recognition)

    def test_no_plaque_before_the_document_nor_before_its_day(self):
        early = make_ceremony(make_studio().recognitions.get(), on=date(2025, 5, 1))
        with pytest.raises(ValidationError, match="晚于授牌日期"):
            ceremonies.hold_ceremony(ceremony=early, actor=staff())
        tomorrow = timezone.localdate() + timedelta(1)
        later = make_ceremony(make_studio().recognitions.get(), on=tomorrow)
        with pytest.raises(ValidationError, match="日期还没有到"):
            ceremonies.hold_ceremony(ceremony=later, actor=staff())
        assert not Recognition.objects.exclude(plaque_on=None).exists()


def test_growth_records_lead_to_a_studio_only_while_its_page_is_there():
    studio = make_studio()
    ceremonies.hold_ceremony(ceremony=make_ceremony(studio.recognitions.get()), actor=staff())
    make_achievement(studio, status="published")
    shown = {("public", True)}
    kept = {("union", False)}

    def told():
        return {(item.visibility, bool(item.url)) for item in Milestone.objects.all()}

    assert told() == shown
    recognitions.expire_recognition(recognition=studio.recognitions.get(), actor=staff(), ground="未参加复评")
    assert told() == kept
    recognise(studio)
    assert told() == shown


def test_no_studio_gets_an_address_where_a_page_of_the_portal_stands():
    assert make_studio("Mine").slug == "mine-2"


class TestDelisting:
    def test_all_plaques_go_with_ground_and_document_and_the_growth_records_too(self):
        studio = make_studio()
        recognise(studio, level="city")
        ceremonies.hold_ceremony(ceremony=make_ceremony(*studio.recognitions.all()), actor=staff())
        assert Milestone.objects.count() == 2
        recognitions.delist(
            studio=studio, actor=staff(), reason="整改不合格", document_number="密工发〔2026〕1号"
        )
        assert not Milestone.objects.exists()
        assert set(studio.recognitions.values_list("status", "ended_document")) == {
            ("delisted", "密工发〔2026〕1号")
        }
        assert not Studio.objects.public().exists()
        assert AuditEntry.objects.get(action="studios.studio_delisted").details["reason"] == "整改不合格"

    def test_no_delisting_without_ground_and_document_nor_twice(self):
        studio = make_studio()
        with pytest.raises(ValidationError) as refused:
            recognitions.delist(studio=studio, actor=staff(), reason=" ", document_number="")
        assert set(refused.value.message_dict) == {"reason", "document_number"}
        recognitions.delist(studio=studio, actor=staff(), reason="停办", document_number="1号")
        with pytest.raises(ValidationError, match="无须摘牌"):
            recognitions.delist(studio=studio, actor=staff(), reason="停办", document_number="1号")
        with pytest.raises(ValidationError, match="不能再认定"):
            recognise(studio)


def test_growth_records_stop_pointing_to_a_studio_whose_recognition_ran_out_by_its_date():
    studio = make_studio(recognised=False)
    held = recognise(studio, plaque_on=date(2025, 6, 18))
    make_achievement(studio, status="published")
    make_achievement(status="published")
    assert growth.rewrite_after_expiry() == 0
    before = Milestone.objects.exclude(url="").count()
    Recognition.objects.filter(pk=held.pk).update(valid_to=timezone.localdate() - timedelta(days=1))
    call_command("tend_growth_records")
    left = Milestone.objects.exclude(url="")
    assert 0 < left.count() < before
    assert not left.filter(url=studio.get_absolute_url()).exists()
    assert not Milestone.objects.filter(title__contains=studio.name, visibility="public").exists()
    assert growth.rewrite_after_expiry() == 0
