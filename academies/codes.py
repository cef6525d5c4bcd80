"""The rotating codes of attendance: signed, bound to a lesson and a direction, valid by the server's clock alone.

A code is as short as its signature lets it be: the fewer the squares, the further away a phone can read them.
"""

import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum

from django.core import signing

SALT = "academies.attendance"
SIGNED = re.compile(r"([\w-]{22})([io])(-?\d+)", re.ASCII)
SLOT_SECONDS = 15
KEPT_SALT = "academies.attendance.kept"
# Signing in, or making an account, after the link was opened.
KEPT_SECONDS = 30 * 60
# The code on the wall, and the few before it: a phone takes its time to focus and to find a network.
VALID_SLOTS = 4


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class CodeProblem(Exception):
    """A code that cannot be used; its text says why, in Chinese, and what to do."""


@dataclass(frozen=True)
class Scan:
    """What a good code says, and the moment its link was opened (a Unix time)."""

    lesson_key: str
    direction: Direction
    opened_at: float


def keep(scan):
    """Return a Scan as text for the session: signing in may come between opening the link and being counted."""
    return signing.dumps([scan.lesson_key, scan.direction.value, scan.opened_at], salt=KEPT_SALT)


def kept(text, now):
    """Return the Scan that the session kept; raises CodeProblem where there is none or it has waited too long."""
    try:
        lesson_key, direction, opened_at = signing.loads(text, salt=KEPT_SALT)
    except signing.BadSignature as error:
        raise CodeProblem("没有待确认的签到。请对准教师屏幕上的签到码重新扫描。") from error
    if now - opened_at > KEPT_SECONDS:
        raise CodeProblem("扫码后过了太久，这次签到已失效。请重新扫描屏幕上的新码。")
    return Scan(lesson_key, Direction(direction), opened_at)


def make_code(lesson_key, direction, now):
    """Return the code that a teacher's screen shows at the Unix time `now`; it changes every 15 seconds."""
    lesson = urlsafe_b64encode(uuid.UUID(str(lesson_key)).bytes).decode().rstrip("=")
    return signing.Signer(salt=SALT).sign(f"{lesson}{Direction(direction)[0]}{int(now // SLOT_SECONDS)}")


def read_code(code, now):
    """Return the Scan of a code opened at the Unix time `now`; raises CodeProblem where it is forged or not of now."""
    try:
        lesson, way, slot = SIGNED.fullmatch(signing.Signer(salt=SALT).unsign(code)).groups()
    except signing.BadSignature as error:
        raise CodeProblem("二维码无效，请对准教师屏幕上的签到码重新扫描。") from error
    lesson_key = str(uuid.UUID(bytes=urlsafe_b64decode(f"{lesson}==")))
    direction = Direction.IN if way == "i" else Direction.OUT
    age = int(now // SLOT_SECONDS) - int(slot)
    if not 0 <= age < VALID_SLOTS:
        raise CodeProblem("二维码已过期。签到码每 15 秒更换，请重新扫描屏幕上的新码。")
    return Scan(lesson_key, direction, now)
