"""The pass to a class (听课证) as a picture, to be kept in the phone and shown at the door.

Drawn when it is asked for and kept in the process's own cache under a hash of all it shows: a changed class is a new
pass. Whether somebody may have one is asked before, on every request.
"""

import hashlib
import json
from pathlib import Path

from django.core.cache import cache

from unionportal.common.pdf import missing_glyphs, render_pictures

SOURCE = Path(__file__).parent / "pass.typ"
PPI = 305  # 90 mm wide: 1080 pixels
KEPT_FOR = 24 * 60 * 60


def number_of(enrolment):
    """Return a number to be read out, of this enrolment alone."""
    return f"{enrolment.run_id:04d}-{enrolment.pk:05d}"


def facts(enrolment):
    """Return what a pass says; characters that the font lacks are left to the page beside it."""
    run, name = enrolment.run, enrolment.person.name
    days = f"{run.starts_on:%Y-%m-%d}"
    if run.ends_on != run.starts_on:
        days += f" 至 {run.ends_on:%Y-%m-%d}"
    lines = {
        "日期": days,
        "时间": run.schedule_note,
        "地点": run.venue,
        "需携带": run.to_bring,
        "午餐": run.lunch,
        "交通": run.transport,
        "班主任": f"{run.head_teacher_name} {run.head_teacher_phone}".strip(),
    }
    return {
        "name": _drawn(name),
        "size": 34 if len(name) <= 4 else max(13, 150 // len(name)),
        "unit": _drawn(enrolment.unit_name),
        "course": _drawn(run.course.name),
        "run": _drawn(run.name),
        "academy": _drawn(run.academy.name),
        "lines": [[label, _drawn(text)] for label, text in lines.items() if text],
        "number": number_of(enrolment),
    }


def _drawn(text):
    """Return a text with 〓 for each character that the font lacks, as printers do."""
    return "".join("〓" if character in missing_glyphs(text) else character for character in text)


def picture(enrolment):
    """Return the PNG of somebody's pass."""
    told = facts(enrolment)
    digest = hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
    return cache.get_or_set(
        f"academies.pass:{digest}", lambda: render_pictures(SOURCE, told, ppi=PPI)[0], KEPT_FOR
    )
