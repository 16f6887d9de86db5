"""Publishing uptake: the launcher starts this at its hour as a process of its own, and an operator by hand."""

from __future__ import annotations

import time

import click
from sqlalchemy import text

from app.cli.sentence import Trouble
from app.cli.sessions import as_publisher
from app.core import db
from app.core.scheduled import PUBLISH
from referrals.uptake.use_cases import publish_closed
from worker.heartbeats import beating

_CLOCK_RIGHT = text("SELECT sec.clock_right()")
_PATIENCE_S = 60.0
"""A worker that has just been started compares the clock within seconds, on a busy machine within a minute."""


@click.command()
def publish() -> None:
    """Publish the uptake of every closed period that has no release yet (SPEAN_PUBLISHER_URL)."""
    _await_right_clock()
    with beating(as_publisher, PUBLISH), as_publisher() as session:
        made = publish_closed(session, db.ask_time(session))
    for period in made:
        click.echo(f"Published {period}.")
    if not made:
        click.echo("There is no closed period to publish.")


def _await_right_clock() -> None:
    """Wait for a worker's word that the clock is right: what is published stays. Raises Trouble."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        with as_publisher() as session:
            if session.execute(_CLOCK_RIGHT).scalar_one():
                return
        if time.monotonic() > until:
            raise Trouble("The clock is not known to be right, so nothing is published: ./spean clock says more.")
        time.sleep(1)
