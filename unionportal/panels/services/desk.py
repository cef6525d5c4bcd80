"""What the judging desk writes: a draft or a signed sheet, once for each key however often it is sent."""

from django.utils import timezone

from unionportal.accounts.services import do_once
from unionportal.panels.services.keeping import lock_sheet, write_sheet


def keep_sheet(*, uuid, actor, key, version, body, read, submit=False):
    """Save a judge's sheet, with `submit` hand it in too; returns the receipt, after COMMIT.

    `body` is what was sent: a retry with the same key and body gets the same receipt. `read(sheet)` returns it as the
    (marks, deductions) of write_sheet, once the sheet is locked. Raises Sheet.DoesNotExist, KeyReused, StaleSheet,
    ValidationError, or what `read` raises.
    """

    def work():
        sheet = lock_sheet(actor=actor, uuid=uuid, version=version)
        marks, deductions = read(sheet)
        kept = write_sheet(
            sheet=sheet, actor=actor, marks=marks, deductions=deductions, key=key, submit=submit
        )
        return {
            "version": kept.version,
            "status": kept.status,
            "saved_at": f"{timezone.localtime():%H:%M}",
        }

    verb = "submit" if submit else "save"
    return do_once(actor=actor, key=key, action=f"panels.{verb}:{uuid}", body=body, work=work)
