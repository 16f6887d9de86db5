"""The servers that Spean brings along, started together and always stopped.

`embedded` is the part that tests use by themselves: fresh servers in a folder, forgetful and fast.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import Signals

from app.launch import places as at
from app.launch import programs as found
from app.launch.accounts import server_account
from app.launch.broker import Broker
from app.launch.keeping import Part
from app.launch.places import Places
from app.launch.postgres import STOP_AT_ONCE, Postgres
from app.launch.processes import Child, stop
from app.launch.programs import Programs

REPAIR_SECONDS = 600.0
"""After a crash PostgreSQL first does again what its log holds. That may take minutes, and to stop it helps nobody."""


@contextmanager
def running(child: Child, *, within: float, insist: Signals | None = None) -> Iterator[Child]:
    """Within, the child runs; afterwards it does not."""
    try:
        yield child
    finally:
        stop([child], within=within, insist=insist)


@contextmanager
def postgres_server(
    places: Places, programs: Programs, sockets: Path, password: str
) -> Iterator[tuple[Postgres, Child]]:
    """The lasting database of the data folder: made at the first start, mended after a crash."""
    server = Postgres(
        programs=found.reachable(programs, places.account, places.home),
        folder=places.postgres,
        sockets=sockets,
        log=places.log("postgres"),
        account=places.account,
        password=password,
    )
    if places.postgres.exists():
        server.recover()
        server.check_version()
    else:
        server.create()
    with running(server.start(), within=3.5, insist=STOP_AT_ONCE) as child:
        yield server, child


@contextmanager
def broker_server(places: Places, programs: Programs, sockets: Path, password: str) -> Iterator[tuple[Broker, Child]]:
    broker = Broker(
        programs=found.reachable(programs, places.account, places.home),
        sockets=sockets,
        log=places.log("redis"),
        account=places.account,
        password=password,
    )
    with running(broker.start(), within=1) as child:
        yield broker, child


def kept_database(server: Postgres, child: Child) -> Part:
    """The database server, to be kept running: in its folder, on its socket, repaired after a crash."""
    return Part(child, server.restart, ready=server.ready, patience=REPAIR_SECONDS, vital=True, since=time.monotonic())


def kept_broker(broker: Broker, child: Child) -> Part:
    """The message broker, to be kept running, on its socket and with its password."""
    return Part(child, broker.spawn, ready=lambda _child: broker.answers(), since=time.monotonic())


@contextmanager
def embedded(folder: Path, *, programs: Programs | None = None) -> Iterator[tuple[str, str]]:
    """Fresh servers for as long as the block lasts: (an administrator's PostgreSQL URL, a Redis URL).

    Nothing is kept and nothing is synced to disk: for tests. `folder` gets the logs; the data lies below
    /tmp, since a test's temporary folder is often closed to the servers' account.
    """
    account = server_account()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="spean-test-", dir="/tmp"))  # short, for the sockets
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        home.chmod(0o711)
        places = Places(folder, home, account)
        (folder / "log").mkdir(exist_ok=True)
        sockets = stack.enter_context(at.sockets(places))
        usable = found.reachable(programs or found.of_environment(Path(sys.prefix)), account, home)
        database = Postgres(
            programs=usable,
            folder=places.postgres,
            sockets=sockets,
            log=places.log("postgres"),
            account=account,
            password=secrets.token_urlsafe(16),
            durable=False,
        )
        database.create()
        child = stack.enter_context(running(database.start(), within=4))
        child.stop_signal = STOP_AT_ONCE
        broker = Broker(
            programs=usable,
            sockets=sockets,
            log=places.log("redis"),
            account=account,
            password=secrets.token_urlsafe(16),
        )
        stack.enter_context(running(broker.start(), within=1))
        yield database.url(), broker.url
