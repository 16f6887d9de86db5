"""Publishing uptake: the launcher starts this at its hour as a process of its own, and an operator by hand."""

from __future__ import annotations

import click

from app.cli.sessions import as_publisher
from app.core import clock
from app.core.scheduled import PUBLISH
from referrals.uptake.use_cases import publish_closed
from worker.heartbeats import beating


@click.command()
def publish() -> None:
    """Publish the uptake of every closed period that has no release yet (SPEAN_PUBLISHER_URL)."""
    with as_publisher() as session:
        session.connection()  # one that cannot be reached is told in one sentence, and no heartbeat could be noted
    with beating(as_publisher, PUBLISH), as_publisher() as session:
        made = publish_closed(session, clock.now())
    for period in made:
        click.echo(f"Published {period}.")
    if not made:
        click.echo("There is no closed period to publish.")
