"""A asks, by every use case that takes an id or a word, for what is B's. Nothing may answer as if it were there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from app.core import idempotency
from app.core.errors import NotFound
from orgs.clients import queries as clients
from orgs.clients.timeline import timeline
from orgs.clients.use_cases.episodes import end_episode, open_episode
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import archive, edit_client, reassign
from orgs.facts import EpisodeEnd, HeardFrom
from orgs.programmes import queries as directory
from orgs.staff import own_access
from orgs.staff import queries as staff
from orgs.staff.use_cases import cancel_invite, change_staff, new_password_link
from referrals.boxes import queries as boxes
from referrals.boxes.records import Wanted
from referrals.consents import queries as consents
from referrals.consents.use_cases import take, withdraw_unused
from referrals.life.disclosure import RequestValues
from referrals.life.policy import Party
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish, talk, visit
from referrals.life.use_cases.take import Copied
from referrals.life.use_cases.take import take as take_into_records
from referrals.notices import use_cases as reading
from referrals.sending import drafts
from referrals.sending.use_cases import Request, preview, send
from referrals.slips import use_cases as slips
from tests.cast import SOKHA, sitting, tomorrow
from tests.walls.noninterference.acts import run
from tests.walls.noninterference.worlds import Side, Strange

Asking = Callable[[Side, Strange], object]


def _referral(do: Callable[..., object], *given: object) -> tuple[Asking, Asking]:
    """A step on what B sent, under way and waiting."""
    return (
        lambda a, b: run(a.caseworker, do, b.ids["referral"], *given),
        lambda a, b: run(a.caseworker, do, b.ids["waiting"], *given),
    )


def _own_client(a: Side) -> UUID:
    return a.pick(a.clients, 0)


_STEPS: dict[str, tuple[Asking, Asking]] = {
    "load": _referral(load),
    "look": _referral(visit.see),
    "accept": _referral(answer.accept, tomorrow()),
    "arrive": _referral(answer.accept_and_arrive),
    "waitlist": _referral(answer.waitlist),
    "decline": _referral(answer.decline, DeclineReason.OTHER),
    "book": _referral(visit.book, tomorrow()),
    "no show": _referral(visit.no_show),
    "note arrival": _referral(visit.note_arrival),
    "complete": _referral(finish.complete, Outcome.SERVICE_RECEIVED),
    "stop": _referral(finish.stop, StopReason.OTHER),
    "release": _referral(finish.release, ReleaseReason.OTHER),
    "cancel": _referral(finish.cancel, CancelReason.OTHER),
    "withdraw": _referral(finish.withdraw),
    "ask": _referral(talk.ask, talk.Question.STILL_WANTED),
    "reply": _referral(talk.answer, talk.Answer.YES),
    "write": _referral(talk.write, "words"),
    "take": _referral(take_into_records, frozenset({Copied.NAME})),
    "slip": _referral(slips.slip),
    "expire": _referral(finish.expire),
}
STRANGERS: dict[str, Asking] = {
    "client": lambda a, b: run(a.caseworker, clients.client_values, b.ids["client"]),
    "timeline": lambda a, b: run(a.caseworker, timeline, b.ids["client"]),
    "names": lambda a, b: run(a.caseworker, clients.names, [b.ids["client"], _own_client(a)]),
    "whom one took in": lambda a, b: run(a.caseworker, clients.taken_in, b.ids["referral"]),
    "edit": lambda a, b: run(a.caseworker, edit_client, b.ids["client"], SOKHA, version=1),
    "archive": lambda a, b: run(a.caseworker, archive, b.ids["client"], version=1),
    "reassign": lambda a, b: run(a.caseworker, reassign, b.ids["client"], a.outreach.staff_id, version=1),
    "reassign to theirs": lambda a, b: run(a.caseworker, reassign, _own_client(a), b.ids["staff"], version=1),
    "note": lambda a, b: run(a.caseworker, add_note, b.ids["client"], "words"),
    "by code": lambda a, b: run(a.caseworker, clients.search, b.words["code"]),
    "by phone": lambda a, b: run(a.caseworker, clients.search, b.words["phone"]),
    "by name": lambda a, b: run(a.caseworker, clients.search, b.words["name"]),
    "with code": lambda a, b: run(a.caseworker, clients.with_code, b.words["code"]),
    "taken": lambda a, b: run(a.caseworker, clients.is_taken, b.ids["referral"]),
    "episode": lambda a, b: run(
        a.caseworker, open_episode, _own_client(a), b.ids["programme"], heard_from=HeardFrom.PEER
    ),
    "end episode": lambda a, b: run(
        a.caseworker, end_episode, _own_client(a), b.ids["episode"], EpisodeEnd.COMPLETED, version=1
    ),
    "draft for theirs": lambda a, b: run(a.outreach, drafts.start, b.ids["client"], (a.partner.programme_id,)),
    "draft to theirs": lambda a, b: run(a.outreach, drafts.start, _own_client(a), (b.ids["programme"],)),
    "draft": lambda a, b: run(a.outreach, drafts.read, b.ids["draft"]),
    "discard": lambda a, b: run(a.outreach, drafts.discard, b.ids["draft"]),
    "consent": lambda a, b: run(a.caseworker, consents.consent, b.ids["consent"]),
    "consents of theirs": lambda a, b: run(a.caseworker, consents.of_client, b.ids["client"]),
    "ask theirs": lambda a, b: run(
        a.outreach, take, b.ids["client"], (a.partner.programme_id,), sitting(a.outreach)
    ),
    "ask for theirs": lambda a, b: run(
        a.outreach, take, _own_client(a), (b.ids["programme"],), sitting(a.outreach)
    ),
    "their witness": lambda a, b: run(
        a.outreach, take, _own_client(a), (a.partner.programme_id,),
        replace(sitting(a.outreach), witness_id=b.ids["staff"]),
    ),
    "take back": lambda a, b: run(a.caseworker, withdraw_unused, b.ids["consent"]),
    "take back used": lambda a, b: run(a.caseworker, withdraw_unused, b.ids["used_consent"]),
    "preview": lambda a, b: run(a.outreach, preview, Request(b.ids["consent"], RequestValues("methadone"))),
    "send": lambda a, b: run(a.outreach, send, Request(b.ids["consent"], RequestValues("methadone"))),
    "reference": lambda a, b: run(a.caseworker, boxes.by_reference, b.words["ref"]),
    "box of theirs": lambda a, b: run(a.caseworker, boxes.recent, Party.SENDER, Wanted(b.ids["programme"])),
    "find slip": lambda a, b: run(a.caseworker, slips.find, b.words["slip"]),
    "notice": lambda a, b: run(a.outreach, reading.open_notice, b.ids["notice"]),
    "colleague": lambda a, b: run(a.manager, staff.colleague, b.ids["staff"]),
    "staff names": lambda a, b: run(a.manager, _names_there, b.ids["org"], b.ids["staff"]),
    "roles": lambda a, b: run(
        a.manager, change_staff, b.ids["staff"], roles=frozenset({"outreach"}), active=False, version=1
    ),
    "password": lambda a, b: run(a.manager, new_password_link, b.ids["staff"]),
    "invite": lambda a, b: run(a.manager, cancel_invite, b.ids["invite"]),
    "token": lambda a, b: run(a.outreach, own_access.revoke_token, b.ids["session"]),
    "programme": lambda a, b: run(a.outreach, _programme, b.ids["programme"]),
    "manage programme": lambda a, b: run(a.manager, directory.to_manage, b.ids["programme"]),
    "team": lambda a, b: run(a.manager, _team, b.ids["org"], b.ids["programme"]),
    "their key": lambda a, b: run(
        a.outreach, idempotency.once, b.words["key"], "referral.send", bytes(32), 201, _refuse
    ),
    **{f"{name}, {which}": do for name, both in _STEPS.items()
       for which, do in zip(("begun", "waiting"), both, strict=True)},
}  # fmt: skip


def _names_there(session: object, _actor: object, org_id: UUID, staff_id: UUID) -> object:
    return staff.staff_names(session, org_id, [staff_id])  # type: ignore[arg-type]


def _programme(session: object, _actor: object, programme_id: UUID) -> object:
    return directory.programme(session, programme_id)  # type: ignore[arg-type]


def _team(session: object, _actor: object, org_id: UUID, programme_id: UUID) -> object:
    return directory.team(session, org_id, programme_id)  # type: ignore[arg-type]


def _refuse() -> UUID:
    raise NotFound
