"""Who is in the network: organisations by name, and the people of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.db import remembered
from app.core.errors import NotFound
from app.core.keys import PublicKey
from orgs.staff import policy
from orgs.staff.models import Invite, Organisation, Staff


@dataclass(frozen=True)
class OrgName:
    """What everybody may know of an organisation."""

    id: UUID
    kind: str
    prefix: str
    km: str
    en: str
    area: str | None
    active: bool
    version: int

    @property
    def names(self) -> dict[str, str]:
        """For the template filter `in_language`."""
        return {"km": self.km, "en": self.en}

    def named(self, language: str) -> str:
        """The name in "km" or "en"."""
        return self.km if language == "km" else self.en


@dataclass(frozen=True)
class Colleague:
    """Somebody who works in one's own organisation."""

    id: UUID
    name: str
    email: str
    roles: tuple[str, ...]
    language: str
    notify_email: bool
    active: bool
    version: int


@dataclass(frozen=True)
class Me:
    """What a person sees of themselves."""

    org_id: UUID
    name: str
    email: str
    roles: tuple[str, ...]
    language: str
    notify_email: bool


@dataclass(frozen=True)
class InviteView:
    """A link that nobody has used yet, known to whoever made it only. `staff_id`: who gets a new password by it."""

    id: UUID
    roles: tuple[str, ...]
    staff_id: UUID | None
    made_at: datetime
    expires_at: datetime


def organisation(session: Session, org_id: UUID) -> OrgName:
    """One organisation. Raises NotFound."""
    return _known(session, org_id)[0]


def organisations(session: Session, ids: Iterable[UUID]) -> dict[UUID, OrgName]:
    """Organisations by id; unknown ids are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(_organisations().where(Organisation.id.in_(wanted)))
    return {row.id: OrgName(*row) for row in rows}


def all_organisations(session: Session) -> list[OrgName]:
    """The whole network, the active first, then by English name."""
    rows = session.execute(_organisations().order_by(Organisation.active.desc(), Organisation.name_en, Organisation.id))
    return [OrgName(*row) for row in rows]


def public_key(session: Session, org_id: UUID) -> PublicKey:
    """To which a packet for this organisation is sealed. Raises NotFound."""
    return _known(session, org_id)[1]


def _known(session: Session, org_id: UUID) -> tuple[OrgName, PublicKey]:
    """What a packet is sealed to is asked together with whose it is."""

    def read() -> tuple[OrgName, PublicKey] | None:
        row = session.execute(_one_with_key(), {"id": org_id}).one_or_none()
        return None if row is None else _known_from(row)

    found = remembered(session, ("organisation", org_id), read)
    if found is None:
        raise NotFound
    return found


def learn(session: Session, row: Sequence[Any]) -> None:
    """What a statement read along (`KNOWN`, in this order) need not be asked for again in its transaction."""
    remembered(session, ("organisation", row[0]), lambda: _known_from(row))


def _known_from(row: Sequence[Any]) -> tuple[OrgName, PublicKey]:
    return OrgName(*row[:-2]), PublicKey(*row[-2:])


def staff_names(session: Session, org_id: UUID, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of people of the own organisation, those who left included; anybody else is left out."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.org_id == org_id, Staff.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def staff_roles(session: Session, org_id: UUID, ids: Iterable[UUID | None]) -> dict[UUID, tuple[str, ...]]:
    """Present roles of people of the own organisation, those who left included."""
    wanted = {one for one in ids if one is not None}
    rows = session.execute(select(Staff.id, Staff.roles).where(Staff.org_id == org_id, Staff.id.in_(wanted)))
    return {row.id: tuple(row.roles) for row in rows}


def colleagues(session: Session, actor: Actor, roles: Iterable[str] = ()) -> list[Colleague]:
    """The actor's organisation's active people who have any of `roles` (all of them when none is named), by name."""
    statement = _staff(actor).where(Staff.active)
    wanted = sorted(roles)
    if wanted:
        statement = statement.where(Staff.roles.op("&&")(wanted))
    return [_colleague(row) for row in session.scalars(statement)]


def everybody(session: Session, actor: Actor) -> list[Colleague]:
    """For the Staff page: also those whose access has ended, last. Raises NotAllowed."""
    policy.check_manages(actor)
    found = [_colleague(row) for row in session.scalars(_staff(actor))]
    return sorted(found, key=lambda one: not one.active)


def me(session: Session, actor: Actor) -> Me:
    """The acting person's own profile. Raises NotFound."""
    row = session.scalars(_staff(actor).where(Staff.id == actor.staff_id)).one_or_none()
    if row is None:
        raise NotFound
    return Me(row.org_id, row.name, row.email, tuple(row.roles), row.language, row.notify_email)


def colleague(session: Session, actor: Actor, staff_id: UUID) -> Colleague:
    """One person of the own organisation. Raises NotFound."""
    row = session.scalars(_staff(actor).where(Staff.id == staff_id)).one_or_none()
    if row is None:
        raise NotFound
    return _colleague(row)


def open_invites(session: Session, actor: Actor) -> list[InviteView]:
    """The own organisation's invitations that still stand, newest first. Raises NotAllowed."""
    policy.check_manages(actor)
    rows = session.scalars(
        select(Invite)
        .where(
            Invite.org_id == actor.org_id,
            Invite.used_at.is_(None),
            Invite.cancelled_at.is_(None),
            Invite.expires_at > clock.now(),
        )
        .order_by(Invite.made_at.desc())
    )
    return [InviteView(row.id, tuple(row.roles), row.staff_id, row.made_at, row.expires_at) for row in rows]


_NAME = (
    Organisation.id, Organisation.kind, Organisation.prefix, Organisation.name_km, Organisation.name_en,
    Organisation.area, Organisation.active, Organisation.version,
)  # fmt: skip
KNOWN = (*_NAME, Organisation.public_key, Organisation.key_version)
"""What is remembered of an organisation once it was read."""


def _organisations() -> Select[*tuple[Any, ...]]:
    return select(*_NAME)


@cache
def _one_with_key() -> Select[*tuple[Any, ...]]:
    """Written once for the process."""
    return select(*KNOWN).where(Organisation.id == bindparam("id", type_=Uuid))


def _staff(actor: Actor) -> Select[Staff]:
    return select(Staff).where(Staff.org_id == actor.org_id).order_by(Staff.name, Staff.id)


def _colleague(row: Staff) -> Colleague:
    return Colleague(
        row.id, row.name, row.email, tuple(row.roles), row.language, row.notify_email, row.active, row.version
    )
