"""Identifiers, made in Python so that no sequence tells how much somebody else does."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty signs that are not mistaken for each other on paper or by phone (no 0 O 1 I L U)."""


def new_id() -> UUID:
    """A random row id (UUID version 4): it says nothing."""
    return uuid4()


def ordered_id() -> UUID:
    """A row id that begins with the millisecond it is made in (UUID version 7, RFC 9562, section 5.7).

    What is added one after the other then lies together in the indexes of a table that grows. Only for rows whose every
    reader may know that moment anyhow (docs/adr/0019-ids-in-the-order-of-time.md).
    """
    return uuid7()


def code(length: int) -> str:
    """A random code of `length` signs of ALPHABET (4.9 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def reference() -> str:
    """The name by which both sides know a referral, such as R-8KQ2M7T. It says nothing."""
    return f"R-{code(7)}"


def token() -> str:
    """A secret of 256 bits, safe in a cookie or a URL path."""
    return secrets.token_urlsafe(32)
