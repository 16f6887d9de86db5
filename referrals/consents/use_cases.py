"""Writing down a client's permission: one for each programme, up to three in one sitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid, NotAllowed
from app.core.ids import new_id
from orgs.clients.queries import client_values
from orgs.programmes import queries as directory
from orgs.staff.queries import colleagues
from referrals.consents import rules
from referrals.consents.models import ConsentRow
from referrals.consents.queries import carries_referral, consent
from referrals.consents.rules import Consent, Guardian, How, Witness
from referrals.consents.wording import CURRENT
from referrals.life.disclosure import Category


@dataclass(frozen=True)
class Sitting:
    """What was said when the client was asked. None stands for a question that was not answered."""

    categories: frozenset[Category]
    how: How | None
    witness_id: UUID | None
    language: str
    able_to_decide: bool | None
    minor: bool = False
    assent: bool | None = None
    guardian: Guardian | None = None
    days: int = rules.DEFAULT_DAYS
    answers: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    """By programme: the criteria whose answers may be told before acceptance."""
    given_at: datetime | None = None
    wording_version: str = CURRENT


def take(
    session: Session, actor: Actor, client_id: UUID, programme_ids: Sequence[UUID], sitting: Sitting
) -> tuple[UUID, ...]:
    """Write down one permission for each programme, in order of choice; returns their ids.

    Raises NotFound, NotAllowed, and Invalid naming every field at fault.
    """
    client = client_values(session, actor, client_id)
    if actor.staff_id is None:
        raise NotAllowed
    rules.check_choice(programme_ids)
    now = clock.now()
    given = sitting.given_at or now
    minor = sitting.minor or rules.under_18(client.record.facts.birth_year, now)
    witness = _witness(session, actor, sitting.witness_id)
    sitting_id = new_id()
    made: list[UUID] = []
    for rank, programme_id in enumerate(programme_ids, start=1):
        programme = directory.programme(session, programme_id)
        if programme.org_id == actor.org_id:
            raise Invalid(rules.OWN_PROGRAMME, field="programme")
        value = Consent(
            programme_id=programme_id,
            categories=sitting.categories,
            given_at=given,
            expires_at=given + timedelta(days=min(max(sitting.days, 0), rules.MAX_DAYS + 1)),
            how=sitting.how,
            witness_id=sitting.witness_id,
            wording_version=sitting.wording_version,
            language=sitting.language,
            able_to_decide=sitting.able_to_decide,
            assent=sitting.assent,
            guardian=sitting.guardian,
        )
        rules.check_given(value, witness=witness, minor=minor, now=now)
        row = _row(actor, client_id, sitting_id, rank, programme.org_id, value)
        row.answers = sorted(sitting.answers.get(programme_id, frozenset()))
        session.add(row)
        made.append(row.id)
        audit.record(session, actor, "consent.take", subject="client", subject_id=client_id)
    session.flush()
    return tuple(made)


def withdraw_unused(session: Session, actor: Actor, consent_id: UUID) -> None:
    """The client takes back a permission that nothing sent rests on any more. Raises NotFound, NotAllowed, Conflict.

    Where the receiver may still read a packet, withdrawing is a step of that referral, which also destroys its keys.
    """
    row = consent(session, actor, consent_id, lock=True)
    client_values(session, actor, row.client_id)
    if row.withdrawn_at is not None:
        raise Conflict(N_("This permission has been withdrawn already."))
    if carries_referral(session, row):
        raise Conflict(
            N_("A referral rests on this permission. Withdraw it on the referral's own page, which also closes it.")
        )
    row.withdrawn_at = clock.now()
    session.flush()
    audit.record(session, actor, "consent.withdraw", subject="client", subject_id=row.client_id)


def _witness(session: Session, actor: Actor, witness_id: UUID | None) -> Witness | None:
    found = next((c for c in colleagues(session, actor) if c.id == witness_id and c.active), None)
    return None if found is None else Witness(org_kind=actor.org_kind, roles=frozenset(found.roles))


def _row(
    actor: Actor, client_id: UUID, sitting_id: UUID, rank: int, receiver_org_id: UUID, value: Consent
) -> ConsentRow:
    assert actor.staff_id is not None and value.witness_id is not None and value.how is not None  # noqa: S101, PT018
    return ConsentRow(
        org_id=actor.org_id,
        id=new_id(),
        client_id=client_id,
        sitting_id=sitting_id,
        rank=rank,
        receiver_org_id=receiver_org_id,
        programme_id=value.programme_id,
        categories=sorted(value.categories),
        given_at=value.given_at,
        expires_at=value.expires_at,
        how=value.how,
        witness_id=value.witness_id,
        wording_version=value.wording_version,
        wording_language=value.language,
        able=True,
        assent=value.assent,
        guardian=value.guardian,
        made_by=actor.staff_id,
    )
