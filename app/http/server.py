"""The web's worker process: connections wait in one loop that costs no thread, whole requests go to eight threads.

gunicorn keeps the processes (two of them, code shared, started again, stopped gracefully); waitress reads requests and
writes answers (docs/adr/0024-a-loop-before-the-threads.md). A connection that sends half a request, or reads its answer
slowly, is only an entry in the loop, and ends by itself.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import RequestEntityTooLarge

IDLE_S = 20.0
"""So long a connection may be silent: between two requests, within one, or while it takes no answer."""
REQUEST_S = 90.0
"""So long a request may take to come whole, however busily it drips: 256 KB at 3 KB a second."""
MOST_CONNECTIONS = 400
"""Of one process. One more ends whichever has waited longest without a whole request."""
_LARGEST_BODY = 256 * 1024
_LARGEST_HEAD = 32 * 1024
_TICK_S = 0.5
_STOP_S = 2.0
"""What is being answered when the process is told to stop may take so long. Less than `--graceful-timeout`."""


class Answer(WSGITask):
    """One answer, with its line in the access log where gunicorn was told to keep one (Spean keeps none)."""

    def finish(self) -> None:
        """The answer is written."""
        super().finish()
        log: logging.Logger | None = self.channel.server.access_log
        if log is not None:
            asked, status = self.request, self.status.partition(" ")[0]
            log.info(
                '%s "%s %s HTTP/%s" %s', self.channel.addr[0], asked.command, asked.request_uri, asked.version, status
            )


class Refused(Answer):
    """A body that is too large stays unread; the application says so in its own words, and the connection ends."""

    def execute(self) -> None:
        """Answer without the body, which is told by its length alone."""
        said = self.request.headers.get("CONTENT_LENGTH", "")
        self.request.headers["CONTENT_LENGTH"] = said or str(self.request.body_bytes_received)
        super().execute()
        self.set_close_on_finish()


def _refused(channel: Channel, request: Any) -> Any:
    kind = Refused if isinstance(request.error, RequestEntityTooLarge) else ErrorTask
    return kind(channel, request)


class Channel(HTTPChannel):
    """One connection. It knows since when it owes a request, or the rest of one."""

    task_class = Answer
    error_task_class = staticmethod(_refused)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.since = time.monotonic()

    def received(self, data: bytes) -> bool:
        """Take in what came."""
        before = self.request
        came = bool(super().received(data))
        if self.request is None or self.request is not before:
            self.since = time.monotonic()
        return came

    @property
    def waits(self) -> bool:
        """Whether no request of it is being answered."""
        return not self.requests

    @property
    def is_late(self) -> bool:
        """Whether its request should have come whole by now."""
        return self.request is not None and time.monotonic() - self.since > REQUEST_S


class Loop(TcpWSGIServer):
    """All connections of this process."""

    channel_class = Channel
    access_log: logging.Logger | None = None

    def maintenance(self, now: float) -> None:
        """End the silent ones, and those whose request is late."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.waits and channel.is_late:
                channel.will_close = True

    def handle_accept(self) -> None:
        """Take one more, in the place of the one that waits longest where there are too many."""
        super().handle_accept()
        if len(self.active_channels) > MOST_CONNECTIONS:
            waiting = [one for one in self.active_channels.values() if one.waits]
            if waiting:
                min(waiting, key=lambda one: one.since).handle_close()


class LoopWorker(Worker):
    """gunicorn's worker class: `--worker-class app.http.server.LoopWorker`. `--threads` is how many work."""

    def run(self) -> None:
        """Serve until told to stop, or until the parent has gone."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # requests wait for their turn: nothing is wrong
        threads = ThreadedTaskDispatcher()
        threads.set_thread_count(self.cfg.threads)
        connections: dict[int, Any] = {}
        loops = [self._loop(sock, threads, connections) for sock in self.sockets]
        while self.alive and self.ppid == os.getppid():
            self._turn(connections)
        for loop in loops:
            loop.accepting = False
            loop.del_channel()
            loop.socket.close()
        until = time.monotonic() + _STOP_S
        while time.monotonic() < until and _busy(loops):
            self._turn(connections)
        threads.shutdown(timeout=0.5)

    def _loop(self, sock: Any, threads: ThreadedTaskDispatcher, connections: dict[int, Any]) -> Loop:
        settings = Adjustments(
            threads=self.cfg.threads,
            ident=None,
            backlog=self.cfg.backlog,
            connection_limit=2 * MOST_CONNECTIONS,
            channel_timeout=IDLE_S,
            cleanup_interval=1,
            max_request_header_size=_LARGEST_HEAD,
            max_request_body_size=_LARGEST_BODY + 1,
            clear_untrusted_proxy_headers=False,  # SPEAN_PROXIES says whom the application believes
        )
        at = (sock.family, sock.type, sock.proto, sock.getsockname())
        loop = Loop(self.wsgi, connections, True, sock.sock, threads, settings, at, bind_socket=False)
        loop.access_log = self.log.access_log if self.cfg.accesslog else None
        return loop

    def _turn(self, connections: dict[int, Any]) -> None:
        self.notify()
        wasyncore.loop(_TICK_S, use_poll=True, map=connections, count=1)


def _busy(loops: list[Loop]) -> bool:
    return any(one.requests or one.total_outbufs_len for loop in loops for one in loop.active_channels.values())
