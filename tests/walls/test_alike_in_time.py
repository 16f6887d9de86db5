"""What belongs to others is refused as fast as what is not there, so that a clock does not tell one from the other.

That both send the same statements is looked at for every address (`test_every_route`). Here a clock is held beside
some of them: pairs of requests in a random order, and how often the one of a pair took longer than the other.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from math import sqrt
from statistics import median
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.cast import cast
from tests.network import Network
from tests.pages import client_for, site

PAIRS = 120
SURE = 4.0
"""Standard deviations: by chance as far from half of the pairs once in sixteen thousand."""
TRIES = 3
"""Chance does not come three times, and a difference does not stay away three times."""
ADDRESSES = ("/referrals/{referral}", "/referrals/{referral}/slip.pdf", "/clients/{client}",
             "/api/v1/referrals/{referral}")  # fmt: skip
LEAST = 0.002
"""Seconds."""

Request = Callable[[], object]


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


def took(do: Request) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def lean(one: Request, other: Request) -> float:
    """By how many standard deviations `one` took longer than `other` more often than a coin would fall."""
    longer = 0
    for _ in range(PAIRS):
        first = random.random() < 0.5  # noqa: S311 - an order, no secret
        times = [took(one if first else other), took(other if first else one)]
        longer += (times[0] > times[1]) is first
    return (2 * longer - PAIRS) / sqrt(PAIRS)


def tells(one: Request, other: Request) -> bool:
    """Whether a clock tells them apart: each time, and each time in the same way."""
    leans: list[float] = []
    while len(leans) < TRIES:
        leans.append(lean(one, other))
        if abs(leans[-1]) < SURE or leans[-1] * leans[0] < 0:
            return False
    return True


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_clock_does_not_tell_a_foreign_row_from_an_absent_one(app: Flask, network: Network, address: str) -> None:
    team = cast(network)
    ids: dict[str, UUID] = {"referral": team.send(), "client": team.client_id}
    browser = client_for(app, network.organisation("ngo").person("outreach", "caseworker", "clinician"))
    foreign, absent = address.format(**ids), address.format(**{name: uuid4() for name in ids})

    def ask(place: str) -> None:
        assert browser.get(place).status_code == 404

    ask(foreign)
    ask(absent)
    assert not tells(lambda: ask(foreign), lambda: ask(absent)), address


def test_the_clock_would_tell_half_as_long_again(app: Flask, network: Network) -> None:
    """On a machine at rest that is a few milliseconds."""
    browser = client_for(app, network.organisation("ngo").person("caseworker"))
    absent = f"/referrals/{uuid4()}"

    def ask() -> None:
        browser.get(absent)

    wait = max(LEAST, median(took(ask) for _ in range(21)) / 2)

    def slower() -> None:
        ask()
        time.sleep(wait)

    assert any(lean(slower, ask) > SURE for _ in range(TRIES))
