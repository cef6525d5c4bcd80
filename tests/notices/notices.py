"""Notices for the tests of notices, and a clock that the tests set."""

import uuid
from datetime import datetime

from django.utils import timezone

from unionportal.files.services import inspect_upload
from unionportal.notices.models import PublicNotice
from unionportal.notices.services import lifecycle, objections

NAMES = ("王小洪", "王东峰", "马飚")


def set_clock(monkeypatch, moment):
    """Make it this moment in Beijing, such as "2025-09-29 10:00"."""
    now = timezone.make_aware(datetime.strptime(moment, "%Y-%m-%d %H:%M"))
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


def draft(actor, names=NAMES, **fields):
    """A draft with a line for each name."""
    settings = {
        "line": PublicNotice.Line.CRAFTSMEN,
        "title": "2025 年密云工匠拟命名人选公示",
        "body": "经审定会议研究，现将拟命名人选予以公示。",
        "contact_name": "经济工作部",
        "contact_phone": "010-12345678",
        **fields,
    }
    lines = [
        lifecycle.Line(name, "第一工厂", "焊工", "密云工匠", position=place, source_key=f"n:{place}")
        for place, name in enumerate(names, 1)
    ]
    return lifecycle.draft_notice(actor=actor, lines=lines, **settings)


def running(actor, starts_on=None, **fields):
    """A notice whose list is public."""
    return lifecycle.start_notice(notice=draft(actor, **fields), actor=actor, starts_on=starts_on)


def object_to(notice, line=None, *, name="举报人张", text="其事迹与事实不符。", uploads=(), **fields):
    """An objection as the public page sends it."""
    return objections.raise_objection(
        notice=notice,
        line=line,
        key=fields.pop("key", None) or uuid.uuid4(),
        kind="person",
        name=name,
        contact="13812345678",
        text=text,
        uploads=[inspect_upload(upload) for upload in uploads],
        **fields,
    )


def register(notice, actor, line=None, *, channel="visit", received_at=None, **fields):
    """An objection as staff enter one."""
    settings = {
        "name": "来访人李",
        "contact": "010-87654321",
        "kind": "person",
        "text": "来访反映。",
        **fields,
    }
    return objections.register_objection(
        notice=notice,
        actor=actor,
        line=line,
        channel=channel,
        received_at=received_at or timezone.now(),
        **settings,
    )


def statuses(notice):
    """{name: status} of the lines."""
    return dict(notice.lines.values_list("name", "status"))
