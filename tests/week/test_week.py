"""A week in a started Spean: everything that happens by itself does happen, in the processes that people start.

What holds in a test's process proves little of another that imports less. Here the launcher starts all of it on the
demo's data; rows are aged, and a beat of the test's own has every task run every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from app.core.scheduled import TASKS
from tests.logs import complaints
from tests.running import eventually
from tests.week.ageing import Aged
from tests.week.conftest import Running, verified

pytestmark = [pytest.mark.servers, pytest.mark.slow]
PATIENCE = 120
"""Seconds until all of it has happened: three turns of the test's beat, beside Spean's own work."""

TOLD = "SELECT staff_id FROM app.notifications WHERE org_id = %s AND referral_id = %s AND kind = %s"
TEAM = """SELECT s.id FROM app.programme_team t JOIN app.staff s ON s.org_id = t.org_id AND s.id = t.staff_id
    WHERE t.org_id = %s AND t.programme_id = %s AND s.active
      AND s.roles && ARRAY['outreach', 'caseworker', 'clinician']"""
CASE_STAFF = "SELECT id FROM app.staff WHERE org_id = %s AND active AND roles && ARRAY['caseworker', 'clinician']"
SENT_BY = """SELECT x.staff_id FROM (SELECT l.staff_id FROM app.referral_clients l WHERE l.referral_id = %s
    UNION SELECT c.worker_id FROM app.clients c JOIN app.referral_clients l ON l.client_id = c.id
    WHERE l.referral_id = %s) x"""


def test_everything_that_is_due_happens_and_the_right_people_are_told(running: Running, tmp_path: Path) -> None:
    eventually(lambda: sealed(running), seconds=60)
    eventually(running.places.published.exists, seconds=60)  # a start that missed the hour has made up for it
    week = Week(running)
    with running.quick_beat(tmp_path / "own-beat.log"):
        eventually(lambda: not week.missing(), seconds=PATIENCE, state=lambda: ", ".join(week.missing()))
        assert week.destroyed() == [], "what is closed is destroyed a day of running time later"
        running.ageing.a_day_runs()
        eventually(lambda: not week.left(), seconds=PATIENCE, state=lambda: ", ".join(week.left()))
        eventually(lambda: not silent(running), seconds=PATIENCE, state=lambda: str(silent(running)))
    assert [f"{one.ref} ({one.kind})" for one in week.aged if not week.rightly_told(one)] == []
    eventually(lambda: not week.unmailed(), seconds=60, state=lambda: ", ".join(week.unmailed()))
    assert "Yes. Everything that runs by itself does its work." in running.steward().read("/status")
    checked = verified(running)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert complaints(running.logs) + complaints(tmp_path) == []


def silent(running: Running) -> list[str]:
    """Scheduled tasks that have not succeeded, or that failed."""
    beats = dict(running.read("SELECT task, succeeded_at IS NOT NULL AND failures = 0 FROM sec.heartbeats"))
    return [task.name for task in TASKS if not beats.get(task.name)]


def sealed(running: Running) -> bool:
    """Whether the entries of the demo's months stand in their chains."""
    (waiting, chained) = running.read(
        "SELECT (SELECT count(*) FROM sec.audit_waiting), (SELECT count(*) FROM sec.audit_seals)"
    )[0]
    return bool(chained > 1000 and waiting < 100)


class Week:
    """What was aged, and which of it has not had its effect yet."""

    def __init__(self, running: Running) -> None:
        self.running = running
        age = running.ageing
        self.org_pruned = age.audit()
        self.release = age.unpublish()
        self.records = age.forget_records()
        self.lapsed = age.lapse()
        self.past = age.packets()
        self.jobs = age.jobs()
        self.archived = age.client()
        self.aged = age.referrals()
        self.expired = [one.id for one in self.aged if one.kind == "expired"]
        running.places.published.unlink()  # its hour has come

    def missing(self) -> list[str]:
        """What is still to happen, in words."""
        return [what for what, happened in self._effects().items() if not happened()]

    def _effects(self) -> dict[str, Callable[[], bool]]:
        read = self.running.read
        return {
            **{f"{one.kind} of {one.ref} told": self._is_told(one) for one in self.aged},
            "what ran out is closed": lambda: all(
                read("SELECT 1 FROM app.referrals WHERE id = %s AND state = 'expired'", one.id)
                for one in self.aged
                if one.kind == "expired"
            ),
            "the release is published": lambda: bool(
                read("SELECT 1 FROM app.uptake_releases WHERE period = %s", self.release)
            ),
            "records are counted": lambda: len(read("SELECT 1 FROM app.programme_records")) >= self.records,
            "the audit is witnessed": lambda: bool(
                read("SELECT 1 FROM app.audit_log WHERE action = 'audit.witness' LIMIT 1")
            ),
        }

    def destroyed(self) -> list[str]:
        """What is gone of what only closed."""
        return [what for what, remains in self._remains().items() if not remains()]

    def left(self) -> list[str]:
        """What is still there that should be destroyed."""
        return [what for what, remains in self._remains().items() if remains()]

    def _remains(self) -> dict[str, Callable[[], bool]]:
        read = self.running.read
        old_jobs = "SELECT 1 FROM app.outbox WHERE done_at < now() - interval '50 days' LIMIT 1"
        return {
            "the receivers' keys to what ran out": lambda: bool(self._keys(self.expired, "receiver")),
            "the receivers' keys to lapsed permissions": lambda: bool(self._keys(self.lapsed, "receiver")),
            "copies of what ended long ago": lambda: bool(self._keys(self.past, "sender", "receiver")),
            "finished work of two months ago": lambda: bool(read(old_jobs)),
            "a client archived six years ago": lambda: bool(
                read("SELECT 1 FROM app.clients WHERE id = %s AND erased_at IS NULL", self.archived)
            ),
            "entries of the audit of eight years ago": lambda: (
                not read("SELECT 1 FROM app.audit_log WHERE action = 'audit.prune' AND org_id = %s", self.org_pruned)
            ),
        }

    def unmailed(self) -> list[str]:
        """References of which somebody who wants mail has had none, or one that went wrong."""
        rows = self.running.read(
            "SELECT d.ref, d.state FROM app.deliveries d WHERE d.referral_id = ANY (%s)", [one.id for one in self.aged]
        )
        assert rows
        subjects = " ".join(
            path.read_text(encoding="utf-8", errors="replace") for path in self.running.mail.glob("*.eml")
        )
        return [f"{ref} {state}" for ref, state in rows if state != "sent" or ref not in subjects]

    def _is_told(self, one: Aged) -> Callable[[], bool]:
        return lambda: all(self._told(one, org_id) for org_id in self._sides(one))

    def _sides(self, one: Aged) -> list[UUID]:
        return [one.receiver_org_id] if one.kind == "half_time" else [one.sender_org_id, one.receiver_org_id]

    def _told(self, one: Aged, org_id: UUID) -> set[UUID]:
        return {row[0] for row in self.running.read(TOLD, org_id, one.id, one.kind)}

    def rightly_told(self, one: Aged) -> bool:
        """The programme's team, and at the sender whoever sent it or looks after the person now; nobody else."""
        read = self.running.read
        team = {row[0] for row in read(TEAM, one.receiver_org_id, one.programme_id)}
        there = team or {row[0] for row in read(CASE_STAFF, one.receiver_org_id)}
        here = self._told(one, one.sender_org_id)
        workers = {row[0] for row in read(SENT_BY, one.id, one.id)}
        case_staff = {row[0] for row in read(CASE_STAFF, one.sender_org_id)}
        rightly_here = not here if one.kind == "half_time" else here <= workers or here == case_staff
        return rightly_here and self._told(one, one.receiver_org_id) == there

    def _keys(self, referrals: list[UUID], *holders: str) -> list[tuple[object, ...]]:
        query = "SELECT 1 FROM app.packet_keys WHERE referral_id = ANY (%s) AND holder = ANY (%s)"
        return self.running.read(query, referrals, list(holders))
