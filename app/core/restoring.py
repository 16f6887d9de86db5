"""Filling an empty database from a copy of the data and a copy of the keys, which may be newer.

The walls come from the migrations, never from a copy; a copy brings rows alone. All of it is one transaction of the
administrator's: a copy that does not fit leaves the database as empty as it was.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, LiteralString

import psycopg

from app.core import archives, kek_checks
from app.core.errors import BadSetting
from app.core.kek import KeyEncryption

# pg_restore leaves settings of its own behind; our functions run as roles to which the walls apply.
_TRIGGERS_ON = """
SET LOCAL session_replication_role = origin;
SET LOCAL search_path = pg_catalog;
SET LOCAL row_security = on;
"""

# What is sealed under a version that is not there, of somebody who has other keys, was sealed anew since the data was
# copied: nothing was destroyed, and erasing it would be wrong.
_CHECK = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM app.clients c
            WHERE c.erased_at IS NULL
              AND EXISTS (SELECT 1 FROM app.client_keys k WHERE k.org_id = c.org_id AND k.client_id = c.id)
              AND NOT EXISTS (SELECT 1 FROM app.client_keys k WHERE k.org_id = c.org_id AND k.client_id = c.id
                AND k.generation = sec.sealed_version(c.facts)))
        OR EXISTS (SELECT 1 FROM app.slips s WHERE sec.sealed_version(s.secrets) IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM app.org_keys k
                WHERE k.org_id = s.sender_org_id AND k.version = sec.sealed_version(s.secrets))) THEN
        RAISE EXCEPTION 'The keys were changed after this data was copied: take data and keys from the same side of it';
    END IF;
END $$;
"""

# Keys of what came after the data, and what has lost its keys since: who was erased, what was taken back.
_SETTLE = """
DELETE FROM app.client_keys k WHERE NOT EXISTS (
    SELECT 1 FROM app.clients c WHERE c.org_id = k.org_id AND c.id = k.client_id);
DELETE FROM app.packet_keys k WHERE NOT EXISTS (
    SELECT 1 FROM app.packet_parts p WHERE p.sender_org_id = k.sender_org_id AND p.referral_id = k.referral_id);
DELETE FROM app.org_keys k WHERE NOT EXISTS (SELECT 1 FROM app.organisations o WHERE o.id = k.org_id);
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT x.sender_org_id, x.id FROM app.referrals x
            WHERE x.state IN ('sent', 'waitlisted', 'accepted', 'arrived') AND NOT EXISTS (
                SELECT 1 FROM app.packet_keys k WHERE k.sender_org_id = x.sender_org_id AND k.referral_id = x.id
                  AND k.holder = 'receiver') LOOP
        PERFORM sec.put_context(r.sender_org_id, '', NULL, 'staff');
        PERFORM sec.withdraw(r.sender_org_id, r.id);
        UPDATE app.referrals x SET state = 'withdrawn', ended_at = now(), updated_at = now(), version = x.version + 1
            WHERE x.sender_org_id = r.sender_org_id AND x.id = r.id;
        INSERT INTO app.referral_events (sender_org_id, id, referral_id, receiver_org_id, kind, at)
            SELECT x.sender_org_id, gen_random_uuid(), x.id, x.receiver_org_id, 'withdrawn', now()
            FROM app.referrals x WHERE x.sender_org_id = r.sender_org_id AND x.id = r.id;
    END LOOP;
    PERFORM sec.erase_keyless();
    FOR r IN SELECT DISTINCT p.sender_org_id, p.referral_id FROM app.packet_parts p
            WHERE length(p.body) > 0 AND NOT EXISTS (SELECT 1 FROM app.packet_keys k
                WHERE k.sender_org_id = p.sender_org_id AND k.referral_id = p.referral_id) LOOP
        PERFORM sec.empty_packets(r.sender_org_id, r.referral_id);
    END LOOP;
END $$;
UPDATE app.invites SET cancelled_at = now() WHERE used_at IS NULL AND cancelled_at IS NULL;
INSERT INTO app.audit_log (org_id, id, at, action, subject, subject_id, detail)
    SELECT o.id, gen_random_uuid(), now(), 'backup.restore', 'organisation', o.id,
        jsonb_build_object('data', {data}, 'keys', {keys})
    FROM app.organisations o;
"""


def restore(admin_url: str, programs: Path, data: Path, keys: Path, kek: KeyEncryption) -> None:
    """Fill the empty database that `admin_url` names.

    `programs`: the folder of PostgreSQL's programs, of the server's version. Raises BadSetting and archives.CopyError;
    nothing is changed then.
    """
    with psycopg.connect(admin_url, connect_timeout=5) as connection:
        if not _one(connection, "SELECT sec.is_empty()"):
            raise BadSetting("There is a network in this database already. Restore into an empty data folder.")
        here = str(_one(connection, "SELECT version_num FROM meta.alembic_version"))
        empty = archives.truncation(connection)
    for copy, what in ((data, "data"), (keys, "keys")):
        there = archives.revision(programs, copy)
        if there != here:
            raise BadSetting(
                f"The copy of the {what} was made at step {there or 'none'} of the tables, and this Spean is at"
                f" {here}. Restore with the Spean that made it, then bring it up to date."
            )
    if not archives.copied(programs, data, "app", "organisations"):
        raise BadSetting("The copy named first holds no data. First comes the copy of the data, then that of the keys.")
    needed = _versions(programs, keys)
    if not needed:  # every client would be erased
        raise BadSetting(
            "The copy named second holds no keys. First comes the copy of the data, then that of the keys."
        )
    kek_checks.compare(needed, kek)
    with _script(admin_url, programs) as script:
        script.write(f"SET LOCAL session_replication_role = replica;\n{empty}\n".encode())
        for copy in (data, keys):
            _pour(programs, copy, script)
        script.write(_TRIGGERS_ON.encode())
        script.write(_CHECK.encode())
        script.write(_settled(data, keys).encode())


def _versions(programs: Path, keys: Path) -> list[kek_checks.Known]:
    """The check values of the key-encryption keys that a copy of keys needs."""
    return [
        kek_checks.Known(int(version), bytes.fromhex(sealed.removeprefix(r"\\x")))
        for version, sealed, *_when in archives.copied(programs, keys, "sec", "keks")
    ]


def _settled(data: Path, keys: Path) -> str:
    stamps = {"{data}": archives.taken_at(data), "{keys}": archives.taken_at(keys)}
    settle = _SETTLE
    for place, stamp in stamps.items():
        settle = settle.replace(place, f"'{stamp}'")
    return settle


@contextmanager
def _script(url: str, programs: Path) -> Iterator[IO[bytes]]:
    """What is written into it happens as one transaction, or not at all. Raises archives.CopyError."""
    words = [
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        "--file=-",
    ]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - PostgreSQL's own, and no shell
            [programs / "psql", *words], env=archives.environment(url), stdin=subprocess.PIPE, stderr=said
        )
        assert child.stdin is not None  # noqa: S101 - asked for above
        try:
            with contextlib.suppress(BrokenPipeError):  # it gave up before the end, and says why
                yield child.stdin
                child.stdin.flush()
        except BaseException:
            child.kill()  # an end of what it reads would mean: commit
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()
            code = child.wait()
        if code != 0:
            said.seek(0)
            raise archives.CopyError(archives.last_word(said.read()))


def _pour(programs: Path, copy: Path, script: IO[bytes]) -> None:
    """All rows of a copy, as statements. It may be large, so it is never held whole. Raises archives.CopyError."""
    words = ["--data-only", "--schema=app", "--schema=sec", "--file=-", str(copy)]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(  # noqa: S603 - PostgreSQL's own, and no shell
            [programs / "pg_restore", *words], env=archives.environment(), stdout=subprocess.PIPE, stderr=said
        ) as child:
            assert child.stdout is not None  # noqa: S101 - asked for above
            shutil.copyfileobj(child.stdout, script)
        if child.returncode != 0:
            said.seek(0)
            raise archives.CopyError(archives.last_word(said.read()))


def _one(connection: psycopg.Connection, query: LiteralString) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
