"""How the boxes are planned under the restricted role: the same at every size, since the planner is led and blind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.bench.asking import Ask
from app.bench.inside import Inside, Plan, inside
from app.bench.network import Doors
from orgs.clients.use_cases.records import create_client
from referrals.life.reasons import DeclineReason
from referrals.life.states import ENDED, UNDER_WAY, State
from referrals.life.use_cases import answer, visit
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import Network

MOST_BUFFERS = 80
"""An inbox page touches no more than so many shared buffers, however many referrals there are."""
UNLED = {"enable_seqscan": "on", "enable_sort": "on", "enable_indexscan": "off", "enable_indexonlyscan": "off"}
SENT_AND_LEFT = ("sent", "waitlisted", "accepted", "arrived", "declined")


@pytest.fixture(scope="module")
def busy(network: Network) -> Cast:
    """A network with referrals in each tab of both boxes."""
    people = cast(network)
    for place in SENT_AND_LEFT:
        for _ in range(2):
            with people.outreach.transaction() as (session, actor):
                client = create_client(session, actor, SOKHA)
            referral = replace(people, client_id=client).send()
            with people.nurse.transaction() as (session, actor):
                if place == "waitlisted":
                    answer.waitlist(session, actor, referral)
                elif place == "declined":
                    answer.decline(session, actor, referral, DeclineReason.NO_CAPACITY)
                elif place != "sent":
                    answer.accept(session, actor, referral, tomorrow())
                if place == "arrived":
                    visit.note_arrival(session, actor, referral)
    return people


@pytest.fixture(scope="module")
def app(network: Network) -> Iterator[Inside]:
    doors = Doors(network.servers.settings, network.servers.urls["spean_migrator"])
    with inside(doors) as made:
        yield made
    doors.close()


def plans(app: Inside, token: str, path: str) -> list[Plan]:
    ask = Ask(path, {"Cookie": f"spean=s.{token}"})
    app.statements(ask)
    return app.plans(app.statements(ask), token)


@pytest.mark.parametrize("tab", ["sent", "accepted", "arrived", "waitlisted", "closed"])
@pytest.mark.parametrize("narrowed", ["", "&urgency=urgent", "&programme={programme}"])
def test_an_inbox_is_read_in_the_order_of_an_index(app: Inside, busy: Cast, tab: str, narrowed: str) -> None:
    path = f"/inbox?tab={tab}{narrowed.format(programme=busy.programme_id)}"
    found = plans(app, busy.nurse.token, path)
    assert [(plan.faults, plan.statement) for plan in found if plan.faults] == []
    assert sum(plan.buffers for plan in found) <= MOST_BUFFERS


@pytest.mark.parametrize("who", ["caseworker", "outreach"])
@pytest.mark.parametrize("tab", ["sent", "back", "accepted", "arrived", "waitlisted", "closed"])
@pytest.mark.parametrize("narrowed", ["", "&programme={programme}"])
def test_so_is_an_outbox(app: Inside, busy: Cast, who: str, tab: str, narrowed: str) -> None:
    """That of the whole organisation, and an outreach worker's own."""
    path = f"/outbox?tab={tab}{narrowed.format(programme=busy.programme_id)}"
    found = plans(app, getattr(busy, who).token, path)
    assert [(plan.faults, plan.statement) for plan in found if plan.faults] == []


@pytest.mark.parametrize(("side", "who"), [("sender", "caseworker"), ("sender", "outreach"), ("receiver", "nurse")])
def test_so_are_the_lists_for_programs(app: Inside, busy: Cast, side: str, who: str) -> None:
    found = plans(app, getattr(busy, who).token, f"/api/v1/referrals?side={side}&size=50")
    assert [(plan.faults, plan.statement) for plan in found if plan.faults] == []


SIDES = (("receiver", "nurse"), ("sender", "caseworker"), ("sender", "outreach"))


@pytest.mark.parametrize(("side", "who"), SIDES)
@pytest.mark.parametrize("state", sorted(UNDER_WAY | ENDED))
@pytest.mark.parametrize("narrowed", ["", "&urgency=urgent", "&programme={programme}"])
def test_so_is_what_is_in_one_state(app: Inside, busy: Cast, side: str, who: str, state: State, narrowed: str) -> None:
    path = f"/api/v1/referrals?side={side}&state={state}{narrowed.format(programme=busy.programme_id)}"
    found = plans(app, getattr(busy, who).token, path)
    assert [(plan.faults, plan.statement) for plan in found if plan.faults] == []


@pytest.mark.parametrize(
    ("side", "who", "orders"), [(*SIDES[0], "referrals_in"), (*SIDES[1], "referrals_out"), (*SIDES[2], "caseload")]
)
@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_what_is_under_way_is_not_looked_for_among_all_that_ever_was(
    app: Inside, busy: Cast, side: str, who: str, orders: str, state: State
) -> None:
    """A program asks every minute what waits, and mostly finds little."""
    found = plans(app, getattr(busy, who).token, f"/api/v1/referrals?side={side}&state={state}")
    assert f"{orders}_under_way" in found[-1].indexes


@pytest.mark.parametrize(("side", "who"), SIDES)
@pytest.mark.parametrize("state", ["", "&state=withdrawn"])
@pytest.mark.parametrize("narrowed", ["&urgency=urgent&programme={programme}", "&programme={programme}"])
def test_so_is_what_is_closed_and_narrowed_by_all_there_is(
    app: Inside, busy: Cast, side: str, who: str, state: str, narrowed: str
) -> None:
    box = "inbox" if side == "receiver" else "outbox"
    path = f"/{box}?tab=closed{state}{narrowed.format(programme=busy.programme_id)}"
    found = plans(app, getattr(busy, who).token, path)
    assert [(plan.faults, plan.statement) for plan in found if plan.faults] == []


def test_what_would_grow_is_found(app: Inside, busy: Cast) -> None:
    """The same statements, unled: a plan that reads in vain or sorts is called so."""
    said = app.statements(Ask("/inbox?tab=closed", {"Cookie": f"spean=s.{busy.nurse.token}"}))
    with app.doors.acting(busy.nurse.token) as (session, _actor):
        for setting, value in UNLED.items():
            session.connection().exec_driver_sql(f"SET LOCAL {setting} = {value}")
        found = [fault for one in app.planned(session.connection(), said) for fault in one.faults]
    assert any("Seq Scan on referrals" in fault for fault in found)
    assert "Sort" in found
