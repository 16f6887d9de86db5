"""`./spean bench`: servers and a data folder of its own, so that no other Spean is read, filled or slowed by it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from app.launch import credentials, programs
from app.launch import environment as venv
from app.launch.operating import foreground
from app.launch.places import ROOT, locked, prepare, sockets
from app.launch.progress import say
from app.launch.running import end_leftovers
from app.launch.servers import broker_server, postgres_server
from app.launch.settings import Settings

KEPT = ("SPEAN_VENV", "SPEAN_SERVER_USER")


def bench(arguments: Sequence[str], data: Path, *, system_servers: bool) -> int:
    """Run `app.bench` and give back its exit code. An operator's own servers are never measured, nor their settings."""
    environment = venv.ready(venv.RUNTIME)
    for name in [one for one in os.environ if one.startswith("SPEAN_") and one not in KEPT]:
        del os.environ[name]
    places = prepare(data)
    with locked(places.data), sockets(places) as folder:
        end_leftovers(places)
        secrets = credentials.load(places)
        brought = programs.of_system() if system_servers else programs.of_environment(environment.prefix)
        with (
            postgres_server(places, brought, folder, secrets["SPEAN_ADMIN_PASSWORD"]) as (database, _),
            broker_server(places, brought, folder, secrets["SPEAN_REDIS_PASSWORD"]) as (broker, _),
        ):
            say(f"PostgreSQL {brought.major()} and Redis run for the bench")
            settings = Settings(
                places, secrets, database.url(), broker.url, "smtp://127.0.0.1:9", "http://127.0.0.1:8000"
            )
            command = [str(environment.python), "-P", "-m", "app.bench", *arguments]
            return foreground(command, {**settings.administrator(), "SPEAN_BENCH_DIR": str(places.data)}, ROOT)
