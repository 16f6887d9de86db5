"""`./spean run`: everything up, in order; then watch; then everything down."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.launch import environment as venv
from app.launch import services
from app.launch.backing import Backing, backing, check_port
from app.launch.database import clear_unfinished_demo, load_demo, prepare_database
from app.launch.keeping import Keeper
from app.launch.places import ROOT, Places, locked, prepare, read_state, write_state
from app.launch.processes import Child, birth, end, pause
from app.launch.progress import say
from app.launch.publishing import Publisher
from app.launch.rhythm import Rhythm
from app.launch.settings import Settings, external_database

LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class Options:
    port: int
    data: Path
    demo: bool


def run(options: Options) -> int:
    """Start everything and keep it running until somebody stops it. Leaves no process behind, even on Trouble."""
    rhythm = Rhythm.of(os.environ)
    places = prepare(options.data)
    if places.home != places.data:
        say(f"The servers' account may not enter {places.data}, so the database lies in {places.home}")
    with ExitStack() as stack:
        stack.enter_context(locked(places.data))
        end_leftovers(places)
        clear_unfinished_demo(places)
        check_port(options.port)
        _turn_logs(places)
        environment = venv.ready(venv.RUNTIME)
        new = not external_database() and not places.postgres.exists()
        base_url = os.environ.get("SPEAN_BASE_URL") or f"http://127.0.0.1:{options.port}"
        back = stack.enter_context(backing(places, environment, base_url))
        prepare_database(back.settings, environment)
        if options.demo:
            load_demo(back.settings, environment, new=new)
        own = services.Services(back.settings, environment, options.port, probe_every=rhythm.probe_every)
        site = Site(back, own, rhythm)
        stack.callback(site.stop)
        site.start()
        _welcome(back.settings, options)
        site.keep_running()
    return 0


class Site:
    """Everything that runs, once the database is ready."""

    def __init__(self, back: Backing, own: services.Services, rhythm: Rhythm) -> None:
        self._back, self._own = back, own
        self._publisher = Publisher(
            own.spawn_publisher,
            hour=rhythm.publish_at,
            noted=back.settings.places.published,
            now=time.monotonic(),
        )

    def start(self) -> None:
        """Start our own processes. What ends by itself meanwhile ends the start, with Trouble."""
        self._own.start_web()
        self._note()
        self._own.start_others()
        self._note()

    def keep_running(self) -> None:
        """Start again what ends by itself, and the publisher at its hour, until somebody asks for the end."""
        keeper = Keeper([*self._back.parts, *self._own.parts], self._note_if_possible)
        while True:
            keeper.look(time.monotonic())
            if self._publisher.look(time.monotonic(), datetime.now(UTC)):
                self._note_if_possible()
            pause(0.3)

    def stop(self) -> None:
        """Stop our own processes; the servers behind them are stopped by whoever started them."""
        self._own.stop(also=self._publishing())
        self._back.settings.places.state.unlink(missing_ok=True)

    def _publishing(self) -> list[Child]:
        return [self._publisher.child] if self._publisher.child else []

    def _note(self) -> None:
        _write_state(self._back, [*self._own.children, *self._publishing()])

    def _note_if_possible(self) -> None:
        """A full disk must not stop what runs."""
        with suppress(OSError):
            self._note()


def _welcome(settings: Settings, options: Options) -> None:
    print(f"\nSpean is at {settings.base_url}\n")
    if options.demo:
        print(settings.places.signins.read_text(encoding="utf-8").rstrip())
    else:
        data = f" --data {options.data}" if options.data != ROOT / "var" else ""
        print(f"There is no demo here. Make the first steward, in another window: ./spean create-steward{data}")
    print(f"\nLogs and mail are in {settings.places.data}. Ctrl-C stops everything.", flush=True)


def _write_state(back: Backing, children: Sequence[Child]) -> None:
    """Note what other commands need to reach this Spean, and the next start to clear up after a crash."""
    settings = back.settings
    write_state(
        settings.places,
        {
            "pid": os.getpid(),
            "admin_url": settings.admin_url,
            "redis_url": settings.redis_url,
            "smtp_url": settings.smtp_url,
            "base_url": settings.base_url,
            "children": [{"name": child.name, "pid": child.pid, "born": birth(child.pid)} for child in children],
        },
    )


def end_leftovers(places: Places) -> None:
    """End what a launcher that was killed could not: only processes that are certainly the ones it noted."""
    noted = read_state(places).get("children", [])
    pids = [row["pid"] for row in noted if row.get("born") and birth(row["pid"]) == row["born"]]
    if pids:
        say("Stopping what the last run left behind")
        end(pids, signals=((signal.SIGTERM, 4.0), (signal.SIGKILL, 2.0)))
    places.state.unlink(missing_ok=True)


def _turn_logs(places: Places) -> None:
    for log in (places.data / "log").glob("*.log"):
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
