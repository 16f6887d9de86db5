"""A page that is read while somebody takes a step answers with how things stand, whichever moment the step falls on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.http.session import database
from orgs.clients.use_cases.records import create_client
from orgs.facts import ErasureReason
from referrals.erasing import use_cases as erasing
from referrals.life.reasons import CancelReason, DeclineReason, ReleaseReason
from referrals.life.states import ENDED, Action, State
from referrals.life.use_cases import answer, finish
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.waits.web import Answer, web_running

Step = Callable[[Cast, UUID], None]
MOST = 60
"""More statements than any page sends."""


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    return site(network)


@contextmanager
def as_(person: Person) -> Iterator[tuple[Any, Any]]:
    """A transaction that does not wait for a row that the page itself holds: the step then comes after the page."""
    with person.transaction() as (session, actor):
        session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        yield session, actor


def decline(team: Cast, referral_id: UUID) -> None:
    with as_(team.nurse) as (session, actor):
        answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY)


def release(team: Cast, referral_id: UUID) -> None:
    with as_(team.nurse) as (session, actor):
        finish.release(session, actor, referral_id, ReleaseReason.NO_CAPACITY)


def withdraw(team: Cast, referral_id: UUID) -> None:
    with as_(team.outreach) as (session, actor):
        finish.withdraw(session, actor, referral_id)


def cancel(team: Cast, referral_id: UUID) -> None:
    with as_(team.outreach) as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)


def erase(team: Cast, referral_id: UUID) -> None:
    with as_(team.outreach) as (session, actor):
        version = session.execute(text("SELECT version FROM app.clients WHERE id = :id"), {"id": team.client_id})
        erasing.erase(session, actor, team.client_id, ErasureReason.ASKED, version=version.scalar_one())


def accept(team: Cast, referral_id: UUID) -> None:
    with as_(team.nurse) as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())


@dataclass
class Beside:
    """Takes a step right after the page's statement number `after`."""

    engine: Engine
    after: int
    step: Callable[[], None]
    sent: int = 0
    taken: bool = False
    waited: bool = False

    def __enter__(self) -> Self:
        event.listen(self.engine, "after_cursor_execute", self._count)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(self.engine, "after_cursor_execute", self._count)

    def _count(self, *_statement: object) -> None:
        self.sent += 1
        if self.sent != self.after or self.taken:
            return
        self.taken = True
        try:
            self.step()
        except OperationalError:
            self.waited = True  # the page holds the row: the step has to wait for it


@dataclass(frozen=True)
class Case:
    """Who reads what, what happens beside it, and what may be answered."""

    reader: str
    path: str
    step: Step
    before: tuple[Step, ...] = ()
    also: frozenset[int] = frozenset()
    """Besides 200: how an address answers when the step was faster."""
    first: bool = False
    """Whether nobody has looked before: the first look writes."""

    def __str__(self) -> str:
        first = " first" if self.first else ""
        before = "".join(f" after {step.__name__}" for step in self.before)
        return f"{self.reader}{first} {self.path}{before} beside {self.step.__name__}"


_ONE, _API = "/referrals/{referral}", "/api/v1/referrals/{referral}"
_GONE, _CLOSED = frozenset({404}), frozenset({409})
CASES = [
    *(Case("nurse", _API, step) for step in (decline, withdraw, cancel, erase)),
    *(Case("nurse", _ONE, step) for step in (decline, withdraw)),
    *(Case("nurse", _API, step, first=True) for step in (decline, withdraw)),
    Case("nurse", _ONE, decline, first=True),
    *(Case("nurse", _API, step, (accept,)) for step in (release, withdraw)),
    Case("nurse", _ONE, release, (accept,)),
    Case("nurse", f"{_ONE}/{Action.DECLINE}", withdraw, also=_CLOSED),
    Case("nurse", "/inbox", withdraw),
    *(Case("outreach", _API, step) for step in (decline, withdraw, erase)),
    *(Case("outreach", _ONE, step) for step in (accept, decline, erase)),
    Case("outreach", "/outbox", erase),
    Case("outreach", f"{_ONE}/slip.pdf", decline, also=_CLOSED),
    Case("outreach", f"{_ONE}/slip.pdf", erase, also=_CLOSED | _GONE),
    *(Case("outreach", path, erase, also=_GONE) for path in (
        "/clients/{client}", "/clients/{client}/account", "/clients/{client}/account.pdf?language=en",
        "/api/v1/clients/{client}", "/permissions/{consent}/receipt", "/permissions/{consent}/receipt.pdf?language=en",
    )),
    Case("outreach", "/clients/{client}", decline),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_between_any_two_statements_of_a_page(pages: Flask, network: Network, case: Case) -> None:
    """The step is taken after the first statement, after the second, and so on to the last."""
    team, after = cast(network), 1
    with pages.app_context():
        engine = database.engine
    while after < MOST:
        answered, beside = _read_beside(pages, engine, with_somebody_new(team), case, after)
        assert answered.status_code in {200, *case.also}, f"after statement {after}: {words_of(answered.text)}"
        assert is_whole(case, answered), f"after statement {after}: {answered.text}"
        if not beside.taken:
            return
        after += 1
    pytest.fail("the page sends more statements than were tried")


def is_whole(case: Case, answered: TestResponse) -> bool:
    """Whether the state that a receiver's program is told goes with what it may read: all, or nothing after the end."""
    if case.path != _API or case.reader != "nurse" or case.step is erase:
        return True
    assert answered.json is not None
    return (State(answered.json["state"]) in ENDED) == (answered.json["packet"]["triage"] is None)


def _read_beside(pages: Flask, engine: Engine, team: Cast, case: Case, after: int) -> tuple[TestResponse, Beside]:
    consent = team.consent()[0]
    referral_id = team.send(consent)
    for step in case.before:
        step(team, referral_id)
    path = case.path.format(referral=referral_id, client=team.client_id, consent=consent)
    reader = client_for(pages, getattr(team, case.reader))
    if not case.first:
        assert reader.get(path).status_code == 200
    with Beside(engine, after, lambda: case.step(team, referral_id)) as beside:
        return reader.get(path), beside


def with_somebody_new(team: Cast) -> Cast:
    """The same people, and a client of their own."""
    with team.outreach.transaction() as (session, actor):
        return replace(team, client_id=create_client(session, actor, SOKHA))


REFUSED, DONE = {"reason": ""}, {"reason": DeclineReason.TOO_FAR.value}


@pytest.mark.slow
@pytest.mark.parametrize("given", [REFUSED, DONE], ids=["refused", "done"])
@pytest.mark.parametrize("step", [decline, withdraw, erase], ids=lambda step: step.__name__)
def test_a_step_between_any_two_statements_of_a_form_that_is_sent(
    pages: Flask, network: Network, step: Step, given: dict[str, str]
) -> None:
    """A form's page looks in one transaction, acts in a second and shows what was refused in a third."""
    team, after = cast(network), 1
    with pages.app_context():
        engine = database.engine
    while after < MOST:
        mine = with_somebody_new(team)
        referral_id = mine.send()
        reader, path = client_for(pages, mine.nurse), f"/referrals/{referral_id}/{Action.DECLINE}"
        assert reader.get(path).status_code == 200
        with Beside(engine, after, lambda m=mine, r=referral_id: step(m, r)) as beside:  # type: ignore[misc]
            answered = reader.post(path, data=given)
        assert answered.status_code in {303, 404, 409, 422}, f"after statement {after}: {words_of(answered.text)}"
        if not beside.taken:
            assert answered.status_code == (422 if given is REFUSED else 303)
            return
        after += 1
    pytest.fail("the page sends more statements than were tried")


@pytest.mark.slow
def test_many_read_while_a_colleague_declines_or_withdraws(network: Network, tmp_path: Path) -> None:
    """Through the web itself: every answer is the referral, as it was before or after the step."""
    team = cast(network)
    with web_running(network, tmp_path) as web:
        nurse, outreach = web.program(team.nurse), web.program(team.outreach)
        answers: list[Answer] = []
        for number in range(30):
            path = f"/referrals/{team.send()}"
            nurse("GET", path)
            over = Event()

            def read(path: str = path, over: Event = over) -> None:
                answers.extend(ask("GET", path) for ask in (nurse, outreach))
                while not over.is_set():
                    answers.append(nurse("GET", path))

            readers = [Thread(target=read) for _ in range(3)]
            for reader in readers:
                reader.start()
            if number % 2:
                done = nurse("POST", f"{path}/{Action.DECLINE}", json.dumps({"reason": DeclineReason.TOO_FAR}))
            else:
                done = outreach("POST", f"{path}/{Action.WITHDRAW}")
            over.set()
            for reader in readers:
                reader.join()
            assert done.status == 200, done.text
            after = json.loads(nurse("GET", path).text)
            assert after["packet"]["triage"] is None
        assert {one.status for one in answers} == {200}, [one.text for one in answers if one.status != 200][:3]
        assert "Traceback" not in web.log.read_text()
