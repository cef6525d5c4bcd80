"""Videos: whether an upload is an MP4, and how long it lasts. Reads the boxes of the file, and decodes nothing."""

import os
from math import ceil

BRANDS = (
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"mmp4",
    b"3gp4",
    b"3gp5",
)
MOST_BOXES = 1000


class VideoProblem(Exception):
    """A video that cannot be taken; its text says why, in Chinese, and what to do."""


def is_video(file):
    """Tell whether the first bytes of a file are those of an MP4."""
    file.seek(0)
    head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in BRANDS


def _boxes(file, start, end):
    """Yield (type, start of the content, end) of the boxes between two places of a file."""
    for _ in range(MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        size, kind, skip = int.from_bytes(head[:4]), head[4:8], 8
        if size == 1:
            size, skip = int.from_bytes(head[8:16]), 16
        elif size == 0:
            size = end - start
        if size < skip or start + size > end:
            return
        yield kind, start + skip, start + size
        start += size


def video_seconds(file):
    """Return the length of an MP4 in whole seconds, rounded up; raises VideoProblem for anything else."""
    end = file.seek(0, os.SEEK_END)
    if not is_video(file):
        raise VideoProblem("视频只接收 MP4 格式（H.264 编码）。请用剪辑软件导出为 MP4 后再上传。")
    for kind, start, stop in _boxes(file, 0, end):
        if kind != b"moov":
            continue
        for inner, first, _ in _boxes(file, start, stop):
            if inner == b"mvhd":
                file.seek(first)
                return _length(file.read(32))
    raise VideoProblem("这段视频不完整，读不出时长。请重新导出后再上传。")


def _length(header):
    wide = header[:1] == b"\x01"
    scale = int.from_bytes(header[20:24] if wide else header[12:16])
    length = int.from_bytes(header[24:32] if wide else header[16:20])
    if not scale or not length:
        raise VideoProblem("这段视频没有写明时长。请重新导出后再上传。")
    return ceil(length / scale)
