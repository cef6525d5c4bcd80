"""A nomination as it is read: its facts and its texts under the names that the form gives them."""

from dataclasses import dataclass

from django.utils.dateformat import format as formatted

FACTS = {
    "申报": ("offer", "channel", "body", "branch_rank", "submitted_at", "consents_to_publication"),
    "基本情况": (
        "unit_name",
        "unit_nature",
        "sector",
        "occupation",
        "post",
        "skill_level",
        "ethnicity",
        "political",
        "education",
        "worked_since",
        "trade_since",
        "district_since",
        "worker_kind",
        "is_union_member",
        "is_front_line",
        "is_manager",
    ),
    "单位公示": ("unit_notice_from", "unit_notice_to", "unit_notice_result"),
}
DEEDS = ("short_deeds", "full_deeds", "unique_skill", "achievements", "apprentices", "honours")
TEXTS = (*DEEDS, "resume", "rewards_and_penalties", "unit_opinion", "branch_opinion")
YES_NO = {True: "是", False: "否", None: ""}


@dataclass(frozen=True)
class Text:
    """A longer text of the form with its length."""

    label: str
    text: str

    @property
    def length(self):
        return len(self.text)


def label_of(nomination, name):
    return str(nomination._meta.get_field(name).verbose_name)


def shown(nomination, name):
    """Return a field of the form as text; empty where nothing is filled in."""
    display = getattr(nomination, f"get_{name}_display", None)
    value = display() if display else getattr(nomination, name)
    if value is None or isinstance(value, bool):
        return YES_NO[value]
    return formatted(value, "Y-m-d") if hasattr(value, "year") and not hasattr(value, "pk") else str(value)


def facts(nomination):
    """Return [(group, [(label, text)])] of everything short, the person's sex and birth date with it."""
    groups = [
        (group, [(label_of(nomination, name), shown(nomination, name)) for name in names])
        for group, names in FACTS.items()
    ]
    person = nomination.person
    born = person.birth_date.strftime("%Y-%m-%d") if person.birth_date else ""
    groups[1][1][:0] = [("姓名", person.name), ("性别", person.get_gender_display()), ("出生日期", born)]
    return groups


def texts(nomination, names=TEXTS):
    """Return the Texts that are filled in, in the order of the form."""
    return [
        Text(label_of(nomination, name), getattr(nomination, name).strip())
        for name in names
        if getattr(nomination, name).strip()
    ]
