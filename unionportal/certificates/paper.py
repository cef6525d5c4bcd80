"""Certificates on paper and as pictures: all that certificate.typ needs, from what was frozen at issue.

Drawing is quick (about 15 ms a page), so nothing drawn is ever kept: whoever asks gets it drawn anew.
"""

import io
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from unionportal.certificates import wording
from unionportal.common.pdf import qr_svg, render_pdf, render_pictures

SOURCE = Path(__file__).parent / "certificate.typ"
HILLS = "#eee2c6"
PHONE_PPI = 130  # 1520 × 1075 pixels in landscape: sharp on a phone, under half a megabyte
SAMPLE_DAY, SAMPLE_NUMBER = date(2025, 5, 30), "YANGLI-2025-0001"
# A ZIP keeps no earlier year, and the same certificates are to give the same bytes.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@cache
def _hills():
    drawing = (settings.BASE_DIR / "static" / "img" / "landscape.svg").read_text("utf-8")
    return drawing.replace('"#000"', f'"{HILLS}"')


def _design(design):
    """Return the looks of a design as data, and the pictures it needs as {name: bytes}."""
    pictures = {}
    for part in ("seal", "background"):
        if stored := getattr(design, part):
            with stored.file.open("rb") as source:
                pictures[f"{part}{stored.extension}"] = source.read()
    named = {name.partition(".")[0]: name for name in pictures}
    looks = {
        "orientation": design.orientation,
        "name_size": design.name_size,
        "body_size": design.body_size,
        "shift_x": float(design.shift_x),
        "shift_y": float(design.shift_y),
        "seal": named.get("seal", ""),
        "background": named.get("background", ""),
    }
    return looks, pictures


def _page(certificate, site):
    address = f"{site}{reverse('certificates:check_detail', args=[certificate.code])}"
    has_qr = certificate.design.show_qr
    words = certificate.words
    return {**words, "number": certificate.number, "qr": qr_svg(address) if has_qr else ""}


def _data(design, pages, *, text_only=False, grid=False):
    looks, pictures = _design(design)
    data = {
        "title": pages[0]["heading"],
        "design": looks,
        "pages": pages,
        "art": _hills(),
        "text_only": text_only,
        "grid": grid,
    }
    return data, pictures


def certificates_pdf(certificates, *, site, text_only=False):
    """Return one PDF of these certificates, one a page; all must be of one design.

    `site` is the address of the portal for the QR codes, such as https://portal.example.cn. `text_only` leaves frame,
    heading, background and seal out and moves the rest by the design's offsets, for paper printed beforehand.
    """
    certificates = list(certificates)
    first = certificates[0]
    data, pictures = _data(first.design, [_page(item, site) for item in certificates], text_only=text_only)
    return render_pdf(SOURCE, data, on=first.issued_on, pictures=pictures)


def certificate_picture(certificate, *, site, ppi=PHONE_PPI):
    """Return one certificate as PNG, to look at and to keep on a phone."""
    data, pictures = _data(certificate.design, [_page(certificate, site)])
    return render_pictures(SOURCE, data, ppi=ppi, pictures=pictures)[0]


def file_name(certificate, extension):
    """Return what a certificate's file is called: number and holder, without what a file name cannot hold."""
    holder = "".join(character for character in certificate.holder if character not in '\\/:*?"<>|')
    return f"{certificate.number} {holder}.{extension}"


def certificates_zip(certificates, *, site):
    """Return a ZIP with a PDF of each certificate."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for certificate in certificates:
            entry = zipfile.ZipInfo(file_name(certificate, "pdf"), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, certificates_pdf([certificate], site=site))
    return target.getvalue()


def _sample_page(design):
    words = wording.words_of(design, wording.SAMPLE, SAMPLE_DAY)
    return {**words, "number": SAMPLE_NUMBER, "qr": qr_svg(SAMPLE_NUMBER) if design.show_qr else ""}


def sample_picture(design, *, ppi=80):
    """Return a PNG of a design, saved or not, filled with a made-up certificate."""
    data, pictures = _data(design, [_sample_page(design)])
    return render_pictures(SOURCE, data, ppi=ppi, pictures=pictures)[0]


def test_sheet_pdf(design):
    """Return a PDF of a millimetre grid and on it a sample's text alone, to find the offsets for printed paper."""
    data, pictures = _data(design, [_sample_page(design)], text_only=True, grid=True)
    return render_pdf(SOURCE, data, on=SAMPLE_DAY, pictures=pictures)
