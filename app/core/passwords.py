"""From a password to what the database compares: Argon2id with a salt that the database gives.

Parameters follow OWASP's Password Storage Cheat Sheet (19 MiB, two rounds, one lane).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

from app.core.errors import N_, Invalid

SHORTEST = 10


@dataclass(frozen=True)
class Cost:
    """How hard one guess is. Memory in KiB."""

    memory_kib: int = 19456
    rounds: int = 2


def check_password(password: str, *, field: str = "password") -> None:
    """Length is what is asked (NIST SP 800-63B-4, 3.1.1.2). Raises Invalid."""
    if len(password) < SHORTEST:
        raise Invalid(N_("A password needs at least %(count)s characters."), field=field, count=SHORTEST)
    if len(password) > 200:  # noqa: PLR2004
        raise Invalid(N_("That password is too long."), field=field)


def new_salt() -> bytes:
    """Sixteen random bytes."""
    return secrets.token_bytes(16)


def derive(password: str, salt: bytes, cost: Cost) -> bytes:
    """The secret that opens a session (32 bytes). It is sent to the database and never kept."""
    return hash_secret_raw(
        password.encode(), salt, time_cost=cost.rounds, memory_cost=cost.memory_kib, parallelism=1, hash_len=32,
        type=Type.ID,
    )  # fmt: skip


def verifier(derived: bytes) -> bytes:
    """What the database keeps of the derived secret."""
    return hashlib.sha256(derived).digest()
