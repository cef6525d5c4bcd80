"""One-time codes for phone numbers: asked for, handed out, and used up.

Nothing here looks whether a number has an account before its code is typed: known and unknown numbers take the same
statements and get the same words. A code is kept as a keyed hash only, and answers only the request it was made for, so
that nobody can void another's code by asking for one.
"""

import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from unionportal.accounts.models import PhoneCode
from unionportal.common import crypto, sms
from unionportal.common.locking import lock_value
from unionportal.common.throttling import is_allowed

LIFE = timedelta(minutes=5)
HANDED_OUT_LIFE = timedelta(minutes=30)
PAUSE = timedelta(seconds=60)
# For one number: at most this many codes, of which each takes this many tries (50 guesses at a million a day).
PER_HOUR, PER_DAY = 5, 10
MOST_ATTEMPTS = 5
KEPT = timedelta(days=2)

TOO_SOON = "验证码刚刚发过，请等一分钟再获取。"
TOO_OFTEN = "这个手机号获取验证码太频繁，请过一小时再试；急用请到单位工会或区总工会当面领取一次性登录码。"
TOO_MANY_HERE = "当前网络获取验证码太频繁，请过一会儿再试。"
NOT_SENT = "短信没有发出去，请过几分钟再试；急用请到单位工会或区总工会当面领取一次性登录码。"
WRONG = "验证码不对，或已过期。请核对后再输，也可以返回重新获取。"


def ask_for_code(*, phone, address):
    """Open a request for a (clean) phone number, send its code where SMS is set up, and return (request, code).

    Raises ValidationError where number or address have asked too often, or the SMS service fails.
    """
    if not is_allowed("phone-code", address, limit=settings.PHONE_CODES_PER_HOUR, seconds=3600):
        raise ValidationError(TOO_MANY_HERE)
    asked, code = _open(phone)
    if code:
        try:
            sms.send(phone, f"登录验证码 {code}，5 分钟内有效。请勿告诉他人。")
        except sms.SmsError as error:
            asked.delete()
            raise ValidationError(NOT_SENT) from error
    return asked, code


@transaction.atomic
def _open(phone):
    now = timezone.now()
    # Two requests for one number at the same moment are counted one after the other.
    lock_value("phone", crypto.keyed_hash(phone))
    PhoneCode.objects.filter(made_at__lt=now - KEPT).delete()
    times = list(
        PhoneCode.objects.to(phone)
        .filter(handed_out_by=None, made_at__gt=now - timedelta(days=1))
        .values_list("made_at", flat=True)
    )
    if any(at > now - PAUSE for at in times):
        raise ValidationError(TOO_SOON)
    if len(times) >= PER_DAY or sum(at > now - timedelta(hours=1) for at in times) >= PER_HOUR:
        raise ValidationError(TOO_OFTEN)
    return _make(phone, digits=6 if sms.is_on() else 0, expires_at=now + LIFE)


def _make(phone, *, digits, expires_at, **fields):
    """Return (PhoneCode, its code); without digits it has none and "" stands for it."""
    code = f"{secrets.randbelow(10**digits):0{digits}d}" if digits else ""
    made = PhoneCode(
        phone_sealed=crypto.encrypt(phone),
        phone_hash=crypto.keyed_hash(phone),
        expires_at=expires_at,
        **fields,
    )
    made.code_hash = _hashed(made, code)
    made.save()
    return made, code


def _hashed(made, code):
    return crypto.keyed_hash(f"{made.key}:{code}") if code else ""


def make_handed_out(*, phone, actor):
    """Make a code for somebody whom `actor` has seen and return it; who may is for the caller to check and to audit."""
    _, code = _make(phone, digits=8, expires_at=timezone.now() + HANDED_OUT_LIFE, handed_out_by=actor)
    return code


@transaction.atomic
def use_code(*, key, typed):
    """Return the phone number behind a request if the code typed is right, which then is used up; else None.

    Every wrong try counts against all codes that it might have been.
    """
    now = timezone.now()
    asked = PhoneCode.objects.select_for_update().filter(key=key, handed_out_by=None, used_at=None).first()
    if asked is None or asked.attempts >= MOST_ATTEMPTS or asked.made_at < now - HANDED_OUT_LIFE:
        return None
    rows = list(
        PhoneCode.objects.select_for_update()
        .filter(Q(pk=asked.pk) | Q(phone_hash=asked.phone_hash, handed_out_by__isnull=False))
        .filter(used_at=None, expires_at__gt=now, attempts__lt=MOST_ATTEMPTS)
        .exclude(code_hash="")
        .order_by("pk")
    )
    hit = next((row for row in rows if hmac.compare_digest(row.code_hash, _hashed(row, typed))), None)
    if hit is None:
        for row in {row.pk: row for row in (*rows, asked)}.values():
            row.attempts += 1
            row.save(update_fields=["attempts"])
        return None
    PhoneCode.objects.filter(pk__in={hit.pk, asked.pk}).update(used_at=now)
    return asked.phone


def verified_phone(key):
    """Return the phone number whose code was typed rightly within the last half hour, or "" — for signing up."""
    since = timezone.now() - HANDED_OUT_LIFE
    found = PhoneCode.objects.filter(key=key, handed_out_by=None, used_at__gt=since).first()
    return found.phone if found else ""
