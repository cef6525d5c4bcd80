"""Cleaning and checking of what identifies people and units: names, ID numbers, phones, credit codes.

Nothing here writes a full ID or phone number into an error sentence: sentences end up in logs and lists.
"""

import datetime
import functools
import re
import unicodedata

from stdnum.cn import ric, uscc

# Characters without a visible shape. Ideographic variation selectors (U+E0100…) stay: they belong to rare names.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe0e\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\ufffe\uffff"
    "\U000e0001-\U000e007f]"
)
# CJK as ranges, not by isalpha(): Python 3.11 knows Unicode 14 and calls Extension H and I "unassigned".
# Private use is where older GB 18030 systems keep rare characters.
_CJK = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003ffff\U000f0000-\U0010fffd"
_CJK_CHARACTER = re.compile(f"[{_CJK}\U000e0100-\U000e01ef]")
_SPACE_IN_CJK = re.compile(f"(?<=[{_CJK}\U000e0100-\U000e01ef]) (?=[{_CJK}])")
_MIDDLE_DOT = re.compile("\\s*[·•‧・･⋅∙\u0387\u2e31\u1427]+[\\s·•‧・･⋅∙\u0387\u2e31\u1427]*")
_STOP_IN_CJK = re.compile(f"(?<=[{_CJK}]) ?[.．] ?(?=[{_CJK}])")
_NOT_IN_NAMES = re.compile(r"[#@<>=/\\|、，,；;]")
_DASHES = re.compile("[\\s\\-\u2010-\u2015\u2212\u2043\ufe58\ufe63_]+")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]*)?E\+?[0-9]+|[0-9]+\.0*")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{2,3}[0-9]{7,8}")
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}")

NAME_LIMIT = 50
_AS_TEXT = "请把该列设为“文本”格式后重新填写完整号码"


class IdentityProblem(ValueError):
    """A value that identifies somebody is unusable: `code` for programs, `problem` and `remedy` in Chinese."""

    def __init__(self, code, problem, remedy):
        super().__init__(f"{problem}，{remedy}。")
        self.code = code
        self.problem = problem
        self.remedy = remedy


def clean_text(value):
    """Return the value as one line of str: invisible characters removed, every run of white space one space.

    None gives "", a whole float its integer digits. Punctuation and rare characters stay as they are.
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(_INVISIBLE.sub("", str(value)).split())


def clean_name(value):
    """Return a person's name: no white space between Chinese characters, every middle dot “·”, rare characters kept.

    Raises IdentityProblem: blank_name, long_name (over 50), name_digits, name_letters (none), name_symbol
    (a separator or a spreadsheet error such as #REF!).
    """
    text = _MIDDLE_DOT.sub("·", clean_text(value))
    text = _SPACE_IN_CJK.sub("", _STOP_IN_CJK.sub("·", text)).strip("·")
    if not text:
        raise IdentityProblem("blank_name", "姓名为空", "请填写姓名")
    if len(text) > NAME_LIMIT:
        raise IdentityProblem("long_name", f"姓名超过{NAME_LIMIT}个字", "请只填写姓名")
    if _NOT_IN_NAMES.search(text):
        raise IdentityProblem("name_symbol", "姓名中有不应出现的符号", "每格只填写一个人的姓名")
    if any(character.isdigit() for character in text):
        raise IdentityProblem("name_digits", "姓名中有数字", "请只填写姓名")
    if not any(character.isalpha() or _CJK_CHARACTER.match(character) for character in text):
        raise IdentityProblem("name_letters", "姓名中没有文字", "请填写姓名")
    return text


@functools.lru_cache(maxsize=20_000)
def match_key(text):
    """Return the key under which two spellings of a unit name or a column header are the same.

    Full and half width, case, white space and punctuation (brackets, dots, dashes, quotes) do not count;
    between two digits punctuation counts as "-", so that 1.5 is not 15. Symbols such as + stay.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean_text(text)).casefold())
    kept = "".join(character if _counts(character) else " " for character in text)
    kept = re.sub(r"(?<=\d) +(?=\d)", "-", kept).replace(" ", "")
    return unicodedata.normalize("NFKC", kept)


def _counts(character):
    return unicodedata.category(character)[0] not in "PZ" and not "\U000e0100" <= character <= "\U000e01ef"


def _compact(value):
    """Return the value as NFKC upper-case text without white space, dashes and the quotes Excel users put in front."""
    text = unicodedata.normalize("NFKC", clean_text(value))
    return _DASHES.sub("", text).strip("'`‘’\"“”").upper()


def _is_number(value):
    """Tell whether a cell was not typed as text (numbers, dates, true/false), so that digits may be lost."""
    return value is not None and not isinstance(value, str)


def clean_id_number(value, *, allow_blank=False):
    """Return the 18 characters of a citizen ID number (GB 11643-1999), or "" where blank is allowed.

    Raises IdentityProblem: blank_id, numeric_id (the cell is a number, Excel keeps 15 digits only), short_id (15
    digits), id_length, checksum (ISO 7064 MOD 11-2), id_birth (impossible, before 1900 or in the future).
    The place code is not checked: it includes abolished counties and residence permits (81–83, 9).
    """
    if _is_number(value):
        raise IdentityProblem("numeric_id", "身份证号是数字格式，Excel 已丢失末尾几位", _AS_TEXT)
    text = _compact(value)
    if not text and allow_blank:
        return ""
    if not text:
        raise IdentityProblem("blank_id", "身份证号为空", "请填写18位身份证号")
    if _SCIENTIFIC.fullmatch(text):
        raise IdentityProblem("numeric_id", "身份证号是科学计数或小数，末尾几位已丢失", _AS_TEXT)
    if re.fullmatch(r"[0-9]{15}", text):
        raise IdentityProblem("short_id", "身份证号是15位的旧号码", "请填写18位身份证号")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        problem = f"身份证号应为17位数字加1位数字或X，现有{len(text)}个字符"
        raise IdentityProblem("id_length", problem, "请对照身份证逐位核对")
    if ric.calc_check_digit(text) != text[-1]:
        raise IdentityProblem("checksum", "身份证号校验位不符，可能有一位填错", "请对照身份证逐位核对")
    _check_birth(text)
    return text


def _check_birth(id_number):
    try:
        born_on = id_birth_date(id_number)
    except ValueError:
        born_on = None
    if born_on is None or born_on.year < 1900 or born_on > datetime.date.today():
        raise IdentityProblem("id_birth", "身份证号中的出生日期不可能存在", "请对照身份证核对第7至14位")


def id_gender(id_number):
    """Return "男" or "女" from the 17th digit of a cleaned ID number (odd is male, GB 11643-1999)."""
    return "男" if int(id_number[16]) % 2 else "女"


def id_birth_date(id_number):
    """Return the date of birth from digits 7–14 of a cleaned ID number; ValueError where there is no such day."""
    return datetime.date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def clean_phone(value, *, allow_blank=False):
    """Return the digits of a mainland mobile (11) or of a landline with its area code, or "" where blank is allowed.

    Raises IdentityProblem: blank_phone, numeric_phone (the cell is a number), bad_phone.
    """
    if _is_number(value):
        raise IdentityProblem("numeric_phone", "手机号是数字格式，可能已丢失数字", _AS_TEXT)
    text = re.sub(r"[()]", "", _compact(value))
    if not text and allow_blank:
        return ""
    if not text:
        raise IdentityProblem("blank_phone", "手机号为空", "请填写11位手机号")
    if _SCIENTIFIC.fullmatch(text):
        raise IdentityProblem("numeric_phone", "手机号是科学计数或小数", _AS_TEXT)
    text = re.sub(r"^(?:\+86|0086|86(?=1[3-9][0-9]{9}$))", "", text)
    if _MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text):
        return text
    raise IdentityProblem("bad_phone", "手机号不是11位手机号，也不是带区号的固定电话", "请核对后重新填写")


def mask_id_number(id_number):
    """Return the ID number with only its first three and last four characters readable; "" for blank."""
    return _masked(id_number)


def mask_phone(phone):
    """Return the phone number with only its first three and last four digits readable; "" for blank."""
    return _masked(phone)


def _masked(number):
    if not number:
        return ""
    if len(number) < 10:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def phone_tail(phone):
    """Return the last four digits of a phone number; "" for blank."""
    return phone[-4:] if phone else ""


def clean_credit_code(value, *, allow_blank=False):
    """Return the 18 characters of a unified social credit code (GB 32100-2015), or "" where blank is allowed.

    Raises IdentityProblem: blank_credit_code, numeric_credit_code, credit_code_length, credit_code_checksum.
    The first two characters may be letters: village collectives begin with N.
    """
    if _is_number(value):
        raise IdentityProblem(
            "numeric_credit_code", "统一社会信用代码是数字格式，Excel 已丢失末尾几位", _AS_TEXT
        )
    text = _compact(value)
    if not text and allow_blank:
        return ""
    if not text:
        raise IdentityProblem("blank_credit_code", "统一社会信用代码为空", "请填写18位代码")
    if _SCIENTIFIC.fullmatch(text) and len(text) != 18:
        raise IdentityProblem("numeric_credit_code", "统一社会信用代码是科学计数，末尾几位已丢失", _AS_TEXT)
    if not _CREDIT_CODE.fullmatch(text):
        problem = f"统一社会信用代码应为18位数字和大写字母（没有I、O、S、V、Z），现有{len(text)}个字符"
        raise IdentityProblem("credit_code_length", problem, "请对照营业执照或登记证书核对")
    if uscc.calc_check_digit(text[:17]) != text[-1]:
        raise IdentityProblem(
            "credit_code_checksum", "统一社会信用代码校验位不符", "请对照营业执照或登记证书核对"
        )
    return text
