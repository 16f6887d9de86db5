"""Opening and closing a session. The database decides; Python only derives the secret."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import ids, passwords
from app.core.errors import N_, Conflict, Invalid
from app.core.passwords import Cost
from app.core.text import tidy
from orgs.staff import rules


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: its secret token, on which connections it works, and the person's language."""

    token: str
    official: bool
    language: str


@dataclass(frozen=True)
class OpenInvite:
    """An invitation that still stands. `person`: who gets a new password by it; None for somebody new."""

    org_id: UUID
    name_km: str
    name_en: str
    roles: tuple[str, ...]
    person: str | None


def token_hash(token: str) -> bytes:
    """What the database keeps of a session's or an invitation's token."""
    return hashlib.sha256(token.encode()).digest()


def sign_in(session: Session, login: str, password: str, cost: Cost) -> SignedIn:
    """Open a session. Raises Invalid, with one sentence for every way in which it can fail.

    The caller commits also when this raises: the database counts failures.
    """
    login = tidy(login).lower()
    salt = session.execute(text("SELECT sec.salt(:login)"), {"login": login}).scalar_one()
    derived = passwords.derive(password, bytes(salt), cost)
    token = ids.token()
    row = session.execute(
        text("SELECT * FROM sec.sign_in(:login, :derived, :token)"),
        {"login": login, "derived": derived, "token": token_hash(token)},
    ).one_or_none()
    if row is None:
        raise Invalid(N_("The email or the password is not right. After ten wrong tries, wait 15 minutes."))
    return SignedIn(token=token, official=row.org_kind == "commune", language=row.language)


def sign_out(session: Session, token: str) -> None:
    """End the session of this token, if there is one."""
    session.execute(text("SELECT sec.sign_out(:token)"), {"token": token})


def open_invite(session: Session, token: str) -> OpenInvite | None:
    """The invitation behind a link, or None when it is used, cancelled, lapsed or unknown."""
    row = session.execute(text("SELECT * FROM sec.open_invite(:token)"), {"token": token}).one_or_none()
    if row is None:
        return None
    return OpenInvite(
        org_id=row.org_id, name_km=row.name_km, name_en=row.name_en, roles=tuple(row.roles), person=row.person
    )


def accept_invite(
    session: Session, token: str, *, name: str, email: str, password: str, language: str, cost: Cost
) -> UUID:
    """Join by a single-use link; returns the new staff id. Raises Invalid or Conflict."""
    name, email = tidy(name), tidy(email).lower()
    rules.check_person(name=name, email=email)
    rules.check_language(language)
    passwords.check_password(password)
    staff_id, salt = ids.new_id(), passwords.new_salt()
    verifier = passwords.verifier(passwords.derive(password, salt, cost))
    answer = session.execute(
        text("SELECT sec.accept_invite(:token, :staff, :login, :name, :language, :salt, :verifier)"),
        {
            "token": token, "staff": staff_id, "login": email, "name": name,
            "language": language, "salt": salt, "verifier": verifier,
        },
    ).scalar_one()  # fmt: skip
    if answer == "taken":
        raise Invalid(N_("Somebody already signs in with this email. Use another one."), field="email")
    if answer != "done":
        raise Conflict(N_("This invitation has been used or has lapsed. Ask for a new one."))
    return staff_id


def reset_password(session: Session, token: str, password: str, cost: Cost) -> str:
    """Set a new password by a manager's link, end every session, return the sign-in name. Raises Invalid, Conflict."""
    passwords.check_password(password)
    salt = passwords.new_salt()
    login: str | None = session.execute(
        text("SELECT sec.reset_password(:token, :salt, :verifier)"),
        {"token": token, "salt": salt, "verifier": passwords.verifier(passwords.derive(password, salt, cost))},
    ).scalar_one()
    if login is None:
        raise Conflict(N_("This invitation has been used or has lapsed. Ask for a new one."))
    return login


def change_password(session: Session, login: str, old: str, new: str, cost: Cost) -> None:
    """Set a new password for whoever is signed in, and end their tokens. Raises Invalid when the old one is wrong."""
    passwords.check_password(new, field="new")
    old_salt = session.execute(text("SELECT sec.salt(:login)"), {"login": login}).scalar_one()
    salt = passwords.new_salt()
    done = session.execute(
        text("SELECT sec.change_password(:old, :salt, :verifier)"),
        {
            "old": passwords.derive(old, bytes(old_salt), cost),
            "salt": salt,
            "verifier": passwords.verifier(passwords.derive(new, salt, cost)),
        },
    ).scalar_one()
    if not done:
        raise Invalid(N_("The present password is not right."), field="old")
