"""Sort keys for Chinese names and short Latin names for addresses.

The database has no Chinese collation, so lists by 姓氏拼音 are ordered by a stored key (COLLATE "C").
"""

import functools
import re
import unicodedata

from pypinyin import Style, lazy_pinyin

# Only where the reading as a surname differs from the common reading of the character.
_SURNAMES = dict(
    re.findall(
        r"(.):([a-z]+[1-5])",
        "曾:zeng1 单:shan4 解:xie4 仇:qiu2 区:ou1 查:zha1 盖:ge3 任:ren2 华:hua4 朴:piao2 翟:zhai2 乐:yue4 纪:ji3 葛:ge3 "
        "燕:yan1 那:na1 洗:xian3 员:yun4 贠:yun4 祭:zhai4 缪:miao4 覃:qin2 黑:he4 折:she2 种:chong2 重:chong2 秘:bi4 "
        "繁:po2 召:shao4 薄:bo2 哈:ha3 过:guo1 郇:xun2 佴:nai4 能:nai4 乜:nie4 句:gou1 阚:kan4 撒:sa4 占:zhan1 都:du1 "
        "角:jue2 么:yao1 要:yao1 卜:bu3 干:gan1 肖:xiao1 於:yu1",
    )
)
_COMPOUND_SURNAMES = {
    "尉迟": "yu4 chi2",
    "万俟": "mo4 qi2",
    "澹台": "tan2 tai2",
    "长孙": "zhang3 sun1",
    "单于": "chan2 yu2",
    "令狐": "ling2 hu2",
    "仲长": "zhong4 chang2",
    "诸葛": "zhu1 ge3",
    "宰父": "zai3 fu3",
    "乐正": "yue4 zheng4",
}
# Other readings in names than the first one of the dictionary, and characters it lacks.
_READINGS = {"长": "chang2", "朝": "chao2", "重": "chong2", "卜": "bu3", "茜": "qian4", "𠮷": "ji2"}
_CJK = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@functools.lru_cache(maxsize=50_000)
def pinyin_key(name):
    """Return the ASCII sort key of a name: one syllable with tone digit (1–5) per character, separated by spaces.

    The surname is read as a surname, except in names with “·” (written by sound). Latin letters sort among
    the syllables; a character without a known reading sorts last, by code point, as "~" and six hex digits.
    """
    text = unicodedata.normalize("NFKC", name)
    if _CJK.search(text):
        text = "".join(text.split())
    head, rest = _surname(text)
    syllables = head + [_reading(character) for character in rest]
    joined = "".join(f" {part} " if cjk else part for part, cjk in syllables)
    return " ".join(joined.split())


def _surname(text):
    """Return ([(reading, True)], the rest of the name); an empty list where the table has no surname."""
    if "·" in text:
        return [], text
    if text[:2] in _COMPOUND_SURNAMES:
        return [(_COMPOUND_SURNAMES[text[:2]], True)], text[2:]
    if text[:1] in _SURNAMES:
        return [(_SURNAMES[text[0]], True)], text[1:]
    return [], text


@functools.lru_cache(maxsize=20_000)
def _reading(character):
    """Return (reading, whether it is a syllable of its own) of one character."""
    if not _CJK.match(character):
        plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode().casefold()
        return (plain if plain.isalnum() else " "), False
    if character in _READINGS:
        return _READINGS[character], True
    reading = lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True, errors=lambda _: "~")[0]
    if not re.fullmatch(r"[a-z]+[1-5]", reading):
        return f"~{ord(character):06x}", True
    return reading, True


@functools.lru_cache(maxsize=5_000)
def pinyin_slug(text):
    """Return the text as lower-case ASCII letters, digits and single hyphens: “工匠杯” gives gongjiangbei.

    May be "" where nothing can be transliterated; not unique.
    """
    plain = "".join(lazy_pinyin(unicodedata.normalize("NFKC", text), style=Style.NORMAL, errors=list))
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", plain.replace("ü", "v"))).casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
