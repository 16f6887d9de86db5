"""How soon people are told, how fast a backlog is told, and what all processes together hold in memory.

Events are written by bare SQL, as fast as is asked for, and the relay is nudged after each commit as the web does it.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from app.bench.crew import Crew
from app.bench.floors import Floors, make_plain
from app.bench.network import HOSPITAL
from app.bench.report import Report, Target
from app.bench.serving import for_process, process, serving
from app.bench.store import Size
from app.launch.services import BEAT, CELERY, WORKER
from worker.nudge import nudger

RATE, SECONDS = 50, 60
"""Referrals a second, and for how long."""
BACKLOG, DRAINED_IN = 10_000, 60.0
SOON = 1.0
WEB_MB, ALL_MB = 130, 700
_LOOK, _PATIENCE = 0.05, 300.0
_MB = 1024
_NO_MAIL = "UPDATE app.staff SET notify_email = false WHERE notify_email"
_WAITING = "SELECT count(*) FROM app.outbox WHERE done_at IS NULL"
_FILL = """
INSERT INTO app.outbox (org_id, id, from_org_id, event_id, referral_id, sender_org_id, kind, ref, at, next_at)
SELECT o.told, gen_random_uuid(), e.by_org_id, e.id, e.referral_id, e.sender_org_id, e.kind, r.ref, now(), now()
FROM app.referral_events e JOIN app.referrals r ON r.sender_org_id = e.sender_org_id AND r.id = e.referral_id,
LATERAL (SELECT CASE e.by_org_id WHEN e.sender_org_id THEN e.receiver_org_id ELSE e.sender_org_id END AS told) o
WHERE e.kind IN ('sent', 'accepted', 'arrived', 'completed')
    AND NOT EXISTS (SELECT 1 FROM app.notifications n WHERE n.org_id = o.told AND n.event_id = e.id) LIMIT %s
"""
_TOLD = """
SELECT event_id, clock_timestamp() - at FROM app.notifications
WHERE org_id = %s AND staff_id = %s AND at > %s
"""


def tell(size: Size, folder: Path, report: Report, say: Callable[[str], object]) -> None:
    """Measure on this size's stack, with every process that `./spean run` starts."""
    with ExitStack() as stack:
        doors = size.doors()
        stack.callback(doors.close)
        web = stack.enter_context(
            serving(f"web-{size.name}", "wsgi:app", for_process("web", size.environ), folder, "/sign-in")
        )
        for name, words in (
            ("worker", ("worker", *WORKER)),
            ("beat", ("beat", *BEAT, "--schedule", _schedule(folder))),
        ):
            command = [sys.executable, "-P", *CELERY, *words]
            stack.enter_context(process(f"{name}-{size.name}", command, for_process(name, size.environ), folder))
        with psycopg.connect(size.admin_url, autocommit=True) as admin:
            admin.execute(_NO_MAIL)
            crew = Crew(doors, size.network, web.wire())
            floors = Floors(size, crew, make_plain(size))
            stack.callback(floors.close)
            say(f"{size.name}: {BACKLOG:,} events wait for one worker")
            report.targets.append(_drain(admin, size))
            say(f"{size.name}: {RATE} referrals a second for {SECONDS} s")
            report.targets.append(_at_rate(admin, size, crew, floors))
            report.targets += _memory(web.process.pid, size)


def _schedule(folder: Path) -> str:
    return str(folder / "beat" / "bench")


def _drain(admin: psycopg.Connection, size: Size) -> Target:
    nudge = nudger(size.settings)
    _wait(admin)
    filled = admin.execute(_FILL, (BACKLOG,)).rowcount
    begun = time.perf_counter()
    nudge()
    _wait(admin)
    took = time.perf_counter() - begun
    return Target(
        f"{filled:,} waiting events told by one worker", f"within {DRAINED_IN:g} s", f"{took:.0f} s",
        filled >= BACKLOG and took <= DRAINED_IN,
    )  # fmt: skip


def _wait(admin: psycopg.Connection) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        row = admin.execute(_WAITING).fetchone()
        if row == (0,):
            return
        time.sleep(_LOOK)


def _at_rate(admin: psycopg.Connection, size: Size, crew: Crew, floors: Floors) -> Target:
    """Sent at a steady rate by one hand, looked for by another; each is found within a twentieth of a second."""
    nudge, consents = nudger(size.settings), list(crew.consents(RATE * SECONDS))
    nurse = size.network.houses[HOSPITAL].staff["nurse"]
    started = admin.execute("SELECT clock_timestamp()").fetchone()
    late: dict[object, float] = {}
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            rows = admin.execute(_TOLD, (crew.hospital, nurse, started and started[0])).fetchall()
            for event, lag in rows:
                late.setdefault(event, lag.total_seconds())
            time.sleep(_LOOK)

    looking = threading.Thread(target=look)
    looking.start()
    took = _paced(map(floors.send, consents), nudge)
    deadline = time.monotonic() + _PATIENCE
    while len(late) < RATE * SECONDS and time.monotonic() < deadline:
        time.sleep(_LOOK)
    over.set()
    looking.join()
    return _judged(sorted(late.values()), took)


def _paced(sends: Iterator[float], nudge: Callable[[], None]) -> float:
    """Send as many as were prepared, so many a second; returns how long it really took."""
    begun = time.perf_counter()
    for number, _ in enumerate(sends, 1):
        nudge()
        time.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
    return time.perf_counter() - begun


def _judged(late: list[float], took: float) -> Target:
    p95 = statistics.quantiles(late, n=20)[-1] if len(late) > 1 else float("inf")
    reached = len(late) / took
    return Target(
        f"from an event to the bell, at {RATE} referrals a second",
        f"95 % within {SOON:g} s",
        f"{p95:.2f} s for {len(late):,} at {reached:.0f} a second",
        p95 <= SOON and len(late) >= RATE * SECONDS and reached >= RATE * 0.95,
    )


def _memory(web: int, size: Size) -> Iterator[Target]:
    """Proportional set sizes: what is shared is counted once."""
    workers = [_pss(pid) for pid in _children(web)]
    yield Target(f"memory of a web worker, at {size.name}", f"at most {WEB_MB} MB", f"{max(workers):.0f} MB",
                 max(workers) <= WEB_MB)  # fmt: skip
    everything = [pid for pid in _below(os.getppid()) if pid != os.getpid()]
    total = sum(_pss(pid) for pid in everything)
    yield Target(f"memory of everything that runs, at {size.name}", f"at most {ALL_MB} MB", f"{total:.0f} MB",
                 total <= ALL_MB)  # fmt: skip


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(one) for one in task.read_text().split()]
    return found


def _pss(pid: int) -> float:
    """Megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / _MB
    return 0.0
