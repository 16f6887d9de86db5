from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock, paging
from app.core.errors import Invalid
from app.core.paging import Cursor
from orgs.clients import queries, use_cases
from orgs.clients.queries import FOUND_AT_MOST
from tests.network import Network, Person
from tests.orgs.clients.people import client_of, found_by, record

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def worker(network: Network) -> Person:
    return network.organisation().person("caseworker")


@pytest.mark.parametrize(
    "typed",
    [
        "សុខា",
        "សុ\u200bខា",
        "ចាន់ សុខា",
        "ចាន់សុខា",
        "sokha",
        "SOK",
        "ប៊ូ ២",
        "ប៊ូ 2",
        "012345678",
        "០១២ ៣៤៥ ៦៧៨",
        "+855 12 345 678",
    ],
)
def test_a_client_is_found_as_people_type(worker: Person, typed: str) -> None:
    client_of(worker, "ប៊ូ ២", name="ចាន់\u200bសុខា Sokha", phone="012 345 678")
    client_of(worker, "Other", phone="012 345 679")
    assert found_by(worker, typed) == ["ប៊ូ ២"]


def test_a_client_is_found_by_code_however_it_is_typed(worker: Person) -> None:
    client_id = client_of(worker)
    with worker.transaction() as (session, actor):
        code = queries.client_values(session, actor, client_id).code
    assert found_by(worker, code.lower()) == ["Bopha"]
    assert found_by(worker, f" {code[:5]}\u200b{code[5:]} ") == ["Bopha"]


@pytest.mark.parametrize("typed", ["", "\u200b", "nobody", "099 999 999", "TS-2222222"])
def test_nothing_is_found_for_what_nobody_is_called(worker: Person, typed: str) -> None:
    client_of(worker)
    assert found_by(worker, typed) == []


def test_the_same_phone_has_another_hash_elsewhere_and_is_not_found_across(network: Network, worker: Person) -> None:
    other = network.organisation().person("caseworker")
    client_of(other, phone="012 345 678")
    assert found_by(worker, "012 345 678") == []


def test_the_archived_are_found_and_marked(worker: Person) -> None:
    client_id = client_of(worker)
    with worker.transaction() as (session, actor):
        use_cases.archive(session, actor, client_id, version=1)
        (line,) = queries.search(session, actor, "bopha").lines
    assert line.archived


def test_too_many_are_cut_and_said(worker: Person) -> None:
    with worker.transaction() as (session, actor):
        for number in range(FOUND_AT_MOST + 1):
            use_cases.create_client(session, actor, record(f"Bopha {number}"))
        found = queries.search(session, actor, "bopha")
    assert len(found.lines) == FOUND_AT_MOST
    assert found.more


def test_pages_follow_each_other_without_gap_or_repeat(worker: Person) -> None:
    count = 2 * paging.SIZE + 3
    with clock.at(NOON), worker.transaction() as (session, actor):
        for number in range(count):  # three in the same moment, so that the id decides
            with clock.at(NOON + timedelta(minutes=number // 3)):
                use_cases.create_client(session, actor, record(f"P{number}"))
    seen: list[str] = []
    cursor: Cursor | None = None
    with worker.transaction() as (session, actor):
        for _ in range(3):
            page = queries.page(session, actor, cursor)
            seen += [line.alias for line in page.rows]
            cursor = Cursor.parse(page.next)
    assert cursor is None
    assert len(seen) == len(set(seen)) == count
    assert seen[0] in {"P50", "P51", "P52"}


def test_mine_are_those_whose_worker_i_am(network: Network) -> None:
    org = network.organisation()
    lina, rith = org.person("caseworker"), org.person("outreach")
    client_of(rith, "His")
    client_of(lina, "Hers")
    with lina.transaction() as (session, actor):
        assert {line.alias for line in queries.page(session, actor).rows} == {"His", "Hers"}
        assert [line.alias for line in queries.page(session, actor, mine=True).rows] == ["Hers"]


@pytest.mark.parametrize("text", ["x", "AAAA", "_" * 32, "ស្ពាន", "A" * 4000])
def test_a_damaged_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Cursor.parse(text)


def test_names_are_short_and_known_by_code(worker: Person) -> None:
    first, second = client_of(worker, "Bopha", name="Legal"), client_of(worker, "", name="Dara")
    with worker.transaction() as (session, actor):
        names = queries.names(session, actor, [first, second])
    assert (str(names[first]), str(names[second])) == ("Bopha", "Dara")
    assert names[first].code.startswith("TS-")
