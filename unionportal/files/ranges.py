"""Sending a part of a stored file: what a player asks for to start at once, to jump, and to go on (RFC 9110, 14)."""

import re

from django.http import FileResponse, HttpResponse

from unionportal.files.views import send_file

ASKED = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
DIGITS = 18


class Part:
    """A file that begins where a part begins, and ends with it."""

    def __init__(self, file, start, length):
        file.seek(start)
        self.file, self.left = file, length

    def read(self, size=-1):
        """Return the next bytes of the part."""
        wanted = self.left if size < 0 else min(size, self.left)
        data = self.file.read(wanted)
        self.left -= len(data)
        return data

    def close(self):
        """Close the file."""
        self.file.close()


def asked_part(header, size):
    """Return (first, last) of a Range header, None for the whole file; raises ValueError where nothing is there."""
    found = ASKED.fullmatch(header.strip())
    if not found or not any(found.groups()) or max(map(len, found.groups())) > DIGITS:
        return None  # several ranges, another unit, nonsense: the whole file answers them all
    first, last = found.groups()
    if not first:
        first, last = max(size - int(last), 0) if int(last) else size, size
    elif last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise ValueError
    return int(first), min(int(last or size), size - 1)


def send_in_parts(request, stored):
    """Return the answer that sends a StoredFile, or the part of it that is asked for, to somebody who may read it."""
    tag = f'"{stored.sha256}"'
    header, condition = request.headers.get("Range", ""), request.headers.get("If-Range", tag)
    try:
        part = asked_part(header, stored.size) if header and condition == tag else None
    except ValueError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{stored.size}"})
    response = send_file(stored)
    response["Accept-Ranges"], response["ETag"] = "bytes", tag
    response["Content-Disposition"] = response["Content-Disposition"].replace("attachment", "inline", 1)
    return _only(response, part, stored.size) if part else response


def _only(whole, part, size):
    """Return the 206 that sends a part of what `whole` would send."""
    first, last = part
    response = FileResponse(Part(whole.file_to_stream, first, last - first + 1), status=206)
    for name, value in whole.items():
        response[name] = value
    response["Content-Range"], response["Content-Length"] = (
        f"bytes {first}-{last}/{size}",
        str(last - first + 1),
    )
    return response
