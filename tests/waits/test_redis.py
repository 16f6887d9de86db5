"""Redis that is frozen, and not dead, holds nobody up: limits go on in memory, and a nudge is let go."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from kombu.exceptions import OperationalError
from redis import RedisError

from referrals.life.states import Action
from referrals.slips import issue
from tests.cast import Cast, cast, tomorrow
from tests.network import Network
from tests.running import Broker, broker_running, eventually
from tests.waits.web import Web, at_once, web_running
from worker.config import RELAY
from worker.nudge import sender

SOON_S = 1.0
AT_ONCE = 16


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with broker_running() as running:
        yield running


@pytest.fixture
def web(network: Network, broker: Broker, tmp_path: Path) -> Iterator[Web]:
    """A web of each test's own: what its processes count in their memory is of that test alone."""
    with web_running(network, tmp_path, SPEAN_REDIS_URL=broker.url) as running:
        yield running
        assert "Traceback" not in running.log.read_text()


@pytest.fixture
def team(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def frozen(broker: Broker, web: Web, team: Cast) -> Iterator[float]:
    """A Redis that every process of the web knew well. Gives how long sixteen waited at most before, in seconds."""
    calm = max(one.seconds for one in at_once([lambda: web.sign_in("nobody@example.org")] * AT_ONCE))
    with broker.client() as client:
        client.flushall()
    broker.freeze()
    yield calm
    broker.thaw()


def test_tries_are_counted_in_redis_again(web: Web, broker: Broker, frozen: float) -> None:
    """Both processes count there: of many who try, each leaves its moment in Redis."""
    at_once([lambda: web.sign_in("somebody@example.org")] * 6)
    broker.thaw()

    def counted() -> bool:
        with broker.client() as client:
            client.flushall()
            at_once([lambda: web.sign_in("somebody@example.org")] * 6)
            return any(client.llen(key) == 6 for key in client.scan_iter("LIMITS*"))

    eventually(counted, 15)


def code_of(team: Cast, referral_id: UUID) -> str:
    with team.outreach.transaction() as (session, actor):
        return issue.printed(session, actor, referral_id).code


def test_signing_in(web: Web, frozen: float, team: Cast) -> None:
    answer = web.sign_in(team.nurse.email)
    assert (answer.status, answer.seconds < SOON_S) == (303, True), answer.seconds
    again = web.sign_in(team.nurse.email)
    assert (again.status, again.seconds < SOON_S) == (303, True), again.seconds


def test_many_sign_in_at_once(web: Web, frozen: float, team: Cast) -> None:
    answers = at_once([lambda: web.sign_in(team.nurse.email)] * AT_ONCE)
    assert [one.status for one in answers] == [303] * AT_ONCE
    assert max(one.seconds for one in answers) < SOON_S + frozen


def test_whoever_tries_on_and_on_is_stopped_all_the_same(web: Web, frozen: float, team: Cast) -> None:
    """Twenty tries for a name in each of the two processes."""
    answers = [answer for _ in range(4) for answer in at_once([lambda: web.sign_in(team.nurse.email, "wrong")] * 12)]
    assert [one.status for one in answers].count(429) >= 8


def test_an_arrival_by_the_slip(web: Web, frozen: float, team: Cast) -> None:
    """Both uses in one request: guesses are limited, and the sender is told."""
    ask = web.program(team.nurse)
    for _ in range(2):
        referral_id = team.send()
        sent = json.dumps({"code": code_of(team, referral_id)})
        answer = ask("POST", f"/referrals/{referral_id}/{Action.ACCEPT_AND_ARRIVE}", sent)
        assert answer.status == 200, answer.text
        assert answer.seconds < SOON_S


def test_a_wrong_code_is_counted_in_memory(web: Web, frozen: float, team: Cast) -> None:
    ask = web.program(team.nurse)
    path = f"/referrals/{team.send()}/{Action.ACCEPT_AND_ARRIVE}"
    answers = [ask("POST", path, json.dumps({"code": "AAAA-AAA"})) for _ in range(24)]
    assert answers[0].status == 422
    assert 429 in [one.status for one in answers]
    assert max(one.seconds for one in answers) < SOON_S


def test_steps_that_nudge_one_after_the_other_and_at_once(
    web: Web, broker: Broker, frozen: float, team: Cast, network: Network
) -> None:
    """One connection for all: whoever waited for Redis after the answer would hold the next request up."""
    first, many = accepting(web, team, 4), accepting(web, team, AT_ONCE)
    assert max(accept() for accept in first) < SOON_S
    took = at_once(many)
    broker.thaw()
    calm = at_once(accepting(web, cast(network), AT_ONCE))
    assert max(took) < SOON_S + max(calm)


def accepting(web: Web, team: Cast, number: int) -> list[Callable[[], float]]:
    """So many referrals, each to be accepted by a call that gives how many seconds the answer took."""
    ask, at = web.program(team.nurse), tomorrow().at
    assert at is not None
    sent = json.dumps({"at": at.isoformat()})

    def accept(referral_id: UUID) -> float:
        answer = ask("POST", f"/referrals/{referral_id}/{Action.ACCEPT}", sent)
        assert answer.status == 200, answer.text
        return answer.seconds

    return [partial(accept, team.send()) for _ in range(number)]


def test_pages_that_use_no_redis_are_as_quick_as_ever_meanwhile(web: Web, frozen: float, team: Cast) -> None:
    until = time.monotonic() + 4
    while time.monotonic() < until:
        at_once([lambda: web.sign_in(team.nurse.email)] * 4)
        assert web.page("/inbox", team.nurse).seconds < SOON_S


def test_celery_gives_up_soon_when_redis_freezes_between_the_mark_and_the_message(network: Network) -> None:
    with broker_running() as own:
        celery = sender(replace(network.servers.settings, redis_url=own.url))
        celery.send_task(RELAY, retry=False)
        own.freeze()
        for _ in range(2):  # over the connection that it has, and over a new one
            began = time.monotonic()
            with pytest.raises((OperationalError, RedisError, OSError)):
                celery.send_task(RELAY, retry=False)
            assert time.monotonic() - began < 2 * SOON_S
        own.thaw()
