"""How long records are kept: what will go, and changing a period."""

from __future__ import annotations

import click

from app.cli.sessions import as_migrator
from app.cli.trouble import Trouble
from app.core.errors import Invalid
from orgs.retention import queries, use_cases
from orgs.retention.rules import AHEAD, Kind


@click.command()
@click.option(
    "--preview",
    "ahead",
    type=click.IntRange(0, 3650),
    default=AHEAD,
    metavar="DAYS",
    is_flag=False,
    flag_value=AHEAD,
    help="How many days to look ahead (30).",
)
@click.option("--set", "chosen", multiple=True, metavar="KIND=DAYS", help="Keep a kind of record for so many days.")
def retention(ahead: int, chosen: tuple[str, ...]) -> None:
    """Say how long each kind of record is kept, and how much of it goes by itself in the next days. No names."""
    wanted = [_parsed(one) for one in chosen]
    with as_migrator() as session:
        for kind, days in wanted:
            try:
                use_cases.set_days(session, kind, days)
            except Invalid as error:
                raise Trouble(error.message % error.params) from None
        found = queries.preview(session, ahead)
    click.echo(f"{'kind':<10} {'kept, days':>10} {f'goes in {ahead} days':>18}")
    for one in found:
        click.echo(f"{one.kind:<10} {one.days:>10} {one.due:>18}")


def _parsed(words: str) -> tuple[Kind, int]:
    kind, _, days = words.partition("=")
    if kind not in set(Kind) or not days.isascii() or not days.isdecimal():
        raise Trouble(f"--set needs KIND=DAYS, such as drafts=14; the kinds are {', '.join(Kind)}.")
    return Kind(kind), int(days)
