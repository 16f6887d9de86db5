"""Accounting for what was told of a client: looking, and printing it for the client. Both are audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.paging import Cursor, Page
from referrals.disclosures import queries
from referrals.disclosures.rules import Entry


@dataclass(frozen=True)
class Account:
    """Everything there is to tell of one client, the newest first, and the time that it covers."""

    code: str
    since: datetime
    until: datetime
    entries: list[Entry]


def account(session: Session, actor: Actor, client_id: UUID, deed: Literal["read", "print"]) -> Account:
    """The whole account of a client whom the actor may see. Raises NotFound, NotAllowed.

    It covers all that is kept (42 CFR 2.25 asks for three years, 45 CFR 164.528 for six). Lists and searches,
    which show many people at once, are not entries of one person's account.
    """
    code, since, entries = queries.entries(session, actor, client_id)
    audit.record(session, actor, f"accounting.{deed}", subject="client", subject_id=client_id, entries=len(entries))
    return Account(code, since, clock.now(), entries)


def page(entries: list[Entry], cursor: Cursor | None, size: int) -> Page[Entry]:
    """The entries after the cursor, of a list in the order of `newest_first`."""
    left = [one for one in entries if cursor is None or _after(one, cursor)]
    more = str(Cursor(left[size - 1].at, left[size - 1].id)) if len(left) > size else ""
    return Page(tuple(left[:size]), more)


def _after(one: Entry, cursor: Cursor) -> bool:
    return one.at < cursor.at or (one.at == cursor.at and one.id > cursor.id)
