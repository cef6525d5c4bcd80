"""Names, ID numbers, phones and credit codes as people type them."""

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from unionportal.common.identity import (
    IdentityProblem,
    clean_credit_code,
    clean_id_number,
    clean_name,
    clean_phone,
    clean_text,
    id_birth_date,
    id_gender,
    mask_id_number,
    mask_phone,
    match_key,
    phone_tail,
)


def id_number(digits):
    """Seventeen digits with their check digit."""
    return digits + ric.calc_check_digit(digits + "0")


VALID = id_number("11011819880619288")


def code(function, *arguments, **options):
    with pytest.raises(IdentityProblem) as caught:
        function(*arguments, **options)
    assert str(caught.value) == f"{caught.value.problem}，{caught.value.remedy}。"
    return caught.value.code


# Text and names


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (" \u3000张三\u200b\ufeff\t", "张三"),
        ("密云区 \u3000\n 总工会", "密云区 总工会"),
        ("\u202e张三\x00\ud800", "张三"),
        ("（一）、“甲”", "（一）、“甲”"),
        (3.0, "3"),
        (3.5, "3.5"),
        (12, "12"),
    ],
)
def test_text_loses_only_what_cannot_be_seen(value, expected):
    assert clean_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" 张 三\u3000", "张三"),
        ("张\u3000 \u200b三 丰", "张三丰"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提 ‧ 艾力", "买买提·艾力"),
        ("买买提・艾力･江", "买买提·艾力·江"),
        ("买买提．艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("买买提⋅∙艾力", "买买提·艾力"),
        ("𠮷田𫖯", "𠮷田𫖯"),
        ("\U00031350\U0002ebf0", "\U00031350\U0002ebf0"),
        ("龺\ue863", "龺\ue863"),
        ("葛\U000e0100 城", "葛\U000e0100城"),
        ("丁〇", "丁〇"),
        ("John  Smith Jr.", "John Smith Jr."),
        ("王丽（小）", "王丽（小）"),
    ],
)
def test_names_keep_every_character_and_lose_the_spaces(value, expected):
    assert clean_name(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "blank_name"),
        (" \u3000\u200b", "blank_name"),
        ("·", "blank_name"),
        ("张" * 51, "long_name"),
        ("张三1", "name_digits"),
        ("张三２", "name_digits"),
        ("——", "name_letters"),
        ("#REF!", "name_symbol"),
        ("张三、李四", "name_symbol"),
        ("=张三", "name_symbol"),
        (20250101.0, "name_digits"),
    ],
)
def test_what_is_no_name_is_refused(value, expected):
    assert code(clean_name, value) == expected


def test_a_name_of_fifty_rare_characters_passes():
    assert clean_name("𠮷" * 50) == "𠮷" * 50


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    try:
        name = clean_name(text)
    except IdentityProblem:
        return
    assert clean_name(name) == name
    assert name.encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("密云（北京）公司", "密云(北京) 公司"),
        ("ABC家政", "ａｂｃ 家政"),
        ("买买提·艾力", "买买提•艾力"),
        ("“工匠”工作室", "「工匠」工作室"),
        ("第1-2分厂", "第1—2 分厂"),
        (" 单 位 名 称：", "单位名称"),
    ],
)
def test_spellings_of_one_unit_have_one_key(one, other):
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(("one", "other"), [("1.5分", "15分"), ("A班", "A+班"), ("密云一中", "密云二中")])
def test_different_units_have_different_keys(one, other):
    assert match_key(one) != match_key(other)


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(text):
    assert match_key(match_key(text)) == match_key(text)


# ID numbers


@pytest.mark.parametrize(
    "value",
    [VALID, f" {VALID}\u3000", f"{VALID[:6]} {VALID[6:14]}-{VALID[14:]}", f"'{VALID}"]
    + [VALID.translate(str.maketrans(string.digits, "０１２３４５６７８９"))],
)
def test_an_id_number_is_read_however_it_is_typed(value):
    assert clean_id_number(value) == VALID


def test_a_final_x_may_be_small_or_full_width():
    number = next(n for n in (id_number(f"11011819880619{d}") for d in range(100, 200)) if n.endswith("X"))
    assert clean_id_number(number.lower()) == clean_id_number(number[:17] + "ｘ") == number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.10118198806193e17, "numeric_id"),
        (110118198806192883, "numeric_id"),
        (True, "numeric_id"),
        (datetime.date(1988, 6, 19), "numeric_id"),
        ("1.10118E+17", "numeric_id"),
        ("110118198806192883.0", "numeric_id"),
        ("110118880619288", "short_id"),
        (VALID[:17], "id_length"),
        (VALID + "1", "id_length"),
        (VALID[:17] + "Y", "id_length"),
        ("٣" * 18, "id_length"),
        (VALID[:17] + str((int(VALID[17]) + 1) % 10), "checksum"),
        (id_number("11011819880230288"), "id_birth"),
        (id_number("11011818991231288"), "id_birth"),
        (id_number("11011829991231288"), "id_birth"),
        (id_number("11011800000000000"), "id_birth"),
        ("", "blank_id"),
        (None, "blank_id"),
    ],
)
def test_a_wrong_id_number_is_named_by_its_fault(value, expected):
    assert code(clean_id_number, value) == expected


def test_blank_is_allowed_only_where_said():
    assert clean_id_number(" \u3000", allow_blank=True) == ""
    assert clean_phone(None, allow_blank=True) == ""
    assert clean_credit_code("", allow_blank=True) == ""
    assert code(clean_id_number, 0.0, allow_blank=True) == "numeric_id"


def test_no_sentence_repeats_the_number():
    with pytest.raises(IdentityProblem) as caught:
        clean_id_number(VALID[:17] + "Y")
    assert "1988" not in str(caught.value)


@given(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2020, 1, 1)), st.integers(0, 999), st.integers(0, 17)
)
def test_every_issued_number_passes_and_one_wrong_digit_never(born_on, serial, position):
    number = id_number(f"110118{born_on:%Y%m%d}{serial:03d}")
    assert clean_id_number(number) == number
    assert id_birth_date(number) == born_on
    assert id_gender(number) == ("男" if serial % 2 else "女")
    wrong = "1" if number[position] != "1" else "2"
    assert code(clean_id_number, number[:position] + wrong + number[position + 1 :]) == "checksum"


# Phones


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("138 0000-1111", "13800001111"),
        ("１３８００００１１１１", "13800001111"),
        ("+86 138 0000 1111", "13800001111"),
        ("008613800001111", "13800001111"),
        ("8613800001111", "13800001111"),
        ("010-69041234", "01069041234"),
        ("（010）69041234", "01069041234"),
        ("0315-5551234", "03155551234"),
    ],
)
def test_a_phone_is_read_however_it_is_typed(value, expected):
    assert clean_phone(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (13800001111.0, "numeric_phone"),
        (13800001111, "numeric_phone"),
        ("1.38E+10", "numeric_phone"),
        ("12800001111", "bad_phone"),
        ("1380000111", "bad_phone"),
        ("69041234", "bad_phone"),
        ("13800001111/13900001111", "bad_phone"),
        ("", "blank_phone"),
    ],
)
def test_a_wrong_phone_is_named_by_its_fault(value, expected):
    assert code(clean_phone, value) == expected


def test_masks_hide_the_middle_and_never_more_than_is_there():
    assert mask_id_number(VALID) == "110***********" + VALID[-4:]
    assert mask_phone("13800001111") == "138****1111"
    assert mask_phone("69041234") == "********"
    assert (mask_phone(""), mask_id_number(""), phone_tail("")) == ("", "", "")
    assert phone_tail("13800001111") == "1111"


# Credit codes


def credit_code(characters):
    return characters + uscc.calc_check_digit(characters)


@pytest.mark.parametrize("start", ["91110228", "81110228", "N2110228"])
def test_credit_codes_of_firms_unions_and_villages_pass(start):
    number = credit_code(start + "MA01ABC2X")
    assert clean_credit_code(f" {number[:8].lower()} {number[8:]}") == number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (911101186000373410, "numeric_credit_code"),
        ("9.11E+17", "numeric_credit_code"),
        ("911101186", "credit_code_length"),
        ("91110228MA01ABCOXX", "credit_code_length"),
        (credit_code("91110228MA01ABC2X")[:17] + "Z", "credit_code_length"),
        (
            "91110228MA01ABC2X" + ("1" if credit_code("91110228MA01ABC2X")[-1] != "1" else "2"),
            "credit_code_checksum",
        ),
        ("", "blank_credit_code"),
    ],
)
def test_a_wrong_credit_code_is_named_by_its_fault(value, expected):
    assert code(clean_credit_code, value) == expected
