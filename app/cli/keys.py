"""Changing keys: by plan, or after somebody may have seen one."""

from __future__ import annotations

import os
from uuid import UUID

import click

from app.cli.trouble import Trouble
from app.core import db, kek
from app.core.errors import NotFound
from app.core.rotation import GRACE_SECONDS, Rotation
from app.core.settings import database_url


@click.command("rotate-keys")
@click.option("--kek", "kek_level", is_flag=True, help="Wrap all organisations' keys under the newest version given.")
@click.option("--organisations", is_flag=True, help="New data and private keys for every organisation.")
@click.option("--clients", is_flag=True, help="A new key for every client, and their fields sealed by it.")
@click.option("--seal", is_flag=True, help="A new key for the seal of the database's context.")
@click.option("--only", type=click.UUID, help="With --organisations or --clients: this organisation alone (its id).")
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=GRACE_SECONDS,
    show_default=True,
    help="For how many seconds old keys are kept for requests under way; 0 only while nobody is served.",
)
def rotate_keys(
    *, kek_level: bool, organisations: bool, clients: bool, seal: bool, only: UUID | None, grace: float
) -> None:
    """Change keys while people work (SPEAN_KEEPER_URL and the key-encryption key).

    Cut short, it goes on where it was when it is run again.
    """
    if not (kek_level or organisations or clients or seal):
        raise Trouble("Say which keys: --kek, --organisations, --clients, --seal, or several of them.")
    if only is not None and (kek_level or seal or not (organisations or clients)):
        raise Trouble("--only goes with --organisations and --clients.")
    engine = db.engine(database_url(os.environ, "SPEAN_KEEPER_URL"), size=1)
    rotation = Rotation(engine, kek.load(os.environ), click.echo, grace)
    try:
        if kek_level:
            rotation.kek_level()
        if organisations:
            rotation.organisations_level(only)
        if clients:
            rotation.clients_level(only)
        if seal:
            rotation.seal_level()
    except NotFound:
        raise Trouble(f"There is no organisation {only}.") from None
    finally:
        engine.dispose()
    click.echo("The keys are changed.")
