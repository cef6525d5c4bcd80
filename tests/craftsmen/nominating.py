"""A union with its liaison below a town with its own, an offer that takes nominations, and nominations in any state."""

import io
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from craftsmen.models import Nomination
from craftsmen.services import nomination_files, nominations
from craftsmen.services.setup import set_allocations
from tests.factories import id_number, make_offer, make_title, make_union_body, make_unit, make_user
from unionportal import roles
from unionportal.people.models import UnionBody

PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF"


def picture(name="照片.jpg", size=(600, 900), color="gray"):
    """A photograph as an upload."""
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, "JPEG")
    return SimpleUploadedFile(name, target.getvalue(), "image/jpeg")


def paper(name="证明.pdf"):
    """A PDF as an upload."""
    return SimpleUploadedFile(name, PDF, "application/pdf")


class Town:
    """One town union, two basic unions below it, their liaisons, and an offer; `places` None gives no allocation."""

    def __init__(self, places=None, surplus=0, **selection):
        self.liaison = make_user(roles.LIAISON, name="甲工会经办")
        self.other = make_user(roles.LIAISON, name="乙工会经办")
        self.reviewer = make_user(roles.BRANCH_LIAISON, name="镇街经办")
        self.branch = make_union_body("果园街道总工会", UnionBody.Kind.TOWN, None, self.reviewer)
        self.body = make_union_body("甲工会", UnionBody.Kind.BASIC, self.branch, self.liaison)
        self.second = make_union_body("乙工会", UnionBody.Kind.BASIC, self.branch, self.other)
        self.unit = make_unit("甲厂", kind="private")
        self.body.units.add(self.unit)
        self.offer = make_offer(title=make_title("密云工匠", rank=20), **selection)
        if places is not None:
            self.offer.surplus_percent = surplus
            self.offer.save()
            given = {(self.offer.pk, self.branch.pk): places}
            set_allocations(selection=self.offer.selection, places=given, actor=None)

    def start(self, name="张三", serial=1, actor=None, body=None, offer=None):
        """A draft by the liaison."""
        return nominations.start_nomination(
            offer=offer or self.offer,
            channel=Nomination.Channel.UNIT,
            body=body or self.body,
            name=name,
            id_number=id_number(serial),
            actor=actor or self.liaison,
        )

    def fill(self, nomination, actor=None, **fields):
        """Fill everything in and add the photograph."""
        actor = actor or self.liaison
        nominations.save_nomination(
            nomination=nomination,
            actor=actor,
            version=Nomination.objects.get(pk=nomination.pk).version,
            fields=complete() | fields,
        )
        nomination_files.set_photo(
            nomination=nomination, upload=picture(), focus=(50, 50), share=100, actor=actor
        )
        return Nomination.objects.get(pk=nomination.pk)

    def submit(self, name="张三", serial=1, **more):
        """A nomination handed in to the town."""
        nomination = self.fill(self.start(name, serial, **more), **more)
        return nominations.submit_nomination(nomination=nomination, actor=self.liaison)


def complete():
    """The fields of a nomination that lacks nothing."""
    today = timezone.localdate()
    return {
        "political": "masses",
        "education": "college",
        "unit_name": "甲厂",
        "unit_nature": "private",
        "occupation": "焊工",
        "is_union_member": True,
        "is_front_line": True,
        "worked_since": date(2005, 7, 1),
        "trade_since": date(2006, 7, 1),
        "district_since": date(2005, 7, 1),
        "resume": "2005.07 至今 甲厂 焊工",
        "short_deeds": "焊接二十年。",
        "full_deeds": "焊接二十年，攻关三项。",
        "unit_opinion": "同意推荐。",
        "unit_notice_from": today - timedelta(days=21),
        "unit_notice_to": today - timedelta(days=1),
        "unit_notice_result": "公示无异议",
        "consents_to_publication": True,
    }
