"""Uploaded pictures: type decided by content, always re-encoded, without the metadata they came with."""

import dataclasses
import io

from PIL import Image, ImageOps

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_EDGE = 16_000  # WebP ends at 16,383, and no photograph is longer
_ONLY = "只接受 JPEG、PNG、WebP 图片"
_TYPES = {
    "JPEG": ("image/jpeg", "jpg", {"quality": 88, "progressive": True}),
    "PNG": ("image/png", "png", {"compress_level": 6}),
    "WEBP": ("image/webp", "webp", {"quality": 88, "method": 4}),
}


class ImageProblem(ValueError):
    """A picture that cannot be taken, with one Chinese sentence that names the remedy."""


@dataclasses.dataclass(frozen=True)
class CleanImage:
    """A re-encoded picture: bytes, MIME type, file extension without dot, size in pixels."""

    data: bytes
    content_type: str
    extension: str
    width: int
    height: int


def clean_image(file, *, max_side=None, max_bytes=MAX_BYTES):
    """Return the picture of a binary file as a CleanImage, upright, without EXIF, XMP, ICC, comments or animation.

    `max_side` scales it down (never up) so that neither side is longer, in pixels. Raises ImageProblem for
    anything but JPEG, PNG or WebP, more than 40 million pixels, and damaged files.
    """
    data = _read(file, max_bytes)
    image = _open(data)
    _check_size(image.size)
    kind = "JPEG" if image.format == "MPO" else image.format
    try:
        if max_side:
            image.draft(None, (max_side, max_side))  # a JPEG decodes at a fraction of its size, saving memory
        image = _plain(ImageOps.exif_transpose(image), kind)
        if max_side:
            image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
        content_type, extension, options = _TYPES[kind]
        target = io.BytesIO()
        image.save(target, kind, **options)
    except (
        Exception
    ) as error:  # decoders raise OSError, SyntaxError, struct.error, EOFError … on damaged files
        raise _damaged() from error
    return CleanImage(target.getvalue(), content_type, extension, *image.size)


def crop_image(file, *, size, focus=(50, 50), share=100, max_bytes=MAX_BYTES):
    """Return the picture of a binary file cut to the proportions of `size`, as JPEG of at most that many pixels.

    The frame is as large as the picture allows, or `share` percent of that, and as close to having `focus` (percent
    across, percent down) in its middle as the edges let it. Raises ImageProblem like clean_image.
    """
    source = clean_image(file, max_side=2 * max(size) * 100 // share, max_bytes=max_bytes)
    with Image.open(io.BytesIO(source.data)) as image:
        width, height = image.size
        scale = min(width / size[0], height / size[1]) * share / 100
        frame = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        left, top = (
            min(max(round(length * percent / 100 - side / 2), 0), length - side)
            for length, percent, side in zip(image.size, focus, frame, strict=True)
        )
        cut = image.convert("RGB").crop((left, top, left + frame[0], top + frame[1]))
        cut.thumbnail(size, Image.Resampling.LANCZOS)
        target = io.BytesIO()
        cut.save(target, "JPEG", quality=90, progressive=True)
    return CleanImage(target.getvalue(), "image/jpeg", "jpg", *cut.size)


def _read(file, max_bytes):
    file.seek(0)
    data = file.read(max_bytes + 1)
    if not data:
        raise ImageProblem(f"图片文件是空的，{_ONLY}，请重新选择。")
    if len(data) > max_bytes:
        raise ImageProblem(f"图片超过 {max_bytes // 1024 // 1024} MB，请压缩后再上传。")
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif"):
        raise ImageProblem(f"暂不支持 HEIC/AVIF 照片，{_ONLY}，请先在手机中转存为 JPEG。")
    return data


def _open(data):
    """Read only the header: Pillow decodes nothing before load()."""
    try:
        return Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except Exception as error:
        if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")):
            raise _damaged() from error
        raise ImageProblem(f"这个文件不是可用的图片，{_ONLY}，请另存后再上传。") from error


def _check_size(size):
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large()
    if max(size) > MAX_EDGE:
        raise ImageProblem(f"图片的边长超过 {MAX_EDGE} 像素，请裁剪后再上传。")


def _damaged():
    return ImageProblem("图片已损坏或不完整，无法读取，请重新导出或拍摄后再上传。")


def _too_large():
    return ImageProblem(f"图片超过 {MAX_PIXELS // 10_000} 万像素，请缩小后再上传。")


def _plain(image, kind):
    """Return the picture in a mode its format can hold, with nothing beside the pixels."""
    transparent = kind != "JPEG" and (
        image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    )
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = image.convert("I").point(lambda level: level / 256).convert("L")  # 16 bits a pixel to 8
    image = image.convert("RGBA" if transparent else "L" if image.mode == "L" else "RGB")
    image.info.clear()
    return image
