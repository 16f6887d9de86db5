"""What an organisation does all day, by use cases. A and B do the same, so that each could trip over the other.

`ACTS` are its own, on what it made before; `ANSWERS` are its partner's, on what it sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from orgs.clients import queries as clients
from orgs.clients.models import Client
from orgs.clients.timeline import timeline
from orgs.clients.use_cases.episodes import walk_in
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import archive, create_client, edit_client, unarchive
from orgs.programmes import queries as directory
from orgs.staff import own_access
from orgs.staff import queries as staff
from orgs.staff.use_cases import change_staff, invite
from referrals.boxes import queries as boxes
from referrals.boxes import tabs
from referrals.boxes.records import Wanted
from referrals.consents import queries as consents
from referrals.consents.use_cases import take, withdraw_unused
from referrals.figures import queries as figures
from referrals.life import packet_store
from referrals.life.disclosure import RequestValues
from referrals.life.policy import Party
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish, talk, visit
from referrals.notices import queries as notices
from referrals.notices import use_cases as reading
from referrals.sending import drafts
from referrals.sending import queries as sent
from referrals.sending.use_cases import Request, preview, send
from tests.cast import SOKHA, sitting, tomorrow
from tests.network import Person
from tests.walls.noninterference.worlds import Side

Act = Callable[[Side, int], object]
ACTS: dict[str, Act] = {}
ANSWERS: dict[str, Act] = {}
NOT_TWINNED = frozenset({"send_it", "cancel", "withdraw", "reply", "write"})
"""What makes jobs. A job has an id that nobody reads, and two with the same id are not made."""


def act(do: Act) -> Act:
    ACTS[do.__name__] = do
    return do


def by_partner(do: Act) -> Act:
    ANSWERS[do.__name__] = do
    return do


def run(person: Person, do: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with person.transaction() as (session, actor):
        return do(session, actor, *given, **named)


def _record(which: int) -> Any:
    return replace(SOKHA, alias=f"Canary-{which % 3}", phone=f"012 345 67{which % 3}")


# --- clients ---
@act
def create(side: Side, which: int) -> object:
    made = run(side.outreach, create_client, _record(which))
    side.clients.append(made)
    return made, _code(side, made)


@act
def walk(side: Side, which: int) -> object:
    made = run(side.caseworker, walk_in, _record(which), side.own_programme)
    side.clients.append(made)
    return made


@act
def edit(side: Side, which: int) -> object:
    client = side.pick(side.clients, which)
    return run(side.caseworker, edit_client, client, _record(which + 1), version=1 + which % 2)


@act
def note(side: Side, which: int) -> object:
    return run(side.outreach, add_note, side.pick(side.clients, which), f"Canary note {which}")


@act
def put_away(side: Side, which: int) -> object:
    return run(side.caseworker, archive, side.pick(side.clients, which), version=1)


@act
def bring_back(side: Side, which: int) -> object:
    return run(side.caseworker, unarchive, side.pick(side.clients, which), version=2)


@act
def read(side: Side, which: int) -> object:
    person, client = (side.outreach, side.caseworker)[which % 2], side.pick(side.clients, which)
    return run(person, clients.client_values, client), run(person, timeline, client)


@act
def listed(side: Side, which: int) -> object:
    return run((side.outreach, side.caseworker)[which % 2], clients.page, mine=which % 3 == 0, archived=which % 5 == 0)


@act
def search(side: Side, which: int) -> object:
    words = ("Canary", "012 345 671", _code(side, side.pick(side.clients, which)) or "KS-2222222", "Nobody")
    return [run(side.caseworker, clients.search, one) for one in words]


@act
def names(side: Side, _which: int) -> object:
    return run(side.outreach, clients.names, side.clients)


def _code(side: Side, client_id: UUID) -> str | None:
    with side.caseworker.transaction() as (session, _actor):
        return session.scalars(select(Client.code).where(Client.id == client_id)).one_or_none()


# --- asking and sending ---
@act
def draft(side: Side, which: int) -> object:
    made = run(side.outreach, drafts.start, side.pick(side.clients, which), (side.partner.programme_id,))
    side.drafts.append(made)
    return made


@act
def open_draft(side: Side, which: int) -> object:
    return run(side.outreach, drafts.read, side.pick(side.drafts, which))


@act
def consent(side: Side, which: int) -> object:
    programmes = (side.partner.programme_id,)
    made = run(side.outreach, take, side.pick(side.clients, which), programmes, sitting(side.outreach))
    side.consents.extend(made)
    return made


@act
def consents_of(side: Side, which: int) -> object:
    client = side.pick(side.clients, which)
    return run(side.caseworker, consents.of_client, client), run(side.caseworker, sent.waiting_permissions, client)


@act
def take_back(side: Side, which: int) -> object:
    return run(side.caseworker, withdraw_unused, side.pick(side.consents, which))


def _request(side: Side, which: int) -> Request:
    return Request(side.pick(side.consents, which), RequestValues(service="methadone", note="Canary note"))


@act
def look_before(side: Side, which: int) -> object:
    return run(side.outreach, preview, _request(side, which))


@act
def send_it(side: Side, which: int) -> object:
    made = run(side.outreach, send, _request(side, which))
    side.referrals.append(made.id)
    return made


@act
def cancel(side: Side, which: int) -> object:
    return run(side.caseworker, finish.cancel, side.pick(side.referrals, which), CancelReason.NEED_MET)


@act
def withdraw(side: Side, which: int) -> object:
    return run(side.caseworker, finish.withdraw, side.pick(side.referrals, which))


@act
def reply(side: Side, which: int) -> object:
    return run(side.outreach, talk.answer, side.pick(side.referrals, which), talk.Answer.YES)


@act
def write(side: Side, which: int) -> object:
    return run(side.caseworker, talk.write, side.pick(side.referrals, which), "Canary message")


@act
def see(side: Side, which: int) -> object:
    referral = side.pick(side.referrals, which)
    with side.caseworker.transaction() as (session, actor):
        found = load(session, actor, referral)
        return (
            found,
            packet_store.read(session, actor, found),
            sent.sent_for(session, actor, found.client_id or referral),
        )


@act
def boxes_of(side: Side, which: int) -> object:
    person, wanted = (side.outreach, side.caseworker)[which % 2], Wanted()
    tab = tabs.OUTBOX[which % len(tabs.OUTBOX)]
    return (
        run(person, boxes.outbox, tab, wanted),
        run(person, boxes.inbox, tabs.INBOX[which % len(tabs.INBOX)], wanted),
        run(person, boxes.recent, Party.SENDER, wanted),
        run(person, boxes.drafts_box),
    )


@act
def reference(side: Side, which: int) -> object:
    with side.caseworker.transaction() as (session, actor):
        found = load(session, actor, side.pick(side.referrals, which))
        return boxes.by_reference(session, actor, found.referral.ref)


# --- the house ---
@act
def bell(side: Side, _which: int) -> object:
    return run(side.outreach, notices.unread), run(side.outreach, notices.mine)


@act
def read_bell(side: Side, _which: int) -> object:
    return run(side.outreach, reading.read_all)


@act
def people(side: Side, _which: int) -> object:
    return run(side.manager, staff.everybody), run(side.manager, staff.open_invites)


@act
def ask_in(side: Side, _which: int) -> object:
    run(side.manager, invite, frozenset({"outreach"}))
    return run(side.manager, staff.open_invites)


@act
def promote(side: Side, which: int) -> object:
    roles = frozenset({"outreach", "caseworker"}) if which % 2 else frozenset({"outreach"})
    return run(side.manager, change_staff, side.outreach.staff_id, roles=roles, active=True, version=1 + which % 3)


@act
def tokens(side: Side, _which: int) -> object:
    run(side.outreach, own_access.make_token, label="A program", days=5)
    return [(one.kind, one.label) for one in run(side.outreach, own_access.open_access)]


@act
def directory_of(side: Side, _which: int) -> object:
    with side.outreach.transaction() as (session, actor):
        return directory.published(session), directory.own(session, actor), staff.all_organisations(session)


@act
def figures_of(side: Side, _which: int) -> object:
    return run(side.manager, figures.own, 90)


# --- the partner ---
@by_partner
def accept(side: Side, which: int) -> object:
    return run(side.partner.nurse, answer.accept, side.pick(side.referrals, which), tomorrow())


@by_partner
def decline(side: Side, which: int) -> object:
    return run(side.partner.nurse, answer.decline, side.pick(side.referrals, which), DeclineReason.NO_CAPACITY)


@by_partner
def waitlist(side: Side, which: int) -> object:
    return run(side.partner.nurse, answer.waitlist, side.pick(side.referrals, which))


@by_partner
def arrive(side: Side, which: int) -> object:
    return run(side.partner.nurse, answer.accept_and_arrive, side.pick(side.referrals, which))


@by_partner
def complete(side: Side, which: int) -> object:
    done = Outcome.SERVICE_RECEIVED
    return run(side.partner.nurse, finish.complete, side.pick(side.referrals, which), done)


@by_partner
def release(side: Side, which: int) -> object:
    return run(side.partner.nurse, finish.release, side.pick(side.referrals, which), ReleaseReason.PROGRAMME_CLOSED)


@by_partner
def question(side: Side, which: int) -> object:
    return run(side.partner.nurse, talk.ask, side.pick(side.referrals, which), talk.Question.STILL_WANTED)


@by_partner
def first_look(side: Side, which: int) -> object:
    run(side.partner.nurse, visit.see, side.pick(side.referrals, which))
    return None
