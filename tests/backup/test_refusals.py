"""What is refused: each in a sentence, with nothing changed."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from app.core import archives
from tests.backup.conftest import Copy, Safe, run
from tests.cast import cast
from tests.network import Network, Servers

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(network: Network, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Copy:
    cast(network).send()
    return Safe(network.servers, tmp_path_factory.mktemp("copies"), f"{worker_id}_refused").copy()


@pytest.fixture(scope="module")
def empty(servers: Servers, copy: Copy, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Servers]:
    made = Safe(servers, tmp_path_factory.mktemp("empty"), f"{worker_id}_empty").empty()
    yield made
    made.clear()


def refused(done: Result, *words: str) -> None:
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    for word in words:
        assert word in done.output


def still_empty(servers: Servers) -> bool:
    with servers.administrator() as admin:
        row = admin.execute("SELECT sec.is_empty(), (SELECT count(*) FROM app.client_keys)").fetchone()
    return row == (True, 0)


def test_a_network_is_not_written_over(servers: Servers, copy: Copy) -> None:
    refused(run(servers, "restore", copy.data, copy.keys), "a network in this database already")


@pytest.mark.parametrize(("first", "second"), [("data", "data"), ("keys", "keys")])
def test_both_parts_are_needed(empty: Servers, copy: Copy, first: str, second: str) -> None:
    """With the data alone, every client would count as erased."""
    refused(run(empty, "restore", getattr(copy, first), getattr(copy, second)), "holds no")
    assert still_empty(empty)


def test_another_key_encryption_key_opens_nothing(empty: Servers, copy: Copy) -> None:
    other = base64.b64encode(b"another key of thirty-two bytes.").decode()
    refused(run(empty, "restore", copy.data, copy.keys, SPEAN_KEK=other), "is not the one of this database")
    refused(run(empty, "restore", copy.data, copy.keys, SPEAN_KEK=f"2:{other}"), "which was not given")
    assert still_empty(empty)


def test_a_damaged_copy_leaves_nothing_behind(empty: Servers, copy: Copy, tmp_path: Path) -> None:
    """Cut off in the middle: its first rows are in when the fault is found."""
    whole = copy.data.read_bytes()
    torn = tmp_path / copy.data.name
    torn.write_bytes(whole[: len(whole) * 9 // 10])
    refused(run(empty, "restore", torn, copy.keys), "Nothing was restored")
    assert still_empty(empty)
    nonsense = tmp_path / "nonsense.dump"
    nonsense.write_text("nothing of ours")
    refused(run(empty, "restore", nonsense, copy.keys), "Nothing was restored")


def test_copies_of_other_tables_are_refused(empty: Servers, copy: Copy) -> None:
    with empty.administrator() as admin:
        admin.execute("UPDATE meta.alembic_version SET version_num = '0001'")
    try:
        refused(run(empty, "restore", copy.data, copy.keys), "step", "Restore with the Spean that made it")
    finally:
        with empty.administrator() as admin:
            here = archives.revision(copy.programs, copy.data)
            admin.execute("UPDATE meta.alembic_version SET version_num = %s", [here])
    assert still_empty(empty)


def test_data_and_keys_lie_apart(servers: Servers, tmp_path: Path) -> None:
    refused(run(servers, "backup", tmp_path, tmp_path), "must lie apart")
    refused(run(servers, "backup", tmp_path, tmp_path / "absent"), "There is no folder")
    assert not any(tmp_path.iterdir())


def test_a_copy_is_for_its_owner_and_holds_no_key_of_the_other_part(copy: Copy) -> None:
    assert {copy.data.stat().st_mode & 0o777, copy.keys.stat().st_mode & 0o777} == {0o600}
    for schema, table in (name.split(".") for name in archives.KEYS):
        assert archives.copied(copy.programs, copy.data, schema, table) == []
    assert archives.copied(copy.programs, copy.keys, "app", "clients") == []
    assert archives.copied(copy.programs, copy.keys, "app", "client_keys")


def test_old_copies_go_and_nothing_else(tmp_path: Path) -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    names = [
        "spean-keys-20260316T115959Z.dump", "spean-keys-20260317T120001Z.dump", "spean-keys-20260318T120000Z.dump",
        "spean-keys-20260319T120000Z.dump", "spean-data-20200101T000000Z.dump", "spean-keys-20200101T000000Z.dump.gz",
        "notes.txt",
    ]  # fmt: skip
    for name in names:
        (tmp_path / name).touch()
    gone = archives.let_go(tmp_path, "keys", timedelta(days=14), now)
    assert [path.name for path in gone] == names[:1]
    assert {path.name for path in tmp_path.iterdir()} == set(names[1:])


def test_the_last_three_copies_stay_whatever_the_clock_says(tmp_path: Path) -> None:
    """Names by a clock that ran ten years ahead for one night, and files that were copied in another order."""
    days = ["20260101", "20260102", "20260103", "20260104", "20260105", "20360105"]
    copies = [tmp_path / f"spean-data-{day}T120000Z.dump" for day in days]
    written = [copies[one] for one in (3, 5, 4, 0, 1, 2)]
    for age, path in enumerate(written):
        path.touch()
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    for now in (datetime(2056, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)):
        archives.let_go(tmp_path, "data", timedelta(days=1), now)
        assert {*copies[-3:], *written[-3:]} <= set(tmp_path.iterdir())
    for path in written[-3:]:  # then the names alone decide
        path.unlink()
    archives.let_go(tmp_path, "data", timedelta(days=1), datetime(2056, 1, 1, tzinfo=UTC))
    assert len(list(tmp_path.iterdir())) == 3


def test_while_the_clock_is_stopped_no_copy_is_deleted(servers: Servers, tmp_path: Path) -> None:
    data, keys = tmp_path / "data", tmp_path / "keys"
    old = [data / f"spean-data-2020010{day}T000000Z.dump" for day in (1, 2, 3, 4)]
    for folder in (data, keys):
        folder.mkdir()
    for path in old:
        path.touch()
    with servers.administrator() as staging:
        staging.execute("UPDATE sec.clock SET stopped_at = now(), why = 'ahead', off_by = 999")
    try:
        assert "no older copy is deleted" in run(servers, "backup", data, keys).stdout
        assert set(old) < set(data.iterdir())
    finally:
        with servers.administrator() as staging:
            staging.execute("UPDATE sec.clock SET stopped_at = NULL, why = NULL, off_by = NULL")
    assert "is deleted" in run(servers, "backup", data, keys).stdout
