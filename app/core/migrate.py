"""Bring the schema to where the code is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

_SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


def config(migrator_url: str) -> Config:
    """Alembic's configuration for the database of `migrator_url`."""
    made = Config()
    made.set_main_option("script_location", str(_SCRIPTS))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = migrator_url
    return made


def upgrade(migrator_url: str, revision: str = "head") -> None:
    """Run the migrations that have not run, each in a transaction of its own."""
    command.upgrade(config(migrator_url), revision)
