"""Stands where `app.cli` stands, with the same words and none of the work: for tests of the launcher alone."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


def provision() -> None:
    """A role, a database, and a table in which rows can be kept over a restart."""
    password = sql.Literal(conninfo_to_dict(os.environ["SPEAN_MIGRATOR_URL"])["password"])
    with psycopg.connect(os.environ["SPEAN_ADMIN_URL"], autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = 'spean'").fetchone():
            admin.execute(sql.SQL("CREATE ROLE spean_migrator LOGIN PASSWORD {}").format(password))
            admin.execute("CREATE DATABASE spean OWNER spean_migrator")
    note("provision", str(int(note("provision") or "0") + 1))


def keep() -> None:
    """Keep one row more, and say how many there are."""
    with psycopg.connect(os.environ["SPEAN_MIGRATOR_URL"]) as migrator:
        migrator.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz DEFAULT now())")
        migrator.execute("INSERT INTO kept DEFAULT VALUES")
        count = migrator.execute("SELECT count(*) FROM kept").fetchone()
    sys.stdout.write(f"{count[0] if count else 0} kept\n")


def migrate() -> None:
    note("migrate", " ".join(sorted(name for name in os.environ if name.startswith("SPEAN_"))))
    if (mail() / "break").exists():
        sys.exit("These tables are of a later Spean.")


def load_demo() -> None:
    sys.stdout.write("12 clients\n")
    sys.stdout.flush()
    if (mail() / "hang").exists():
        (mail() / "hang").unlink()
        signal.pause()
    note("demo", "loaded")


def demo_signins() -> None:
    sys.stdout.write("sokha  Korsang  a-bridge-over-water\n")


def publish() -> None:
    """Leave a note of each run and of what it was given; break if the test says so."""
    note("published", note("published") + " ".join(sorted(n for n in os.environ if n.startswith("SPEAN_"))) + "\n")
    if (mail() / "break-publisher").exists():
        sys.exit("The counts are not there.")


def say() -> None:
    sys.stdout.write(f"{' '.join(sys.argv[2:])} at {os.environ['SPEAN_BASE_URL']}\n")


def note(name: str, text: str | None = None) -> str:
    """Leave a note for the test, or read the last one."""
    path = mail() / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def mail() -> Path:
    return Path(os.environ["SPEAN_MAIL_DIR"])


WORDS = {
    "provision": provision,
    "migrate": migrate,
    "load-demo": load_demo,
    "demo-signins": demo_signins,
    "publish": publish,
    "say": say,
    "keep": keep,
}

if __name__ == "__main__":
    if sys.argv[1] not in WORDS:
        sys.exit(f"There is no command {sys.argv[1]}.")
    WORDS[sys.argv[1]]()
