"""Builders that play competitions through the services, and views of the whole database."""

import io

import openpyxl
from django.core.management import call_command
from django.db import connection

from competitions.models import Stage
from competitions.services import exam_marks, panel_marks, results
from tests.factories import make_competition, make_entry, workbook

JUDGES = ("裁判1", "裁判2", "裁判3", "裁判4", "裁判5")
ROSTER = ("姓名", "性别", "身份证号", "手机号", "单位", "工种", "职业技能等级", "赛项", "备注")


def row_counts():
    """{table: number of rows} of every table there is."""
    with connection.cursor() as cursor:
        counts = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts


def table_texts(*tables):
    """{table: every row as text, sorted} of these tables, of all where none is named."""
    with connection.cursor() as cursor:
        texts = {}
        for table in tables or connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')  # noqa: S608
            texts[table] = [row[0] for row in cursor.fetchall()]
    return texts


def run(name, *arguments, **options):
    """What a management command prints on standard output."""
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue()


def rows_of(source, title=None):
    """The rows of an .xlsx (path, file or bytes) as tuples: of one sheet, else of the first."""
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    book = openpyxl.load_workbook(source)
    page = book[title] if title else book.active
    return list(page.iter_rows(values_only=True))


def one_judge_score(weight=70, **more):
    """A panel-marked module whose only criterion is the whole score."""
    return {
        "name": "实操",
        "source": "panel",
        "weight": weight,
        "criteria": [{"name": "总评", "max": 100}],
        **more,
    }


def exam(weight=30, name="理论", **more):
    return {"name": name, "source": "exam", "weight": weight, **more}


def two_part_final(**changes):
    """The description of a final of exam 30 and practical 70, judged by five without trimming."""
    return {"judges": 5, "trim": "none", "modules": [exam(), one_judge_score()], **changes}


def competition_of(actor, people, *, event=0, guests=(), **changes):
    """A competition with an accepted entry for each name; returns (competition, {name: entry})."""
    changes.setdefault("final", two_part_final())
    competition = make_competition(actor, **changes)
    event = competition.events.all()[event]
    entries = {
        name: make_entry(event, name, number=f"{event.code}-{number:03d}", is_guest=name in guests)
        for number, name in enumerate(people, 1)
    }
    return competition, entries


def theory_book(people, event="焊接"):
    """{name: exam mark or word} as the workbook of exam marks."""
    rows = [("赛项", "姓名", "单位", "理论成绩")]
    return workbook({"理论成绩": rows + [(event, name, None, mark) for name, mark in people.items()]})


def marks_book(people, event="焊接", judges=JUDGES):
    """{name: (marks of the judges in order, None for no sheet; seconds)} as the workbook of paper sheets."""
    rows = [("姓名", "裁判", "总评（100）", "用时（秒）")]
    for name, (marks, seconds) in people.items():
        rows += [
            (name, judge, mark, seconds)
            for judge, mark in zip(judges, marks, strict=False)
            if mark is not None
        ]
    return workbook({event: rows})


def import_theory(competition, people, actor, *, enter=True, stage="决赛"):
    return exam_marks.import_exam_marks(
        competition=competition,
        stage_name=stage,
        workbook=theory_book(people),
        actor=actor,
        enter=enter,
        source="theory.xlsx",
    )


def import_marks(competition, people, actor, **options):
    return panel_marks.import_panel_marks(
        competition=competition,
        stage_name="决赛",
        workbook=marks_book(people, **options),
        actor=actor,
        source="marks.xlsx",
    )


def play(actor, people, **changes):
    """Play {name: (exam mark, judges' marks, seconds)} up to scoring and return the final's Stage."""
    competition, _ = competition_of(actor, people, **changes)
    import_theory(competition, {name: theory for name, (theory, _, _) in people.items()}, actor)
    import_marks(
        competition,
        {name: (marks, seconds) for name, (_, marks, seconds) in people.items() if marks},
        actor,
    )
    return Stage.objects.get(event__competition=competition, name="决赛")


def play_published(actor, people, **changes):
    """The same up to publication; returns the ResultSheet."""
    stage = play(actor, people, **changes)
    results.seal_stage(stage=stage, actor=actor)
    return results.publish_results(stage=stage, actor=actor)


def same(mark, count=5):
    """The same mark from every judge."""
    return (mark,) * count
