"""The referral and what stands around it. Only `referral_clients` says whom it is about, and only to its sender."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    SQLColumnExpression,
    TextClause,
    UniqueConstraint,
    desc,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import ordered_id
from referrals.life.states import BACK_WITH_SENDER, ENDED, RELEASED_IDENTITY, UNDER_WAY, State

_PARTIES = "receiver_org_id sender_org_id referral_id"
_REFERRAL = "receiver_org_id sender_org_id id"


def _orders(name: str, *mine: str, key: str = "id", beside: Iterable[str] = ()) -> tuple[Index, ...]:
    """One for each order in which a box is shown, and for each state; what else narrows it stands last."""
    last, besides = ("programme_id", "urgency"), list(beside)
    waiting, coming = _among({State.SENT, State.WAITLISTED}), text("state = 'accepted'")
    return (
        Index(f"{name}_recent", *mine, desc("updated_at"), key, "state", *last, postgresql_include=besides),
        Index(f"{name}_due", *mine, "state", "due_at", key, *last,
              postgresql_include=besides, postgresql_where=waiting),
        Index(f"{name}_coming", *mine, "comes_by", key, *last, postgresql_include=besides, postgresql_where=coming),
        Index(f"{name}_under_way", *mine, "state", desc("updated_at"), key, *last,
              postgresql_include=besides, postgresql_where=_among(UNDER_WAY)),
        Index(f"{name}_ended", *mine, "state", desc("updated_at"), key, *last,
              postgresql_include=besides, postgresql_where=_among(ENDED)),
    )  # fmt: skip


def _of_programme(name: str, *mine: str, beside: Iterable[str]) -> Index:
    """Whatever the state, the last changed first, of one programme."""
    return Index(
        f"{name}_programme", *mine, "programme_id", desc("updated_at"), "id", "state", "urgency",
        postgresql_include=list(beside),
    )  # fmt: skip


def _closed(
    name: str, *mine: str, states: Iterable[State], key: str = "id", beside: Iterable[str] = ()
) -> tuple[Index, ...]:
    """What has ended, the last changed first: of all programmes, and of one."""
    where, besides = _among(states), list(beside)
    return (
        Index(name, *mine, desc("updated_at"), key, "state", "programme_id", "urgency",
              postgresql_include=besides, postgresql_where=where),
        Index(f"{name}_programme", *mine, "programme_id", desc("updated_at"), key, "state", "urgency",
              postgresql_include=besides, postgresql_where=where),
    )  # fmt: skip


def _among(states: Iterable[State]) -> TextClause:
    return text(f"state IN ({', '.join(repr(str(one)) for one in sorted(states))})")


class Referral(Base):
    """What both sides may know of a referral. It is `due_at` by the receiver's working hours, `expires_at` for good."""

    __tablename__ = "referrals"
    # Made by the database and read by lists alone: an entity that had it would ask for it again after each step.
    __mapper_args__ = {"exclude_properties": ["comes_by"]}  # noqa: RUF012 - as SQLAlchemy declares it
    __table_args__ = (
        Column("comes_by", DateTime(timezone=True), Computed("COALESCE(appointment_at, window_to)", persisted=True)),
        points_to("sender_org_id consent_id", "consents"),
        points_to("receiver_org_id programme_id", "programmes"),
        UniqueConstraint("sender_org_id", "ref"),
        UniqueConstraint("receiver_org_id", "sender_org_id", "id"),
        CheckConstraint("state NOT IN ('accepted') OR appointment_at IS NOT NULL OR window_from IS NOT NULL"),
        *_orders("referrals_in", "receiver_org_id", beside=["sender_org_id"]),
        *_orders("referrals_out", "sender_org_id", beside=["receiver_org_id"]),
        _of_programme("referrals_in", "receiver_org_id", beside=["sender_org_id"]),
        _of_programme("referrals_out", "sender_org_id", beside=["receiver_org_id"]),
        *_closed("referrals_in_closed", "receiver_org_id", states=ENDED, beside=["sender_org_id"]),
        *_closed("referrals_out_back", "sender_org_id", states=BACK_WITH_SENDER, beside=["receiver_org_id"]),
        *_closed("referrals_out_done", "sender_org_id", states=ENDED - BACK_WITH_SENDER, beside=["receiver_org_id"]),
        Index("referrals_consent", "sender_org_id", "consent_id"),
        Index(
            "referrals_resting",
            "sender_org_id",
            "consent_id",
            unique=True,
            postgresql_where=_among(UNDER_WAY | RELEASED_IDENTITY),
        ),
        Index("referrals_in_id", "receiver_org_id", "id", postgresql_include=["sender_org_id"]),
        Index("referrals_in_ref", "receiver_org_id", "ref"),
        Index(
            "referrals_waiting",
            "receiver_org_id",
            "programme_id",
            "answered_at",
            "id",
            postgresql_where=_among({State.WAITLISTED}),
        ),
        Index("referrals_expiry", "expires_at", postgresql_where=text("state IN ('sent', 'waitlisted', 'accepted')")),
        Index("referrals_remind", "half_at", postgresql_where=text("state = 'sent' AND reminded <> 'overdue'")),
    )

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    ref: Mapped[str]
    receiver_org_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    consent_id: Mapped[UUID]
    service: Mapped[str]
    urgency: Mapped[str]
    khan: Mapped[str | None]
    state: Mapped[str]
    sent_at: Mapped[datetime]
    due_at: Mapped[datetime]
    half_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    response_minutes: Mapped[int | None]
    accepted_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    readable_until: Mapped[datetime]
    appointment_at: Mapped[datetime | None]
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    missed: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[str | None]
    suggested_programme_id: Mapped[UUID | None]
    outcome: Mapped[str | None]
    reminded: Mapped[str] = mapped_column(default="no", server_default="no")
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class ReferralCounts(Base):
    """How many referrals of an organisation are in each state, on each side. The database keeps it, step by step."""

    __tablename__ = "referral_counts"
    __table_args__ = (points_to("org_id", "organisations", "id"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    sent: Mapped[int]
    waitlisted: Mapped[int]
    accepted: Mapped[int]
    arrived: Mapped[int]
    completed: Mapped[int]
    stopped: Mapped[int]
    declined: Mapped[int]
    released: Mapped[int]
    cancelled: Mapped[int]
    withdrawn: Mapped[int]
    expired: Mapped[int]


COMES_BY: SQLColumnExpression[datetime | None] = Referral.__table__.c.comes_by
"""The appointment, or the end of the walk-in days."""


class ReferralClient(Base):
    """The sender's own link from a referral to a client, and to the worker who sent it."""

    __tablename__ = "referral_clients"
    __table_args__ = (
        PrimaryKeyConstraint("sender_org_id", "referral_id", postgresql_include=["client_id"]),
        points_to("sender_org_id referral_id", "referrals", "sender_org_id id"),
        points_to("sender_org_id client_id", "clients"),
        points_to("sender_org_id staff_id", "staff"),
        Index("referral_clients_client", "sender_org_id", "client_id", postgresql_include=["referral_id"]),
    )

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    sitting_id: Mapped[UUID]
    previous_id: Mapped[UUID | None]
    pseudonym: Mapped[bytes]


class CaseloadReferral(Base):
    """A referral once more, under the worker who looks after its client, for the sender alone.

    The database keeps it, step by step: so an outreach worker's boxes stand in order as everybody's do.
    """

    __tablename__ = "caseload_referrals"
    __table_args__ = (
        points_to("sender_org_id referral_id", "referrals", "sender_org_id id"),
        points_to("sender_org_id worker_id", "staff"),
        *_orders("caseload", "sender_org_id", "worker_id", key="referral_id"),
        *_closed("caseload_back", "sender_org_id", "worker_id", states=BACK_WITH_SENDER, key="referral_id"),
        *_closed("caseload_done", "sender_org_id", "worker_id", states=ENDED - BACK_WITH_SENDER, key="referral_id"),
    )

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    worker_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    urgency: Mapped[str]
    state: Mapped[str]
    due_at: Mapped[datetime]
    comes_by: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class PacketPart(Base):
    """One of the two parts of a packet (`triage`, `identity`), under a key of its own."""

    __tablename__ = "packet_parts"
    __table_args__ = (points_to(_PARTIES, "referrals", _REFERRAL),)

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    receiver_org_id: Mapped[UUID]
    body: Mapped[bytes]


class PacketKey(Base):
    """A part's key, wrapped to one side (`sender`, `receiver`). The database deletes the receiver's when it must."""

    __tablename__ = "packet_keys"
    __table_args__ = (points_to("sender_org_id referral_id part", "packet_parts", "sender_org_id referral_id part"),)

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(primary_key=True)
    holder_org_id: Mapped[UUID]
    key_version: Mapped[int]
    wrapped: Mapped[bytes]


class Disclosure(Base):
    """When a part was first opened by the receiver, for both sides to read. Written once, never changed."""

    __tablename__ = "disclosures"
    __table_args__ = (points_to(_PARTIES, "referrals", _REFERRAL),)

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    receiver_org_id: Mapped[UUID]
    at: Mapped[datetime]


class Message(Base):
    """A fixed question or answer (`code`), or after acceptance a free text under the identity part's key."""

    __tablename__ = "messages"
    __table_args__ = (
        points_to(_PARTIES, "referrals", _REFERRAL),
        Index("messages_referral", "sender_org_id", "referral_id", "at", "id"),
    )

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    referral_id: Mapped[UUID]
    receiver_org_id: Mapped[UUID]
    from_org_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    kind: Mapped[str]
    code: Mapped[str | None]
    body: Mapped[bytes | None]
    at: Mapped[datetime]


class ReferralEvent(Base):
    """What happened, for both sides to read: past tense, identifiers only."""

    __tablename__ = "referral_events"
    __table_args__ = (
        points_to(_PARTIES, "referrals", _REFERRAL),
        Index("referral_events_referral", "sender_org_id", "referral_id", "at", "id"),
    )

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    referral_id: Mapped[UUID]
    receiver_org_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    by_org_id: Mapped[UUID | None]
    by_staff_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class OutboxRow(Base):
    """One organisation to be told of one event. Whoever writes it cannot read it back; the worker leases it."""

    __tablename__ = "outbox"
    __table_args__ = (
        points_to("org_id", "organisations", "id"),
        Index("outbox_waiting", "next_at", postgresql_where=text("done_at IS NULL")),
        Index("outbox_id", "id", postgresql_where=text("done_at IS NULL")),
        Index("outbox_referral", "sender_org_id", "referral_id", postgresql_where=text("done_at IS NULL")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    from_org_id: Mapped[UUID]
    event_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    sender_org_id: Mapped[UUID]
    kind: Mapped[str]
    ref: Mapped[str]
    at: Mapped[datetime]
    next_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    leased_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
