"""State changes a second by many writers over many organisations, before and after places got locks of their own.

    python -m tests.referrals.places.rate

Not a test: figures of a busy machine are noise. Each change is bare SQL of a nurse's session in a transaction of its
own, so that the database is measured and not Python. Prints the median of some turns for each revision.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import psycopg

from app.core.migrate import upgrade
from app.launch.servers import embedded
from tests.cast import Cast, cast
from tests.network import Network, Servers

REVISIONS = ("0030", "0031")
WRITERS, HOUSES, EACH, TURNS = 32, 8, 6, 5
"""A house here is two organisations: who sends and who receives."""
STEP = "UPDATE app.referrals SET state = %s, updated_at = now() WHERE receiver_org_id = sec.org() AND id = %s"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder)) as (admin, redis):
        for revision in REVISIONS:
            made = Servers.provisioned(admin, redis, f"rate_{revision}")
            upgrade(made.urls["spean_migrator"], revision)
            rates = measured(made)
            made.clear()
            shown = ", ".join(f"{one:.0f}" for one in sorted(rates))
            sys.stdout.write(f"{revision}: {statistics.median(rates):.0f} changes a second (turns: {shown})\n")


def measured(servers: Servers) -> list[float]:
    """Changes a second, turn by turn."""
    network = Network(servers)
    houses = [cast(network) for _ in range(HOUSES)]
    return [one_turn(servers, houses) for _ in range(TURNS)]


def one_turn(servers: Servers, houses: list[Cast]) -> float:
    work = [(house := houses[number % HOUSES], [house.send() for _ in range(EACH)]) for number in range(WRITERS)]
    together = Barrier(WRITERS + 1)

    def write(house: Cast, referrals: list[UUID]) -> None:
        with psycopg.connect(servers.urls["spean_web"]) as db:
            together.wait()
            for referral_id in referrals:
                for state in ("waitlisted", "declined"):
                    db.execute("SELECT sec.enter(%s)", [house.nurse.token])
                    db.execute(STEP, [state, referral_id])
                    db.commit()

    with ThreadPoolExecutor(WRITERS) as pool:
        done = [pool.submit(write, *mine) for mine in work]
        together.wait()
        began = time.monotonic()
        for one in done:
            one.result()
        return WRITERS * EACH * 2 / (time.monotonic() - began)


if __name__ == "__main__":
    main()
