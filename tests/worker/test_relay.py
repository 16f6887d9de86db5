from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.cast import Cast, cast
from tests.network import Network
from tests.worker.news import jobs, mails, told
from worker import relay
from worker.context import Gone, Workshop
from worker.delivery import ring


@dataclass
class Handed:
    """What the relay hands to whom."""

    again: int = 0
    mail: int = 0
    apart: list[UUID] = field(default_factory=list)

    def look_again(self) -> None:
        self.again += 1

    def send(self) -> None:
        self.mail += 1

    def by(self, workshop: Workshop) -> Handed:
        relay.relay(workshop, again=self.look_again, mail=self.send, apart=self.apart.append)
        return self


def lapse(network: Network, referral_id: UUID) -> None:
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(
            text("UPDATE app.outbox SET next_at = now(), leased_until = now() WHERE referral_id = :id"),
            {"id": referral_id},
        )


def send(team: Cast, *, mail: bool = True) -> UUID:
    """A referral of which the clinic's nurse is to be told."""
    with team.nurse.transaction() as (session, actor):
        session.execute(
            text("UPDATE app.staff SET notify_email = :mail WHERE id = :id"), {"mail": mail, "id": actor.staff_id}
        )
    return team.send(team.consent()[0])


def test_a_job_is_leased_once_and_again_when_the_lease_has_run_out(network: Network, workshop: Workshop) -> None:
    referral_id = cast(network).send()
    first = relay.lease(workshop)
    assert [job.was_tried for job in first] == [False]
    assert relay.lease(workshop) == []
    assert timedelta(seconds=25) >= relay.LEASE  # with the next beat, within half a minute
    lapse(network, referral_id)
    again = relay.lease(workshop)
    assert [(job.id, job.was_tried) for job in again] == [(first[0].id, True)]
    assert jobs(network, referral_id) == [("sent", 2, None, False)]


def test_bells_are_rung_at_once_and_mails_are_left_to_another(network: Network, workshop: Workshop) -> None:
    team, other, quiet = cast(network), cast(network), cast(network)
    loud, louder, silent = send(team), send(other), send(quiet, mail=False)
    handed = Handed().by(workshop)
    assert told(team.nurse) == told(other.nurse) == told(quiet.nurse) == ["sent"]
    assert (handed.mail, handed.apart, handed.again) == (1, [], 0)
    for referral_id in (loud, louder, silent):
        assert jobs(network, referral_id) == [("sent", 1, "told", True)]
    assert [mails(network, one) for one in (loud, silent)] == [[("queued", None)], []]


def test_what_was_tried_before_goes_apart_unheard(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    referral_id = send(team)
    (job,) = relay.lease(workshop)
    lapse(network, referral_id)
    handed = Handed().by(workshop)
    assert (handed.apart, handed.mail, told(team.nurse)) == ([job.id], 0, [])


def test_after_a_full_batch_somebody_looks_again(
    network: Network, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 2)
    teams = [cast(network) for _ in range(3)]
    for team in teams:
        send(team, mail=False)
    assert Handed().by(workshop).again == 1
    assert Handed().by(workshop).again == 0
    assert [told(team.nurse) for team in teams] == [["sent"]] * 3


def test_where_one_breaks_the_others_go_apart(
    network: Network, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = [cast(network) for _ in range(3)]
    for team in teams:
        send(team, mail=False)
    rung: list[UUID] = []

    def ring_once(at: Workshop, job_id: UUID) -> bool:
        rung.append(job_id)
        if len(rung) > 1:
            raise ZeroDivisionError
        return ring(at, job_id)

    monkeypatch.setattr(relay, "ring", ring_once)
    handed = Handed()
    with pytest.raises(ZeroDivisionError):
        handed.by(workshop)
    assert len(handed.apart) == 1
    assert handed.apart[0] not in rung
    assert sorted(told(team.nurse) for team in teams) == [[], [], ["sent"]]


def test_a_job_whose_lease_is_over_opens_nothing(network: Network, workshop: Workshop) -> None:
    referral_id = cast(network).send()
    (leased,) = relay.lease(workshop)
    with workshop.on_job(leased.id) as (_session, job):
        assert job.id == leased.id
    lapse(network, referral_id)
    with pytest.raises(Gone), workshop.on_job(leased.id):
        pass


def test_a_job_that_fails_again_and_again_waits_longer_each_time(network: Network, workshop: Workshop) -> None:
    referral_id = cast(network).send()
    waits = []
    for _ in range(12):
        relay.lease(workshop)
        with network.servers.engines["spean_backup"].connect() as connection:
            query = text("SELECT next_at - now() FROM app.outbox WHERE referral_id = :id")
            waits.append(connection.execute(query, {"id": referral_id}).scalar_one())
        lapse(network, referral_id)
    assert all(wait < timedelta(seconds=25) for wait in waits[:3])
    assert waits[3] > timedelta(seconds=35)
    assert timedelta(minutes=59) < waits[-1] <= timedelta(hours=1)
