"""Sending: from a permission to a referral that the receiver is told of."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import N_, Conflict, NotAllowed
from app.core.ids import ordered_id, reference
from app.core.keys import keyring
from app.core.rows import add_free, later
from orgs.clients.views import ClientView
from orgs.programmes.criteria import Kind as CriterionKind
from orgs.programmes.records import ProgrammeView
from orgs.programmes.rules import Openings
from orgs.programmes.timing import Promise
from orgs.staff.queries import organisation, public_key
from referrals.consents.queries import carries_referral
from referrals.consents.records import Permission
from referrals.consents.rules import check_in_force
from referrals.life import disclosure, events, packet_store, story
from referrals.life.disclosure import (
    Category,
    ClientValues,
    IdentityPart,
    ProgrammeAsks,
    RequestValues,
    TriagePart,
)
from referrals.life.models import Referral, ReferralClient
from referrals.life.packets import identity_to_json, triage_to_json
from referrals.life.policy import Party
from referrals.life.redisclosure import CURRENT, Notice
from referrals.life.scope import Scoped, hold
from referrals.life.states import Action, State, check_step
from referrals.sending.at_hand import at_hand
from referrals.slips import issue

_REFERENCES = 5
"""How many references are tried before one is free: of the seven signs, hardly ever two."""
_CLOSED = N_("This programme takes no referrals at the moment. Choose another one.")
UNANSWERED = timedelta(days=14)
"""How long after the promised time a referral waits for an answer before it runs out."""
_EARLIER, _SMALLEST = 100, timedelta(microseconds=1)
"""The receiver reads up to a hundredth of the permission's remaining time less, so that its end names no sitting."""


@dataclass(frozen=True)
class Request:
    """What is asked of one programme for one client."""

    consent_id: UUID
    values: RequestValues
    waiting_list: bool = False
    """The programme is full, and the client is content to wait."""
    previous_id: UUID | None = None
    """The referral that this one follows: a declined one, or the step before."""
    programme_id: UUID | None = None
    """For which programme the sender takes the permission to be; None when that was not said."""


@dataclass(frozen=True)
class Preview:
    """Exactly what the receiver would see, before and after acceptance."""

    programme: ProgrammeView
    triage: TriagePart
    identity: IdentityPart

    @property
    def notice(self) -> Notice:
        """What would travel with it."""
        return CURRENT

    @property
    def fingerprint(self) -> str:
        """What was looked at, to be compared with what is sent (SHA-256 of the address and both parts)."""
        parts = self.programme.id.bytes, triage_to_json(self.triage), identity_to_json(self.identity)
        return hashlib.sha256(b"".join(parts)).hexdigest()


def preview(session: Session, actor: Actor, request: Request) -> Preview:
    """What `send` would send now. Raises as `send` does."""
    permission, client, programme = _in_scope(session, actor, request)
    return _composed(permission, client, programme, request, clock.now())


def send(session: Session, actor: Actor, request: Request, *, seen: str | None = None) -> Referral:
    """Send a referral on a permission in force for exactly this programme.

    `seen`: the fingerprint of the preview, if one was looked at; what is sent must be exactly that.
    Raises NotFound, NotAllowed, and Conflict for a permission that does not hold or a programme that is closed or full.
    """
    permission, client, programme = _in_scope(session, actor, request, lock=True)
    check_step(State.DRAFT, Action.SEND)
    now = clock.now()
    composed = _composed(permission, client, programme, request, now)
    if seen is not None and seen != composed.fingerprint:
        raise Conflict(N_("What would be sent has changed since you looked. Look at it again."))
    referral = _made(session, actor, permission, composed, now)
    slip = issue.making(session, sender_org_id=actor.org_id, referral_id=referral.id, receiver_org_id=programme.org_id)
    receiver = public_key(session, programme.org_id)
    later(session, (ReferralClient, [_link(session, actor, permission, referral, request)]), slip)
    packet_store.put(session, referral, receiver, composed.triage, composed.identity)
    events.note(session, actor, referral, events.Kind.SENT, Party.SENDER)
    story.begin(session, referral)
    hold(session, Scoped(referral, Party.SENDER, client.worker_id == actor.staff_id, client.id))
    return referral


def _in_scope(
    session: Session, actor: Actor, request: Request, *, lock: bool = False
) -> tuple[Permission, ClientView, ProgrammeView]:
    if actor.staff_id is None:
        raise NotAllowed
    there = at_hand(session, actor, request.consent_id, lock=lock)
    permission, client = there.permission, there.client
    if client.archived_at is not None:
        raise Conflict(N_("This record is archived. Bring it back first."))
    check_in_force(permission.given, request.programme_id or permission.given.programme_id, clock.now())
    programme = _taking(session, there.programme)
    if programme.openings is Openings.FULL and not request.waiting_list:
        raise Conflict(N_("This programme is full. Choose another one, or say that the person is content to wait."))
    return permission, client, programme


def _taking(session: Session, programme: ProgrammeView | None) -> ProgrammeView:
    """The programme of a permission, if it still stands in the directory and takes referrals."""
    if programme is None or not (programme.accepting and programme.published):
        raise Conflict(_CLOSED)
    if not organisation(session, programme.org_id).active:
        raise Conflict(_CLOSED)
    return programme


def _composed(
    permission: Permission, client: ClientView, programme: ProgrammeView, request: Request, now: datetime
) -> Preview:
    values, said = _values(client), replace(request.values, service=programme.service)
    return Preview(
        programme=programme,
        triage=disclosure.triage_part(values, said, asks_of(programme), permission.answers, now),
        identity=disclosure.identity_part(values, said, permission.given.categories),
    )


def asks_of(programme: ProgrammeView) -> ProgrammeAsks:
    """What the programme needs to know before it answers; gender only where it is a women's service."""
    return ProgrammeAsks(
        gender=any(c.kind is CriterionKind.WOMEN for c in programme.criteria),
        criteria=frozenset(c.key for c in programme.criteria),
    )


def _values(client: ClientView) -> ClientValues:
    record = client.record
    return ClientValues(
        alias=record.alias,
        name=record.name,
        birth_year=record.facts.birth_year,
        gender=record.facts.gender,
        language=record.facts.language,
        khan=record.khan,
        phone=record.phone,
        safe_contact=record.safe_contact,
        contact_notes=record.facts.contact_notes,
        details={Category(detail.value): said for detail, said in record.facts.details.items()},
    )


def _made(session: Session, actor: Actor, permission: Permission, composed: Preview, now: datetime) -> Referral:
    """The new referral, under a reference that is free. Raises Conflict: the database takes one on a permission."""
    for _ in range(_REFERENCES):
        referral = _referral(actor, permission, composed, now)
        if add_free(session, referral):
            return referral
        if carries_referral(session, permission):
            break
    raise Conflict(N_("A referral has been sent on this permission already."))


def _referral(actor: Actor, permission: Permission, composed: Preview, now: datetime) -> Referral:
    programme = composed.programme
    promised = Promise(programme.response_minutes, programme.hours)
    due, until = promised.due(now), _readable_until(permission, now)
    return Referral(
        sender_org_id=actor.org_id,
        id=ordered_id(),
        ref=reference(),
        receiver_org_id=programme.org_id,
        programme_id=programme.id,
        consent_id=permission.id,
        service=programme.service,
        urgency=composed.triage.urgency,
        khan=composed.triage.khan,
        state=State.SENT,
        sent_at=now,
        due_at=due,
        half_at=promised.half(now),
        expires_at=min(until, due + UNANSWERED),
        readable_until=until,
        missed=0,
        reminded="no",
        updated_at=now,
        version=1,
    )


def _readable_until(permission: Permission, now: datetime) -> datetime:
    """A little before the permission lapses, at random: a shared moment would join the referrals of one sitting."""
    lapses = permission.given.expires_at
    most = (lapses - now) // _EARLIER
    return lapses - timedelta(microseconds=secrets.randbelow(most // _SMALLEST + 1))


def _link(
    session: Session, actor: Actor, permission: Permission, referral: Referral, request: Request
) -> dict[str, Any]:
    return {
        "sender_org_id": actor.org_id,
        "referral_id": referral.id,
        "client_id": permission.client_id,
        "staff_id": actor.staff_id,
        "sitting_id": permission.sitting_id,
        "previous_id": request.previous_id,
        "pseudonym": keyring(session).pseudonym(permission.client_id),
    }
