"""Encryption of personal fields at rest (AES-256-GCM) and the keyed hash by which they are looked up.

Token: format byte 1 · 4 bytes naming the key · 12 bytes nonce · cipher text with its 16-byte tag.
The key is named by its own digest, so old keys can be dropped from settings.FIELD_KEYS in any order.
"""

import base64
import binascii
import functools
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_FORMAT = b"\x01"
_HEADER = 5
_NONCE = 12
SHORTEST_HASH_KEY = 16


class DecryptionError(Exception):
    """A stored token is damaged or its key is no longer in settings.FIELD_KEYS."""


def encrypt(text):
    """Return the token of a str under the newest key of settings.FIELD_KEYS; b"" for ""."""
    if not text:
        return b""
    header, cipher = next(iter(_ciphers(tuple(settings.FIELD_KEYS)).items()))
    nonce = os.urandom(_NONCE)
    return header + nonce + cipher.encrypt(nonce, text.encode(), header)


def decrypt(token):
    """Return the str behind a token given as bytes or memoryview; "" for an empty one or None.

    Raises DecryptionError where the token is damaged or its key unknown.
    """
    token = bytes(token or b"")
    if not token:
        return ""
    header, nonce = token[:_HEADER], token[_HEADER : _HEADER + _NONCE]
    cipher = _ciphers(tuple(settings.FIELD_KEYS)).get(header)
    if cipher is None:
        raise DecryptionError("加密数据的密钥不在 FIELD_KEYS 中，请找回旧密钥并加入该设置。")
    try:
        return cipher.decrypt(nonce, token[_HEADER + _NONCE :], header).decode()
    except (InvalidTag, ValueError) as error:
        raise DecryptionError("加密数据已损坏，无法解密，请从备份恢复。") from error


def uses_newest_key(token):
    """Return False for a token that should be encrypted again because a newer key is in use."""
    token = bytes(token or b"")
    return not token or token[:_HEADER] == next(iter(_ciphers(tuple(settings.FIELD_KEYS))))


def keyed_hash(text):
    """Return the HMAC-SHA256 of a str under settings.HASH_KEY as 64 hex digits; "" for "" (blank is no identity)."""
    if not text:
        return ""
    key = settings.HASH_KEY
    return hmac.digest(key.encode() if isinstance(key, str) else key, text.encode(), "sha256").hex()


def check_keys(field_keys, hash_key):
    """Raise ImproperlyConfigured for keys that could not encrypt or hash: at the start, not at the first record."""
    _ciphers(tuple(field_keys))
    if len(hash_key) < SHORTEST_HASH_KEY:
        raise ImproperlyConfigured(
            f"HASH_KEY 太短（现为 {len(hash_key)} 个字符），请设为至少 {SHORTEST_HASH_KEY} 个字符的随机密钥。"
        )


@functools.lru_cache(maxsize=8)
def _ciphers(keys):
    """Return {token header: cipher} in the order of the keys, newest first."""
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS 为空，请至少设置一个 base64 编码的 32 字节密钥。")
    ciphers = {}
    for number, key in enumerate(keys, 1):
        try:
            raw = base64.b64decode(
                key, altchars=b"-_" if {"-", "_"} & set(_text(key)) else None, validate=True
            )
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            raise ImproperlyConfigured(
                f"FIELD_KEYS 的第 {number} 个密钥不是 base64 编码的 32 字节，请重新生成。"
            )
        ciphers[_FORMAT + hashlib.sha256(b"field key" + raw).digest()[:4]] = AESGCM(raw)
    return ciphers


def _text(key):
    return key.decode("ascii", "replace") if isinstance(key, bytes) else key
