"""The embedded Redis: a socket with a password, nothing on disk. The outbox in PostgreSQL is the truth."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.launch.accounts import Account
from app.launch.processes import Child, pause, spawn
from app.launch.programs import Programs
from app.launch.trouble import Trouble

START_SECONDS = 20


@dataclass(frozen=True)
class Broker:
    programs: Programs
    sockets: Path
    log: Path
    account: Account | None
    password: str

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://:{quote(self.password, safe='')}@{quote(str(self.socket), safe='/')}?db=0"

    def start(self) -> Child:
        """Start the server and wait until it answers."""
        child = self.spawn()
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if not child.alive():
                raise child.died()
            if time.monotonic() > deadline:
                raise Trouble(f"The message broker was not ready in {START_SECONDS} seconds: see {self.log}.")
            pause(0.05)
        return child

    def spawn(self) -> Child:
        """Start the server, on the same socket and with the same password each time."""
        settings = (
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            f"requirepass {self.password}",
            f"dir {self.sockets}",
            'save ""',
            "appendonly no",
            "daemonize no",
        )
        return spawn(
            "message broker",
            [self.programs.redis_server, "-"],
            env={"LC_ALL": "C"},
            log=self.log,
            cwd=Path("/"),
            account=self.account,
            stdin="\n".join(settings).encode(),
        )

    def answers(self) -> bool:
        """Whether it takes questions, asked on its socket."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith((b"-NOAUTH", b"+PONG"))
            except OSError:
                return False
