"""Papers of a nomination: the photograph, cropped to 3:4, and what is attached. Only the nomination's page sends them."""

from django.core.exceptions import ValidationError
from django.db import transaction

from craftsmen.models import NominationFile
from craftsmen.services.nominations import lock_nomination, refuse_unless_at_hand
from unionportal.audit.services import record
from unionportal.common.images import ImageProblem, crop_image
from unionportal.files.models import StoredFile
from unionportal.files.services import Inspected, inspect_upload, store_file

PHOTO = (900, 1200)
MOST_FILES = 20


@transaction.atomic
def set_photo(*, nomination, upload, focus, share, actor):
    """Crop an uploaded picture to 3:4 around its focus (percent across, percent down), keep it as the photograph.

    `share` is how much of the largest possible frame to keep, in percent: less is closer.
    """
    nomination = lock_nomination(nomination)
    refuse_unless_at_hand(nomination)
    try:
        image = crop_image(upload, size=PHOTO, focus=focus, share=share)
    except ImageProblem as problem:
        raise ValidationError(str(problem)) from problem
    inspected = Inspected(
        upload.name, image.data, StoredFile.Kind.IMAGE, f".{image.extension}", image.content_type
    )
    stored = store_file(inspected=inspected, actor=actor, purpose="申报照片", is_guarded=True)
    nomination.photo = stored
    nomination.save(update_fields=["photo", "updated_at"])
    record(actor, "craftsmen.nomination_photo_set", nomination, sha256=stored.sha256)
    return nomination


@transaction.atomic
def attach_file(*, nomination, kind, upload, actor, caption="", rule=None):
    """Attach a paper to a draft and return the NominationFile."""
    nomination = lock_nomination(nomination)
    refuse_unless_at_hand(nomination)
    if nomination.files.count() >= MOST_FILES:
        raise ValidationError(f"最多附 {MOST_FILES} 份材料，请合并后再上传。")
    return add_file(nomination=nomination, kind=kind, upload=upload, actor=actor, caption=caption, rule=rule)


def add_file(*, nomination, kind, upload, actor, caption="", rule=None):
    """Store an upload as a paper of the nomination; the caller has locked it and checked who may."""
    stored = store_file(inspected=inspect_upload(upload), actor=actor, purpose="申报材料", is_guarded=True)
    paper = NominationFile.objects.create(
        nomination=nomination,
        kind=kind,
        file=stored,
        caption=caption,
        rule=rule,
        position=nomination.files.count() + 1,
    )
    record(actor, "craftsmen.nomination_file_added", nomination, name=str(paper), sha256=stored.sha256)
    return paper


@transaction.atomic
def remove_file(*, paper, actor):
    """Take a paper off a draft; the stored file stays, for what the audit says of it."""
    nomination = lock_nomination(paper.nomination)
    refuse_unless_at_hand(nomination)
    if paper.kind == NominationFile.Kind.BRANCH_FORM:
        raise ValidationError("镇街、系统工会的盖章件由其自行更换。")
    record(actor, "craftsmen.nomination_file_removed", nomination, name=str(paper))
    paper.delete()
