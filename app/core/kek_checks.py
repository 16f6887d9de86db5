"""Whether the key-encryption keys that a process was given are those of its database.

The database keeps one sealed check value for each version. A process compares before it does anything, so that a wrong
or missing key stops the start and never seals a record that nobody could open again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy.exc
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.core import crypto
from app.core.db import url_for
from app.core.errors import BadSetting
from app.core.kek import KeyEncryption

_SAID = b"Spean's key-encryption key"
_PLACE = crypto.place("sec", "keks", "sealed")


@dataclass(frozen=True)
class Known:
    """A version that the database knows, and its check value."""

    version: int
    sealed: bytes


def known(session: Session | Connection) -> list[Known]:
    """The versions in use, the newest first; none in an empty database."""
    return [Known(*row) for row in session.execute(text("SELECT version, sealed FROM sec.keks_in_use()"))]


def check(session: Session | Connection, kek: KeyEncryption) -> int | None:
    """The version under which new keys are wrapped, None in an empty database.

    Raises BadSetting when a version in use is not there, or is another key.
    """
    found = known(session)
    compare(found, kek)
    return found[0].version if found else None


def compare(found: Iterable[Known], kek: KeyEncryption) -> None:
    """Raises BadSetting when a version that is known is not among those given, or is another key there."""
    for one in found:
        if one.version not in kek.versions:
            raise BadSetting(
                f"The database needs version {one.version} of the key-encryption key, which was not given."
            )
        try:
            said = kek.unwrap(one.version, one.sealed, _PLACE)
        except crypto.Unsealable:
            said = b""
        if said != _SAID:
            raise BadSetting(f"Version {one.version} of the key-encryption key is not the one of this database.")


def check_at_start(url: str, kek: KeyEncryption) -> None:
    """`check` over a connection of its own, which is closed again. Raises BadSetting, also without an answer."""
    engine = create_engine(url_for(url), poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            check(connection, kek)
    except sqlalchemy.exc.DBAPIError as error:
        why = "has no tables of this Spean yet" if getattr(error.orig, "sqlstate", None) else "cannot be reached"
        raise BadSetting(f"The database {why}, so the key-encryption key cannot be checked.") from None


def note(session: Session, kek: KeyEncryption) -> int:
    """Check, then begin to use the newest version given, if it is not in use; returns it. The keeper's or migrator's.

    Raises BadSetting.
    """
    current, newest = check(session, kek), max(kek.versions)
    if current is None or newest > current:
        session.execute(
            text("SELECT sec.note_kek(:version, :sealed)"),
            {"version": newest, "sealed": kek.wrap(newest, _SAID, _PLACE)},
        )
        return newest
    return current


def current(session: Session, kek: KeyEncryption) -> int:
    """The version to wrap new keys under, checked in this very transaction. Raises BadSetting."""
    version = check(session, kek)
    if version is None:
        raise BadSetting("The database knows no key-encryption key yet: make the first steward first.")
    return version
