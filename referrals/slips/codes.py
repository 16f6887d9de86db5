"""What a slip carries: a random token in its QR, and a short code for typing. Neither says anything."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from app.core import ids
from app.core.errors import N_, Invalid
from app.core.text import digits, visible

LENGTH = 8
"""Signs of a typed code: seven at random (34 bits) and one to check them."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_SEPARATORS = re.compile(r"[\s\-.]")


class Kind(StrEnum):
    TOKEN = "token"  # noqa: S105 - a word, not a secret
    CODE = "code"


@dataclass(frozen=True)
class SlipKey:
    """What was scanned or typed."""

    kind: Kind
    value: str


def new_token() -> str:
    """128 random bits, safe in a URL, for the QR alone."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """A random code such as 7F3Q-X2MK, as printed below the QR. Too short to stand alone: limit the tries."""
    body = ids.code(LENGTH - 1)
    return _written(body + _check_sign(body))


def token_digest(token: str) -> bytes:
    """What is stored of a token, so that a copy of the database opens no slip (SHA-256)."""
    return hashlib.sha256(token.encode()).digest()


def parse_code(text: str) -> str:
    """The code as printed, from typed text: any case, Khmer digits, spaces or none. Raises Invalid."""
    typed = _SEPARATORS.sub("", digits(visible(text))).upper()
    if len(typed) != LENGTH:
        raise Invalid(N_("A slip's code has %(count)s letters and digits."), field="code", count=LENGTH)
    if not set(typed) <= set(ids.ALPHABET) or _check_sign(typed[:-1]) != typed[-1]:
        raise Invalid(
            N_("This is not a slip's code. One letter or digit may be misread: look at the slip again."),
            field="code",
        )
    return _written(typed)


def parse(text: str) -> SlipKey:
    """What a scanner or a person put into the one field for both. Raises Invalid."""
    scanned = visible(text).strip()
    if _TOKEN.fullmatch(scanned):
        return SlipKey(Kind.TOKEN, scanned)
    return SlipKey(Kind.CODE, parse_code(text))


def _written(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:]}"


def _check_sign(body: str) -> str:
    """ISO/IEC 7064 hybrid system MOD 31,30: every single misread sign is noticed, and nearly every swap."""
    size = len(ids.ALPHABET)
    carry = size
    for sign in body:
        total = (carry + ids.ALPHABET.index(sign)) % size or size
        carry = 2 * total % (size + 1)
    return ids.ALPHABET[(1 - carry) % size]
