"""From facts to releases, on the publisher's own connection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.core import clock
from app.core.clock import PHNOM_PENH
from app.core.errors import Conflict, NotAllowed
from referrals.uptake import queries
from referrals.uptake.models import NetworkSettings, UptakeFact, UptakeRelease
from referrals.uptake.use_cases import choose_kind, publish_closed
from tests.network import Network, Person
from tests.referrals.uptake.publishing import forget_all, note, publisher

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
JULY, NOVEMBER = date(2026, 7, 14), date(2026, 11, 3)


@pytest.fixture
def worker(network: Network) -> Iterator[Person]:
    person = network.organisation().person("caseworker")
    forget_all(network)
    _choose(network, "quarter")
    yield person
    forget_all(network)
    _choose(network, "quarter")


def _choose(network: Network, kind: str) -> None:
    with network.steward.transaction() as (session, actor):
        choose_kind(session, actor, kind=kind, version=queries.frequency(session).version)


def _publish(network: Network, now: datetime = NOW) -> list[str]:
    with publisher(network) as session:
        return publish_closed(session, now)


def _tree(worker: Person, period: str = "2026-Q3") -> Any:
    with worker.transaction() as (session, _):
        return queries.release(session, "quarter" if "Q" in period else "month", period)["measures"]


def test_nothing_is_published_of_no_facts(network: Network, worker: Person) -> None:
    assert _publish(network) == []


def test_a_client_counts_once_however_often_they_are_referred(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(9))
    note(worker, date(2026, 8, 1), "referred", range(9))
    _publish(network)
    assert _tree(worker)["referred"] is None
    forget_all(network)
    note(worker, JULY, "referred", range(10))
    _publish(network)
    assert _tree(worker)["referred"]["count"] == 10


def test_nine_people_with_two_services_each_are_still_nine_people(network: Network, worker: Person) -> None:
    for service in ("methadone", "art"):
        note(worker, JULY, "referred", range(9), service=service)
    _publish(network)
    assert _tree(worker)["referred"] is None


def test_a_small_khan_is_pooled_with_another(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(40), khan="1201")
    note(worker, JULY, "referred", range(100, 112), khan="1208")
    note(worker, JULY, "referred", range(200, 203), khan="1212")
    _publish(network)
    parts = _tree(worker)["referred"]["parts"]
    assert {part["key"]: part["count"] for part in parts} == {"1201": 40, "others": 15}


def test_periods_end_at_midnight_in_phnom_penh_and_settle_for_an_hour(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(20))
    assert _publish(network, datetime(2026, 9, 30, 17, 59, tzinfo=UTC)) == []
    assert _publish(network, datetime(2026, 9, 30, 18, 0, tzinfo=UTC)) == ["2026-Q3"]


def test_a_release_is_frozen(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(20))
    assert _publish(network) == ["2026-Q3"]
    before = _tree(worker)
    note(worker, JULY, "referred", range(100, 150))
    assert _publish(network) == []
    assert _tree(worker) == before
    for statement in (update(UptakeRelease).values(period="x"), delete(UptakeRelease)):
        with pytest.raises(ProgrammingError, match="permission denied"), publisher(network) as session:
            session.execute(statement)


def test_the_open_period_is_not_published(network: Network, worker: Person) -> None:
    note(worker, NOVEMBER, "referred", range(50))
    assert _publish(network) == []


def test_months_and_quarters_never_overlap(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(20))
    assert _publish(network) == ["2026-Q3"]
    _choose(network, "month")
    assert _publish(network) == ["2026-10"]
    _choose(network, "quarter")
    assert _publish(network, datetime(2027, 1, 2, tzinfo=UTC)) == ["2026-11", "2026-12"]
    july = {"kind": "month", "period": "2026-07", "starts": date(2026, 7, 1), "ends": date(2026, 8, 1)}
    with pytest.raises(IntegrityError, match="never_overlap"), publisher(network) as session:
        session.execute(insert(UptakeRelease).values(**july, made_at=NOW, tree={}))


def test_how_people_heard_follows_the_same_rule(network: Network, worker: Person) -> None:
    note(worker, JULY, "heard", range(30), source="outreach")
    note(worker, JULY, "heard", range(100, 112), source="commune_office")
    note(worker, JULY, "heard", range(200, 206), source="card")
    note(worker, JULY, "heard", range(300, 305), source="family")
    _publish(network)
    parts = _tree(worker)["heard"]["parts"]
    assert {part["key"]: part["count"] for part in parts} == {"outreach": 30, "commune_office": 15, "others": 10}


def test_facts_are_read_by_the_publisher_alone(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(3))
    for role in ("spean_web", "spean_public", "spean_worker"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            network.servers.engines[role].connect() as connection,
        ):
            connection.execute(select(func.count()).select_from(UptakeFact))


@pytest.mark.parametrize("table", ["clients", "referrals", "referral_clients", "organisations", "staff", "consents"])
def test_the_publisher_reads_nothing_else(network: Network, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), publisher(network) as session:
        session.execute(text(f"SELECT 1 FROM app.{table}"))


def test_nobody_counts_for_another_organisation(network: Network, worker: Person) -> None:
    other, today = network.organisation().id, clock.now().astimezone(PHNOM_PENH).date()
    fact = {"org_id": other, "day": today, "measure": "heard", "pseudonym": bytes(32)}
    with pytest.raises(ProgrammingError, match="row-level security"), worker.transaction() as (session, _):
        session.execute(insert(UptakeFact).values(**fact))


def test_only_the_steward_chooses_and_only_what_they_saw(network: Network, worker: Person) -> None:
    with pytest.raises(NotAllowed), worker.transaction() as (session, actor):
        choose_kind(session, actor, kind="month", version=1)
    with network.steward.transaction() as (session, _):
        version = queries.frequency(session).version
    with pytest.raises(Conflict), network.steward.transaction() as (session, actor):
        choose_kind(session, actor, kind="month", version=version - 1)


def test_the_database_too_takes_the_choice_from_the_steward_alone(network: Network, worker: Person) -> None:
    with worker.transaction() as (session, _):
        changed = session.execute(update(NetworkSettings).values(release_kind="month").returning(NetworkSettings.one))
        assert changed.all() == []
