"""What the judging desk writes: a draft or a signed sheet, once for each key however often it is sent."""

from django.utils import timezone

from unionportal.accounts.services import do_once
from unionportal.panels.services.marks import save_and_submit, save_sheet


def keep_sheet(*, sheet, actor, key, marks, deductions, version, submit=False):
    """Save a judge's sheet, with `submit` hand it in too; returns the receipt, after COMMIT.

    A retry with the same key gets the same receipt. Raises KeyReused, StaleSheet or ValidationError.
    """
    service, verb = (save_and_submit, "submit") if submit else (save_sheet, "save")
    body = {
        "version": version,
        "marks": {str(pk): str(value) for pk, value in marks.items() if value is not None},
        "deductions": [[str(points), reason] for points, reason in deductions],
    }

    def work():
        kept = service(sheet=sheet, actor=actor, marks=marks, deductions=deductions, version=version, key=key)
        return {
            "version": kept.version,
            "status": kept.status,
            "saved_at": f"{timezone.localtime():%H:%M}",
        }

    return do_once(actor=actor, key=key, action=f"panels.{verb}:{sheet.uuid}", body=body, work=work)
