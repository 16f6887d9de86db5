"""Copies of the database in two parts: the data, and apart from it the keys that open it.

Erasing a client, and taking a permission back, destroys keys. Whoever restores takes an old copy of the data and the
newest copy of the keys, so that what was destroyed in between stays closed. Copies of keys are therefore kept for a
short time only (NIST SP 800-88 Rev. 1, 2.5: cryptographic erase needs every copy of the key destroyed).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from app.core.errors import BadSetting

KEYS = ("app.org_keys", "app.client_keys", "app.packet_keys", "sec.keks")
"""The wraps of keys, and the check values of what wraps them: never in a copy of the data."""
_WATCHED = ("sec.heartbeats", "sec.watch", "sec.incidents", "sec.alerts", "sec.errors", "sec.clock_runs")
LEFT_OUT = ("sec.sessions", "sec.seal_key", "sec.key_runs", "sec.rehearsal", "app.idempotency_keys", *_WATCHED)
"""In neither copy: a restored network begins with a new seal, everybody signs in again, and no task has run yet."""
LAST = 3
"""So many copies of each part are never deleted."""
_REVISION = "meta.alembic_version"
_NAME = re.compile(r"spean-(data|keys)-(\d{8}T\d{6}Z)\.dump")
_STAMP = "%Y%m%dT%H%M%SZ"
_ERROR = re.compile(r"(?:error:|ERROR:|FATAL:)\s+(?:FATAL:\s+)?(.+)")
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


@dataclass(frozen=True)
class Copies:
    """What one backup made: two files of one moment."""

    data: Path
    keys: Path


class CopyError(Exception):
    """A program of PostgreSQL's did not do what it was asked to; why, in its own words."""


def back_up(url: str, programs: Path, data: Path, keys: Path, now: datetime) -> Copies:
    """Copy the database that `url` (the backup's role) names into two folders, as it is at one moment.

    `programs`: the folder of a pg_dump of the server's own version. A file has its name only when it is whole, and is
    for its owner's eyes (mode 0600). Raises CopyError, OSError, psycopg.Error.
    """
    stamp = now.astimezone(UTC).strftime(_STAMP)
    made = Copies(data / f"spean-data-{stamp}.dump", keys / f"spean-keys-{stamp}.dump")
    everything_else = [f"--exclude-table-data={table}" for table in (*KEYS, *LEFT_OUT)]
    keys_alone = ["--data-only", *(f"--table={table}" for table in (*KEYS, _REVISION))]
    with _snapshot(url) as snapshot:
        parts = [(made.data, everything_else), (made.keys, keys_alone)]
        drafts = [path.with_suffix(".part") for path, _options in parts]
        try:
            for draft, (_path, options) in zip(drafts, parts, strict=True):
                draft.touch(mode=0o600, exist_ok=False)
                run(
                    programs / "pg_dump",
                    ["--format=custom", f"--snapshot={snapshot}", f"--file={draft}", *options],
                    url,
                )
                _to_disk(draft)
            for draft, (path, _options) in zip(drafts, parts, strict=True):
                draft.rename(path)
                _to_disk(path.parent)
        finally:
            for draft in drafts:
                draft.unlink(missing_ok=True)
    return made


def let_go(folder: Path, part: str, keep: timedelta, now: datetime) -> list[Path]:
    """Delete the copies of `part` ("data" or "keys") that are older than `keep`; returns them. Other files stay.

    The last three stay, however old they seem to be: both the three that are newest by name and those written last,
    since one of the two clocks may have been wrong.
    """
    copies = [path for path in sorted(folder.iterdir()) if _is_copy(path, part)]
    last = {*copies[-LAST:], *sorted(copies, key=lambda path: path.stat().st_mtime)[-LAST:]}
    gone = [path for path in copies if path not in last and _age(path, now) > keep]
    for path in gone:
        path.unlink()
    return gone


def clock_is_right(url: str) -> bool:
    """Whether the database's clock is believed (`sec.clock`); `url`: the backup's role. Raises psycopg.Error."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute("SELECT 1 FROM sec.clock WHERE stopped_at IS NOT NULL").fetchone() is None


def taken_at(copy: Path) -> str:
    """When a copy was made, by its name, or nothing for a file that was renamed."""
    found = _NAME.fullmatch(copy.name)
    return found[2] if found else ""


def revision(programs: Path, copy: Path) -> str:
    """At which migration a copy was made. Raises CopyError for a file that is no copy, or is damaged."""
    return "".join(values[0] for values in copied(programs, copy, "meta", "alembic_version"))


def copied(programs: Path, copy: Path, schema: str, table: str) -> list[list[str]]:
    """The rows of one small table in a copy, each value as COPY writes it. Raises CopyError."""
    options = ["--data-only", f"--schema={schema}", f"--table={table}", "--file=-", str(copy)]
    said = run(programs / "pg_restore", options).decode()
    _before, begun, rest = said.partition(" FROM stdin;\n")
    return [line.split("\t") for line in rest.partition("\n\\.")[0].splitlines()] if begun else []


def run(program: Path, words: list[str], url: str = "") -> bytes:
    """Run one of PostgreSQL's programs and give back what it wrote. Raises CopyError."""
    ended = subprocess.run(  # noqa: S603 - PostgreSQL's own, and no shell
        [program, *words], env=environment(url), capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise CopyError(last_word(ended.stderr))
    return ended.stdout


def environment(url: str = "") -> dict[str, str]:
    """Where one of PostgreSQL's programs finds its server; a password stands in no list of processes."""
    given = conninfo_to_dict(url) if url else {}
    found = {variable: str(given[name]) for name, variable in _VARIABLES.items() if given.get(name)}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "5", **found}


def last_word(said: bytes) -> str:
    """Why a program gave up: its first line of an error, without the details, which may hold a row."""
    for line in said.decode(errors="replace").splitlines():
        found = _ERROR.search(line)
        if found:
            return found[1]
    return "the program did not say why."


@contextmanager
def _snapshot(url: str) -> Iterator[str]:
    """One moment of the database, for as long as the block lasts, by the name under which pg_dump sees it too."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None  # noqa: S101 - a function's answer is one row
        yield str(row[0])


def server_version(url: str) -> int:
    """The server's major version. Raises psycopg.Error."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.info.server_version // 10_000


def check_folders(data: Path, keys: Path) -> None:
    """Raises BadSetting when the two parts would lie together, or there is no such folder."""
    for folder in (data, keys):
        if not folder.is_dir():
            raise BadSetting(f"There is no folder {folder}.")
    if data.resolve() == keys.resolve():
        raise BadSetting("Data and keys must lie apart: name two folders, best on two machines.")


def truncation(connection: psycopg.Connection) -> str:
    """A statement that empties whatever migrations fill, before a copy's rows come in."""
    rows = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('app', 'sec')"
        " AND schemaname || '.' || tablename <> 'sec.seal_key' ORDER BY 1, 2"
    ).fetchall()
    tables = sql.SQL(", ").join(sql.Identifier(*row) for row in rows)
    return sql.SQL("TRUNCATE {};").format(tables).as_string(connection)


def _is_copy(path: Path, part: str) -> bool:
    found = _NAME.fullmatch(path.name)
    return found is not None and found[1] == part


def _age(path: Path, now: datetime) -> timedelta:
    return now - datetime.strptime(taken_at(path), _STAMP).replace(tzinfo=UTC)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
