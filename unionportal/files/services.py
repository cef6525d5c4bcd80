"""Taking files in. The content decides what a file is; what is not on the short list is refused."""

import hashlib
import zipfile
from dataclasses import dataclass
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction

from unionportal.audit.models import AuditEntry
from unionportal.audit.services import record
from unionportal.common.images import ImageProblem, clean_image
from unionportal.common.videos import VideoProblem, video_seconds
from unionportal.files.models import StoredFile

MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
MAX_VIDEO_BYTES = 500 * 1024 * 1024
CONTENT_TYPES = "[Content_Types].xml"
MAX_CONTENT_TYPES = 1024 * 1024
OFFICE_TYPES = {
    "word/document.xml": (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/workbook.xml": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/presentation.xml": (
        ".pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}


def recognise_document(content):
    """Return (extension, content type) of a PDF or an Office document, or raise ValidationError."""
    if content.startswith(b"%PDF-"):
        return ".pdf", "application/pdf"
    if content.startswith(b"PK\x03\x04"):
        names = _members_without_macros(content)
        for member, kind in OFFICE_TYPES.items():
            if member in names:
                return kind
    raise ValidationError(
        "只接收 PDF、Word（.docx）、Excel（.xlsx）、PowerPoint（.pptx）文件，且不能带宏。请另存后再上传。"
    )


def _members_without_macros(content):
    """Return the names inside an Office document; none where it is damaged or declares or carries macros."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(CONTENT_TYPES) as part:
            names = set(archive.namelist())
            declared = part.read(MAX_CONTENT_TYPES + 1).lower()
    except Exception:  # a damaged archive raises nearly anything, from BadZipFile to NotImplementedError
        return set()
    has_macros = (
        len(declared) > MAX_CONTENT_TYPES
        or any(word in declared for word in (b"macroenabled", b"vbaproject"))
        or any("vbaproject" in name.lower() for name in names)
    )
    return set() if has_macros else names


@dataclass(frozen=True)
class Inspected:
    """An upload whose content has been checked: what is to be stored of it; a video stays the file that it is."""

    name: str
    data: bytes | File
    kind: str
    extension: str
    content_type: str


def inspect_document(upload):
    """Return an uploaded document as Inspected; raises ValidationError in Chinese."""
    if upload.size > MAX_DOCUMENT_BYTES:
        raise ValidationError(f"文件超过 {MAX_DOCUMENT_BYTES // 1024 // 1024} MB，请压缩后再上传。")
    upload.seek(0)
    data = upload.read()
    return Inspected(upload.name, data, StoredFile.Kind.DOCUMENT, *recognise_document(data))


def inspect_image(upload):
    """Return an uploaded picture as Inspected, re-encoded and without EXIF; raises ValidationError in Chinese."""
    upload.seek(0)
    try:
        image = clean_image(upload)
    except ImageProblem as problem:
        raise ValidationError(str(problem)) from problem
    return Inspected(
        upload.name, image.data, StoredFile.Kind.IMAGE, f".{image.extension}", image.content_type
    )


def inspect_video(upload):
    """Return an uploaded MP4 as Inspected, too large to be read into memory; raises ValidationError in Chinese."""
    if upload.size > MAX_VIDEO_BYTES:
        raise ValidationError(f"视频超过 {MAX_VIDEO_BYTES // 1024 // 1024} MB，请压缩或分段后再上传。")
    try:
        video_seconds(upload)
    except VideoProblem as problem:
        raise ValidationError(str(problem)) from problem
    return Inspected(upload.name, upload, StoredFile.Kind.VIDEO, ".mp4", "video/mp4")


def inspect_upload(upload):
    """Return an uploaded document or picture as Inspected; its first bytes say which it is."""
    upload.seek(0)
    start = upload.read(4)
    return inspect_document(upload) if start in (b"%PDF", b"PK\x03\x04") else inspect_image(upload)


@transaction.atomic
def store_file(*, inspected, actor, purpose, is_public=False, is_guarded=False):
    """Store an Inspected upload under a name of our own and return its StoredFile."""
    content = inspected.data if isinstance(inspected.data, File) else ContentFile(inspected.data)
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    stored = StoredFile(
        kind=inspected.kind,
        name=inspected.name[-200:],
        extension=inspected.extension,
        content_type=inspected.content_type,
        size=content.size,
        sha256=digest.hexdigest(),
        is_public=is_public,
        is_guarded=is_guarded,
        purpose=purpose,
        owner=actor,
    )
    stored.file.save(inspected.name, content, save=False)
    stored.save()
    record(actor, "files.file_stored", stored, purpose=purpose, size=stored.size, sha256=stored.sha256)
    return stored


def store_document(*, upload, actor, purpose, is_public=False):
    """Store an uploaded document and return its StoredFile; raises ValidationError in Chinese."""
    return store_file(inspected=inspect_document(upload), actor=actor, purpose=purpose, is_public=is_public)


def store_image(*, upload, actor, purpose, is_public=False):
    """Store an uploaded picture and return its StoredFile; raises ValidationError in Chinese."""
    return store_file(inspected=inspect_image(upload), actor=actor, purpose=purpose, is_public=is_public)


@transaction.atomic
def discard_file(*, stored, actor, reason):
    """Delete a stored file, on disk once the transaction stands; the audit keeps its name and SHA-256."""
    record(
        actor,
        "files.file_discarded",
        stored,
        purpose=stored.purpose,
        sha256=stored.sha256,
        reason=reason,
        key=str(stored.key),
    )
    storage, name = stored.file.storage, stored.file.name
    stored.delete()
    transaction.on_commit(lambda: storage.delete(name))


def was_discarded(*, key, purpose):
    """Tell whether a file of this key and purpose was here and has been discarded since."""
    lines = AuditEntry.objects.filter(action="files.file_discarded", details__key=str(key))
    return lines.filter(details__purpose=purpose).exists()
