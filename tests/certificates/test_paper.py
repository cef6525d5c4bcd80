"""Certificates as drawn: they say what was issued, fit on their page whatever the length, and take little time."""

import io
import time
import zipfile
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from PIL import Image, ImageChops

from tests.certificates.pdf_text import glyphs_of, page_count, streams, text_of
from tests.factories import certificate_line, make_certificate, make_design, make_series, make_superuser
from unionportal.certificates import checking, handing_out, paper, services
from unionportal.certificates.models import Certificate
from unionportal.files.services import store_image

pytestmark = pytest.mark.django_db
SITE = "https://portal.example.cn"
LONG_NAME = "阿卜杜热合曼·买买提吐尔逊·阿卜杜热西提江"


@pytest.fixture
def root():
    return make_superuser()


def opened(picture):
    """A PNG in shades of grey; what nothing was drawn on is white."""
    drawn = Image.open(io.BytesIO(picture)).convert("RGBA")
    ground = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(ground, drawn).convert("L")


def ink_in(picture, box):
    """Whether anything dark stands inside the box, given in shares of width and height."""
    wide, high = picture.size
    left, top, right, bottom = box
    cut = picture.crop((int(left * wide), int(top * high), int(right * wide), int(bottom * high)))
    return cut.getextrema()[0] < 110


def test_the_pdf_says_what_was_issued(root):
    made = make_certificate(root, LONG_NAME)
    text = text_of(paper.certificates_pdf([made], site=SITE))
    for words in (
        "获奖证书",
        f"{LONG_NAME}同志：",
        "在第三届工匠杯中荣获",
        "一等奖",
        "密云区总工会",
        made.number,
    ):
        assert words in text
    assert "二〇二五年五月二十三日" in text


@pytest.mark.parametrize("name", ["*张*_三_", "#panic()", "$x$ <a>", "张三\\", '"引号"'])
def test_a_name_is_never_markup(root, name):
    made = make_certificate(root, name)
    printed = text_of(paper.certificates_pdf([made], site=SITE))
    assert name.replace(" ", "").strip('"') in printed


def test_the_same_certificate_is_the_same_bytes(root):
    made = make_certificate(root)
    for draw in (
        lambda: paper.certificates_pdf([made], site=SITE),
        lambda: paper.certificate_picture(made, site=SITE),
        lambda: paper.certificates_zip([made], site=SITE),
    ):
        assert draw() == draw()


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("issuers", [1, 2, 3, 4])
def test_the_longest_that_may_be_issued_fits_on_one_page(root, orientation, issuers):
    """Body, salutation and prize at their limits: one page, and nothing outside the frame or on the signature."""
    design = make_design(
        orientation=orientation,
        body="{citation}",
        issuers="\n".join(["首都经济贸易大学密云分校工匠学院"] * issuers),
        name_size=60,
        body_size=36,
    )
    text = "长" * checking.BODY_LIMIT
    (made,) = services.issue_certificates(
        design=design,
        series=make_series(),
        issued_on=date(2025, 11, 21),
        lines=[certificate_line(LONG_NAME, citation=text, award="奖" * checking.LINE_LIMIT)],
        actor=root,
    )
    content = paper.certificates_pdf([made], site=SITE)
    assert page_count(content) == 1
    assert text_of(content).count("长") == checking.BODY_LIMIT
    design.show_qr = False
    made.design = design
    full = opened(paper.certificate_picture(made, site=SITE))
    # Nothing dark between text block and frame, on either side, nor between heading and text.
    assert not ink_in(full, (0.07, 0.2, 0.125, 0.8))
    assert not ink_in(full, (0.89, 0.2, 0.93, 0.8))
    gap = (0.25, 0.285) if orientation == "landscape" else (0.235, 0.265)
    assert not ink_in(full, (0.125, gap[0], 0.875, gap[1]))


def test_body_and_signature_never_overlap(root):
    """Words and signature drawn apart cover together as much as drawn at once: no stroke falls on another."""
    design = make_design(
        body="{citation}", issuers="密云区总工会\n某局\n某公司\n某院", body_size=36, show_qr=False
    )
    facts = {"citation": "长" * checking.BODY_LIMIT, "award": "奖" * 40}
    (made,) = services.issue_certificates(
        design=design,
        series=make_series(),
        issued_on=date(2025, 5, 23),
        lines=[certificate_line(LONG_NAME, **facts)],
        actor=root,
    )

    def drawn(**words):
        copy = Certificate(number=made.number, code=made.code, design=design, words=made.words | words)
        copy.issued_on = made.issued_on
        data, pictures = paper._data(design, [paper._page(copy, SITE)], text_only=True)
        picture = paper.render_pictures(paper.SOURCE, data, ppi=72, pictures=pictures)[0]
        return opened(picture).point(lambda level: 255 if level < 200 else 0)

    only_signature = drawn(salutation="", body=[], highlight="", closing="")
    both = drawn()
    only_words = ImageChops.subtract(both, only_signature)
    box_of_words, box_of_signature = only_words.getbbox(), only_signature.getbbox()
    assert box_of_words[3] <= box_of_signature[1]


def test_overprint_is_text_alone_moved_by_the_offsets(root):
    made = make_certificate(root)
    still = text_of(paper.certificates_pdf([made], site=SITE, text_only=True))
    assert "获奖证书" not in still
    assert "张三同志" in still

    def box(x, y):
        made.design.shift_x, made.design.shift_y = x, y
        data, pictures = paper._data(made.design, [paper._page(made, SITE)], text_only=True)
        # 254 ppi: ten pixels a millimetre.
        picture = opened(paper.render_pictures(paper.SOURCE, data, ppi=254, pictures=pictures)[0])
        return picture.point(lambda level: 255 if level < 250 else 0).getbbox()

    rest, moved = box(0, 0), box(3.5, -2)
    assert [there - here for here, there in zip(rest, moved, strict=True)] == [35, -20, 35, -20]


def test_the_qr_code_leads_to_the_check_page(root, client):
    made = make_certificate(root)
    other = make_certificate(root)
    assert f"{SITE}{made.get_absolute_url()}" == f"https://portal.example.cn/check/{made.code}/"
    assert paper._page(made, SITE)["qr"] != paper._page(other, SITE)["qr"]
    assert client.get(made.get_absolute_url()).status_code == 200
    made.design.show_qr = False
    assert paper._page(made, SITE)["qr"] == ""
    assert "扫描二维码" not in text_of(paper.certificates_pdf([made], site=SITE))


def test_a_background_takes_the_place_of_the_frame(root):
    target = io.BytesIO()
    Image.new("RGB", (30, 20), (0, 200, 0)).save(target, "PNG")
    target.seek(0)
    target.name, target.size = "底图.png", len(target.getvalue())
    made = make_certificate(root)
    made.design.background = store_image(upload=target, actor=root, purpose="证书底图")
    corner = (
        Image.open(io.BytesIO(paper.certificate_picture(made, site=SITE))).convert("RGB").getpixel((3, 3))
    )
    assert corner == (0, 200, 0)


def test_every_kind_and_direction_has_a_sample_and_a_test_sheet():
    for orientation, size in (("landscape", (935, 661)), ("portrait", (661, 935))):
        design = make_design(orientation=orientation)
        assert opened(paper.sample_picture(design)).size == size
        assert "阿卜杜热合曼" in text_of_first_font(paper.test_sheet_pdf(design))


def text_of_first_font(content):
    """The grid's figures are set in a second font: look at the whole for the name only."""
    return "".join("".join(glyphs_of(part).values()) for part in streams(content))


def test_300_certificates_are_drawn_in_parts_that_a_request_has_time_for(root):
    design, series = make_design(), make_series()
    begun = time.process_time()
    made = services.issue_certificates(
        design=design,
        series=series,
        issued_on=date(2025, 5, 23),
        lines=[certificate_line(f"{LONG_NAME}{'甲乙丙丁戊'[n % 5]}", award=f"第{n}名") for n in range(300)],
        actor=root,
    )
    # Issuing is one short transaction: the counter is locked for no longer than this.
    assert time.process_time() - begun < 3
    certificates = Certificate.objects.filter(series=series)
    pieces = handing_out.parts(certificates)
    assert pieces == [handing_out.Part(1, 200, 200), handing_out.Part(201, 300, 100)]
    whole = {"certificates": certificates, "site": SITE, "name": "x", "actor": root}
    with pytest.raises(ValidationError, match="一次最多 200 张，现有 300 张"):
        handing_out.hand_out(kind="pdf", **whole)
    part = whole | {"certificates": certificates.filter(serial__lte=200)}
    files = {}
    for kind in ("pdf", "overprint", "zip"):
        begun = time.process_time()
        files[kind] = handing_out.hand_out(kind=kind, **part).content
        # Of the processor, so that a busy machine does not count; gunicorn gives a request 30 seconds.
        assert time.process_time() - begun < 12
    assert page_count(files["pdf"]) == page_count(files["overprint"]) == 200
    names = zipfile.ZipFile(io.BytesIO(files["zip"])).namelist()
    assert names == [f"{item.number} {item.holder}.pdf" for item in made[:200]]
