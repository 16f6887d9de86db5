"""The real Spean, started as people start it, on a data folder of its own that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from app.launch import credentials
from app.launch.backing import free_port
from app.launch.places import ROOT, Places, prepare, read_state
from app.launch.processes import Child, birth, pause, spawn, stop
from app.launch.progress import say
from app.launch.settings import DATABASE, Settings
from app.launch.trouble import Trouble, last_line

_READY = "Ctrl-C stops everything"
_START_S, _STOP_S = 120.0, 20.0
_KEPT = ("PATH", "SPEAN_SERVER_USER", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True)
class Stack:
    """A Spean that runs. `environ` has every role's URL; `admin_url` is for ageing rows and breaking things alone."""

    places: Places
    port: int
    launcher: Child
    environ: Mapping[str, str]
    admin_url: str

    @property
    def log(self) -> Path:
        return self.places.data / "log"

    def state(self) -> Mapping[str, int]:
        """The pids of Spean's own processes by name, as the launcher noted them last."""
        return {row["name"]: row["pid"] for row in read_state(self.places).get("children", [])}

    def check(self) -> None:
        """Raise Trouble when all of it has ended, which no fault may do."""
        if not self.launcher.alive():
            said = last_line(self.launcher.log) if self.launcher.log else ""
            raise Trouble(f"Spean ended by itself: {said or 'it said nothing'}")

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        """An operator's command against this Spean, and its environment."""
        data = ("--data", str(self.places.data))
        return [sys.executable, str(ROOT / "spean"), *words, *data], _environ("")


@contextmanager
def running(smtp_url: str, *, keep: bool) -> Iterator[Stack]:
    """`./spean run --no-demo` until the block ends. `keep`: the folder stays, for its logs."""
    folder = Path(tempfile.mkdtemp(prefix="spean-chaos-", dir="/tmp"))
    folder.chmod(0o711)
    places = prepare(folder)
    port, said = free_port(), folder / "log" / "launcher.log"
    argv: list[str | Path] = [sys.executable, ROOT / "spean", "run", "--no-demo", "--port", str(port), "--data", folder]
    try:
        child = spawn("launcher", argv, env=_environ(smtp_url), log=said, cwd=ROOT)
        try:
            _wait(child, said)
            yield _stack(places, port, child)
        finally:
            stop([child], within=_STOP_S)
    finally:
        _sweep(folder)
        if keep:
            say(f"Logs and data are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
            if places.home != folder:
                shutil.rmtree(places.home, ignore_errors=True)


def _environ(smtp_url: str) -> dict[str, str]:
    ours = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**ours, "SPEAN_VENV": sys.prefix, **({"SPEAN_SMTP_URL": smtp_url} if smtp_url else {})}


def _wait(child: Child, said: Path) -> None:
    waited = 0.0
    while _READY not in said.read_text(encoding="utf-8"):
        if not child.alive() or waited > _START_S:
            raise Trouble(f"Spean did not start: {last_line(said)}")
        pause(0.1)
        waited += 0.1


def _stack(places: Places, port: int, child: Child) -> Stack:
    state = read_state(places)
    settings = Settings(
        places, credentials.load(places), state["admin_url"], state["redis_url"], state["smtp_url"], state["base_url"]
    )
    administrator = urlsplit(settings.administrator()["SPEAN_ADMIN_URL"])
    admin_url = urlunsplit(administrator._replace(path=f"/{DATABASE}"))
    return Stack(places, port, child, settings.operator(), admin_url)


def _sweep(folder: Path) -> None:
    """End whatever is left of this folder's processes: its path stands in their words or their environment."""
    mark = str(folder).encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                whole = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                if mark in whole and birth(int(entry.name)):
                    os.kill(int(entry.name), signal.SIGKILL)
