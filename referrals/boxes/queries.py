"""Reading the boxes. Each statement names its side, takes columns rather than entities, and never counts to the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Label,
    Row,
    Select,
    SQLColumnExpression,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core import paging
from app.core.context import CASE_ROLES, Actor
from app.core.paging import Cursor, Page
from orgs.clients.along import name_beside, named
from orgs.clients.views import ClientName
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeName
from orgs.staff.queries import OrgName, organisations
from referrals.boxes.records import Box, Brief, Line, Wanted
from referrals.boxes.tabs import INBOX, OUTBOX, Order, Tab
from referrals.life.disclosure import Urgency
from referrals.life.models import COMES_BY, CaseloadReferral, Referral, ReferralClient, ReferralCounts
from referrals.life.policy import OWN_ONLY, Party, check_works
from referrals.life.states import State
from referrals.sending import drafts
from referrals.sending.drafts import DraftLine

DRAFTS = "drafts"
"""Under which the outbox counts what is not sent yet."""
MANY = 100
"""Where counting stops, when what is asked for is not kept: a tab says 99+."""
_RECENT = 200
"""From how many of the latest referrals the outbox's list of programmes is made."""
_NUMBERS = tuple(column for column in ReferralCounts.__table__.c if not column.primary_key)
_ONE = select(literal(1)).subquery("one")
_LINK = and_(ReferralClient.sender_org_id == Referral.sender_org_id, ReferralClient.referral_id == Referral.id)
_LINE = (
    Referral.id, Referral.ref, Referral.sender_org_id, Referral.programme_id, Referral.urgency, Referral.state,
    Referral.due_at, Referral.expires_at, Referral.seen_at, Referral.appointment_at, Referral.window_from,
    Referral.window_to, Referral.missed, Referral.updated_at,
)  # fmt: skip
_BRIEF = tuple(one.name for one in fields(Brief) if one.name != "side")
_UNDER_WORKER = and_(
    CaseloadReferral.sender_org_id == Referral.sender_org_id, CaseloadReferral.referral_id == Referral.id
)


@dataclass(frozen=True)
class _Part:
    """Some of the referrals, and the table that holds them in the order of the boxes."""

    table: type[Referral | CaseloadReferral]
    mine: ColumnElement[bool]
    id: InstrumentedAttribute[UUID]
    comes_by: SQLColumnExpression[datetime | None]

    def read(self, *columns: SQLColumnExpression[Any] | InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
        """These columns of its referrals."""
        statement = select(*columns).where(self.mine)
        return statement if self.table is Referral else statement.join(CaseloadReferral, _UNDER_WORKER)


def inbox(session: Session, actor: Actor, tab: Tab, wanted: Wanted, cursor: Cursor | None = None) -> Box:
    """What other organisations sent to the actor's. Raises NotFound, NotAllowed."""
    check_works(actor)
    received = _received(actor)
    counts = tab_counts(session, actor)
    rows = session.execute(_of_tab(received, received.read(*_LINE), tab, wanted, cursor)).all()
    own = directory.own_names(session, actor)
    senders = organisations(session, {row.sender_org_id for row in rows})
    programmes = {one.id: one for one in own}
    lines = [_line(row, programmes, sender=senders.get(row.sender_org_id)) for row in rows]
    return Box(counts, _paged(lines, tab), tuple(own))


def tab_counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many stand under each tab of the inbox. Raises NotFound, NotAllowed."""
    check_works(actor)
    row = session.execute(_kept(), {"org": actor.org_id, "side": Party.RECEIVER}).one_or_none()
    return _under(INBOX, row._asdict() if row else {})


def outbox(session: Session, actor: Actor, tab: Tab, wanted: Wanted, cursor: Cursor | None = None) -> Box:
    """What the actor's organisation sent; to an outreach worker, what concerns their own clients.

    Shows what clients are called, so the read is audited. Raises NotFound, NotAllowed.
    """
    check_works(actor)
    sent = _sent(actor)
    counts, of_late = _outbox_counts(session, actor, sent)
    named_too = name_beside(session, actor, sent.read(*_LINE).join(ReferralClient, _LINK), ReferralClient.client_id)
    rows = session.execute(_of_tab(sent, named_too, tab, wanted, cursor)).all()
    programmes = directory.names(session, of_late | {row.programme_id for row in rows})
    called = named(session, actor, rows)
    lines = [_line(row, programmes, client=called.get(row.called_id)) for row in rows]
    listed = sorted((one for one in programmes.values() if one.id in of_late), key=lambda one: one.name_en)
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
    part = _sent(actor) if side is Party.SENDER else _received(actor)
    statement = _narrowed(part, part.read(*(getattr(Referral, one) for one in _BRIEF)), wanted)
    if wanted.state is not None:
        statement = statement.where(_in(part, {wanted.state}))
    rows = session.execute(paging.after(statement, part.table.updated_at, part.id, cursor, size)).all()
    lines = [_brief(row, side) for row in rows]
    return paging.page(lines, lambda line: Cursor(line.updated_at, line.id), size)


def by_reference(session: Session, actor: Actor, ref: str) -> UUID | None:
    """The referral of this reference that the actor may open, on either side. Foreign and absent are alike: None."""
    check_works(actor)
    sides = (_sent(actor), _received(actor))
    both = union_all(*(side.read(Referral.id, Referral.sent_at).where(Referral.ref == ref) for side in sides))
    newest = max(session.execute(both), key=lambda row: row.sent_at, default=None)
    return None if newest is None else newest.id


@cache
def _kept() -> Select[*tuple[Any, ...]]:
    """Written once for the process: SQLAlchemy need not look anew whether it knows the statement."""
    return select(*_NUMBERS).where(*_of_side(bindparam("org", type_=Uuid), bindparam("side", type_=Text)))


def _of_side(
    org: SQLColumnExpression[UUID] | UUID, side: SQLColumnExpression[str] | str
) -> tuple[ColumnElement[bool], ...]:
    return ReferralCounts.org_id == org, ReferralCounts.side == side


def _under(tabs: Sequence[Tab], numbers: Mapping[str, Any]) -> dict[str, int]:
    """What is kept for each state, together for each tab. Who never had a referral has no numbers yet."""
    return {tab.key: sum(numbers.get(state) or 0 for state in tab.states) for tab in tabs}


def _outbox_counts(session: Session, actor: Actor, sent: _Part) -> tuple[dict[str, int], set[UUID]]:
    """How many stand under each tab and how many drafts there are; and the programmes of the latest referrals."""
    more = _of_late(sent), drafts.counted(actor).label(DRAFTS)
    if _sees_all(actor):
        kept = select(*_NUMBERS).where(*_of_side(actor.org_id, Party.SENDER)).subquery()
        row = session.execute(select(*more, *kept.c).select_from(_ONE.outerjoin(kept, true()))).one()
        counts = {**_under(OUTBOX, row._asdict()), DRAFTS: row.drafts}
    else:
        row = session.execute(select(*(_count(tab, sent) for tab in OUTBOX), *more)).one()
        counts = {key: number for key, number in row._asdict().items() if key != "of_late"}
    return counts, set(row.of_late or ())


def _count(tab: Tab, part: _Part) -> Label[int]:
    """No farther than MANY, from the index alone: an outreach worker's own part of a box is counted, not kept."""
    some = select(literal(1)).select_from(part.table).where(part.mine, _in(part, tab.states)).limit(MANY).subquery()
    return select(func.count()).select_from(some).scalar_subquery().label(tab.key)


def _sees_all(actor: Actor) -> bool:
    return bool(actor.roles & CASE_ROLES - OWN_ONLY)


def _received(actor: Actor) -> _Part:
    return _Part(Referral, Referral.receiver_org_id == actor.org_id, Referral.id, COMES_BY)


def _sent(actor: Actor) -> _Part:
    """What the organisation sent; of an outreach worker, what stands under their name."""
    if _sees_all(actor):
        return _Part(Referral, Referral.sender_org_id == actor.org_id, Referral.id, COMES_BY)
    own = and_(CaseloadReferral.sender_org_id == actor.org_id, CaseloadReferral.worker_id == actor.staff_id)
    return _Part(CaseloadReferral, own, CaseloadReferral.referral_id, CaseloadReferral.comes_by)


def _in(part: _Part, states: AbstractSet[State]) -> ColumnElement[bool]:
    """As words of the statement rather than values: only so is it certain which part of the table an index holds."""
    if len(states) == 1:
        return part.table.state == bindparam(None, str(*states), literal_execute=True)
    words = [str(one) for one in sorted(states)]
    return part.table.state.in_(bindparam(None, words, expanding=True, literal_execute=True))


def _of_late(part: _Part) -> Label[Any]:
    """The programmes of the latest referrals, as an array, as often as they occur."""
    newest = select(part.table.programme_id).where(part.mine).order_by(part.table.updated_at.desc())
    late = newest.limit(_RECENT).subquery()
    return select(func.array_agg(late.c.programme_id)).scalar_subquery().label("of_late")


def _of_tab(
    part: _Part, statement: Select[*tuple[Any, ...]], tab: Tab, wanted: Wanted, cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    """A page of what `statement` reads of this part.

    The tab's states stand in it, or the one that is wanted of them: they say which index holds it. Each order has its
    index (`Referral`, `CaseloadReferral`), so that a page costs the same however long the list is.
    """
    states = {wanted.state} if wanted.state in tab.states else tab.states
    narrowed = _narrowed(part, statement.where(_in(part, states)), wanted)
    if tab.order is Order.RECENT:
        return paging.after(narrowed, part.table.updated_at, part.id, cursor)
    return paging.soonest(narrowed, part.table.due_at if tab.order is Order.DUE else part.comes_by, part.id, cursor)


def _narrowed(part: _Part, statement: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.programme is not None:
        statement = statement.where(part.table.programme_id == wanted.programme)
    if wanted.urgency is not None:
        statement = statement.where(part.table.urgency == wanted.urgency)
    return statement


def _paged(lines: list[Line], tab: Tab) -> Page[Line]:
    return paging.page(lines, lambda line: Cursor(_place(line, tab.order), line.id))


def _place(line: Line, order: Order) -> datetime:
    if order is Order.RECENT:
        return line.updated_at
    return line.due_at if order is Order.DUE else line.comes_by or line.due_at


def _brief(row: Row[Any], side: Party) -> Brief:
    values = dict(zip(_BRIEF, row, strict=True))
    return Brief(**values | {"state": State(row.state), "urgency": Urgency(row.urgency), "side": side})


def _line(
    row: Row[Any],
    programmes: Mapping[UUID, ProgrammeName],
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
