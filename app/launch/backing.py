"""What stands behind Spean's own processes: the database and the broker, brought along or the operator's."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from app.launch import credentials, programs
from app.launch.environment import Environment, clean
from app.launch.keeping import Part
from app.launch.places import Places, sockets
from app.launch.processes import finish, spawn
from app.launch.progress import say
from app.launch.servers import broker_server, kept_broker, kept_database, postgres_server
from app.launch.settings import Settings, external_database
from app.launch.trouble import Trouble, last_line

ASK_DATABASE = """
import os, psycopg
url = os.environ["SPEAN_ASKED_URL"].replace("postgresql+psycopg://", "postgresql://", 1)
try:
    psycopg.connect(url, connect_timeout=5).close()
except psycopg.OperationalError as error:
    raise SystemExit(" ".join(str(error).split()))
except psycopg.Error:
    raise SystemExit("this is no address of a database.")
"""
ASK_BROKER = """
import os, redis
try:
    redis.Redis.from_url(os.environ["SPEAN_ASKED_URL"], socket_connect_timeout=5, socket_timeout=5).ping()
except redis.RedisError as error:
    raise SystemExit(" ".join(str(error).split()))
except ValueError:
    raise SystemExit("this is no address of a broker.")
"""
"""Each says on one line why not. What cannot be read as an address is not quoted: it may hold a password."""


@dataclass
class Backing:
    """The settings for Spean's processes, and the servers that must stay alive while they run."""

    settings: Settings
    parts: list[Part] = field(default_factory=list)


@contextmanager
def backing(places: Places, environment: Environment, base_url: str) -> Iterator[Backing]:
    """Embedded servers, or the operator's own where SPEAN_ADMIN_URL and SPEAN_REDIS_URL name them."""
    secrets = credentials.load(places)
    own_database, own_broker = external_database(), os.environ.get("SPEAN_REDIS_URL")
    with ExitStack() as stack:
        parts: list[Part] = []
        admin_url, redis_url = os.environ.get("SPEAN_ADMIN_URL"), own_broker or ""
        if not (own_database and own_broker):
            folder = stack.enter_context(sockets(places))
            brought = programs.of_environment(environment.prefix)
        if own_database:
            _ask(environment, places, ASK_DATABASE, admin_url or os.environ["SPEAN_WEB_URL"], "database")
        else:
            entered = postgres_server(places, brought, folder, secrets["SPEAN_ADMIN_PASSWORD"])
            server, child = stack.enter_context(entered)
            admin_url = server.url()
            parts.append(kept_database(server, child))
            say("PostgreSQL runs")
        if own_broker:
            _ask(environment, places, ASK_BROKER, own_broker, "message broker (Redis)")
        else:
            broker, child = stack.enter_context(broker_server(places, brought, folder, secrets["SPEAN_REDIS_PASSWORD"]))
            redis_url = broker.url
            parts.append(kept_broker(broker, child))
            say("Redis runs")
        smtp_url = os.environ.get("SPEAN_SMTP_URL") or f"smtp://127.0.0.1:{free_port()}"
        yield Backing(Settings(places, secrets, admin_url, redis_url, smtp_url, base_url), parts)


def _ask(environment: Environment, places: Places, question: str, url: str, what: str) -> None:
    """Ask a server that the operator names. Raises Trouble, without a password in it, when none answers."""
    log = places.log("outside-servers")
    log.unlink(missing_ok=True)
    env = {**clean(os.environ), "SPEAN_ASKED_URL": url}
    if finish(spawn("question", [environment.python, "-c", question], env=env, log=log)) != 0:
        raise Trouble(f"The {what} at {_place(url)} does not answer: {last_line(log)}")
    say(f"The {what} at {_place(url)} answers")


def _place(url: str) -> str:
    """A URL's host, port and path, without who signs in and with what."""
    return url.partition("://")[2].rpartition("@")[2].partition("?")[0] or "the place named"


def free_port() -> int:
    """A port of the loopback interface that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """Raises Trouble when the web port cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Trouble(
                f"Port {port} needs more rights than this account has. Choose one above 1023 with --port."
            ) from None
        except (OSError, OverflowError):
            raise Trouble(
                f"Port {port} is taken by another program. Choose another, such as --port {port + 1}."
            ) from None
