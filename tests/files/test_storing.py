"""Taking files in: the content decides what a file is."""

import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.factories import make_user, workbook_file
from unionportal.audit.models import AuditEntry
from unionportal.files import services
from unionportal.files.models import StoredFile

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PLAIN_TYPES = b'<Types><Override PartName="/word/document.xml" ContentType="wordprocessingml.document.main+xml"/></Types>'
MACRO_TYPES = (
    b'<Types><Override ContentType="application/vnd.ms-word.document.MacroEnabled.main+xml"/></Types>'
)


def upload(content, name="文件.pdf"):
    return SimpleUploadedFile(name, content)


def zipped(members):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def docx(**more):
    return zipped({"[Content_Types].xml": PLAIN_TYPES, "word/document.xml": b"<w:document/>"} | more)


def picture(kind="JPEG", **options):
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(target, kind, **options)
    return target.getvalue()


def store(content, name="文件.pdf", **more):
    return services.store_document(upload=upload(content, name), actor=make_user(), purpose="测试", **more)


@pytest.mark.parametrize(
    ("content", "name", "extension", "content_type"),
    [
        (PDF, "报名表.docx", ".pdf", "application/pdf"),
        (
            docx(),
            "报名表.pdf",
            ".docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            workbook_file({"表": [["姓名"]]}).getvalue(),
            "名单.html",
            ".xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            zipped({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b""}),
            "x",
            ".pptx",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
    ],
)
def test_content_and_not_the_name_decides_the_type(content, name, extension, content_type):
    stored = store(content, name)
    assert (stored.extension, stored.content_type, stored.kind) == (extension, content_type, "document")
    assert stored.size == len(content)
    with stored.file.open() as file:
        assert file.read() == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
        b"<?xml version='1.0'?><x/>",
        b"<script>/*%PDF-1.7*/alert(1)</script>",
        b"GIF89a/*%PDF-*/=1;alert(1)",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"MZ\x90\0",
        b"PK\x03\x04 no archive at all",
        b"<html>" + docx(),
        zipped({"a.txt": b"x"}),
        zipped({"word/document.xml": b"no list of content types"}),
        docx(**{"word/vbaProject.bin": b"macro"}),
        docx(**{"word/VBAPROJECT.BIN": b"macro"}),
        docx(**{"[Content_Types].xml": MACRO_TYPES, "word/innocent.bin": b"macro"}),
        docx(**{"[Content_Types].xml": PLAIN_TYPES + b" " * 2_000_000}),
    ],
    ids=[
        *("empty", "svg", "html", "xml", "html with %PDF inside", "gif polyglot", "old office", "exe"),
        *("broken zip", "html before a zip", "plain zip", "no content types", "macros"),
        *("macros in capitals", "macros under another name", "bomb"),
    ],
)
def test_everything_else_is_refused_and_nothing_is_written(content, settings):
    with pytest.raises(ValidationError, match="只接收 PDF"):
        store(content)
    assert not StoredFile.objects.exists()
    assert not AuditEntry.objects.exists()
    assert not settings.MEDIA_ROOT.exists()


def outcome(content):
    """What the reader of the upload page gets to know: the type, or the sentence of the refusal."""
    try:
        return services.recognise_document(content)[0]
    except ValidationError as error:
        return error.messages[0][:8]


def test_a_damaged_archive_is_refused_in_words():
    """Whatever byte is broken, somebody reads a sentence and no error page."""
    whole = docx()
    outcomes = set()
    for position in range(4, len(whole)):
        for flipped in (0xFF, 0x01, 0x80):
            content = bytearray(whole)
            content[position] ^= flipped
            outcomes.add(outcome(bytes(content)))
    assert outcomes == {".docx", "只接收 PDF、"}


def test_a_document_over_20_megabytes_is_refused():
    with pytest.raises(ValidationError, match="超过 20 MB"):
        store(PDF + b"\0" * services.MAX_DOCUMENT_BYTES)


@pytest.mark.parametrize(
    ("content", "name", "extension", "content_type"),
    [
        (picture("JPEG"), "a.png", ".jpg", "image/jpeg"),
        (picture("PNG"), "a.svg", ".png", "image/png"),
        (picture("WEBP"), "a", ".webp", "image/webp"),
    ],
)
def test_a_picture_is_named_after_what_it_is(content, name, extension, content_type):
    stored = services.store_image(upload=upload(content, name), actor=make_user(), purpose="题图")
    assert (stored.extension, stored.content_type, stored.kind) == (extension, content_type, "image")
    assert stored.get_absolute_url() == f"/files/{stored.key}{extension}"


@pytest.mark.parametrize(
    "content", [b'<svg xmlns="http://www.w3.org/2000/svg"/>', picture("GIF"), PDF, b"", picture()[:200]]
)
def test_what_is_no_jpeg_png_or_webp_is_refused_as_a_picture(content):
    with pytest.raises(ValidationError):
        services.store_image(upload=upload(content, "a.jpg"), actor=make_user(), purpose="题图")
    assert not StoredFile.objects.exists()


def test_exif_and_what_hangs_behind_the_picture_are_gone():
    exif = Image.Exif()
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif[0x8825] = {1: "N", 2: (40.0, 22.0, 0.0)}
    content = picture(exif=exif.tobytes()) + b"<script>alert('tail')</script>"
    stored = services.store_image(upload=upload(content, "a.jpg"), actor=make_user(), purpose="题图")
    with stored.file.open() as file:
        kept = file.read()
    assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}
    assert b"SECRET-DESCRIPTION" in content
    assert b"SECRET-DESCRIPTION" not in kept
    assert b"script" not in kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\evil.exe", "..\\..\\windows\\evil.exe"),
        ("/etc/cron.d/x.pdf", "x.pdf"),
        ("a" * 300 + ".pdf", None),
    ],
)
def test_nothing_of_the_uploads_name_reaches_the_disk(name, kept, settings):
    stored = store(PDF, name)
    assert stored.file.name == f"private/{stored.key.hex[:2]}/{stored.key.hex}.pdf"
    (written,) = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert written == settings.MEDIA_ROOT / stored.file.name
    assert len(stored.name) <= 200
    assert kept in (None, stored.name)


def test_storing_leaves_one_audit_line():
    stored = store(PDF)
    (line,) = AuditEntry.objects.all()
    assert (line.action, line.target_key) == ("files.file_stored", str(stored.pk))
    assert line.details == {"purpose": "测试", "size": len(PDF), "sha256": stored.sha256}
