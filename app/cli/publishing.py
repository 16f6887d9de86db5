"""Publishing uptake: the launcher starts this at its hour as a process of its own, and an operator by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from app.cli.sessions import as_publisher
from app.core import clock
from referrals.uptake.use_cases import publish_closed


@click.command()
def publish() -> None:
    """Publish the uptake of every closed period that has no release yet (SPEAN_PUBLISHER_URL)."""
    with _run() as session:
        made = publish_closed(session, clock.now())
    for period in made:
        click.echo(f"Published {period}.")
    if not made:
        click.echo("There is no closed period to publish.")


@contextmanager
def _run() -> Iterator[Session]:
    """One run of the publisher, from its beginning to its end: the transaction in which everything is published.

    The one place where a run begins, succeeds (after the yield) or fails (an exception passes through).
    """
    with as_publisher() as session:
        yield session
