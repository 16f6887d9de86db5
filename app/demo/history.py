"""Half a year of a whole network: clients who come, are asked, are sent on, and come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.demo import acts, people, times, words
from app.demo.house import House, Member, Place
from app.demo.houses import HOUSES
from app.demo.people import Client, weighted
from app.demo.story import Story
from app.demo.thread import Asking, Do, Plan, Step, Thread
from orgs.facts import Detail, NoteKind
from orgs.programmes.criteria import Fits, match
from orgs.programmes.rules import ServiceType
from referrals.consents.rules import How
from referrals.life.disclosure import Category, Urgency
from referrals.life.states import State

DAYS = 182
CLIENTS, REFERRALS = 430, 930
"""At least so many, at full scale. Those whom a receiver takes in come on top."""
_ALL_PLACES = tuple(place for house in HOUSES for place in house.places if place.values.published)
_HOUSE_OF = {house.key: house for house in HOUSES}
_NEXT = {
    ServiceType.DETOX: ServiceType.REHAB,
    ServiceType.REHAB: ServiceType.VOCATIONAL,
    ServiceType.VOCATIONAL: ServiceType.EMPLOYMENT,
    ServiceType.HIV_TESTING: ServiceType.ART,
    ServiceType.DROP_IN: ServiceType.COUNSELLING,
}
_FITS = {Fits.YES: 6, Fits.UNKNOWN: 3, Fits.NO: 0}
_URGENCY = {Urgency.ROUTINE: 66, Urgency.SOON: 27, Urgency.URGENT: 7}
_HOW = {How.SPOKEN_WITNESSED: 78, How.THUMBPRINT: 15, How.SIGNATURE: 7}
_AGAIN = {State.COMPLETED: 0.66, State.STOPPED: 0.5, State.CANCELLED: 0.4, State.WITHDRAWN: 0.15}
"""How often somebody is referred again, by how the last one ended."""
_WORKERS = {(house, member): member.brings for house in HOUSES for member in house.members if member.brings}


def place_of(key: str) -> Place:
    """One of the published programmes."""
    return next(place for place in _ALL_PLACES if place.key == key)


def house_of(place: Place) -> House:
    """Whose programme it is."""
    return _HOUSE_OF[place.house]


def worker_of(turn: int) -> tuple[House, Member]:
    """Those who bring most clients, one after the other."""
    busiest = sorted(_WORKERS, key=lambda one: -_WORKERS[one])[:9]
    return busiest[turn % len(busiest)]


class History:
    """Writes the plan. The same dice and the same moment write the same plan."""

    def __init__(self, dice: Random, now: datetime, scale: float = 1.0) -> None:
        self.plan, self.dice, self.now, self.scale = Plan(), dice, now, scale

    def write(self) -> Plan:
        """Everything up to now."""
        plan = self.plan
        while len(plan.clients) < CLIENTS * self.scale or len(plan.threads) < REFERRALS * self.scale:
            self.follow(self.new_client(days_ago=self.dice.triangular(1, DAYS, DAYS * 0.7)))
        return plan

    def new_client(self, *, days_ago: float, worker: tuple[House, Member] | None = None) -> Client:
        """Somebody who is met for the first time, with a note or two over the weeks."""
        dice = self.dice
        house, member = worker or weighted(dice, _WORKERS)
        met = min(times.STREET.add_working_time(self.now - timedelta(days=days_ago), dice.randint(1, 300)), self.now)
        record = people.record(dice, met)
        client = Client(len(self.plan.clients) + 1, house, member, record, met)
        self.plan.clients.append(client)
        self._step(met, client, "meet", acts.meet(client))
        self._notes(client)
        if house.places and dice.random() < 0.3:
            self._walk_in(client)
        return client

    def follow(self, client: Client) -> None:
        """One referral after the other, until nothing more is asked for."""
        at = times.soon(self.dice, client.met, 0.05, 4)
        last: Story | None = None
        for _ in range(6):
            asked = self._asked_next(client, last)
            if at >= self.now or not asked:
                return
            last = self._send(client, asked, at, last)
            if not last.over:
                return
            client = self._whose(client, last)
            chance = 0.7 if last.came_back else _AGAIN[last.state]
            if self.dice.random() >= chance:
                return
            at = times.soon(self.dice, last.at, 0.1, 3 if last.came_back else 14)

    def thread(self, client: Client, places: tuple[Place, ...], at: datetime, previous: Thread | None = None) -> Thread:
        """A new sitting and the referral to its first choice; the permission is a step of its own."""
        given = max(at - timedelta(minutes=self.dice.randint(3, 9)), client.met + timedelta(seconds=30))
        asking = self._asking(client, places, given)
        thread = Thread(len(self.plan.threads) + 1, client, asking, 0, self._receiver(places[0]), at, previous)
        self._step(given, client, "consent", acts.ask_permission(thread, weighted(self.dice, _HOW)), thread=thread)
        return thread

    def choose(self, client: Client, last: Place | None, at: datetime) -> tuple[Place, ...]:
        """A first choice that fits, and often an alternative or two for the same need."""
        dice, facts = self.dice, client.record.match_facts()
        weights: dict[Place, int] = {}
        for place in _ALL_PLACES:
            fits = match(facts, place.values.criteria, place.values.languages, now=at).fits
            near = client.record.khan == str(place.values.area)[:4]
            weight = place.asked * _FITS[fits] * (2 if near else 1)
            if last and place.values.service == _NEXT.get(ServiceType(last.values.service)):
                weight *= 8
            if place.house != client.house.key and place is not last and weight:
                weights[place] = weight
        if not weights:
            return ()
        first = weighted(dice, weights)
        like = [one for one in weights if one is not first and one.values.service == first.values.service]
        others = [one for one in weights if one is not first and one not in like]
        wanted = dice.choices((0, 1, 2), (45, 38, 17))[0]
        alternatives = (like + dice.sample(others, min(1, len(others))))[:wanted]
        return (first, *alternatives)

    def _asked_next(self, client: Client, last: Story | None) -> tuple[Place, ...]:
        """The rest of the sitting after a no, else a new choice."""
        if last and last.came_back:
            left = last.thread.asking.places[last.thread.rank + 1 :]
            if left and last.at < last.thread.asking.lapses - timedelta(days=4):
                return left
        at = last.at if last else client.met
        return self.choose(client, last.place if last and not last.came_back else None, at)

    def _send(self, client: Client, places: tuple[Place, ...], at: datetime, last: Story | None) -> Story:
        before = last.thread if last else None
        if before and places == before.asking.places[before.rank + 1 :]:
            thread = replace(
                before, number=len(self.plan.threads) + 1, rank=before.rank + 1, sent=at, previous=before,
                receiver=self._receiver(places[0]), id=None, code="", taken=None,
            )  # fmt: skip
        else:
            thread = self.thread(client, places, at, before if before and before.client is client else None)
        story = Story(self.plan, self.dice, thread, self.now)
        story.run()
        return story

    def _whose(self, client: Client, last: Story) -> Client:
        """Whoever now works with the person may send them on: often the receiver, from its own records."""
        taken = last.thread.taken
        if last.state is State.COMPLETED and taken and self.dice.random() < 0.4:
            taken.house, taken.met = house_of(last.place), last.at
            return taken
        return client

    def _asking(self, client: Client, places: tuple[Place, ...], given: datetime) -> Asking:
        dice, facts = self.dice, client.record.facts
        ticked = {Category.IDENTITY}
        if client.record.phone or facts.contact_notes:
            ticked |= {Category.PHONE} if dice.random() < 0.7 else set()
        for detail in facts.details:
            if dice.random() < (0.7 if detail is Detail.DRUG_USE else 0.35):
                ticked.add(Category(detail.value))
        stale = given + timedelta(days=90) <= self.now + timedelta(days=1)
        days = 365 if stale and dice.random() < 0.5 else 90
        return Asking(places, frozenset(ticked), weighted(dice, _URGENCY), days, dice.choice(words.FOR_RECEIVER), given)

    def _receiver(self, place: Place) -> Member:
        return self.dice.choice(house_of(place).receivers)

    def _notes(self, client: Client) -> None:
        dice, at = self.dice, client.met
        for _ in range(dice.choices((0, 1, 2, 3), (30, 35, 25, 10))[0]):
            at = times.soon(dice, at, 0.2, 30)
            clinical = "clinician" in client.worker.roles and dice.random() < 0.5
            body = dice.choice(words.CLINICAL if clinical else words.NOTES)
            kind = NoteKind.NOTE if clinical else dice.choice(list(NoteKind))
            self._step(at, client, "note", acts.note(client, body, kind, clinical=clinical))

    def _walk_in(self, client: Client) -> None:
        """Some simply come to a programme of the house that knows them."""
        dice = self.dice
        open_to = [one for one in client.house.places if one.values.published and not one.paused]
        place = dice.choice(open_to)
        stay = acts.Stay(client, place.key)
        begins = times.soon(dice, client.met, 0.01, 6, place.hours)
        ends = times.soon(dice, begins, *place.stay, place.hours)
        self._step(begins, client, "walk_in", stay.begin, moves=place.key)
        self._step(ends, client, "walk_out", stay.end, moves=place.key)

    def _step(self, at: datetime, client: Client, what: str, do: Do, **more: Any) -> None:
        if at <= self.now:
            self.plan.steps.append(Step(at, client.worker, what, do, client=client, **more))
