"""What is no request: counting the tabs, signing in apart from the password's hash, and building a release."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.bench.crew import Crew
from app.bench.measuring import Pair, by_turns
from app.bench.network import HOSPITAL
from app.bench.report import Measured
from app.bench.store import Size
from app.core import clock, db
from orgs.staff import signing_in
from referrals.boxes.queries import tab_counts
from referrals.uptake.use_cases import publish_closed

COUNTS, SIGN_IN, RELEASE = "counts on tabs", "sign-in without the hash", "releases of two years"
FLAT = (COUNTS, SIGN_IN)
_MS = 1000


@contextmanager
def indoors(size: Size, crew: Crew) -> Iterator[dict[str, Callable[[], float]]]:
    """Each as something to be timed; connections are opened here and closed."""
    publisher = db.engine(size.settings.publisher_url, size=1)
    token = crew.token(HOSPITAL, "nurse")

    def counts() -> float:
        with crew.doors.acting(token) as (session, actor):
            begun = time.perf_counter()
            tab_counts(session, actor)
            return time.perf_counter() - begun

    def sign_in() -> float:
        begun = time.perf_counter()
        with crew.doors.anonymous() as session:
            signed = signing_in.sign_in(session, crew.nurse_login, crew.network.password, crew.doors.cost)
        took = time.perf_counter() - begun
        with crew.doors.anonymous() as session:
            signing_in.sign_out(session, signed.token)
        return took

    def release() -> float:
        """Built whole, and taken back: the next time it is built again."""
        with Session(publisher) as session:
            begun = time.perf_counter()
            publish_closed(session, clock.now())
            took = time.perf_counter() - begun
            session.rollback()
            return took

    yield {COUNTS: counts, SIGN_IN: sign_in, RELEASE: release}
    publisher.dispose()


def measured(size: Size, crew: Crew, floor: Callable[[], float]) -> Iterator[Measured]:
    """Each beside the floor of reading, by turns; a release, which takes long, once."""
    with indoors(size, crew) as found:
        pairs = {key: Pair(found[key], floor) for key in FLAT}
        by_turns([[pair] for pair in pairs.values()])
        for key, pair in pairs.items():
            case, low = pair.of_case, pair.of_floor
            yield Measured(size.name, key, case.median * _MS, case.p95 * _MS, low.median * _MS, pair.is_steady)
        took, low_ = found[RELEASE](), floor()
        yield Measured(size.name, RELEASE, took * _MS, took * _MS, low_ * _MS, steady=True)
