"""A PgBouncer of our own in transaction mode, with two connections for each role, in front of the run's database."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.launch.accounts import server_account
from tests.network import Network, Servers
from tests.running import free_port

BEHIND = ("spean_web", "spean_public", "spean_worker", "spean_publisher")
CONFIGURATION = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 60
"""


@pytest.fixture
def bounced(network: Network) -> Iterator[Network]:
    """The run's network, its processes connected through a PgBouncer of our own with two connections for each role."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("no PgBouncer: apt-get install -y --no-install-recommends pgbouncer")
    steward, port = network.steward, free_port()
    with ExitStack() as stack:
        stack.enter_context(network.servers.roles_held())  # a new password has a new secret
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spean-bouncer-", dir="/tmp")))
        _write(folder, network.servers, port)
        account = server_account()
        if account is not None:
            for path in (folder, *folder.iterdir()):
                account.own(path)
        running = subprocess.Popen(
            [program, "-q", str(folder / "ini")],
            stderr=subprocess.DEVNULL,
            **({"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}),  # type: ignore[arg-type]
        )
        stack.callback(running.wait, 10)
        stack.callback(running.terminate)
        urls = {**network.servers.urls, **{role: _through(network.servers.urls[role], role, port) for role in BEHIND}}
        servers = replace(network.servers, urls=urls)
        _wait(urls["spean_web"])
        made = Network(servers)
        made.__dict__["steward"] = replace(steward, servers=servers)
        yield made
        for engine in (*servers.engines.values(), *servers.sites):
            engine.dispose()


def _write(folder: Path, servers: Servers, port: int) -> None:
    info = conninfo_to_dict(servers.admin_url)
    with servers.administrator() as admin:
        rows = admin.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY (%s)", (list(BEHIND),))
        users = "".join(f'"{role}" "{secret}"\n' for role, secret in rows)
    said = CONFIGURATION.format(host=info["host"], server_port=info.get("port", 5432), port=port, folder=folder)
    for name, words in (("users", users), ("ini", said)):
        (folder / name).write_text(words)
        os.chmod(folder / name, 0o600)  # noqa: PTH101


def _through(url: str, role: str, port: int) -> str:
    info = conninfo_to_dict(url)
    return f"postgresql://{role}:{info['password']}@127.0.0.1:{port}/{info['dbname']}"


def _wait(url: str) -> None:
    for _ in range(100):
        try:
            psycopg.connect(url, prepare_threshold=None).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("PgBouncer did not start")
