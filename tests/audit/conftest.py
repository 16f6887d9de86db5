"""A network of its own, since these tests do to the audit what an attacker with the server's rights would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict

from app.cli.__main__ import commands
from tests.cast import Cast, cast
from tests.network import Network, Servers
from worker import periodic
from worker.context import Workshop

TABLES = ("app.audit_log", "sec.audit_seals", "sec.audit_heads", "sec.audit_openings", "sec.audit_waiting")


class House:
    """A small network with sealed and witnessed audits."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.network = Network(servers)
        self.workshop = Workshop(replace(servers.settings))
        self.team: Cast = cast(self.network)
        self.team.send()

    def verify(self, *words: str) -> Result:
        return self.command("verify-audit", *words)

    def command(self, *words: str) -> Result:
        return CliRunner(env={"SPEAN_ADMIN_URL": None, **self.servers.environ()}).invoke(commands, words)

    def settle(self) -> None:
        """Seal everything, let it be witnessed, and seal the witnesses' entries."""
        periodic.seal_audit(self.workshop)
        periodic.witness_audit(self.workshop)
        periodic.seal_audit(self.workshop)

    def tamper(self, *statements: str, **values: object) -> None:
        """What somebody with all rights on the server does; the triggers do not see it."""
        with self.attacker() as attacker:
            attacker.execute("SET session_replication_role = replica")
            for statement in statements:
                attacker.execute(statement, values)  # type: ignore[call-overload]

    def attacker(self) -> psycopg.Connection:
        name = str(conninfo_to_dict(self.servers.urls["spean_web"])["dbname"])
        return psycopg.connect(self.servers.admin_url, dbname=name)


@pytest.fixture(scope="session")
def scratch(servers: Servers, worker_id: str) -> Iterator[House]:
    made = Servers.migrated(servers.admin_url, servers.redis_url, f"audit_{worker_id}")
    house = House(made)
    house.settle()
    yield house
    house.workshop.close()
    made.clear()


@pytest.fixture
def house(scratch: House) -> Iterator[House]:
    """The network, put back as it was after each test."""
    saved = [f"CREATE SCHEMA kept; {' '.join(f'CREATE TABLE kept.{_bare(t)} AS TABLE {t};' for t in TABLES)}"]
    scratch.tamper(*saved)
    yield scratch
    back = " ".join(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept.{_bare(table)};" for table in TABLES)
    scratch.tamper(back, "DROP SCHEMA kept CASCADE")


def _bare(table: str) -> str:
    return table.partition(".")[2]
