"""Sending what was drafted, and after a no going on to the next alternative without finding the person again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import N_, Conflict
from orgs.clients.queries import client_values
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from orgs.programmes.rules import Openings
from referrals.consents.models import ConsentRow
from referrals.consents.queries import of_sitting, value_of
from referrals.consents.rules import check_in_force, in_force
from referrals.life import packet_store
from referrals.life.disclosure import RequestValues
from referrals.life.models import Referral, ReferralClient
from referrals.life.policy import Party, can_may
from referrals.life.scope import Scoped, load
from referrals.life.states import BACK_WITH_SENDER, Action
from referrals.sending import drafts, rules
from referrals.sending.rules import DraftBody
from referrals.sending.use_cases import Preview, Request, preview, send

_NONE_LEFT = N_("There is no alternative that this person agreed to and that can be asked now. Start a new referral.")


@dataclass(frozen=True)
class Alternative:
    """A programme that the person agreed to in the same sitting, and that has not been asked yet."""

    consent_id: UUID
    programme: ProgrammeView
    waiting_list: bool


@dataclass(frozen=True)
class Review:
    """What the first choice and the alternatives would see. None: that one cannot be asked at the moment."""

    first: Preview
    others: tuple[tuple[ProgrammeView, Preview | None], ...]


def review(session: Session, actor: Actor, draft_id: UUID) -> Review:
    """Exactly what would be sent now. Raises NotFound, NotAllowed, and Conflict as `send` does."""
    draft = drafts.read(session, actor, draft_id)
    asked = _requests(session, actor, draft.client.id, draft.body)
    first = preview(session, actor, asked[0][1])
    return Review(first, tuple((view, _perhaps(session, actor, request)) for view, request in asked[1:]))


def send_draft(session: Session, actor: Actor, draft_id: UUID, *, seen: str) -> Referral:
    """Send the first choice, exactly as it was seen; what was said for the alternatives is kept with the sitting.

    Raises NotFound when it was sent before, NotAllowed, Conflict.
    """
    row, body = drafts.take_for_sending(session, actor, draft_id)
    (_view, request), *others = _requests(session, actor, row.client_id, body)
    referral = send(session, actor, request, seen=seen)
    if others:
        row.sitting_id = session.execute(
            select(ConsentRow.sitting_id).where(ConsentRow.org_id == actor.org_id, ConsentRow.id == request.consent_id)
        ).scalar_one()
    else:
        session.delete(row)
    session.flush()
    return referral


def alternatives(session: Session, actor: Actor, found: Scoped) -> tuple[Alternative, ...]:
    """Where one step could send it next, in the client's order. Only for the sender, and only after a no.

    Empty while another referral of the same sitting is under way or has been served: one answer is awaited at a time.
    """
    if found.state not in BACK_WITH_SENDER or not can_may(actor, found.party, Action.SEND, is_own=found.is_own):
        return ()
    sitting, tried = _sitting(session, found)
    if any(state not in BACK_WITH_SENDER for state in tried.values()):
        return ()
    rows = [row for row in of_sitting(session, actor, sitting) if row.id not in tried]
    kept = drafts.kept_for(session, actor, sitting)
    waiting = kept is not None and drafts.opened(session, kept).waiting_list
    views, now = directory.programmes(session, (row.programme_id for row in rows)), clock.now()
    return tuple(
        Alternative(row.id, views[row.programme_id], waiting)
        for row in rows
        if in_force(value_of(row), row.programme_id, now)
        and row.programme_id in views
        and _takes(views[row.programme_id], waiting=waiting)
    )


def next_alternative(session: Session, actor: Actor, referral_id: UUID) -> Referral:
    """Send to the next alternative that the person agreed to in that sitting. Raises NotFound, NotAllowed, Conflict."""
    found = load(session, actor, referral_id)
    left = alternatives(session, actor, found)
    if not left:
        raise Conflict(_NONE_LEFT)
    chosen = left[0]
    values = _values(session, actor, found, chosen.programme)
    request = Request(
        chosen.consent_id, values, waiting_list=chosen.waiting_list, previous_id=referral_id,
        programme_id=chosen.programme.id,
    )  # fmt: skip
    referral = send(session, actor, request)
    if len(left) == 1:
        drafts.forget_kept(session, actor, _sitting(session, found)[0])
    return referral


def _requests(session: Session, actor: Actor, client_id: UUID, body: DraftBody) -> list[tuple[ProgrammeView, Request]]:
    """One request for each programme of a draft, each with its permission. Raises Conflict when one is missing."""
    if len(body.consents) != len(body.programmes):
        check_in_force(None, body.programmes[0], clock.now())
    record = client_values(session, actor, client_id).record
    views = [directory.programme(session, one) for one in body.programmes]
    asked = rules.questions(views, record, body.said, clock.now())
    return [
        (
            view,
            Request(
                consent_id, rules.request_values(body, view, asked), waiting_list=body.waiting_list,
                previous_id=body.previous_id, programme_id=view.id,
            ),
        )
        for view, consent_id in zip(views, body.consents, strict=True)
    ]  # fmt: skip


def _perhaps(session: Session, actor: Actor, request: Request) -> Preview | None:
    try:
        return preview(session, actor, request)
    except Conflict:
        return None


def _sitting(session: Session, found: Scoped) -> tuple[UUID, dict[UUID, str]]:
    """The sitting of a referral, and the state of what was sent from it, by permission."""
    mine = found.referral.sender_org_id
    sitting: UUID = session.execute(
        select(ReferralClient.sitting_id).where(
            ReferralClient.sender_org_id == mine, ReferralClient.referral_id == found.referral.id
        )
    ).scalar_one()
    rows = session.execute(
        select(Referral.consent_id, Referral.state)
        .join(
            ReferralClient,
            (ReferralClient.sender_org_id == Referral.sender_org_id) & (ReferralClient.referral_id == Referral.id),
        )
        .where(
            Referral.sender_org_id == mine,
            ReferralClient.client_id == found.client_id,
            ReferralClient.sitting_id == sitting,
        )
    )
    return sitting, {row.consent_id: row.state for row in rows}


def _takes(view: ProgrammeView, *, waiting: bool) -> bool:
    return view.accepting and (waiting or view.openings is not Openings.FULL)


def _values(session: Session, actor: Actor, found: Scoped, programme: ProgrammeView) -> RequestValues:
    """What was said for this alternative; where that was not kept, what the first packet said."""
    assert found.party is Party.SENDER and found.client_id is not None  # noqa: S101, PT018 - `alternatives` asked
    record = client_values(session, actor, found.client_id).record
    sitting, _tried = _sitting(session, found)
    kept = drafts.kept_for(session, actor, sitting)
    body = drafts.opened(session, kept) if kept else _body_of_packet(session, actor, found, programme)
    return rules.request_values(body, programme, rules.questions([programme], record, body.said, clock.now()))


def _body_of_packet(session: Session, actor: Actor, found: Scoped, programme: ProgrammeView) -> DraftBody:
    sent = packet_store.read(session, actor, found)
    return DraftBody(
        programmes=(programme.id,),
        urgency=sent.triage.urgency if sent.triage else DraftBody(()).urgency,
        needs=frozenset(sent.triage.needs) if sent.triage else frozenset(),
        note=sent.identity.note if sent.identity else "",
    )
