"""Reading the boxes. Each statement names its side, takes columns rather than entities, and never counts to the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from app.core import paging
from app.core.context import CASE_ROLES, Actor
from app.core.paging import Cursor, Page
from orgs.clients.queries import ClientName, ids_in_scope, names
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from orgs.staff.queries import OrgName, organisations
from referrals.boxes.records import Box, Brief, Line, Wanted
from referrals.boxes.tabs import INBOX, OUTBOX, Order, Tab
from referrals.life.disclosure import Urgency
from referrals.life.models import Referral, ReferralClient
from referrals.life.policy import OWN_ONLY, Party, check_works
from referrals.life.states import State
from referrals.sending import drafts
from referrals.sending.drafts import DraftLine

DRAFTS = "drafts"
"""Under which the outbox counts what is not sent yet."""
MANY = 1000
"""Counting stops here: a tab says 999+."""
_RECENT = 500
"""From how many of the latest referrals the outbox's list of programmes is made."""
_COMES_BY: SQLColumnExpression[datetime] = func.coalesce(Referral.appointment_at, Referral.window_to)
_LINK = and_(ReferralClient.sender_org_id == Referral.sender_org_id, ReferralClient.referral_id == Referral.id)
_LINE = (
    Referral.id, Referral.ref, Referral.sender_org_id, Referral.programme_id, Referral.urgency, Referral.state,
    Referral.due_at, Referral.expires_at, Referral.seen_at, Referral.appointment_at, Referral.window_from,
    Referral.window_to, Referral.missed, Referral.updated_at,
)  # fmt: skip
_BRIEF = tuple(getattr(Referral, one.name) for one in fields(Brief) if one.name != "side")


def inbox(session: Session, actor: Actor, tab: Tab, wanted: Wanted, cursor: Cursor | None = None) -> Box:
    """What other organisations sent to the actor's. Raises NotFound, NotAllowed."""
    check_works(actor)
    received = Referral.receiver_org_id == actor.org_id
    counts = session.execute(select(*(_count(one, received) for one in INBOX))).one()._asdict()
    rows = session.execute(_ordered(_wanted(select(*_LINE).where(received), tab, wanted), tab, cursor)).all()
    own = directory.own(session, actor)
    senders = organisations(session, {row.sender_org_id for row in rows})
    programmes = {view.id: view for view in own}
    lines = [_line(row, programmes, sender=senders.get(row.sender_org_id)) for row in rows]
    return Box(counts, _paged(lines, tab), tuple(own))


def outbox(session: Session, actor: Actor, tab: Tab, wanted: Wanted, cursor: Cursor | None = None) -> Box:
    """What the actor's organisation sent; to an outreach worker, what concerns their own clients.

    Shows what clients are called, so the read is audited. Raises NotFound, NotAllowed.
    """
    check_works(actor)
    sent = _sent(actor)
    counts, of_late = _outbox_counts(session, actor, sent)
    statement = select(*_LINE, ReferralClient.client_id).join(ReferralClient, _LINK).where(sent)
    rows = session.execute(_ordered(_wanted(statement, tab, wanted), tab, cursor)).all()
    programmes = directory.programmes(session, of_late | {row.programme_id for row in rows})
    called = names(session, actor, {row.client_id for row in rows})
    lines = [_line(row, programmes, client=called.get(row.client_id)) for row in rows]
    listed = sorted((view for view in programmes.values() if view.id in of_late), key=lambda view: view.name_en)
    return Box(counts, _paged(lines, tab), tuple(listed))


def drafts_box(session: Session, actor: Actor) -> tuple[dict[str, int], list[DraftLine]]:
    """The counts of the outbox, and one's own referrals in the making. Audited. Raises NotFound, NotAllowed."""
    check_works(actor)
    return _outbox_counts(session, actor, _sent(actor))[0], drafts.drafts(session, actor)


def recent(
    session: Session,
    actor: Actor,
    side: Party,
    wanted: Wanted,
    cursor: Cursor | None = None,
    *,
    size: int = paging.SIZE,
) -> Page[Brief]:
    """What one's organisation sent (or received), whatever its state, the last changed first. Names nobody.

    Raises NotFound, NotAllowed.
    """
    check_works(actor)
    mine = _sent(actor) if side is Party.SENDER else Referral.receiver_org_id == actor.org_id
    statement = _narrowed(select(*_BRIEF).where(mine), wanted)
    rows = session.execute(paging.after(statement, Referral.updated_at, Referral.id, cursor, size)).all()
    lines = [_brief(row._asdict(), side) for row in rows]
    return paging.page(lines, lambda line: Cursor(line.updated_at, line.id), size)


def by_reference(session: Session, actor: Actor, ref: str) -> UUID | None:
    """The referral of this reference that the actor may open, on either side. Foreign and absent are alike: None."""
    check_works(actor)
    sides = (_sent(actor), Referral.receiver_org_id == actor.org_id)
    both = union_all(*(select(Referral.id, Referral.sent_at).where(side, Referral.ref == ref) for side in sides))
    found = both.subquery()
    return session.execute(select(found.c.id).order_by(found.c.sent_at.desc()).limit(1)).scalar()


def _outbox_counts(session: Session, actor: Actor, sent: ColumnElement[bool]) -> tuple[dict[str, int], set[UUID]]:
    """How many stand under each tab and how many drafts there are; and the programmes of the latest referrals."""
    columns = (_of_late(sent), drafts.counted(actor).label(DRAFTS), *(_count(one, sent) for one in OUTBOX))
    counts = session.execute(select(*columns)).one()._asdict()
    return counts, set(counts.pop("of_late") or ())


def _sent(actor: Actor) -> ColumnElement[bool]:
    sent = Referral.sender_org_id == actor.org_id
    if actor.roles & CASE_ROLES - OWN_ONLY:
        return sent
    own = select(ReferralClient.referral_id).where(
        ReferralClient.sender_org_id == actor.org_id, ReferralClient.client_id.in_(ids_in_scope(actor))
    )
    return and_(sent, Referral.id.in_(own))


def _in(tab: Tab) -> ColumnElement[bool]:
    """One state by equality, which keeps the order of the index."""
    states = sorted(tab.states)
    return Referral.state == states[0] if len(states) == 1 else Referral.state.in_(states)


def _count(tab: Tab, side: ColumnElement[bool]) -> Any:
    """From the covering index alone, and no farther than MANY."""
    some = select(literal(1)).where(side, _in(tab)).limit(MANY).subquery()
    return select(func.count()).select_from(some).scalar_subquery().label(tab.key)


def _of_late(side: ColumnElement[bool]) -> Any:
    """The programmes of the latest referrals, as an array."""
    late = select(Referral.programme_id).where(side).order_by(Referral.updated_at.desc()).limit(_RECENT).subquery()
    return select(func.array_agg(late.c.programme_id.distinct())).scalar_subquery().label("of_late")


def _wanted(statement: Select[*tuple[Any, ...]], tab: Tab, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    within = replace(wanted, state=wanted.state if wanted.state in tab.states else None)
    return _narrowed(statement if within.state else statement.where(_in(tab)), within)


def _narrowed(statement: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.state is not None:
        statement = statement.where(Referral.state == wanted.state)
    if wanted.programme is not None:
        statement = statement.where(Referral.programme_id == wanted.programme)
    if wanted.urgency is not None:
        statement = statement.where(Referral.urgency == wanted.urgency)
    return statement


def _ordered(statement: Select[*tuple[Any, ...]], tab: Tab, cursor: Cursor | None) -> Select[*tuple[Any, ...]]:
    """Those expected and those arrived are no more than there are places: sorting them needs no index."""
    if tab.order is Order.RECENT:
        return paging.after(statement, Referral.updated_at, Referral.id, cursor)
    at = Referral.due_at if tab.order is Order.DUE else _COMES_BY
    return paging.soonest(statement, at, Referral.id, cursor)


def _paged(lines: list[Line], tab: Tab) -> Page[Line]:
    return paging.page(lines, lambda line: Cursor(_place(line, tab.order), line.id))


def _place(line: Line, order: Order) -> datetime:
    if order is Order.RECENT:
        return line.updated_at
    return line.due_at if order is Order.DUE else line.comes_by or line.due_at


def _brief(row: dict[str, Any], side: Party) -> Brief:
    return Brief(**{**row, "state": State(row["state"]), "urgency": Urgency(row["urgency"]), "side": side})


def _line(
    row: Row[Any],
    programmes: Mapping[UUID, ProgrammeView],
    *,
    sender: OrgName | None = None,
    client: ClientName | None = None,
) -> Line:
    return Line(
        id=row.id,
        ref=row.ref,
        state=State(row.state),
        urgency=Urgency(row.urgency),
        due_at=row.due_at,
        expires_at=row.expires_at,
        seen=row.seen_at is not None,
        appointment_at=row.appointment_at,
        window_from=row.window_from,
        window_to=row.window_to,
        missed=row.missed,
        updated_at=row.updated_at,
        programme=programmes.get(row.programme_id),
        sender=sender,
        client=client,
    )
