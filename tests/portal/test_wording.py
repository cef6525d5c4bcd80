"""Our own Chinese for what Django says otherwise: compiled, complete, and still asked for."""

import ast
import gettext
import re
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.utils.translation import gettext as words
from django.utils.translation import ngettext

FOLDER = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES"
LINE = re.compile(r'(msgid_plural|msgid|msgstr(?:\[0\])?) (".*")')
HOLE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def written(path):
    """What a catalogue's text says, each entry on lines of its own: the English and the Chinese."""
    said = {}
    for block in path.read_text("utf-8").split("\n\n")[1:]:
        parts = {name.partition("[")[0]: ast.literal_eval(text) for name, text in LINE.findall(block)}
        said[parts["msgid"]] = parts["msgstr"]
    return said


def asked(name):
    """Everything Django's own English catalogues list, their broken lines joined."""
    folders = Path(django.__file__).parent.glob("**/locale/en/LC_MESSAGES")
    texts = [
        (folder / f"{name}.po").read_text("utf-8") for folder in folders if (folder / f"{name}.po").exists()
    ]
    return "\n".join(texts).replace('"\n"', "").replace('\\"', '"')


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_the_compiled_words_are_those_written(name):
    with (FOLDER / f"{name}.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    said = written(FOLDER / f"{name}.po")
    assert {key[0] if isinstance(key, tuple) else key: text for key, text in compiled.items() if key} == said


@pytest.mark.parametrize("name", ["django", "djangojs"])
def test_django_still_asks_for_each_word_and_fills_the_same_holes(name):
    source = asked(name)
    for english, chinese in written(FOLDER / f"{name}.po").items():
        assert f'msgid "{english}"' in source
        assert set(HOLE.findall(chinese)) <= set(HOLE.findall(english))


def test_the_portal_speaks_them():
    assert words("Log out") == "退出"
    assert words("Model name") == "内容"
    assert (
        ngettext("%(total_count)s selected", "All %(total_count)s selected", 5)
        == "已选全部 %(total_count)s 条"
    )
    assert words("Save") == "保存"
