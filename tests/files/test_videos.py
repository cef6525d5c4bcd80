"""Videos: what is taken, how long it lasts, and sending the part that a player asks for."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from tests.factories import make_user
from tests.files.test_storing import picture, upload
from unionportal.common.videos import VideoProblem, video_seconds
from unionportal.files import services
from unionportal.files.forms import UploadForm
from unionportal.files.ranges import send_in_parts

FILLING = bytes(range(256)) * 8


def box(kind, content):
    return (8 + len(content)).to_bytes(4) + kind + content


def mp4(seconds=30, *, wide=False, brand=b"isom", filling=FILLING):
    """The boxes of an MP4 that holds nothing to be seen."""
    times = (bytes(8), 8) if wide else (bytes(4), 4)
    header = bytes([1 if wide else 0, 0, 0, 0]) + times[0] * 2 + (1000).to_bytes(4)
    header += (seconds * 1000 - 400).to_bytes(times[1]) + bytes(80)
    return box(b"ftyp", brand + bytes(4)) + box(b"mdat", filling) + box(b"moov", box(b"mvhd", header))


def stored(content=None):
    inspected = services.inspect_video(upload(content or mp4(), "讲解.mp4"))
    return services.store_file(inspected=inspected, actor=make_user(), purpose="课件")


def ask(file, header=None, **more):
    headers = ({"HTTP_RANGE": header} if header else {}) | more
    response = send_in_parts(RequestFactory().get("/", **headers), file)
    response.body = b"".join(response.streaming_content) if response.streaming else response.content
    for close in response._resource_closers:  # as the server does
        close()
    return response


@pytest.mark.parametrize("wide", [False, True])
def test_the_length_is_read_from_the_file_and_rounded_up(wide):
    assert video_seconds(io.BytesIO(mp4(754, wide=wide))) == 754


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (picture(), "MP4"),
        (mp4(brand=b"heic"), "MP4"),
        (b"", "MP4"),
        (mp4()[:300], "不完整"),
        (box(b"ftyp", b"isom" + bytes(4)), "不完整"),
        (mp4().replace(b"mvhd", b"free"), "不完整"),
        (box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", box(b"mvhd", bytes(100))), "时长"),
    ],
)
def test_what_is_no_whole_mp4_is_refused(content, words):
    with pytest.raises(VideoProblem, match=words):
        video_seconds(io.BytesIO(content))


@pytest.mark.django_db
def test_the_form_takes_a_video_and_keeps_it_as_it_came():
    sent = {"upload": upload(mp4(), "课.mp4")}
    form = UploadForm({"purpose": "课件"}, sent)
    assert form.is_valid(), form.errors
    file = services.store_file(inspected=form.cleaned_data["upload"], actor=make_user(), purpose="课件")
    assert (file.kind, file.extension, file.content_type, file.size) == (
        "video",
        ".mp4",
        "video/mp4",
        len(mp4()),
    )
    with file.file.open("rb") as kept:
        assert kept.read() == mp4()


def test_a_video_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(services, "MAX_VIDEO_BYTES", 1024)
    with pytest.raises(ValidationError, match="超过"):
        services.inspect_video(upload(mp4(), "a.mp4"))


@pytest.mark.django_db
class TestParts:
    def test_without_a_range_all_of_it_is_sent_to_be_played_and_says_that_parts_may_be_had(self):
        file = stored()
        response = ask(file)
        assert (response.status_code, response.body) == (200, mp4())
        assert response["Accept-Ranges"] == "bytes"
        assert response["Content-Disposition"].startswith("inline")
        assert response["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize(
        ("header", "first", "last"),
        [
            ("bytes=0-", 0, None),
            ("bytes=0-0", 0, 0),
            ("bytes=100-199", 100, 199),
            ("bytes=100-99999999", 100, None),
            ("bytes=-50", -50, None),
            ("bytes=-99999999", 0, None),
        ],
    )
    def test_a_range_gets_exactly_its_bytes(self, header, first, last):
        whole, size = mp4(), len(mp4())
        begin = first % size
        end = size - 1 if last is None else last
        response = ask(stored(), header)
        assert response.status_code == 206
        assert response.body == whole[begin : end + 1]
        assert response["Content-Range"] == f"bytes {begin}-{end}/{size}"
        assert response["Content-Length"] == str(end + 1 - begin)
        assert response["Content-Type"] == "video/mp4"

    @pytest.mark.parametrize("header", ["bytes=5-2", "bytes=0-1,4-5", "items=0-1", "bytes=-", "bytes=x-"])
    def test_a_range_that_we_do_not_serve_gets_the_whole(self, header):
        assert ask(stored(), header).status_code == 200

    @pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=-0", f"bytes={len(mp4())}-"])
    def test_a_range_beyond_the_end_is_refused_with_the_size(self, header):
        response = ask(stored(), header)
        assert (response.status_code, response.body) == (416, b"")
        assert response["Content-Range"] == f"bytes */{len(mp4())}"

    def test_a_part_of_another_version_is_not_sent(self):
        file = stored()
        tag = ask(file)["ETag"]
        assert ask(file, "bytes=0-9", HTTP_IF_RANGE=tag).status_code == 206
        assert ask(file, "bytes=0-9", HTTP_IF_RANGE='"other"').status_code == 200
