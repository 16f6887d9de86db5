"""Hands on the processes of one Spean: which they are, killing, freezing, and whether they are back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.chaos.stack import Stack
from app.launch.processes import birth, living_in
from app.launch.trouble import Trouble

_PATIENCE_S = 1.0


@dataclass
class Grip:
    """Finds and touches processes of this Spean only.

    They are known by the launcher's note, by the database's own note of itself, and by what the broker says of itself.
    """

    stack: Stack
    _frozen: dict[int, str] = field(default_factory=dict)
    """Pids and births of what stands still."""

    def process(self, name: str) -> int:
        """The pid of one of Spean's own processes. Raises Trouble when the launcher notes none of that name."""
        pid = self.stack.state().get(name)
        if pid is None:
            raise Trouble(f"The launcher notes no process {name!r}.")
        return pid

    def database(self) -> int:
        """The pid of the PostgreSQL server; 0 while there is none."""
        try:
            note = (self.stack.places.postgres / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
            return int(note.split("\n")[0])
        except (OSError, ValueError):
            return 0

    def broker(self) -> int:
        """The pid of the Redis server; 0 while it does not answer."""
        try:
            with self.redis() as redis:
                return int(redis.info("server")["process_id"])
        except RedisError:
            return 0

    def redis(self) -> Redis:
        """A connection to the broker that waits a second at most."""
        return Redis.from_url(
            self.stack.environ["SPEAN_REDIS_URL"],
            socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            retry=Retry(NoBackoff(), 0),
        )

    def database_answers(self) -> bool:
        """Whether PostgreSQL takes connections."""
        try:
            psycopg.connect(self.stack.environ["SPEAN_BACKUP_URL"], connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def kill(self, pids: Iterable[int], number: signal.Signals = signal.SIGKILL) -> None:
        """Send it to each."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self, pids: Iterable[int]) -> None:
        """Stop each, and all that it started, until `thaw`."""
        every = [one for pid in pids for one in family(pid)]
        self._frozen |= {pid: born for pid in every if (born := birth(pid))}
        self.kill(every, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let everything that was frozen go on."""
        self.kill([pid for pid, born in self._frozen.items() if birth(pid) == born], signal.SIGCONT)
        self._frozen.clear()

    def database_family(self) -> list[int]:
        """The server and every process of a connection."""
        return living_in(self.stack.places.postgres)

    def backends(self) -> list[int]:
        """Processes of connections, but not the server's own."""
        with psycopg.connect(self.stack.admin_url, connect_timeout=2) as admin:
            rows = admin.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = 'spean_web'"
            ).fetchall()
        return [row[0] for row in rows]


def family(pid: int) -> Iterator[int]:
    """A process, and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                yield from family(int(child))
