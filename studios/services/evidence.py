"""Papers that prove an achievement: guarded files, sent by its own page alone."""

import hashlib

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction

from studios.models import Achievement
from studios.services.rights import lock, require
from unionportal.audit.services import record
from unionportal.files.services import Inspected, store_file


@transaction.atomic
def attach_evidence(*, achievement, inspected, caption, actor):
    """Store an Inspected upload as evidence of an achievement; returns the Evidence."""
    achievement = _lock(achievement, actor)
    if achievement.status == Achievement.Status.REFUSED:
        raise ValidationError("未予认定的成果不再附材料。")
    if not caption.strip():
        raise ValidationError({"caption": "请写明这是什么材料。"})
    if achievement.evidence.filter(file__sha256=_sha256(inspected.data)).exists():
        raise ValidationError("这份材料已经附上，不用再传。")
    # The name of a file tells what is in it: of a secret the audit and the list of files keep another.
    secret = achievement.confidentiality == Achievement.Confidentiality.SECRET
    if secret:
        name = f"涉密材料{inspected.extension}"
        inspected = Inspected(
            name, inspected.data, inspected.kind, inspected.extension, inspected.content_type
        )
    file = store_file(inspected=inspected, actor=actor, purpose="成果证明材料", is_guarded=True)
    item = achievement.evidence.create(file=file, caption=caption.strip())
    record(actor, "studios.evidence_added", achievement, note="" if secret else item.caption)
    return item


@transaction.atomic
def remove_evidence(*, item, actor):
    """Take a paper off an achievement that is still at hand; the file itself is kept as every upload is."""
    achievement = _lock(item.achievement, actor)
    if achievement.status not in Achievement.AT_HAND:
        raise ValidationError("成果已提交，材料不能再移除。")
    if not achievement.evidence.filter(pk=item.pk).exists():
        raise ValidationError("这份材料刚才已移除。")
    secret = achievement.confidentiality == Achievement.Confidentiality.SECRET
    record(actor, "studios.evidence_removed", achievement, note="" if secret else item.caption)
    item.delete()


def _sha256(data):
    """Return the digest that the stored file will have; `data` is bytes, or a File as Inspected holds it."""
    content = data if isinstance(data, File) else ContentFile(data)
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _lock(achievement, actor):
    """Return the achievement, locked, for staff, or for who keeps its studio while it is at hand."""
    achievement = lock(achievement)
    if actor.has_perm("studios.change_achievement"):
        return achievement
    if not Achievement.objects.kept_by(actor).filter(pk=achievement.pk).exists():
        require(actor, "change_achievement")
    if achievement.status not in Achievement.AT_HAND:
        raise ValidationError(f"成果现为“{achievement.get_status_display()}”，材料不能再增减。")
    return achievement
