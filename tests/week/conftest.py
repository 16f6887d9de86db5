"""A whole Spean with its demo, started as people start it: one for this package, since its demo takes half a minute."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.launch.credentials import load
from app.launch.places import ROOT, Places, prepare, read_state
from app.launch.settings import Settings
from tests.launch.conftest import Spean
from tests.running import CELERY, process
from tests.week.ageing import Ageing
from tests.week.person import Somebody


@dataclass
class Running:
    """The Spean that runs, and what it runs with."""

    spean: Spean

    @cached_property
    def places(self) -> Places:
        return prepare(self.spean.data)

    @cached_property
    def settings(self) -> Settings:
        state = read_state(self.places)
        return Settings(
            places=self.places, secrets=load(self.places), admin_url=state["admin_url"], redis_url=state["redis_url"],
            smtp_url=state["smtp_url"], base_url=state["base_url"],
        )  # fmt: skip

    @property
    def logs(self) -> Path:
        return self.spean.data / "log"

    @property
    def mail(self) -> Path:
        return self.spean.data / "mail"

    def steward(self) -> Somebody:
        """The demo's steward, at a browser."""
        said = self.places.signins.read_text(encoding="utf-8")
        password = said.partition("the password")[2].split()[0]
        return Somebody(self.settings.base_url, "sina@network.example.org", password)

    @cached_property
    def ageing(self) -> Ageing:
        return Ageing(self.settings.administrator()["SPEAN_ADMIN_URL"].replace("/postgres?", "/spean?", 1))

    @contextmanager
    def quick_beat(self, log: Path) -> Iterator[None]:
        """The schedule beside Spean's own beat, so that the daily things happen now."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SPEAN_")}
        environ |= self.settings.process("beat")
        beat = [*CELERY[:3], "-A", "tests.week.beat", "beat", "--pidfile=", "--loglevel", "warning"]
        with process([*beat, "--schedule", str(log.with_suffix(".schedule"))], environ, log):
            yield

    def read(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in the database, as the backup's role reads it."""
        with psycopg.connect(self.settings.operator()["SPEAN_BACKUP_URL"]) as reading:
            return reading.execute(query, values).fetchall()


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="spean-week-", dir="/tmp") as folder:
        root = Path(folder)
        root.chmod(0o755)
        spean = Spean(root)
        spean.tree = ROOT
        try:
            spean.start("--data", str(spean.data), within=400)
            yield Running(spean)
        finally:
            spean.clear()


def verified(running: Running) -> subprocess.CompletedProcess[str]:
    """`./spean verify-audit` against the Spean that runs."""
    return running.spean.call("verify-audit", "--data", str(running.spean.data))
