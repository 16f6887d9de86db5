"""The real stack for each size, started as `./spean run` starts it, and the barest of Flask apps beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bench.asking import Ask, Wire
from app.launch.services import GUNICORN
from app.launch.settings import NOT_FOR, OPERATORS_ONLY

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A gunicorn that answers on `port`."""

    port: int
    process: subprocess.Popen[bytes]

    def wire(self) -> Wire:
        return Wire(self.port)


def free_port() -> int:
    """A port of the loopback interface that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(name: str, application: str, environ: Mapping[str, str], folder: Path, ready: str) -> Iterator[Server]:
    """Run `application` under gunicorn with two workers until the block ends; `ready` is asked until it answers."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *GUNICORN]
    with process(name, command, environ, folder) as running:
        server = Server(port, running)
        _wait(server, Ask(ready))
        yield server


@contextmanager
def process(
    name: str, command: list[str], environ: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """One of Spean's processes, its output in a log of its own."""
    with (folder / "log" / f"bench-{name}.log").open("ab") as log:
        running = subprocess.Popen(command, cwd=_ROOT, env=dict(environ), stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()


def for_process(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of one of Spean's processes, without the others' secrets."""
    kept_from = {*OPERATORS_ONLY, *NOT_FOR[name], "SPEAN_ADMIN_URL"}
    return {"PATH": os.defpath, **{key: value for key, value in environ.items() if key not in kept_from}}


def _wait(server: Server, ask: Ask) -> None:
    deadline = time.monotonic() + _SECONDS
    wire = server.wire()
    while True:
        try:
            wire.send(ask)
        except (OSError, RuntimeError):
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            break
    wire.close()
