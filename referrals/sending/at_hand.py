"""What a referral is made from, read by one statement: the permission, whose it is, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.db import remembered
from app.core.errors import NotFound
from orgs.clients import along
from orgs.clients.along import Reach
from orgs.clients.views import ClientView
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from referrals.consents.models import ConsentRow
from referrals.consents.queries import one_of, permission_of
from referrals.consents.records import Permission


@dataclass(frozen=True)
class AtHand:
    """The permission, the client, and the programme if one may still see it."""

    permission: Permission
    client: ClientView
    programme: ProgrammeView | None


def at_hand(session: Session, actor: Actor, consent_id: UUID, *, lock: bool = False) -> AtHand:
    """Read once in a transaction, and so audited once. Raises NotFound, NotAllowed.

    `lock`: nobody else sends on the permission or withdraws it before this transaction ends.
    """

    def read() -> AtHand:
        asked = {"org": actor.org_id, "worker": actor.staff_id, "consent": consent_id}
        row = session.execute(_all(along.reach(session, actor), lock=lock), asked).one_or_none()
        if row is None:
            raise NotFound
        client = along.record_of(session, actor, row.client_id, row)
        return AtHand(permission_of(row), client, directory.destination_of(session, row))

    return remembered(session, ("at hand", consent_id, lock), read)


@cache
def _all(reach: Reach, *, lock: bool) -> Select[*tuple[Any, ...]]:
    """Written once for the process: SQLAlchemy need not look anew whether it knows the statement."""
    org, worker, consent = (bindparam(name, type_=Uuid) for name in ("org", "worker", "consent"))
    whose = along.record_beside(one_of(org, consent), ConsentRow.client_id, org, worker, reach)
    wanted = directory.destination_beside(whose, ConsentRow.receiver_org_id, ConsentRow.programme_id)
    return wanted.with_for_update(of=ConsentRow) if lock else wanted
