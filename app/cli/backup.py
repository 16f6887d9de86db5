"""Copies of the database, and a database from copies."""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import click
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.cli.trouble import Trouble
from app.core import archives, clock, kek, restoring
from app.core.settings import database_url
from app.launch import programs
from app.launch.trouble import Trouble as LaunchTrouble

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("data", type=_FOLDER)
@click.argument("keys", type=_FOLDER)
@click.option("--keep-data", type=click.IntRange(1, 3650), default=90, show_default=True, metavar="DAYS")
@click.option("--keep-keys", type=click.IntRange(1, 365), default=14, show_default=True, metavar="DAYS")
def backup(data: Path, keys: Path, keep_data: int, keep_keys: int) -> None:
    """Copy the database into the folder DATA, and the keys that open it into the folder KEYS (SPEAN_BACKUP_URL).

    Afterwards, older copies than so many DAYS are deleted in both folders, but never the last three of each, and none
    while the clock is not right.
    """
    archives.check_folders(data, keys)
    url, now = database_url(os.environ, "SPEAN_BACKUP_URL"), clock.now()
    try:
        made = archives.back_up(url, programs_for(url), data, keys, now)
    except archives.CopyError as failed:
        raise Trouble(f"No copy was made: {failed}") from None
    click.echo(f"{made.data}\n{made.keys}")
    if not archives.clock_is_right(url):
        click.echo("The database's clock is not right, so no older copy is deleted. See ./spean clock.")
        return
    for folder, part, days in ((data, "data", keep_data), (keys, "keys", keep_keys)):
        for gone in archives.let_go(folder, part, timedelta(days=days), now):
            click.echo(f"{gone} is deleted: older than {days} days.")


@click.command()
@click.argument("data", type=_FILE)
@click.argument("keys", type=_FILE)
def restore(data: Path, keys: Path) -> None:
    """Fill an empty database from a copy of DATA and the newest copy of KEYS (SPEAN_ADMIN_URL).

    Whoever was erased between the two is erased again, and what was taken back is taken back.
    """
    database = conninfo_to_dict(database_url(os.environ, "SPEAN_MIGRATOR_URL"))["dbname"]
    admin = make_conninfo(database_url(os.environ, "SPEAN_ADMIN_URL"), dbname=database)
    try:
        restoring.restore(admin, programs_for(admin), data, keys, kek.load(os.environ))
    except archives.CopyError as failed:
        raise Trouble(f"Nothing was restored: {failed}") from None
    click.echo("The copy is restored. Everybody signs in anew. Check who works where: people who left may be back.")


def programs_for(url: str) -> Path:
    """PostgreSQL's programs of the server's version: those that came along, or Debian's."""
    version = archives.server_version(url)
    for found in (partial(programs.of_environment, Path(sys.prefix)), programs.of_system):
        with contextlib.suppress(LaunchTrouble):
            one = found()
            if one.major() == version:
                return one.postgres_bin
    raise Trouble(f"This machine has no programs of PostgreSQL {version}: install postgresql-client-{version}.")
