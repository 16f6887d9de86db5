"""A mail server that can fail in every way that a real one does, and remembers every mail that it was offered.

Loopback only, on a port of its own. After a failure is mended it hangs up on whoever still waits, as a server that was
started anew does.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import suppress
from email import message_from_bytes, policy
from enum import StrEnum
from hashlib import sha256

from app.chaos.history import Mail

_LINK = re.compile(r"/notices/([0-9a-f-]{36})")
_DRIP_S, _IDLE_S = 0.5, 120.0


class Mood(StrEnum):
    """How the server treats its clients."""

    TAKES = "takes"
    HANGS = "hangs"
    """It takes the connection and never says a word."""
    STALLS = "stalls"
    """It takes the whole mail and never answers."""
    REFUSES = "refuses"
    """Everything, for now (421)."""
    PICKS = "picks"
    """Some mails for good (550), some for now (451), the rest it takes."""
    DRIPS = "drips"
    """It answers a byte each half second."""
    CUTS = "cuts"
    """It keeps the mail and loses the connection before it says so: the mail will come again."""


class MailServer:
    """Runs until it is closed; `mails` is what it was offered."""

    def __init__(self) -> None:
        self.mood = Mood.TAKES
        self._mails: list[Mail] = []
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0), backlog=256)
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._door.getsockname()[1]}"

    @property
    def mails(self) -> list[Mail]:
        with self._lock:
            return list(self._mails)

    def mend(self) -> None:
        """Take mail again, from new connections."""
        self.mood = Mood.TAKES
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.mend()

    def keep(self, content: bytes, to: str, *, taken: bool, refused: bool = False) -> None:
        """Remember a mail by its references; nothing else of it is kept."""
        message = message_from_bytes(content, policy=policy.default)
        body = message.get_body(("plain",))
        link = _LINK.search(body.get_content() if body else "")
        mail = Mail(str(message["Message-ID"]), link[1] if link else "", to, taken, refused)
        with self._lock:
            self._mails.append(mail)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            line.settimeout(_IDLE_S)
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with self._lock:
            self._lines.add(line)
        try:
            with suppress(OSError, EOFError), line:
                _Talk(self, line).run()
        finally:
            with self._lock:
                self._lines.discard(line)


class _Talk:
    """One connection, in the mood that the server had when it began."""

    def __init__(self, server: MailServer, line: socket.socket) -> None:
        self._server, self._line, self._mood = server, line, server.mood
        self._reader = line.makefile("rb")
        self._to = ""

    def run(self) -> None:
        if self._mood is Mood.HANGS:
            self._wait()
        if self._mood is Mood.REFUSES:
            self._say("421 not now")
            return
        self._say("220 chaos")
        while True:
            words = self._read().decode("latin-1").strip()
            verb = words[:4].upper()
            if verb == "DATA":
                self._data()
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._to = words.partition("<")[2].rpartition(">")[0] if verb == "RCPT" else self._to
                self._say("250 well")

    def _data(self) -> None:
        self._say("354 go on")
        content = b""
        while (piece := self._read()) != b".\r\n":
            content += piece.removeprefix(b".")
        if self._mood is Mood.STALLS:
            self._wait()
        if self._mood is Mood.PICKS and (code := _picked(content)):
            self._server.keep(content, self._to, taken=False, refused=code.startswith("5"))
            self._say(code)
            return
        self._server.keep(content, self._to, taken=True)
        if self._mood is Mood.CUTS:
            raise EOFError
        self._say("250 kept")

    def _wait(self) -> None:
        """Until whoever asked hangs up, or we do."""
        while self._read():
            pass

    def _read(self) -> bytes:
        words = self._reader.readline()
        if not words:
            raise EOFError
        return words

    def _say(self, words: str) -> None:
        whole = f"{words}\r\n".encode()
        if self._mood is not Mood.DRIPS:
            self._line.sendall(whole)
            return
        for byte in whole:
            self._line.sendall(bytes([byte]))
            time.sleep(_DRIP_S)


def _picked(content: bytes) -> str:
    """The same answer for the same mail, whenever it comes: '' where it is taken."""
    found = re.search(rb"(?im)^message-id: *(\S+)", content)
    chance = sha256(found[1] if found else b"").digest()[0] % 4
    return {0: "550 nobody of that name", 1: "451 try again"}.get(chance, "")
