"""`./spean run` from start to stop, and through the ways in which it may be cut short."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from pathlib import Path

import pytest

from app.launch.places import open_home
from tests.launch.conftest import Spean, free_port

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def listening(pids: set[int]) -> set[tuple[str, int]]:
    """The TCP addresses on which these processes listen."""
    sockets = {str(link.readlink()) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_starts_twice_and_leaves_nothing_behind(spean: Spean) -> None:
    spean.start()
    said = spean.said()
    assert f"http://127.0.0.1:{spean.port}" in said
    assert "sokha  Korsang" in said
    assert spean.note("demo") == "loaded"
    given = spean.page().split()
    assert {"SPEAN_WEB_URL", "SPEAN_REDIS_URL", "SPEAN_KEK"} <= set(given)
    assert not {"SPEAN_ADMIN_URL", "SPEAN_MIGRATOR_URL", "SPEAN_BACKUP_URL"} & set(given)
    assert "SPEAN_MIGRATOR_URL" in spean.note("migrate").split()
    assert "SPEAN_ADMIN_URL" not in spean.note("migrate").split()
    assert listening(set(spean.processes())) == {("0100007F", spean.port)}
    assert mode(spean.data / "secrets.env") == 0o600
    assert mode(spean.data / "run") == 0o700
    assert mode(spean.data / "postgres") == 0o700
    secrets = [line.split("=", 1)[1] for line in (spean.data / "secrets.env").read_text().splitlines() if "=" in line]
    arguments = " ".join(spean.processes().values())
    assert not [secret for secret in secrets if secret in arguments or secret in said]

    second = Spean(spean.root)
    refused = second.run()
    assert refused.returncode == 1
    assert f"Spean already runs on {spean.data} (process {spean.launcher.pid})" in refused.stderr
    told = spean.call("say", "hello", "there")
    assert told.stdout == f"hello there at http://127.0.0.1:{spean.port}\n"

    assert spean.call("keep").stdout == "1 kept\n"

    code, seconds = spean.end(signal.SIGTERM)
    assert (code, spean.processes()) == (0, {})
    assert seconds < 10
    assert spean.call("keep").stdout == "2 kept\n"
    assert spean.processes() == {}
    assert spean.start() < 10
    assert spean.note("provision") == "1"
    assert spean.call("keep").stdout == "3 kept\n"
    code, seconds = spean.end(signal.SIGINT)
    assert (code, spean.processes()) == (0, {})
    assert seconds < 10
    assert not (spean.data / "state.json").exists()


@pytest.mark.parametrize("cut", ["the launcher", "everything"])
def test_starts_again_after_kill_9(spean: Spean, cut: str) -> None:
    spean.start("--no-demo")
    assert "./spean create-steward" in spean.said()
    assert spean.call("keep").stdout == "1 kept\n"
    victims = spean.processes() if cut == "everything" else [spean.launcher.pid]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    spean.launcher.wait()
    assert (spean.data / "postgres" / "postmaster.pid").exists()
    spean.start("--no-demo")
    assert spean.call("keep").stdout == "2 kept\n"
    assert spean.page()
    assert spean.end()[0] == 0
    assert spean.processes() == {}


def test_a_killed_launcher_takes_its_children_along(spean: Spean) -> None:
    spean.start("--no-demo")
    os.kill(spean.launcher.pid, signal.SIGKILL)
    spean.launcher.wait()
    deadline = time.monotonic() + 15
    while spean.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert spean.processes() == {}


def test_half_a_demo_is_not_kept(spean: Spean) -> None:
    (spean.data / "mail").mkdir(parents=True)
    (spean.data / "mail" / "hang").touch()
    spean.start(until="12 clients")
    assert spean.end(signal.SIGTERM)[0] == 0
    assert spean.processes() == {}
    refused = spean.call("say", "hello")
    assert refused.returncode == 1
    assert "./spean run begins anew" in refused.stderr
    spean.start()
    assert "beginning anew" in spean.said()
    assert spean.note("provision") == "2"
    assert spean.call("keep").stdout == "1 kept\n"
    assert spean.end()[0] == 0
    spean.start()
    assert "beginning anew" not in spean.said()
    assert spean.call("keep").stdout == "2 kept\n"
    assert spean.end()[0] == 0


def test_a_failed_migration_stops_the_start(spean: Spean) -> None:
    (spean.data / "mail").mkdir(parents=True, mode=0o755)
    (spean.data / "mail" / "break").touch()
    ended = spean.run()
    assert ended.returncode == 1
    assert ended.stderr == (
        "spean: Bringing the tables up to date failed: These tables are of a later Spean. "
        f"(see {spean.data / 'log' / 'migrate.log'})\n"
    )
    assert spean.processes() == {}


def test_runs_where_the_path_is_long_and_khmer(spean: Spean) -> None:
    data = spean.root / "ទិន្នន័យ របស់ស្ពាន" / ("d" * 60)
    spean.start("--no-demo", "--data", str(data))
    assert mode(data / "secrets.env") == 0o600
    assert spean.page()
    assert spean.end()[0] == 0


class TestAsRoot:
    def test_the_servers_run_as_an_account_of_their_own(self, spean: Spean) -> None:
        spean.start("--no-demo")
        server = Path(f"/proc/{spean.pid_of('-D ')}").stat().st_uid
        assert server != 0
        assert (spean.data / "postgres").stat().st_uid == server
        assert spean.end()[0] == 0

    def test_so_do_the_web_and_the_worker_where_they_can(self, spean: Spean, ordinary: tuple[int, Path]) -> None:
        spean.env["SPEAN_VENV"] = str(ordinary[1])
        spean.start("--no-demo")
        owners = {said: Path(f"/proc/{pid}").stat().st_uid for pid, said in spean.processes().items()}
        assert {owner for said, owner in owners.items() if "/spean run" not in said} == {
            (spean.data / "postgres").stat().st_uid
        }
        assert spean.page()
        assert spean.end()[0] == 0

    def test_a_closed_data_folder_stays_closed(self, spean: Spean) -> None:
        closed = spean.root / "closed"
        closed.mkdir(mode=0o700)
        home = open_home(closed / "data")
        spean.homes.append(home)
        where = ("--data", str(closed / "data"))
        spean.start("--no-demo", *where)
        assert mode(closed) == 0o700
        assert mode(home / "postgres") == 0o700
        assert spean.call("keep", *where).stdout == "1 kept\n"
        assert spean.end()[0] == 0
        assert spean.processes() == {}
        spean.start("--no-demo", *where)
        assert spean.call("keep", *where).stdout == "2 kept\n"
        assert spean.end()[0] == 0

    def test_an_ordinary_user_runs_it_too(self, spean: Spean, ordinary: tuple[int, Path]) -> None:
        spean.user, environment = ordinary
        spean.python = str(environment / "bin" / "python")
        spean.env["SPEAN_VENV"] = str(environment)
        os.chown(spean.root, spean.user, spean.user)
        spean.start()
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in spean.processes()} == {spean.user}
        assert mode(spean.data) == 0o700
        assert spean.page()
        assert spean.end()[0] == 0
        assert spean.processes() == {}


def test_a_taken_port(spean: Spean) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", spean.port))
        other.listen()
        ended = spean.run()
    assert ended.returncode == 1
    assert ended.stderr == (
        f"spean: Port {spean.port} is taken by another program. Choose another, such as --port {spean.port + 1}.\n"
    )
    assert not (spean.data / "postgres").exists()


@pytest.mark.parametrize(
    ("name", "url", "what"),
    [
        ("SPEAN_ADMIN_URL", "postgresql://admin:hunter2@127.0.0.1:{port}/postgres", "database"),
        ("SPEAN_REDIS_URL", "redis://:hunter2@127.0.0.1:{port}/0", "message broker (Redis)"),
    ],
)
def test_an_outside_server_that_is_not_there(spean: Spean, name: str, url: str, what: str) -> None:
    port = free_port()
    ended = spean.run(**{name: url.format(port=port)})
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"spean: The {what} at 127.0.0.1:{port}/")
    reason = ended.stderr.partition(" does not answer: ")[2]
    assert "refused" in reason
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr + ended.stdout
    assert spean.processes() == {}


@pytest.mark.parametrize(
    ("name", "url", "what"),
    [
        ("SPEAN_ADMIN_URL", "postgresql://admin:hunter2%zz@127.0.0.1:1/postgres", "database"),
        ("SPEAN_REDIS_URL", "rediss//:hunter2@127.0.0.1:1/0", "broker"),
    ],
)
def test_what_is_no_address_is_said_without_quoting_it(spean: Spean, name: str, url: str, what: str) -> None:
    ended = spean.run(**{name: url})
    assert ended.returncode == 1
    assert ended.stderr.endswith(f"does not answer: this is no address of a {what}.\n")
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr + ended.stdout
