"""Roles, database and tables."""

from __future__ import annotations

import os

import click

from app.cli.trouble import Trouble
from app.core import migrate as schema
from app.core.provision import LOGINS
from app.core.provision import provision as make_roles
from app.core.settings import database_url


@click.command()
def provision() -> None:
    """Make or mend the roles and the database, with the administrator's connection SPEAN_ADMIN_URL.

    The passwords are those of SPEAN_WEB_URL and the other roles' URLs. Safe to run again.
    """
    admin = database_url(os.environ, "SPEAN_ADMIN_URL")
    urls = {role: database_url(os.environ, _variable(role)) for role in LOGINS}
    try:
        make_roles(admin, urls)
    except (ValueError, KeyError):
        raise Trouble("SPEAN_WEB_URL and the other roles' URLs must name one database, each with a password.") from None
    click.echo("The roles and the database are there.")


@click.command()
def migrate() -> None:
    """Bring the tables to where this Spean is (SPEAN_MIGRATOR_URL)."""
    schema.upgrade(database_url(os.environ, "SPEAN_MIGRATOR_URL"))
    click.echo("The tables are up to date.")


def _variable(role: str) -> str:
    return f"SPEAN_{role.removeprefix('spean_').upper()}_URL"
