"""Filling an empty database with the demo network, and saying who can sign in to it."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock, db
from app.core.errors import Invalid
from app.core.passwords import Cost
from app.core.settings import Settings
from app.core.settings import load as load_settings
from app.demo.history import DAYS, History
from app.demo.houses import HOUSES, STEWARD
from app.demo.playing import Play
from app.demo.stage import Stage
from app.demo.thread import Plan
from app.demo.today import Today
from orgs.staff import signing_in
from referrals.uptake.use_cases import publish_closed
from worker import periodic, relay

_SEED = 2026
_MOST_HANDS = 4
_WORDS = (
    "bridge", "river", "mango", "lotus", "palm", "monsoon", "market", "temple", "bamboo", "jasmine", "pepper",
    "coconut", "kite", "lantern", "heron", "ferry", "paddy", "orchid", "drum", "silk", "ginger", "tamarind",
    "gecko", "harvest", "island", "garden", "cotton", "sparrow", "copper", "violet", "morning", "thunder",
)  # fmt: skip


def load(
    environ: Mapping[str, str], *, say: Callable[[str], object], scale: float = 1.0, hands: int | None = None
) -> None:
    """Build the whole demo network, unless anything is there already.

    `scale`: how much of it, for trials; `hands`: how many processes build it.
    """
    hands = hands or min(_MOST_HANDS, os.cpu_count() or 1)
    settings = load_settings(environ)
    stage = Stage(environ, password(settings))
    try:
        if _is_empty(stage):
            try:
                _fill(stage, say, scale, hands)
            finally:
                stage.end()
        else:
            say("There is a network here already: the demo is left out.")
    finally:
        stage.hang_up()


def _fill(stage: Stage, say: Callable[[str], object], scale: float, hands: int) -> None:
    now = clock.now()
    plan = planned(now, scale)
    stage.build(now - timedelta(days=DAYS + 10))
    say(f"{len(HOUSES)} organisations and {len(stage.programmes)} programmes are there.")
    Play(stage, now, plan.steps, say, hands).perform()
    stage.settle_places()
    periods = _catch_up(stage, now)
    stage.sign_out()
    say(f"{len(plan.clients)} clients, {len(plan.threads)} referrals; uptake published for {', '.join(periods)}.")


def _catch_up(stage: Stage, now: datetime) -> list[str]:
    """What else the schedule would have done by now; returns the periods whose uptake is published."""
    periodic.due(stage.workshop)
    relay.drain(stage.workshop, mail=False)
    periodic.refresh_records(stage.workshop)
    periodic.sweep(stage.workshop)
    with stage.publishing() as session:
        return publish_closed(session, now)


def planned(now: datetime, scale: float = 1.0) -> Plan:
    """What happens in the demo up to `now`: at the same moment always the same."""
    history = History(Random(_SEED), now, scale)
    plan = history.write()
    Today(history).write()
    return plan


def sign_ins(environ: Mapping[str, str]) -> str:
    """A list of everybody who can sign in to the demo network, or a sentence when it is not here."""
    settings = load_settings(environ)
    secret = password(settings)
    if not _lets_in(settings, STEWARD.email(STEWARD.members[0]), secret):
        return "There is no demo network here."
    lines = [f"Sign in with any of these and the password  {secret}", ""]
    for house in (*HOUSES, STEWARD):
        lines += [house.en]
        lines += [f"  {house.email(one):<34} {one.name}, {' and '.join(sorted(one.roles))}" for one in house.members]
    return "\n".join(lines)


def password(settings: Settings) -> str:
    """One password for everybody in this installation's demo: nobody can look it up in the source.

    A demo on a machine that others reach is open to those who know its own secret key, and to no one else.
    """
    made = hmac.new(settings.secret_key.encode(), b"demo sign-ins", hashlib.sha256).digest()
    return "-".join(
        [*(_WORDS[byte % len(_WORDS)] for byte in made[:3]), f"{int.from_bytes(made[3:6], 'big') % 10000:04d}"]
    )


def _is_empty(stage: Stage) -> bool:
    with stage.migrating() as session:
        return bool(session.execute(text("SELECT sec.is_empty()")).scalar_one())


def _lets_in(settings: Settings, email: str, secret: str) -> bool:
    cost = Cost(settings.argon2_memory_kib, settings.argon2_rounds)
    engine = db.engine(settings.public_url, size=1)
    try:
        with Session(engine) as session, db.transaction(session):
            signing_in.sign_out(session, signing_in.sign_in(session, email, secret, cost).token)
    except Invalid:
        return False
    finally:
        engine.dispose()
    return True
