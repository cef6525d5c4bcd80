"""Pictures as people upload them, and files that only pretend to be pictures."""

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from unionportal.common.images import ImageProblem, clean_image


def picture(kind="JPEG", size=(40, 20), mode="RGB", colour="red", **options):
    target = io.BytesIO()
    Image.new(mode, size, colour).save(target, kind, **options)
    return target


def refusal(data, **options):
    with pytest.raises(ImageProblem) as caught:
        clean_image(io.BytesIO(data), **options)
    assert "请" in str(caught.value)
    return str(caught.value)


def png_header(width, height):
    """A PNG that claims a size and holds almost nothing."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def exif(**tags):
    made = Image.Exif()
    made[0x0112] = tags.get("orientation", 1)
    made[0x010F] = "Secret Camera"
    made.get_ifd(0x8825).update({1: "N", 2: (40.0, 22.0, 35.0)})
    return made


@pytest.mark.parametrize(
    ("kind", "content_type", "extension"),
    [("JPEG", "image/jpeg", "jpg"), ("PNG", "image/png", "png"), ("WEBP", "image/webp", "webp")],
)
def test_the_three_kinds_are_taken_and_encoded_anew(kind, content_type, extension):
    source = picture(kind)
    clean = clean_image(source)
    assert (clean.content_type, clean.extension, clean.width, clean.height) == (
        content_type,
        extension,
        40,
        20,
    )
    assert Image.open(io.BytesIO(clean.data)).format == kind


def test_what_follows_the_picture_is_dropped():
    clean = clean_image(io.BytesIO(picture().getvalue() + b"<script>alert(1)</script>"))
    assert b"script" not in clean.data


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        b"<!doctype html><html></html>",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        picture("GIF").getvalue(),
        picture("BMP").getvalue(),
        picture("TIFF").getvalue(),
    ],
)
def test_anything_else_named_jpg_is_refused(data):
    assert "不是可用的图片" in refusal(data)


def test_an_empty_file_is_refused():
    assert "是空的" in refusal(b"")


def test_a_phone_photo_in_heic_is_told_what_to_do():
    assert "转存为 JPEG" in refusal(b"\0\0\0\x18ftypheic" + b"\0" * 50)


def test_a_file_over_the_limit_is_refused():
    assert "超过 1 MB" in refusal(b"\xff\xd8" + b"x" * 1_100_000, max_bytes=1024 * 1024)


@pytest.mark.parametrize("size", [(10_000, 5_000), (10_000, 9_000), (15_000, 15_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_decoding(size):
    started = time.process_time()
    assert "超过 4000 万像素" in refusal(png_header(*size))
    assert time.process_time() - started < 0.1


def test_a_picture_like_a_thread_is_refused():
    assert "边长超过" in refusal(png_header(20_000, 10))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_picture_is_refused(kind):
    data = picture(kind, (400, 400)).getvalue()
    assert "不完整" in refusal(data[: len(data) * 2 // 3])


def test_a_broken_png_is_refused():
    assert "已损坏" in refusal(png_header(3_000, 3_000))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_survives(kind):
    source = picture(kind, exif=exif(), icc_profile=b"secret profile" * 20)
    if kind == "JPEG":
        source = picture(kind, exif=exif(), icc_profile=b"secret profile" * 20, comment=b"secret comment")
    assert b"Secret Camera" in source.getvalue()
    clean = clean_image(source)
    read = Image.open(io.BytesIO(clean.data))
    assert dict(read.getexif()) == {}
    assert b"ecret" not in clean.data
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(read.info)


def test_a_turned_photo_stands_upright():
    source = Image.new("RGB", (40, 20), "red")
    source.paste("blue", (0, 0, 20, 20))
    target = io.BytesIO()
    source.save(target, "JPEG", exif=exif(orientation=6), quality=95)
    clean = clean_image(target)
    read = Image.open(io.BytesIO(clean.data))
    assert (clean.width, clean.height) == read.size == (20, 40)
    assert read.getpixel((10, 5))[2] > 200
    assert read.getpixel((10, 35))[0] > 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_longest_side_can_be_limited_and_is_never_enlarged(kind):
    clean = clean_image(picture(kind, (900, 600)), max_side=300)
    assert (clean.width, clean.height) == (300, 200)
    assert clean_image(picture(kind, (90, 60)), max_side=300).width == 90


def test_transparency_stays_in_png_and_webp():
    for kind, mode, colour in (
        ("PNG", "RGBA", (255, 0, 0, 0)),
        ("WEBP", "RGBA", (255, 0, 0, 0)),
        ("PNG", "LA", (9, 0)),
    ):
        clean = clean_image(picture(kind, mode=mode, colour=colour))
        assert Image.open(io.BytesIO(clean.data)).convert("RGBA").getpixel((0, 0))[3] == 0
    palette = Image.new("P", (4, 4), 0)
    target = io.BytesIO()
    palette.save(target, "PNG", transparency=0)
    assert Image.open(io.BytesIO(clean_image(target).data)).getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG"), ("P", "PNG"), ("I;16", "PNG")]
)
def test_every_colour_mode_becomes_one_that_browsers_show(mode, kind):
    clean = clean_image(picture(kind, mode=mode, colour=0))
    assert Image.open(io.BytesIO(clean.data)).mode in ("L", "RGB")


def test_sixteen_bits_keep_their_brightness():
    clean = clean_image(picture("PNG", mode="I;16", colour=0x8000))
    assert Image.open(io.BytesIO(clean.data)).getpixel((0, 0)) == 0x80


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_only_the_first_frame_of_an_animation_is_kept(kind):
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    target = io.BytesIO()
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], duration=100)
    read = Image.open(io.BytesIO(clean_image(target).data))
    assert getattr(read, "n_frames", 1) == 1
    assert read.convert("RGB").getpixel((5, 5))[0] > 200


def test_a_photo_with_a_second_picture_inside_is_taken_as_jpeg():
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    target = io.BytesIO()
    frames[0].save(target, "MPO", save_all=True, append_images=frames[1:])
    clean = clean_image(target)
    assert Image.open(io.BytesIO(clean.data)).format == "JPEG"
