"""What an accounting is made of: events of the client's referrals, first openings, and the organisation's own audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditRow
from app.core.context import Actor
from orgs.clients.queries import code_of, referrals_into
from referrals.consents.models import ConsentRow
from referrals.disclosures.rules import Entry, What, Why, newest_first
from referrals.life.disclosure import Category, Part
from referrals.life.events import Kind
from referrals.life.models import Disclosure, Message, Referral, ReferralClient, ReferralEvent

CLOSING: frozenset[Kind] = frozenset(
    {Kind.DECLINED, Kind.RELEASED, Kind.CANCELLED, Kind.WITHDRAWN, Kind.EXPIRED}
)  # fmt: skip
"""After these the receiver can open nothing any more."""
_TOLD = {Kind.SENT: What.SENT, Kind.TAKEN: What.TAKEN, **dict.fromkeys(CLOSING, What.CLOSED)}
_DAY = func.date_trunc("day", AuditRow.at, "Asia/Phnom_Penh")


def entries(session: Session, actor: Actor, client_id: UUID) -> tuple[str, datetime, list[Entry]]:
    """The client's code, since when there is something to account for, and every entry, the newest first.

    Raises NotFound, NotAllowed.
    """
    code, since = code_of(session, actor, client_id)
    sent = {row.Referral.id: row for row in _sent(session, actor, client_id)}
    came = referrals_into(session, actor, client_id)
    found = [
        *_events(session, actor, sent), *_opened(session, actor, sent), *_written(session, actor, sent),
        *_within(session, actor, [client_id, *sent, *came]),
    ]  # fmt: skip
    return code, since, newest_first(found)


def _sent(session: Session, actor: Actor, client_id: UUID) -> Iterable[Row[Referral, ConsentRow]]:
    return session.execute(
        select(Referral, ConsentRow)
        .join(
            ReferralClient,
            (ReferralClient.sender_org_id == Referral.sender_org_id) & (ReferralClient.referral_id == Referral.id),
        )
        .join(ConsentRow, (ConsentRow.org_id == Referral.sender_org_id) & (ConsentRow.id == Referral.consent_id))
        .where(Referral.sender_org_id == actor.org_id, ReferralClient.client_id == client_id)
    ).all()


_Sent = dict[UUID, Row[Referral, ConsentRow]]


def _entry(row: Row[Referral, ConsentRow], at: datetime, entry_id: UUID, what: What, part: Part | None = None) -> Entry:
    """What every entry of a referral says. The ticked kinds of information are the second part."""
    referral, consent = row
    told = part is Part.IDENTITY
    return Entry(
        at=at,
        id=entry_id,
        what=what,
        ref=referral.ref,
        to_org_id=referral.receiver_org_id,
        programme_id=referral.programme_id,
        part=part,
        categories=frozenset(map(Category, consent.categories)) if told else frozenset(),
        why=Why(consent.given_at, consent.how),
    )


def _events(session: Session, actor: Actor, sent: _Sent) -> Iterator[Entry]:
    happened = session.execute(
        select(ReferralEvent.id, ReferralEvent.referral_id, ReferralEvent.kind, ReferralEvent.at)
        .where(
            ReferralEvent.sender_org_id == actor.org_id,
            ReferralEvent.referral_id.in_(sent),
            ReferralEvent.kind.in_(_TOLD),
        )
        .order_by(ReferralEvent.at)
    )
    for event_id, referral_id, kind, at in happened:
        yield _entry(sent[referral_id], at, event_id, _TOLD[Kind(kind)])
    for referral_id, row in sent.items():
        if row.Referral.accepted_at is not None:
            released = uuid5(NAMESPACE_OID, f"released {referral_id}")
            yield _entry(row, row.Referral.accepted_at, released, What.RELEASED, Part.IDENTITY)


def _opened(session: Session, actor: Actor, sent: _Sent) -> Iterator[Entry]:
    looks = session.execute(
        select(Disclosure.referral_id, Disclosure.part, Disclosure.at).where(
            Disclosure.sender_org_id == actor.org_id, Disclosure.referral_id.in_(sent)
        )
    )
    for referral_id, part, at in looks:
        yield _entry(
            sent[referral_id], at, uuid5(NAMESPACE_OID, f"opened {referral_id} {part}"), What.OPENED, Part(part)
        )


def _written(session: Session, actor: Actor, sent: _Sent) -> Iterator[Entry]:
    said = session.execute(
        select(Message.id, Message.referral_id, Message.at).where(
            Message.sender_org_id == actor.org_id,
            Message.referral_id.in_(sent),
            Message.from_org_id == actor.org_id,
            Message.kind == "free",
        )
    )
    for message_id, referral_id, at in said:
        yield _entry(sent[referral_id], at, message_id, What.WRITTEN)


def _within(session: Session, actor: Actor, subjects: list[UUID]) -> Iterator[Entry]:
    """The organisation's own audit, one entry a person, deed, record and day. Steps of a referral stand above."""
    day = _DAY.label("day")
    rows = session.execute(
        select(
            AuditRow.staff_id, AuditRow.action, AuditRow.subject_id, func.max(AuditRow.ref).label("ref"),
            func.max(AuditRow.at).label("at"), func.count().label("times"), day,
        )
        .where(
            AuditRow.org_id == actor.org_id,
            AuditRow.subject_id.in_(subjects),
            AuditRow.outcome == "done",
            ~AuditRow.action.startswith("referral."),
        )
        .group_by(AuditRow.staff_id, AuditRow.action, AuditRow.subject_id, day)
    )  # fmt: skip
    for row in rows:
        named = uuid5(NAMESPACE_OID, f"{row.staff_id} {row.action} {row.subject_id} {row.day}")
        yield Entry(
            row.at, named, What.WITHIN, ref=row.ref or "", action=row.action, staff_id=row.staff_id, times=row.times
        )
