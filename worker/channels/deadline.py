"""Sockets with one deadline for everything that is done on them: to find the server, connect, encrypt, send and read.

A socket's own timeout begins anew with each byte, so that a server which drips bytes holds a connection as long as it
likes. Here each wait gets what is left. No signals: mail is sent by threads too.
"""

from __future__ import annotations

import socket
import ssl
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

CONNECT_S = 10.0
READ_S = 15.0
"""The longest of a single wait within the whole."""
Address = tuple[Any, ...]


class Deadline:
    """The moment by which all must be done, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._by = monotonic() + seconds

    def left(self, at_most: float = READ_S) -> float:
        """Seconds for the next wait. Raises TimeoutError when none are left."""
        left = min(self._by - monotonic(), at_most)
        if left <= 0:
            raise TimeoutError
        return left

    def shorten(self, seconds: float) -> None:
        """What follows takes at most so long."""
        self._by = min(self._by, monotonic() + seconds)


if TYPE_CHECKING:
    _Base = socket.socket
else:
    _Base = object


class _Bound(_Base):
    """What a socket does, within the deadline that its class bears."""

    by: Deadline

    def recv_into(self, *args: Any) -> int:
        self.settimeout(self.by.left())
        return super().recv_into(*args)

    def recv(self, *args: Any) -> bytes:
        self.settimeout(self.by.left())
        return super().recv(*args)

    def send(self, *args: Any) -> int:
        self.settimeout(self.by.left())
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        self.settimeout(self.by.left())
        super().sendall(*args)

    def do_handshake(self, *args: Any) -> None:
        """Of an encrypted one."""
        self.settimeout(self.by.left())
        super().do_handshake(*args)  # type: ignore[misc]


def connected(host: str, port: int, by: Deadline) -> socket.socket:
    """A connection to the first of the host's addresses that answers. Raises OSError."""
    kind: type[socket.socket] = type("BoundSocket", (_Bound, socket.socket), {"by": by})
    failed: OSError = OSError("the name has no address")
    for family, sort, protocol, _, address in _addresses(host, port, by):
        made = kind(family, sort, protocol)
        try:
            made.settimeout(by.left(CONNECT_S))
            made.connect(address)
        except OSError as error:
            made.close()
            failed = error
        else:
            return made
    raise failed


def encrypting(by: Deadline) -> ssl.SSLContext:
    """The usual demands on a server's certificate, for sockets that keep to the deadline."""
    context = ssl.create_default_context()
    context.sslsocket_class = type("BoundSecureSocket", (_Bound, ssl.SSLSocket), {"by": by})
    return context


def _addresses(host: str, port: int, by: Deadline) -> list[tuple[int, int, int, str, Address]]:
    """Asked for beside this thread: the resolver knows no deadline of ours."""
    found: list[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(by.left(CONNECT_S))
    if not found:
        raise TimeoutError
    if isinstance(found[0], OSError):
        raise found[0]
    addresses: list[tuple[int, int, int, str, Address]] = found[0]
    return addresses
