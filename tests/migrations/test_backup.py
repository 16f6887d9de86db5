"""What docs/guides/operator.md tells operators to do: dump as the backup's own role, restore beside what there is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text

from app.launch.programs import of_environment, of_system
from tests.network import Network, Servers


def test_a_dump_by_the_backups_role_can_be_restored(network: Network, worker_id: str, tmp_path: Path) -> None:
    manager = network.organisation("ngo").manager
    assert manager
    file = tmp_path / "spean.dump"
    with network.servers.engines["spean_backup"].connect() as connection:
        server = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    _run(server, "pg_dump", "--format=custom", f"--file={file}", network.servers.urls["spean_backup"])

    other = Servers.provisioned(network.servers.admin_url, network.servers.redis_url, f"{worker_id}_restored")
    try:
        database = str(conninfo_to_dict(other.urls["spean_web"])["dbname"])
        _run(
            server,
            "pg_restore",
            "--exit-on-error",
            f"--dbname={make_conninfo(other.admin_url, dbname=database)}",
            str(file),
        )
        with replace(manager, servers=other).transaction() as (_, actor):
            assert actor.org_id == manager.org_id
    finally:
        other.clear()


def _run(server: int, program: str, *words: str) -> None:
    """One of the server's own programs: of Debian's server, or of the one that the requirements bring along."""
    subprocess.run([_programs(server) / program, *words], check=True)


def _programs(server: int) -> Path:
    brought = of_environment(Path(sys.prefix))
    return (brought if brought.major() == server else of_system()).postgres_bin
