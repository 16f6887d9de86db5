"""A history in which nothing is wrong, to be broken in one place at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.chaos.history import (
    Due,
    Entry,
    Event,
    Final,
    Job,
    Mail,
    Notice,
    Operation,
    Person,
    Place,
    Referral,
    Seen,
)

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CASEWORKER, NURSE, COLLEAGUE, OUTSIDER = "caseworker", "nurse", "colleague", "outsider"


def asked(what: str, who: str, **more: Any) -> Operation:
    """One that was answered with ok."""
    return replace(Operation(story=1, what=what, who=who, status=200, begun=1.0, ended=1.1), **more)


def operations() -> list[Operation]:
    """A referral that is sent, accepted and withdrawn, and one that nobody answers."""
    return [
        asked("client", CASEWORKER, key="k0", made="client1"),
        asked("client", CASEWORKER, key="k0", made="client1", replayed=True),
        asked("consent", CASEWORKER, key="k1-consent", on="client1", made="consent1"),
        asked("consent", CASEWORKER, key="k2-consent", on="client1", made="consent2"),
        asked("send", CASEWORKER, key="k1", on="consent1", made="r1", version=1, status=201),
        asked("send", CASEWORKER, key="k1", on="consent1", made="r1", version=1, status=201, replayed=True),
        asked("send", CASEWORKER, key="k2", on="consent2", made="r2", version=1, status=201),
        asked("read", NURSE, on="r1", version=1, packet=True),
        asked("accept", NURSE, key="k1-accept", on="r1", version=2, asked_version=1, packet=True, begun=2, ended=2.1),
        asked("withdraw", CASEWORKER, key="k1-w", on="r1", version=3, asked_version=2, packet=True, begun=3, ended=3.1),
        asked("read", NURSE, on="r1", version=3, packet=False, begun=4, ended=4.1),
        asked("foreign", OUTSIDER, on="r1", status=404),
        asked("foreign", OUTSIDER, on="r2", status=0),
    ]


def final() -> Final:
    """What that leaves."""
    return Final(
        referrals=[
            Referral("r1", "ngo", "hospital", "p1", "consent1", "withdrawn", 3),
            Referral("r2", "ngo", "hospital", "p1", "consent2", "sent", 2),
        ],
        events=[
            Event("e1", "r1", "sent", T0, "ngo", CASEWORKER),
            Event("e2", "r1", "seen", T0, "hospital", NURSE),
            Event("e3", "r1", "accepted", T0, "hospital", NURSE),
            Event("e4", "r1", "withdrawn", T0, "ngo", CASEWORKER),
            Event("e5", "r2", "sent", T0, "ngo", CASEWORKER),
            Event("e6", "r2", "half_time", T0 + timedelta(seconds=70), None, None),
        ],
        jobs=[
            Job("e1", "hospital", done=True),
            Job("e3", "ngo", done=True),
            Job("e4", "hospital", done=True),
            Job("e5", "hospital", done=True),
            Job("e6", "hospital", done=True),
        ],
        notices=[
            Notice(f"n-{event}-{staff}", "hospital", staff, event, "sent" if staff == NURSE else "off")
            for event in ("e4", "e5", "e6")
            for staff in (NURSE, COLLEAGUE)
        ],
        mails=[Mail(f"<{event}>", f"n-{event}-{NURSE}", "nurse@", taken=True) for event in ("e4", "e5", "e6")],
        seen=[
            Seen("r1", "sender", 200, 3, ("sent", "seen", "accepted", "withdrawn"), packet=True),
            Seen("r1", "receiver", 200, 3, ("sent", "seen", "accepted", "withdrawn")),
            Seen("r2", "sender", 200, 2, ("sent", "half_time"), packet=True),
            Seen("r2", "receiver", 200, 2, ("sent", "half_time"), packet=True),
        ],
        clients={"client1": 200},
        written=frozenset({"client1"}),
        consents=frozenset({"consent1", "consent2"}),
        entries=[
            *(Entry(f"referral.{kind}", "r1", None, 1) for kind in ("sent", "seen", "accepted", "withdrawn")),
            *(Entry(f"referral.{kind}", "r2", None, 1) for kind in ("sent", "half_time")),
            Entry("packet.read", "r1", NURSE, 2),
        ],
        verified=True,
        places=[Place("p1", 2, 3, over=1)],
        people=[
            Person(CASEWORKER, "ngo", "caseworker@", by_mail=True),
            Person(NURSE, "hospital", "nurse@", by_mail=True),
            Person(COLLEAGUE, "hospital", "colleague@", by_mail=False),
            Person(OUTSIDER, "elsewhere", "outsider@", by_mail=True),
        ],
        teams={"p1": frozenset({NURSE, COLLEAGUE})},
        due=[Due("r2", "half_time", T0)],
    )
