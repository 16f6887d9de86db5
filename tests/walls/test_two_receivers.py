"""Two receivers who lay side by side all that they can read cannot tell whether they were asked about one person.

Nothing that the two hold in common may be more than two receivers of two people's referrals hold in common: the
words that everybody shares (services, states, the sender) and nothing that was made for one sitting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import ProgrammingError

from app.core import clock
from orgs.clients.use_cases.records import create_client
from referrals.consents.use_cases import take
from referrals.life.disclosure import RequestValues
from referrals.life.reasons import ReleaseReason
from referrals.life.use_cases import answer, finish
from referrals.sending.alternatives import next_alternative
from referrals.sending.use_cases import Request, send
from tests.cast import SOKHA, programme, sitting, tomorrow
from tests.network import Network, Org, Person
from tests.pages import client_for, site, steady

ONE_MOMENT = timedelta(milliseconds=1)
_WORD = re.compile(r"[\w.-]{6,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_SHOWN_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d.+:]+")
"""Left out of a page's words, where only its hour would remain: moments are compared whole, as the interface tells."""
MINUTE = timedelta(minutes=1)
LATE = 23


@dataclass
class Receiver:
    """A clinic, and everything that it has ever read: values by where they stood, words of pages and interface."""

    org: Org
    person: Person
    programme_id: UUID
    seen: set[str] = field(default_factory=set)
    moments: set[datetime] = field(default_factory=set)

    def take_down(self, app: Flask, referral_id: UUID) -> None:
        """Whatever SQL, the pages and the interface show now."""
        for value in self._rows():
            self._note(value)
        browser = client_for(app, self.person)
        for address in (f"/referrals/{referral_id}", "/inbox", "/notices/", "/clients"):
            shown = browser.get(address, follow_redirects=True)
            assert shown.status_code == 200, address
            self.seen.update(_WORD.findall(_SHOWN_MOMENT.sub("", steady(shown.text))))
        for address in (f"/api/v1/referrals/{referral_id}", "/api/v1/referrals?side=receiver"):
            shown = browser.get(address, follow_redirects=True)
            assert shown.status_code == 200, address
            for value in _leaves(shown.json):
                self._note(value)

    def _note(self, value: str) -> None:
        self.seen.add(value)
        if _MOMENT.match(value):
            self.moments.add(datetime.fromisoformat(value))

    def _rows(self) -> Iterator[str]:
        """Every value of every row and column that SQL under this person's context is given, system columns too."""
        with self.person.transaction() as (session, _):
            for table in inspect(session.connection()).get_table_names("app"):
                if table in SHARED:
                    continue
                try:
                    with session.begin_nested():
                        rows = session.execute(text(f"SELECT to_jsonb(t), 'xmin ' || xmin FROM app.{table} t")).all()
                except ProgrammingError:  # no right to read it
                    continue
                for row, transaction in rows:
                    yield from _leaves(row)
                    yield str(transaction)


SHARED = frozenset({"areas", "organisations", "programmes", "programme_openings", "uptake_releases"})
"""The directory: the same for everybody."""


def _leaves(value: Any) -> Iterator[str]:
    """Every value of some JSON that could tell one from another: small numbers and yes or no cannot."""
    match value:
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)
        case str() if len(value) > 3:
            yield value
        case int() | float() if not isinstance(value, bool) and abs(value) > 9:
            yield json.dumps(value)


@dataclass
class Scene:
    """One sender. `first` and `alternative` are asked about one person, `stranger` about another just alike."""

    app: Flask
    sender: Person
    first: Receiver
    alternative: Receiver
    stranger: Receiver


def _before_midnight(moment: datetime) -> datetime:
    """Earlier, where the play would last past midnight: a weekday on a page would tell the last from the first."""
    late = moment.astimezone(ZoneInfo("Asia/Phnom_Penh")).hour >= LATE
    return moment - timedelta(hours=3) if late else moment


@pytest.fixture(scope="module")
def scene(network: Network) -> Scene:
    """Played out: the first accepts and gives the person back, the alternative is asked in their place."""
    sender = network.organisation("ngo", prefix="KS").person("outreach")
    played = Scene(site(network), sender, *(receiver(network) for _ in range(3)))
    began = _before_midnight(clock.now() - timedelta(hours=6))
    with clock.at(began):
        one = permissions(sender, played.first, played.alternative)
    with clock.at(began + 3 * MINUTE):
        first = sent(sender, one[0])
    played.first.take_down(played.app, first)
    with clock.at(began + 7 * MINUTE), played.first.person.transaction() as (session, actor):
        answer.accept(session, actor, first, tomorrow())
    played.first.take_down(played.app, first)
    with clock.at(began + 11 * MINUTE), played.first.person.transaction() as (session, actor):
        finish.release(session, actor, first, ReleaseReason.NO_CAPACITY)
    played.first.take_down(played.app, first)
    with clock.at(began + 13 * MINUTE), sender.transaction() as (session, actor):
        second = next_alternative(session, actor, first).id
    with clock.at(began + 17 * MINUTE):
        other = permissions(sender, played.stranger)
    with clock.at(began + 19 * MINUTE):
        third = sent(sender, other[0])
    for minutes, side, referral_id in ((23, played.alternative, second), (29, played.stranger, third)):
        side.take_down(played.app, referral_id)
        with clock.at(began + minutes * MINUTE), side.person.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, tomorrow())
        side.take_down(played.app, referral_id)
    return played


def receiver(network: Network) -> Receiver:
    org = network.organisation("health_centre", prefix="HC")
    return Receiver(org, org.person("clinician", "caseworker"), programme(org))


def permissions(sender: Person, *receivers: Receiver) -> tuple[UUID, ...]:
    """Of somebody new with the same name, phone and facts as everybody here, in one sitting."""
    with sender.transaction() as (session, actor):
        client_id = create_client(session, actor, SOKHA)
        return take(session, actor, client_id, [one.programme_id for one in receivers], sitting(sender))


def sent(sender: Person, consent_id: UUID) -> UUID:
    with sender.transaction() as (session, actor):
        return send(session, actor, Request(consent_id, RequestValues(service="methadone", note="Canary note"))).id


def links(one: Receiver, other: Receiver) -> set[str]:
    """What both hold: by each of these they could put their rows side by side."""
    return one.seen & other.seen


def test_nothing_is_shared_but_what_everybody_shares(scene: Scene) -> None:
    """Every pair of columns, page words and interface values that could be joined, against two people alike."""
    assert links(scene.first, scene.alternative) - links(scene.first, scene.stranger) == set()
    assert links(scene.first, scene.alternative) - links(scene.alternative, scene.stranger) == set()


def test_no_moment_is_the_same_or_nearly(scene: Scene) -> None:
    near = [
        (one, other)
        for one in scene.first.moments
        for other in scene.alternative.moments
        if abs(one - other) < ONE_MOMENT and not any(abs(one - third) < ONE_MOMENT for third in scene.stranger.moments)
    ]
    assert near == []


def test_the_distinguisher_finds_what_is_there(scene: Scene) -> None:
    """Much was read, the sender's name for instance, and one value in common would be found."""
    for one in (scene.first, scene.alternative, scene.stranger):
        assert len(one.seen) > 150, len(one.seen)
        assert len(one.moments) > 10
        assert SOKHA.alias in one.seen
        assert str(scene.sender.org_id) in one.seen
    planted = Receiver(scene.first.org, scene.first.person, scene.first.programme_id, scene.first.seen | {"planted"})
    other = Receiver(
        scene.first.org, scene.first.person, scene.first.programme_id, scene.alternative.seen | {"planted"}
    )
    assert links(planted, other) - links(planted, scene.stranger) == {"planted"}


def test_the_moment_that_ends_the_reading_differs_for_one_permission_and_never_exceeds_it(scene: Scene) -> None:
    """It was the permission's own end, the same to the microsecond for all programmes of one sitting."""
    with scene.sender.transaction() as (session, _):
        rows = session.execute(
            text(
                "SELECT r.readable_until, c.expires_at, r.sent_at FROM app.referrals r"
                " JOIN app.consents c ON c.org_id = r.sender_org_id AND c.id = r.consent_id WHERE r.state = 'accepted'"
            )
        ).all()
    assert len(rows) == 2
    for until, lapses, at in rows:
        assert lapses - (lapses - at) / 100 <= until < lapses
