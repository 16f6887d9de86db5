"""Which clock decides: the database's, whatever the machine's own says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from app.core import clock
from referrals.life.use_cases import answer
from tests.cast import cast, from_now_on
from tests.network import Network


class Wrong(datetime):
    """A machine whose clock is a month ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + timedelta(days=30)


@pytest.fixture
def machine_is_ahead(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "datetime", Wrong)
    monkeypatch.setattr(clock, "_heard", [])


def test_a_machine_that_is_a_month_ahead_sends_and_answers_at_the_right_time(
    network: Network, machine_is_ahead: None
) -> None:
    assert clock.now() - datetime.now(UTC) > timedelta(days=29)
    team = cast(network)
    referral_id = team.send()
    with team.nurse.transaction() as (session, actor):
        row = answer.accept(session, actor, referral_id, from_now_on())
    for moment in (row.sent_at, row.accepted_at, clock.now()):
        assert moment is not None
        assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_was_heard_goes_on_by_a_clock_that_never_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_heard", [])
    monkeypatch.setattr(clock, "since_start", lambda: 100.0)
    said = datetime(2026, 11, 29, tzinfo=UTC)
    clock.hear(said)
    monkeypatch.setattr(clock, "since_start", lambda: 130.0)
    assert clock.now() == said + timedelta(seconds=30)
    with clock.at(datetime(2020, 1, 1, tzinfo=UTC)):
        assert clock.now().year == 2020
