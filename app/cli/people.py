"""The first person of a network, who invites all others."""

from __future__ import annotations

import os

import click

from app.cli.sessions import as_migrator
from app.cli.trouble import Trouble
from app.core.errors import Conflict
from app.core.settings import load
from orgs.staff.use_cases import INVITE_DAYS, first_steward


@click.command("create-steward")
@click.option("--name-km", default="អ្នកសម្របសម្រួលបណ្ដាញ", help="The steward organisation's name in Khmer.")
@click.option("--name-en", default="Network steward", help="The same in English.")
@click.option("--another", is_flag=True, help="Invite a further steward though there is one.")
def create_steward(name_km: str, name_en: str, *, another: bool) -> None:
    """Print a link by which the first steward joins. They then make organisations and invite people."""
    settings = load(os.environ)
    try:
        with as_migrator() as session:
            token = first_steward(session, settings.kek, name_km=name_km, name_en=name_en, another=another)
    except Conflict:
        raise Trouble("There is a steward already. To invite one more, add --another.") from None
    click.echo(f"Open this link to become the steward. It works once, within {INVITE_DAYS} days:\n")
    click.echo(f"{settings.base_url}/join/{token}")
