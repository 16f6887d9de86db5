"""Every door that takes a place, one after the other and all at once: no programme is oversold without a reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.errors import Conflict
from orgs.clients.use_cases import walk_in
from orgs.programmes.places import places_of
from orgs.programmes.rules import OverReason, check_place, is_full
from referrals.life.reasons import CancelReason, DeclineReason
from referrals.life.use_cases import answer, finish, visit
from tests.cast import SOKHA, Cast, cast, programme
from tests.network import Network
from tests.pages import client_for, site
from tests.referrals.life import looking
from tests.referrals.places.houses import accept, arrive, at_once, come, refused, taken

SIXTEEN = 16


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.mark.parametrize(("capacity", "there", "over"), list(product([0, 1, 5], range(8), [None, *OverReason])))
def test_one_more_is_taken_while_there_is_room_or_with_a_reason(
    capacity: int, there: int, over: OverReason | None
) -> None:
    if there < capacity:
        assert check_place(capacity, there, over) is False
    elif over is None:
        with pytest.raises(Conflict):
            check_place(capacity, there, over)
    else:
        assert check_place(capacity, there, over) is True
    assert is_full(capacity, there) is (there >= capacity)
    assert not is_full(None, there)


def test_sixteen_who_accept_at_once_for_two_places_leave_two(network: Network, people: Cast) -> None:
    two = programme(people.clinic, capacity=2)
    sent = [people.send(people.consent(two)[0]) for _ in range(SIXTEEN)]
    results = at_once(*(partial(accept, people, one) for one in sent))
    assert refused(results) == SIXTEEN - 2
    assert taken(network, two) == (2, 2)


def test_sixteen_who_accept_at_once_by_the_api_leave_two(network: Network, people: Cast) -> None:
    two = programme(people.clinic, capacity=2)
    sent = [people.send(people.consent(two)[0]) for _ in range(SIXTEEN)]
    clinic = site(network)

    def post(referral_id: UUID) -> int:
        path = f"/api/v1/referrals/{referral_id}/accept_and_arrive"
        return client_for(clinic, people.nurse).post(path, json={}).status_code

    statuses = at_once(*(partial(post, one) for one in sent))
    assert sorted(statuses, key=str) == [200, 200] + [409] * (SIXTEEN - 2)
    assert taken(network, two) == (2, 2)


def test_all_doors_at_once_with_places_that_are_freed(network: Network, people: Cast) -> None:
    four = programme(people.clinic, capacity=4)
    held, *sent = [people.send(people.consent(four)[0]) for _ in range(9)]
    accept(people, held)

    def decline(referral_id: UUID) -> None:
        with people.nurse.transaction() as (session, actor):
            answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY)

    def cancel() -> None:
        with people.outreach.transaction() as (session, actor):
            finish.cancel(session, actor, held, CancelReason.OTHER)

    doors: list[Callable[[], object]] = [
        *(partial(accept, people, one) for one in sent[:3]),
        *(partial(arrive, people, one) for one in sent[3:6]),
        *(partial(come, people, four) for _ in range(4)),
        *(partial(decline, one) for one in sent[6:]),
        cancel,
    ]
    results = at_once(*doors)
    kept, counted = taken(network, four)
    assert kept == counted
    assert kept in {3, 4}  # the place that was freed may have come too late for everybody
    assert 10 - refused(results) == kept


@pytest.mark.parametrize("door", ["accept", "accept_and_arrive", "walk_in"])
def test_each_door_of_a_full_programme_asks_for_a_reason(network: Network, people: Cast, door: str) -> None:
    full = programme(people.clinic, capacity=1)
    sent = people.send(people.consent(full)[0])
    come(people, full)
    through: dict[str, Callable[..., object]] = {
        "accept": partial(accept, people, sent),
        "accept_and_arrive": partial(arrive, people, sent),
        "walk_in": partial(come, people, full),
    }
    with pytest.raises(Conflict, match="All places are taken"):
        through[door]()
    assert taken(network, full) == (1, 1)
    through[door](over=OverReason.PREGNANT)
    assert taken(network, full) == (2, 2)
    noted = looking.rows(network, "SELECT reason, ref FROM app.over_capacity WHERE programme_id = :id", id=full)
    assert [row.reason for row in noted] == ["pregnant"]
    assert (noted[0].ref is None) is (door == "walk_in")


def test_a_reason_where_there_is_room_is_not_counted(network: Network, people: Cast) -> None:
    one = programme(people.clinic, capacity=1)
    come(people, one, OverReason.OTHER)
    assert looking.rows(network, "SELECT 1 FROM app.over_capacity WHERE programme_id = :id", id=one) == []


def test_an_arrival_takes_no_second_place(network: Network, people: Cast) -> None:
    one = programme(people.clinic, capacity=1)
    sent = people.send(people.consent(one)[0])
    accept(people, sent)
    with people.nurse.transaction() as (session, actor):
        visit.note_arrival(session, actor, sent)
    assert taken(network, one) == (1, 1)


def test_two_walk_ins_of_one_transaction_are_both_counted(people: Cast) -> None:
    one = programme(people.clinic, capacity=1)
    with people.nurse.transaction() as (session, actor):
        walk_in(session, actor, SOKHA, one)
        with pytest.raises(Conflict):
            walk_in(session, actor, SOKHA, one)


def test_without_a_limit_nothing_is_counted_and_nobody_waits(network: Network, people: Cast) -> None:
    endless = programme(people.clinic, capacity=None)
    sent = people.send(people.consent(endless)[0])
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, sent)
        come(people, endless)  # on another connection, while the first still works
    assert taken(network, endless) == (0, 0)
    with people.nurse.transaction() as (session, actor):
        assert not places_of(session, actor, endless).full


def test_nobody_holds_another_organisations_places(people: Cast, network: Network) -> None:
    other = cast(network)
    with other.nurse.transaction() as (session, actor):
        asked = {"programme": people.programme_id}
        assert session.execute(text("SELECT * FROM sec.hold_places(:programme)"), asked).all() == []
        assert places_of(session, actor, people.programme_id).capacity is None
