"""The competition that is open for entry now: announced, with its papers; its dates are counted from the first start."""

from datetime import timedelta
from pathlib import Path

import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from competitions.models import Competition, Document
from competitions.services import setup
from unionportal.files.services import store_document

FOLDER = Path(__file__).parent
# Days from the first start of the demo.
ENTRY_OPENS, ENTRY_CLOSES, FINAL = -12, 14, 34
ROUNDS = {"选拔赛": 22, "决赛": FINAL}
PAPERS = (
    (Document.Kind.NOTICE, "关于举办第四届“工匠杯”职工技能竞赛的通知", "notice", -14),
    (Document.Kind.PLAN, "第四届“工匠杯”职工技能竞赛实施方案", "plan", -14),
    (Document.Kind.TECHNICAL, "电工赛项技术文件", "technical-electrician", -10),
    (Document.Kind.TECHNICAL, "叉车赛项技术文件", "technical-forklift", -10),
    (Document.Kind.TECHNICAL, "养蜂赛项技术文件", "technical-beekeeping", -10),
    (Document.Kind.SAMPLE, "理论考试样题", "sample", -5),
)


def load_open_entry(actor):
    """Set the competition up with its dates around today and publish its papers; False if it is there."""
    description = yaml.safe_load((FOLDER / "open_entry.yaml").read_text("utf-8"))
    if Competition.objects.filter(title=description["title"]).exists():
        return False
    today = timezone.localdate()

    def day(number):
        return today + timedelta(days=number)

    for event in description["events"]:
        event["stages"] = [stage | {"held_on": day(ROUNDS[stage["name"]])} for stage in event["stages"]]
    description |= {
        "year": today.year,
        "entry_opens_on": day(ENTRY_OPENS),
        "entry_closes_on": day(ENTRY_CLOSES),
        "final_on": day(FINAL),
    }
    competition = setup.create_competition(description=description, actor=actor)
    for position, (kind, title, name, number) in enumerate(PAPERS, 1):
        upload = SimpleUploadedFile(f"{title}.docx", (FOLDER / "papers" / f"{name}.docx").read_bytes())
        stored = store_document(upload=upload, actor=actor, purpose="竞赛文件", is_public=True)
        Document.objects.create(
            competition=competition,
            kind=kind,
            title=title,
            file=stored,
            dated_on=day(number),
            position=position,
        )
    return True
