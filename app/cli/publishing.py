"""Publishing uptake: the launcher starts this at its hour as a process of its own, and an operator by hand."""

from __future__ import annotations

import click
from sqlalchemy import text

from app.cli.sentence import Trouble
from app.cli.sessions import as_publisher
from app.core import db
from app.core.scheduled import PUBLISH
from referrals.uptake.use_cases import publish_closed
from worker.heartbeats import beating

_CLOCK_RIGHT = text("SELECT sec.clock_right()")


@click.command()
def publish() -> None:
    """Publish the uptake of every closed period that has no release yet (SPEAN_PUBLISHER_URL)."""
    with as_publisher() as session:
        if not session.execute(_CLOCK_RIGHT).scalar_one():  # what is published stays
            raise Trouble("The clock is not known to be right, so nothing is published: ./spean clock says more.")
    with beating(as_publisher, PUBLISH), as_publisher() as session:
        made = publish_closed(session, db.ask_time(session))
    for period in made:
        click.echo(f"Published {period}.")
    if not made:
        click.echo("There is no closed period to publish.")
