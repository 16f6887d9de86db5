"""The whole of Spean as it runs: the web, the worker, Redis and a mail server, and all that they let slip."""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import unquote

from redis import Redis

from app.launch.services import GUNICORN
from tests.network import Network
from tests.running import (
    BEAT,
    CELERY,
    WORKER,
    Broker,
    PostOffice,
    broker_running,
    eventually,
    forget_old,
    free_port,
    listening,
    post_office_open,
    process,
)

_PACKED = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")


@dataclass
class House:
    """Where it is, and what anybody could overhear."""

    port: int
    post: PostOffice
    broker: Broker
    folder: Path
    heard: list[str]
    """What was said to Redis."""
    addresses: list[str] = field(default_factory=list)
    """Every address that a browser asked for or was sent to."""
    titles: list[str] = field(default_factory=list)
    """Every title that a browser showed: they stand in its history."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def overheard(self) -> dict[str, str]:
        """Everything that leaves the pages themselves, by where it goes."""
        with self.broker.client() as client:
            kept = "\n".join(_kept(client))
        logs = "\n".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("*.log")))
        return {
            "said to Redis": _unpacked("\n".join(self.heard)),
            "kept in Redis": _unpacked(kept),
            "logs": unquote(logs),
            "mails": "\n".join(f"{mail}\n{mail.get_content()}" for mail in self.post.mails),
            "addresses": unquote("\n".join(self.addresses)),
            "titles": "\n".join(self.titles),
        }

    def leaks(self, *words: str) -> list[str]:
        """Where one of `words` was overheard."""
        return [
            f"{place}: {word}"
            for place, said in self.overheard().items()
            for word in words
            if word.casefold() in said.casefold()
        ]


@contextmanager
def house_open(network: Network, folder: Path) -> Iterator[House]:
    """Everything started as `./spean run` starts it, with the servers of the tests."""
    with ExitStack() as stack:
        post = stack.enter_context(post_office_open())
        broker = stack.enter_context(broker_running())
        heard = stack.enter_context(listening(broker))
        house = House(free_port(), post, broker, folder, heard)
        environ = {
            **network.servers.environ(),
            "SPEAN_REDIS_URL": broker.url,
            "SPEAN_SMTP_URL": post.url,
            "SPEAN_BASE_URL": house.url,
        }
        forget_old(network)
        web = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{house.port}", *GUNICORN]
        stack.enter_context(process([*web, "--access-logfile", "-"], environ, folder / "web.log"))
        stack.enter_context(process([*CELERY, *WORKER], environ, folder / "worker.log"))
        beat = [*BEAT, "--schedule", str(folder / "schedule")]
        stack.enter_context(process(beat, environ, folder / "beat.log"))
        eventually(lambda: b"ready" in (folder / "worker.log").read_bytes(), seconds=60)
        eventually(lambda: _answers(house.port), seconds=60)
        yield house


def _answers(port: int) -> bool:
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/sign-in")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def _kept(client: Redis) -> Iterator[str]:
    """Every key and what it holds, as Redis would hand it to whoever copies its memory."""
    for key in client.scan_iter():
        yield key.decode(errors="replace")
        match client.type(key):
            case b"string":
                values = [client.get(key)]
            case b"list":
                values = client.lrange(key, 0, -1)
            case b"hash":
                values = [part for pair in client.hgetall(key).items() for part in pair]
            case b"set":
                values = list(client.smembers(key))
            case _:
                values = client.zrange(key, 0, -1)
        yield from ((value or b"").decode(errors="replace") for value in values)


def _unpacked(said: str) -> str:
    """Celery wraps a message's body into base64: what was wrapped is added, in clear."""
    return "\n".join([said, *(text for text in map(_clear, set(_PACKED.findall(said))) if text)])


def _clear(packed: str) -> str:
    try:
        return base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
