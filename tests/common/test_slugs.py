"""Slugs made for records with Chinese names."""

import pytest

from competitions.models import Competition
from tests.factories import make_competition
from unionportal.common.slugs import free_slug

pytestmark = pytest.mark.django_db


def test_words_give_their_pinyin_and_blank_ones_are_left_out():
    assert (
        free_slug(Competition.objects, "工匠杯", None, "", 2026, otherwise="jingsai") == "gongjiangbei-2026"
    )


def test_what_cannot_be_transliterated_gets_the_other_word():
    assert free_slug(Competition.objects, "※※", otherwise="jingsai") == "jingsai"


def test_a_taken_slug_is_numbered():
    first = make_competition()
    words = (first.brand, first.edition, first.year)
    assert free_slug(Competition.objects, *words, otherwise="jingsai") == f"{first.slug}-2"


def test_a_long_name_keeps_to_the_length_of_the_field():
    assert len(free_slug(Competition.objects, "密云" * 60, otherwise="jingsai")) <= 60
