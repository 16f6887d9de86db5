"""When the clock was wrong: how it stands, saying that it is right, and opening again what it closed."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from app.cli.sessions import as_migrator
from app.cli.trouble import Trouble
from app.core import db
from app.core.clock import PHNOM_PENH
from app.core.errors import Conflict
from referrals.clocks import queries, use_cases
from referrals.clocks.queries import ClockState
from referrals.clocks.use_cases import Stays

_STAYS = {
    Stays.WITHDRAWN: "the permission was taken back",
    Stays.DESTROYED: "its keys are destroyed",
    Stays.REPLACED: "another referral rests on its permission",
}


@click.command()
@click.option("--continue", "go_on", is_flag=True, help="Say that the clock is right as it is: time decides again.")
def clock(*, go_on: bool) -> None:
    """Say whether the database's clock is right, and what is stopped while it is not (SPEAN_MIGRATOR_URL)."""
    with as_migrator() as session:
        db.ask_time(session)
        if go_on:
            try:
                use_cases.go_on(session)
            except Conflict as error:
                raise Trouble(error.message) from None
            click.echo("Noted: the clock is right. What is due runs out again, and is destroyed a day later.")
        found = queries.state(session)
    assert found is not None  # noqa: S101 - there is always one, for the migrator
    click.echo(_told(found))


@click.command("reopen-closed")
@click.option("--since", help="Only what was closed after this moment, such as 2026-11-29T14:30 (Phnom Penh time).")
def reopen_closed(since: str | None) -> None:
    """Open again the referrals that ran out by a wrong clock, before their time (SPEAN_MIGRATOR_URL).

    Each goes back to what it was, and both sides are told. Set the clock right first. "Over capacity": somebody else
    has the place meanwhile; it stays promised, and the managers are told.
    """
    moment = _moment(since) if since else None
    try:
        with as_migrator() as session:
            tried = use_cases.reopen(session, moment)
    except Conflict as error:
        raise Trouble(error.message) from None
    for one in tried:
        why = "" if one.is_open else f"stays closed: {_STAYS[Stays(one.became)]}"
        over = ", over capacity" if one.over_capacity else ""
        click.echo(f"{one.ref} {why or f'is {one.became} again'}{over}")
    click.echo(f"{sum(one.is_open for one in tried)} referrals are open again.")


def _moment(words: str) -> datetime:
    """What was typed; without a zone it is Phnom Penh's. Raises Trouble."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        raise Trouble("--since needs a moment such as 2026-11-29T14:30.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=PHNOM_PENH)


def _told(found: ClockState) -> str:
    hours = found.running.total_seconds() / 3600
    lines = [
        f"The database's clock says {_shown(found.now)}. The worker has been running for {hours:.1f} hours in all.",
        _how(found),
    ]
    if found.too_early:
        lines.append(f"{found.too_early} referrals ran out before their time: ./spean reopen-closed opens them again.")
    return "\n".join(lines)


def _how(found: ClockState) -> str:
    if found.stopped_at is not None:
        minutes, where = found.off_by.total_seconds() / 60, "ahead" if found.ahead else "behind"
        return (
            f"STOPPED since {_shown(found.stopped_at)}: the clock is {minutes:.0f} minutes {where}. Nothing runs out"
            " and nothing is destroyed. Set the clock right, or say that it is: ./spean clock --continue"
        )
    if found.seen_at is None:
        return "It has not been compared yet: the worker has not run."
    return f"It was right when it was last compared, at {_shown(found.seen_at)}."


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(PHNOM_PENH):%Y-%m-%d %H:%M:%S}"
