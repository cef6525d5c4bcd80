"""The demo's own drawings and papers: no photograph of a real person or place stands for made-up work."""

import io
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from docx import Document

from unionportal.files.services import store_image

FOLDER = Path(__file__).parent / "covers"


def upload(name):
    """Return a drawing as a browser would send it."""
    return SimpleUploadedFile(f"{name}.png", (FOLDER / f"{name}.png").read_bytes())


def drawing(name, actor, purpose, is_public=True):
    """Store a drawing and return its StoredFile."""
    return store_image(upload=upload(name), actor=actor, purpose=purpose, is_public=is_public)


def paper(title, *lines):
    """Return a Word paper as a browser would send it."""
    content, document = io.BytesIO(), Document()
    document.add_heading(f"{title}（演示）", level=1)
    for line in lines:
        document.add_paragraph(line)
    document.save(content)
    return SimpleUploadedFile(f"{title}（演示）.docx", content.getvalue())
