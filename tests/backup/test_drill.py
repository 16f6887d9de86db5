"""The drill: an old copy of the data does not bring back who was erased since, nor what was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.errors import NotFound
from orgs.clients.queries import client_values
from orgs.clients.use_cases import create_client
from orgs.facts import ErasureReason
from referrals.erasing.use_cases import erase
from referrals.life import packet_store
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish
from referrals.sending import drafts
from tests.backup.conftest import Copy, Safe, elsewhere, run
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import Network, Servers

pytestmark = pytest.mark.slow


@dataclass
class Drill:
    """One client who is erased, a permission that is taken back, and one client whose record goes on."""

    team: Cast
    erased: UUID
    stays: UUID
    draft: UUID
    withdrawn: UUID
    goes_on: UUID
    before: Copy
    after: Copy


@pytest.fixture(scope="module")
def drill(network: Network, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Drill:
    safe = Safe(network.servers, tmp_path_factory.mktemp("copies"), f"{worker_id}_drill")
    team = cast(network)
    erased = team.client_id
    with team.outreach.transaction() as (session, actor):
        stays = create_client(session, actor, SOKHA)
        draft = drafts.start(session, actor, erased, (team.programme_id,))
    team.client_id = stays
    withdrawn, goes_on = (team.send() for _ in range(2))
    for referral_id in (withdrawn, goes_on):
        with team.nurse.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, tomorrow())
    before = safe.copy()
    with team.outreach.transaction() as (session, actor):
        erase(session, actor, erased, ErasureReason.ASKED, version=1)
        finish.withdraw(session, actor, withdrawn)
    return Drill(team, erased, stays, draft, withdrawn, goes_on, before, safe.copy())


@pytest.fixture
def restored(safe: Safe, drill: Drill) -> Iterator[Servers]:
    """Old data, new keys."""
    made = safe.empty()
    done = run(made, "restore", drill.before.data, drill.after.keys)
    assert done.exit_code == 0, done.output
    yield made
    made.clear()


def test_who_was_erased_stays_erased_and_everybody_else_is_back(restored: Servers, drill: Drill) -> None:
    worker = elsewhere(restored, drill.team.outreach)
    with worker.transaction() as (session, actor):
        assert client_values(session, actor, drill.stays).record.alias == SOKHA.alias
        for look in (
            lambda: client_values(session, actor, drill.erased),
            lambda: drafts.read(session, actor, drill.draft),
        ):
            with pytest.raises(NotFound):
                look()
        row = session.execute(
            text("SELECT alias, name, phone, reach, facts FROM app.clients WHERE id = :id"), {"id": drill.erased}
        ).one_or_none()
        assert row is None or not any(row)


def test_what_was_taken_back_stays_closed_and_the_other_packet_opens(restored: Servers, drill: Drill) -> None:
    nurse = elsewhere(restored, drill.team.nurse)
    with nurse.transaction() as (session, actor):
        gone, open_still = load(session, actor, drill.withdrawn), load(session, actor, drill.goes_on)
        assert (gone.referral.state, open_still.referral.state) == ("withdrawn", "accepted")
        assert packet_store.read(session, actor, open_still).identity is not None
        assert keys_of(session, drill.withdrawn) == []
        assert keys_of(session, drill.goes_on)
        taken = session.scalar(text("SELECT taken FROM app.programmes WHERE id = :id"), {"id": drill.team.programme_id})
        assert taken == 1


def test_the_restoring_stands_in_each_audit_whose_chain_still_verifies(restored: Servers, drill: Drill) -> None:
    manager = elsewhere(restored, drill.team.ngo.manager or drill.team.outreach)
    with manager.transaction() as (session, _actor):
        rows = session.execute(text("SELECT detail FROM app.audit_log WHERE action = 'backup.restore'")).all()
    assert [set(row.detail) for row in rows] == [{"data", "keys"}]
    checked = run(restored, "verify-audit")
    assert checked.exit_code == 0, checked.output


def test_with_the_old_keys_the_erased_client_would_be_back(safe: Safe, drill: Drill) -> None:
    """Why copies of keys are kept for days and copies of data for months. Without this the drill proved nothing."""
    made = safe.empty()
    try:
        assert run(made, "restore", drill.before.data, drill.before.keys).exit_code == 0
        with elsewhere(made, drill.team.outreach).transaction() as (session, actor):
            assert client_values(session, actor, drill.erased).record.alias == SOKHA.alias
            assert drafts.read(session, actor, drill.draft).id == drill.draft
        with elsewhere(made, drill.team.nurse).transaction() as (session, actor):
            assert packet_store.read(session, actor, load(session, actor, drill.withdrawn)).identity is not None
    finally:
        made.clear()


def keys_of(session: object, referral_id: UUID) -> list[object]:
    """The keys of one packet that whoever asks may read."""
    return session.execute(  # type: ignore[attr-defined, no-any-return]
        text("SELECT part FROM app.packet_keys WHERE referral_id = :id"), {"id": referral_id}
    ).all()
