"""What each step does: the use cases that pages call, called for somebody at some moment of the past."""

from __future__ import annotations

from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.demo.people import Client
from app.demo.thread import Do, Ids, Thread
from orgs.clients.use_cases.episodes import end_episode, open_episode
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import create_client
from orgs.facts import EpisodeEnd, NoteKind, under_18
from orgs.programmes.criteria import Kind, answer
from orgs.programmes.rules import ProgrammeValues
from referrals.consents.rules import Guardian, How
from referrals.consents.use_cases import Sitting, take
from referrals.life.disclosure import RequestValues, Urgency
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason
from referrals.life.use_cases import answer as answering
from referrals.life.use_cases import finish, talk, visit
from referrals.life.use_cases import take as taking
from referrals.life.use_cases.answer import Meeting
from referrals.life.use_cases.take import Copied
from referrals.life.use_cases.talk import Answer, Question
from referrals.sending import drafts
from referrals.sending.use_cases import Request, send
from referrals.slips import issue


def known(client: Client) -> UUID:
    """The client's id, once there is one."""
    assert client.id is not None  # noqa: S101 - steps are played in their order
    return client.id


def sent(thread: Thread) -> UUID:
    """The referral's id, once there is one."""
    assert thread.id is not None  # noqa: S101 - steps are played in their order
    return thread.id


# --- the client ---
def meet(client: Client) -> Do:
    def do(session: Session, actor: Actor, _ids: Ids) -> None:
        client.id = create_client(session, actor, client.record)

    return do


def note(client: Client, body: str, kind: NoteKind, *, clinical: bool = False) -> Do:
    def do(session: Session, actor: Actor, _ids: Ids) -> None:
        add_note(session, actor, known(client), body, kind=kind, clinical=clinical)

    return do


class Stay:
    """A walk-in's time in one of the house's own programmes."""

    def __init__(self, client: Client, place: str) -> None:
        self._client, self._place = client, place
        self._episode: UUID | None = None

    def begin(self, session: Session, actor: Actor, ids: Ids) -> None:
        self._episode = open_episode(
            session, actor, known(self._client), ids.programmes[self._place], heard_from=self._client.record.heard_from
        )

    def end(self, session: Session, actor: Actor, _ids: Ids) -> None:
        assert self._episode is not None  # noqa: S101 - begun before
        end_episode(session, actor, known(self._client), self._episode, EpisodeEnd.COMPLETED, version=1)


# --- asking and sending ---
def ask_permission(thread: Thread, how: How) -> Do:
    """One sitting, for the first choice and the alternatives."""

    def do(session: Session, actor: Actor, ids: Ids) -> None:
        asking, facts = thread.asking, thread.client.record.facts
        minor = under_18(facts.birth_year, clock.now())
        programmes = {place: ids.programmes[place.key] for place in asking.places}
        made = Sitting(
            categories=asking.categories, how=how, witness_id=actor.staff_id, language="km", able_to_decide=True,
            minor=minor, assent=True if minor else None, guardian=Guardian.NOT_WANTED if minor else None,
            days=asking.days,
            answers={
                programmes[place]: frozenset(one.key for one in place.values.criteria) for place in asking.places
            },
        )  # fmt: skip
        asking.consents = take(session, actor, known(thread.client), list(programmes.values()), made)

    return do


def send_it(thread: Thread, said: dict[str, bool]) -> Do:
    """`said`: the answers to the programme's own questions."""

    def do(session: Session, actor: Actor, _ids: Ids) -> None:
        values = RequestValues(
            service=thread.place.values.service,
            urgency=thread.asking.urgency,
            needs=thread.client.record.facts.needs,
            answers=told(thread, thread.place.values, said),
            note=thread.asking.note,
        )
        previous = thread.previous.id if thread.previous else None
        request = Request(thread.asking.consents[thread.rank], values, waiting_list=True, previous_id=previous)
        thread.id = send(session, actor, request).id
        thread.code = issue.printed(session, actor, thread.id).code

    return do


def told(thread: Thread, values: ProgrammeValues, said: dict[str, bool]) -> dict[str, bool]:
    """What the person answers to each of the programme's conditions, where it is known."""
    facts = thread.client.record.match_facts(said)
    answers = {one.key: answer(one, facts, clock.now()) for one in values.criteria}
    return {key: value for key, value in answers.items() if value is not None}


def questions_of(values: ProgrammeValues, dice: Random) -> dict[str, bool]:
    """Answers to the programme's own questions; now and then nobody asked."""
    return {
        one.key: dice.random() < 0.8 for one in values.criteria if one.kind is Kind.QUESTION and dice.random() < 0.9
    }


def begin_draft(client: Client, place: str, *, half_done: bool) -> Do:
    """A referral that somebody began and will go on with; `half_done`: the second step is filled in."""

    def do(session: Session, actor: Actor, ids: Ids) -> None:
        draft = drafts.start(session, actor, known(client), (ids.programmes[place],))
        if half_done:
            drafts.save(session, actor, draft, asked=True, urgency=Urgency.SOON)

    return do


# --- the receiver's steps ---
def see(thread: Thread) -> Do:
    return lambda session, actor, _ids: void(visit.see(session, actor, sent(thread)))


def accept(thread: Thread, meeting: Meeting) -> Do:
    return lambda session, actor, _ids: void(answering.accept(session, actor, sent(thread), meeting))


def book(thread: Thread, meeting: Meeting) -> Do:
    return lambda session, actor, _ids: void(visit.book(session, actor, sent(thread), meeting))


def waitlist(thread: Thread) -> Do:
    return lambda session, actor, _ids: void(answering.waitlist(session, actor, sent(thread)))


def decline(thread: Thread, reason: DeclineReason, suggested: str | None) -> Do:
    def do(session: Session, actor: Actor, ids: Ids) -> None:
        better = ids.programmes[suggested] if suggested else None
        answering.decline(session, actor, sent(thread), reason, suggested_programme_id=better)

    return do


def arrive(thread: Thread, *, by_slip: bool, at_once: bool = False) -> Do:
    """With the slip's code or by hand; `at_once`: the person stands there before anybody had answered."""

    def do(session: Session, actor: Actor, _ids: Ids) -> None:
        if by_slip:
            issue.use(session, actor, sent(thread), thread.code)
        (answering.accept_and_arrive if at_once else visit.note_arrival)(session, actor, sent(thread))

    return do


def miss(thread: Thread) -> Do:
    return lambda session, actor, _ids: void(visit.no_show(session, actor, sent(thread)))


def take_in(thread: Thread, taken: Client) -> Do:
    """Into the receiver's own records."""

    def do(session: Session, actor: Actor, _ids: Ids) -> None:
        copied = frozenset(Copied)
        taken.id = taking.take(session, actor, sent(thread), copied)
        thread.taken = taken

    return do


def release(thread: Thread, reason: ReleaseReason) -> Do:
    return lambda session, actor, _ids: void(finish.release(session, actor, sent(thread), reason))


def complete(thread: Thread, outcome: Outcome) -> Do:
    return lambda session, actor, _ids: void(finish.complete(session, actor, sent(thread), outcome))


def stop(thread: Thread, reason: StopReason) -> Do:
    return lambda session, actor, _ids: void(finish.stop(session, actor, sent(thread), reason))


# --- either side's ---
def question(thread: Thread, asked: Question) -> Do:
    return lambda session, actor, _ids: void(talk.ask(session, actor, sent(thread), asked))


def reply(thread: Thread, said: Answer) -> Do:
    return lambda session, actor, _ids: void(talk.answer(session, actor, sent(thread), said))


def write(thread: Thread, body: str) -> Do:
    return lambda session, actor, _ids: void(talk.write(session, actor, sent(thread), body))


def cancel(thread: Thread, reason: CancelReason) -> Do:
    return lambda session, actor, _ids: void(finish.cancel(session, actor, sent(thread), reason))


def withdraw(thread: Thread) -> Do:
    return lambda session, actor, _ids: void(finish.withdraw(session, actor, sent(thread)))


# --- the schedule's ---
def expire(thread: Thread) -> Do:
    return lambda session, actor, _ids: void(finish.expire(session, actor, sent(thread)))


def remind(thread: Thread, what: str) -> Do:
    return lambda session, actor, _ids: void(finish.remind(session, actor, sent(thread), what))


def void(_result: object) -> None:
    """A step's result is of no use to anybody."""
