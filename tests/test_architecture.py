"""The shape of the house: who may know whom, how long a room may be, which names are banned."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LEVEL_1 = {"common"}
LEVEL_2 = LEVEL_1 | {"audit"}
LEVEL_3 = LEVEL_2 | {"accounts"}
KERNEL_3 = {"inbox", "files", "people"}
KERNEL = LEVEL_3 | KERNEL_3
KERNEL_4 = {"certificates", "notices", "news", "panels"}
ALL_KERNEL = KERNEL | KERNEL_4
MAY_USE = {
    "common": set(),
    "audit": LEVEL_1,
    "accounts": LEVEL_2,
    "inbox": LEVEL_3,
    "files": LEVEL_3,
    "people": LEVEL_3 | {"files", "inbox"},
    **dict.fromkeys(sorted(KERNEL_4), KERNEL),
    "competitions": ALL_KERNEL,
    "craftsmen": ALL_KERNEL,
    "academies": ALL_KERNEL | {"craftsmen"},
    "studios": ALL_KERNEL | {"craftsmen"},
}
LINES = {"competitions", "craftsmen", "academies", "studios"}
MOST_LINES = {"file": 450, "view": 25, "service": 40, "template": 90}


def folder_of(package):
    return ROOT / package if package in LINES else ROOT / "unionportal" / package


def sources(folder):
    return [path for path in folder.rglob("*.py") if "migrations" not in path.parts]


def package_of(module):
    """The package of ours that a module belongs to: "shell" for what nobody may import, None for other people's."""
    first, _, rest = module.partition(".")
    if first in LINES:
        return first
    if first != "unionportal":
        return None
    name = rest.partition(".")[0]
    return name if name in MAY_USE else "shell"


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def present(package):
    return folder_of(package).is_dir()


@pytest.mark.parametrize("package", [package for package in MAY_USE if present(package)])
def test_a_package_imports_only_what_it_may_know(package):
    allowed = MAY_USE[package] | {package, None}
    wrong = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in sources(folder_of(package))
        for module in imported(path)
        if package_of(module) not in allowed
    }
    assert wrong == set()


@pytest.mark.parametrize("package", [package for package in MAY_USE if present(package)])
def test_a_foreign_key_points_only_at_what_its_app_may_know(package):
    wrong = {
        f"{model.__name__}.{field.name} → {package_of(field.related_model.__module__)}"
        for model in apps.get_models()
        if package_of(model.__module__) == package
        for field in model._meta.get_fields()
        if (field.many_to_one or field.one_to_one or field.many_to_many)
        and not field.auto_created
        and field.related_model is not apps.get_model(settings.AUTH_USER_MODEL)
        and package_of(field.related_model.__module__) not in MAY_USE[package] | {package, None}
    }
    assert wrong == set()


def test_every_installed_app_of_ours_has_its_line_in_the_table():
    ours = {package_of(config.name) for config in apps.get_app_configs()} - {None, "shell"}
    assert ours <= set(MAY_USE)


def test_no_file_has_a_name_that_says_nothing():
    banned = {"utils.py", "helpers.py", "misc.py", "data.py", "info.py", "selectors.py"}
    found = [
        path
        for folder in ("unionportal", *LINES)
        for path in (ROOT / folder).rglob("*.py")
        if path.name in banned
    ]
    assert found == []


def test_no_file_and_no_template_has_outgrown_its_room():
    files = [path for folder in ("unionportal", *LINES, "tests") for path in sources(ROOT / folder)]
    long = {
        str(path): count
        for path in files
        if (count := len(path.read_text("utf-8").splitlines())) > MOST_LINES["file"]
    }
    templates = (ROOT / "templates").rglob("*.html")
    long |= {
        str(p): n for p in templates if (n := len(p.read_text("utf-8").splitlines())) > MOST_LINES["template"]
    }
    assert long == {}


def functions(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def test_views_stay_under_25_lines_and_services_under_40():
    long = {}
    for folder in ("unionportal", *LINES):
        for path in sources(ROOT / folder):
            kind = "view" if path.name == "views.py" else "service"
            long |= {f"{path.name}:{name}": size for name, size in functions(path) if size > MOST_LINES[kind]}
    assert long == {}


def test_migrations_have_names_that_say_what_they_do():
    found = [path.name for path in ROOT.rglob("migrations/0*.py") if ".venv" not in path.parts]
    assert [name for name in found if "auto" in name or name == "0001_initial.py"] == []


def test_templates_hold_no_inline_script_style_or_handler():
    wrong = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text("utf-8").lower()
        if (
            "<style" in text
            or " style=" in text
            or " onclick=" in text
            or " onload=" in text
            or "<script>" in text
        ):
            wrong.append(path.name)
    assert wrong == []


def test_html_is_called_safe_in_one_place_only():
    marks = ("mark_safe(", "|safe", "autoescape off", "SafeString(")
    places = [
        str(path.relative_to(ROOT))
        for folder in ("unionportal", "templates", *LINES)
        for pattern in ("*.py", "*.html")
        for path in (ROOT / folder).rglob(pattern)
        if any(mark in path.read_text("utf-8") for mark in marks)
    ]
    assert places == ["unionportal/common/richtext.py"]
