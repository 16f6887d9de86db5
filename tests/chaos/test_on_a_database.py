"""What reads, ages and breaks rows does so on the schema as it is."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import text

from app.chaos import aging, rows
from app.chaos.control import publishing_once
from app.chaos.history import Event, Referral
from app.chaos.telling import TO_BOTH, TO_RECEIVER, told_orgs
from app.core import clock
from referrals.life import events
from referrals.life.policy import Party
from referrals.life.use_cases.answer import waitlist
from tests.cast import Cast, cast
from tests.network import Network
from tests.running import clock_right, forget_old

SHORT = timedelta(seconds=0.5)


@pytest.fixture
def admin_url(network: Network) -> str:
    """The administrator's, on the database of this run."""
    forget_old(network)
    return make_conninfo(network.servers.admin_url, dbname=network.servers.database)


@pytest.fixture
def team(network: Network, admin_url: str) -> Cast:
    return cast(network)


def lease(network: Network) -> list[UUID]:
    """As the relay leases, for half a second."""
    with network.servers.engines["spean_worker"].begin() as connection:
        claim = text("SELECT job_id FROM sec.claim_jobs(20, :lease)")
        return list(connection.execute(claim, {"lease": SHORT}).scalars())


def test_an_outbox_that_publishes_once_loses_what_a_dead_worker_held(
    network: Network, team: Cast, admin_url: str
) -> None:
    team.send()
    with publishing_once(admin_url):
        assert len(lease(network)) == 1
        time.sleep(2 * SHORT.total_seconds())
        assert lease(network) == []


def test_the_real_one_gives_it_out_again(network: Network, team: Cast, admin_url: str) -> None:
    with publishing_once(admin_url):
        pass
    team.send()
    held = lease(network)
    time.sleep(2 * SHORT.total_seconds())
    assert lease(network) == held


def test_what_is_read_for_the_invariants(network: Network, team: Cast, admin_url: str) -> None:
    referral = str(team.send())

    found = rows.read(network.servers.urls["spean_backup"])

    row = next(one for one in found.referrals if one.id == referral)
    event = next(one for one in found.events if one.referral == referral)
    assert (row.state, row.version, row.sender_org, row.receiver_org) == (
        "sent", 1, str(team.ngo.id), str(team.clinic.id),
    )  # fmt: skip
    assert (event.kind, event.by_org) == ("sent", row.sender_org)
    assert [(one.org, one.done) for one in found.jobs if one.event == event.id] == [(row.receiver_org, False)]
    assert row.consent in found.consents
    assert [one.times for one in found.entries if (one.action, one.subject) == ("referral.sent", referral)] == [1]
    assert rows.under_way(network.servers.urls["spean_backup"]) == 1


@pytest.mark.parametrize(("kind", "what"), [("half_time", "half"), ("overdue", "overdue"), ("expired", "expire")])
def test_ageing_makes_due(network: Network, team: Cast, admin_url: str, kind: str, what: str) -> None:
    referral = team.send()
    clock_right(network)

    aged = aging.make_due(admin_url, str(referral), kind)

    with network.servers.engines["spean_worker"].begin() as connection:
        due = connection.execute(text("SELECT referral_id, what, now() FROM sec.due_referrals(500)")).all()
    assert [(row.referral_id, row.what) for row in due if row.referral_id == referral] == [(referral, what)]
    assert aged is not None
    assert due[0].now - aged < timedelta(seconds=30)


def test_what_was_answered_is_not_aged(team: Cast, admin_url: str) -> None:
    referral = team.send()
    with team.nurse.transaction() as (session, actor):
        waitlist(session, actor, referral)

    assert aging.make_due(admin_url, str(referral), "expired") is None


def test_a_lease_is_not_cut_short(network: Network, team: Cast, admin_url: str) -> None:
    team.send()
    with network.servers.engines["spean_worker"].begin() as connection:
        connection.execute(text("SELECT job_id FROM sec.claim_jobs(20, interval '1 hour')"))

    aging.try_again(admin_url)

    assert lease(network) == []


@pytest.mark.parametrize("kind", list(events.Kind))
@pytest.mark.parametrize("by", [Party.SENDER, Party.RECEIVER])
def test_who_is_to_be_told_agrees_with_the_rules(kind: events.Kind, by: Party) -> None:
    """Worked out apart from `referrals.life.events`, so that a change there is seen here."""
    row = Referral("r", "sender", "receiver", "p", "c", "sent", 1)
    nobody = kind in TO_BOTH | TO_RECEIVER
    event = Event("e", "r", kind, clock.now(), None if nobody else str(by), None)

    assert told_orgs(event, row) == {str(one) for one in events.told(kind, by)}
