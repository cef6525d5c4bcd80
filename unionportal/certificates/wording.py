"""What a certificate says: the facts that may stand on one, and the sentences made of them."""

from string import Formatter

from django.core.exceptions import ValidationError

# Every fact a certificate may carry, as its check page calls it. Nothing else can be printed or shown.
FACTS = {
    "name": "姓名",
    "unit": "单位",
    "title": "名称",
    "event": "项目",
    "award": "等次",
    "year": "年份",
    "citation": "事由",
    "hours": "学时",
    "period": "起止时间",
    "document": "文号",
}
# What a design is shown with before anybody has a certificate of it: a long name, to see that it fits.
SAMPLE = {
    "name": "阿卜杜热合曼·买买提",
    "unit": "密云区样例有限公司",
    "title": "第三届“工匠杯”职工技能竞赛暨密云区家政服务业技能大赛",
    "event": "母婴护理",
    "award": "一等奖",
    "year": "2025",
    "citation": "技艺精湛，业绩突出",
    "hours": "24",
    "period": "2025年3月1日至5月30日",
    "document": "密工发〔2025〕1号",
}
DIGITS = "〇一二三四五六七八九"


def placeholders(template):
    """Return the names in braces of a template, in their order; raises ValidationError saying what is wrong."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ValidationError("花括号不成对：占位符请写成 {name} 这样的形式。") from error
    names = [name for _, name, _, _ in parts if name is not None]
    unknown = [name for name in names if name not in FACTS]
    if unknown or any(spec or conversion for _, name, spec, conversion in parts if name is not None):
        known = "、".join(f"{{{name}}} {label}" for name, label in FACTS.items())
        wrong = "、".join(f"{{{name}}}" for name in unknown) or "带格式的占位符"
        raise ValidationError(f"不认识 {wrong}。可用的占位符：{known}。")
    return names


def fill(template, facts):
    """Return the template with its placeholders replaced by facts, as plain text."""
    return template.format_map(facts)


def words_of(design, facts, issued_on=None):
    """Return the words that a certificate of this design prints for these facts: what is frozen at issue."""
    body = [paragraph.strip() for paragraph in fill(design.body, facts).splitlines()]
    return {
        "heading": design.heading,
        "salutation": fill(design.salutation, facts),
        "body": [paragraph for paragraph in body if paragraph],
        "highlight": fill(design.highlight, facts),
        "closing": fill(design.closing, facts),
        "issuers": [name.strip() for name in design.issuers.splitlines() if name.strip()],
        "date": chinese_date(issued_on) if issued_on else "",
    }


def chinese_date(day):
    """Return a date as certificates write it: 二〇二五年五月二十三日."""
    year = "".join(DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_counted(day.month)}月{_counted(day.day)}日"


def _counted(number):
    tens, ones = divmod(number, 10)
    return f"{DIGITS[tens] if tens > 1 else ''}{'十' if tens else ''}{DIGITS[ones] if ones else ''}"
