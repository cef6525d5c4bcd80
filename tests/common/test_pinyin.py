"""Sort keys and address names from Chinese."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unionportal.common.pinyin import pinyin_key, pinyin_slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("曾文杰", "zeng1 wen2 jie2"),
        ("单小解", "shan4 xiao3 jie3"),
        ("解放", "xie4 fang4"),
        ("仇英", "qiu2 ying1"),
        ("区一", "ou1 yi1"),
        ("查良镛", "zha1 liang2 yong1"),
        ("盖叫天", "ge3 jiao4 tian1"),
        ("任华", "ren2 hua2"),
        ("华任", "hua4 ren4"),
        ("尉迟恭", "yu4 chi2 gong1"),
        ("万俟雅", "mo4 qi2 ya3"),
        ("单于明", "chan2 yu2 ming2"),
        ("诸葛亮", "zhu1 ge3 liang4"),
        ("王长江", "wang2 chang2 jiang1"),
        ("吕 布", "lv3 bu4"),
        ("单增·多吉", "dan1 zeng1 duo1 ji2"),
        ("𠮷田", "ji2 tian2"),
        ("王\U00031fff", "wang2 ~031fff"),
        ("José Álvarez", "jose alvarez"),
        ("ＡＢ李", "ab li3"),
        ("", ""),
    ],
)
def test_names_are_read_as_names(name, expected):
    assert pinyin_key(name) == expected


def test_lists_are_in_the_order_of_a_dictionary():
    names = ["\U00031fff一", "张三", "曾文杰", "安琪", "昂山", "李四", "李丝", "单小雨", "Ann", "王五"]
    assert sorted(names, key=pinyin_key) == [
        "安琪", "昂山", "Ann", "李丝", "李四", "单小雨", "王五", "曾文杰", "张三", "\U00031fff一",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("工匠杯", "gongjiangbei"),
        ("2025年 “工匠杯”—家政 AI", "2025nian-gongjiangbei-jiazheng-ai"),
        ("女职工", "nvzhigong"),
        ("重庆银行", "chongqingyinhang"),
        ("José", "jose"),
        ("Ａ区", "aqu"),
        ("🙂", ""),
    ],
)
def test_addresses_are_plain_letters(text, expected):
    assert pinyin_slug(text) == expected


@given(st.text(max_size=20))
def test_keys_are_ascii_and_addresses_clean(text):
    assert re.fullmatch(r"[a-z0-9~ ]*", pinyin_key(text))
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", pinyin_slug(text))
