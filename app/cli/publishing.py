"""Publishing uptake by hand; the schedule does it too."""

from __future__ import annotations

import click

from app.cli.sessions import as_publisher
from app.core import db
from referrals.uptake.use_cases import publish_closed


@click.command()
def publish() -> None:
    """Publish the uptake of every closed period that has no release yet (SPEAN_PUBLISHER_URL)."""
    with as_publisher() as session:
        made = publish_closed(session, db.ask_time(session))
    for period in made:
        click.echo(f"Published {period}.")
    if not made:
        click.echo("There is no closed period to publish.")
