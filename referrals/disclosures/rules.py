"""An accounting of disclosures: who was told what, when and why, of one client, and who read the record here.

42 CFR 2.25 and 45 CFR 164.528 ask for the date, the recipient, what was disclosed and for what purpose. Spean also
tells what they leave out: that the receiver opened it, and every reading and change by the organisation's own people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from referrals.life.disclosure import Category, Part


class What(StrEnum):
    """Kinds of entries. The first five tell of what left the organisation, the last of what happened inside."""

    SENT = "sent"
    RELEASED = "released"
    OPENED = "opened"
    WRITTEN = "written"
    TAKEN = "taken"
    CLOSED = "closed"
    WITHIN = "within"


@dataclass(frozen=True)
class Why:
    """On what it rests: the client's permission."""

    given_at: datetime
    how: str


@dataclass(frozen=True)
class Entry:
    """One line of the accounting. `id` gives equal moments an order."""

    at: datetime
    id: UUID
    what: What
    ref: str = ""
    to_org_id: UUID | None = None
    programme_id: UUID | None = None
    part: Part | None = None
    categories: frozenset[Category] = field(default_factory=frozenset)
    why: Why | None = None
    action: str = ""
    staff_id: UUID | None = None
    times: int = 1


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """In the order of the page and of the paper."""
    return sorted(sorted(entries, key=lambda one: one.id), key=lambda one: one.at, reverse=True)
