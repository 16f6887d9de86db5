"""A mail server that says nothing, or one byte at a time, holds a mail no longer than the mail's whole deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from uuid import UUID

import pytest

from app.core.settings import Settings
from tests.network import Network
from worker.channels import deadline
from worker.channels.email import Letter, send
from worker.channels.failures import Deferred, Failure, Unreachable

LETTER = Letter("dara@example.org", "en", UUID("0c1d2e3f-0000-4000-8000-000000000001"), "sent", "R-8KQ2M7T")
WITHIN_S = 1.0
WITHIN_A_MAIL = (b"MAIL", b"DATA", b".")
"""Where the server greeted us and went silent at this mail: another may pass."""
DRIP_S = 0.1
SAID = {
    b"": b"220 here\r\n",
    b"EHLO": b"250-here\r\n250 STARTTLS\r\n",
    b"MAIL": b"250 yes\r\n",
    b"RCPT": b"250 yes\r\n",
    b"DATA": b"354 go on\r\n",
    b".": b"250 taken\r\n",
    b"QUIT": b"221 goodbye\r\n",
    b"STARTTLS": b"220 go on\r\n",
}


@dataclass
class Tiresome:
    """A mail server that answers as it should until it comes to `at`, and then drips, or says nothing."""

    at: bytes
    drips: bool
    offers_tls: bool = False
    taken: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while not self.over.is_set():
                line, _ = listener.accept()
                with line, line.makefile("rb") as heard, suppress(OSError):
                    self._talk(line, heard)

    def _talk(self, line: socket.socket, heard: BinaryIO) -> None:
        self._say(line, b"")
        while not self.over.is_set() and (words := heard.readline()):
            command = words.split()[0].upper()
            self._say(line, command)
            if command == b"DATA":
                while heard.readline() not in {b".\r\n", b""}:
                    pass
                self.taken += 1
                self._say(line, b".")

    def _say(self, line: socket.socket, command: bytes) -> None:
        said = SAID[command]
        if command == b"EHLO" and not self.offers_tls:
            said = b"250 here\r\n"
        if command != self.at:
            line.sendall(said)
            return
        while not self.over.wait(DRIP_S):
            if self.drips:
                line.sendall(said[:1])  # never the end of a line


@contextmanager
def tiresome(at: bytes, *, drips: bool, offers_tls: bool = False) -> Iterator[tuple[Tiresome, str]]:
    server = Tiresome(at, drips, offers_tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server, f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.over.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.fixture
def settings(network: Network) -> Settings:
    return network.servers.settings


def refused(settings: Settings, url: str, *, because: type[Failure] = Unreachable) -> float:
    """How long it took until the mail was given up for now, in seconds."""
    began = time.monotonic()
    with pytest.raises(because):
        send(replace(settings, smtp_url=url), LETTER, within_s=WITHIN_S)
    return time.monotonic() - began


@pytest.mark.parametrize("drips", [True, False])
@pytest.mark.parametrize("at", [b"", b"EHLO", b"MAIL", b"DATA", b"."])
def test_a_server_that_drips_holds_a_mail_no_longer_than_its_whole_deadline(
    settings: Settings, at: bytes, *, drips: bool
) -> None:
    with tiresome(at, drips=drips) as (_, place):
        because = Deferred if at in WITHIN_A_MAIL else Unreachable
        assert WITHIN_S / 2 < refused(settings, f"smtp://{place}", because=because) < WITHIN_S + 1


@pytest.mark.parametrize("drips", [True, False])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_so_does_one_that_drips_while_it_is_to_encrypt(settings: Settings, scheme: str, *, drips: bool) -> None:
    at = b"STARTTLS" if scheme == "smtp" else b""
    with tiresome(at, drips=drips, offers_tls=True) as (_, place):
        assert refused(settings, f"{scheme}://{place}") < WITHIN_S + 1


def test_a_mail_that_was_taken_is_sent_though_the_server_hangs_at_the_goodbye(settings: Settings) -> None:
    for drips in (True, False):
        with tiresome(b"QUIT", drips=drips) as (server, place):
            began = time.monotonic()
            send(replace(settings, smtp_url=f"smtp://{place}"), LETTER, within_s=WITHIN_S)
            assert time.monotonic() - began < WITHIN_S + 1
            assert server.taken == 1


def test_a_name_that_nobody_finds_holds_no_mail_either(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def never(*_asked: object, **_how: object) -> None:
        over.wait(10)
        raise OSError

    monkeypatch.setattr(deadline.socket, "getaddrinfo", never)
    assert refused(settings, "smtp://mail.example.org") < WITHIN_S + 1
    over.set()
