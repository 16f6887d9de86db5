"""Two cities: in one of them B's people, clients and referrals exist, in the other B is a name in the directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.idempotency import once
from orgs.clients.models import Client
from orgs.clients.use_cases.episodes import open_episode
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import create_client
from orgs.facts import HeardFrom
from orgs.staff.own_access import make_token, open_access
from orgs.staff.queries import open_invites
from orgs.staff.use_cases import invite, make_organisation
from referrals.consents.use_cases import take
from referrals.life.disclosure import RequestValues
from referrals.life.use_cases import answer, talk
from referrals.sending import drafts
from referrals.sending.use_cases import Request, send
from referrals.slips import issue
from tests.cast import SOKHA, programme, sitting, tomorrow
from tests.network import Network, Org, Person
from tests.pages import site
from tests.walls.noninterference.dice import rolled
from tests.walls.noninterference.telling import Ear
from tests.worker.news import notices
from worker import relay
from worker.context import Workshop

ABSENT = UUID("00000000-0000-4000-8000-000000000000")
ONLY_BS = replace(SOKHA, alias="Only-Bs", name="Only of B", phone="099 888 777")
WORD = "the-key-of-a-request"


@dataclass
class Partner:
    """Who answers."""

    org: Org
    nurse: Person
    programme_id: UUID


@dataclass
class Side:
    """An organisation at work, and what it made so far, in the order in which it made it."""

    network: Network
    org: Org
    outreach: Person
    caseworker: Person
    own_programme: UUID
    partner: Partner
    clients: list[UUID] = field(default_factory=list)
    drafts: list[UUID] = field(default_factory=list)
    consents: list[UUID] = field(default_factory=list)
    referrals: list[UUID] = field(default_factory=list)

    @property
    def manager(self) -> Person:
        assert self.org.manager is not None
        return self.org.manager

    @staticmethod
    def pick(made: Sequence[UUID], which: int) -> UUID:
        return made[which % len(made)] if made else ABSENT


@dataclass(frozen=True)
class Strange:
    """What is B's alone, by kind: ids that A has no way to know, and asks for all the same."""

    ids: dict[str, UUID]
    words: dict[str, str]


@dataclass
class World:
    """One city. `b` is at work in the crowded one only."""

    network: Network
    a: Side
    app: Flask
    workshop: Workshop
    b: Side | None = None

    def tell(self) -> None:
        """Let the worker write the notices of whatever happened."""
        relay.drain(self.workshop, mail=False)


@dataclass
class Worlds:
    """Both, the ear that hears their answers, and the time."""

    alone: World
    crowded: World
    ear: Ear
    strange: Strange
    seed: str
    began: datetime
    steps: int = 0

    def moment(self) -> datetime:
        return self.began + timedelta(seconds=self.steps)

    def roll(self, which: str) -> str:
        return f"{self.seed} {self.steps} {which}"


@dataclass
class Stage:
    """The two databases, with the app and the worker that serve them. Each pair of worlds is played on it anew."""

    alone: Network
    crowded: Network
    apps: tuple[Flask, Flask]
    workshops: tuple[Workshop, Workshop]
    played: int = 0

    @classmethod
    def of(cls, alone: Network, crowded: Network) -> Stage:
        found = (alone, crowded)
        both = tuple(site(network) for network in found), tuple(Workshop(n.servers.settings) for n in found)
        return cls(alone, crowded, *both)  # type: ignore[arg-type]

    def close(self) -> None:
        for workshop in self.workshops:
            workshop.close()

    def play(self) -> Worlds:
        """Fresh organisations in both worlds, called and numbered alike."""
        self.played += 1
        seed, ear = f"play {self.played}", Ear()
        # Half-hours and hours lie ahead of it: what our clock says never looks like the database's time.
        began = (datetime.now(UTC) - timedelta(minutes=30)).replace(microsecond=0)
        with clock.at(began):
            made = []
            for network, app, workshop in zip((self.alone, self.crowded), self.apps, self.workshops, strict=True):
                with rolled(seed, ear.known):
                    houses = _houses(network)
                made.append((World(network, houses[0], app, workshop), houses))
            (alone, _), (crowded, (_a, partner, b_org, d)) = made
            with rolled(f"{seed} B", ear.known):
                crowded.b = _side(crowded.network, b_org, d)
                strange = _life_of_b(crowded, partner)
        return Worlds(alone, crowded, ear, strange, seed, began)


def _houses(network: Network) -> tuple[Side, Partner, Org, Partner]:
    """A with its partner, B without anybody, and B's partner: all that the directory shows."""
    _ = network.steward
    a_org, b_org = network.organisation(prefix="KS"), _empty(network, "KS")
    c, d = (_partner(network) for _ in range(2))
    return _side(network, a_org, c), c, b_org, d


def _empty(network: Network, prefix: str) -> Org:
    with network.steward.transaction() as (session, actor):
        org_id = make_organisation(session, actor, kind="ngo", prefix=prefix, name_km="អង្គការ", name_en="Another")
    return Org(network, org_id, "ngo")


def _partner(network: Network) -> Partner:
    org = network.organisation("health_centre", prefix="HC")
    return Partner(org, org.person("clinician", "caseworker"), programme(org, capacity=None))


def _side(network: Network, org: Org, partner: Partner) -> Side:
    if org.manager is None:
        org.manager = org.person("manager", name="Sophea")
    outreach, caseworker = org.person("outreach"), org.person("caseworker", "clinician")
    return Side(network, org, outreach, caseworker, programme(org, published=False), partner)


def _life_of_b(world: World, shared: Partner) -> Strange:
    """Something of every kind that B alone has, with the partner that A works with too."""
    b = world.b
    assert b is not None
    with b.outreach.transaction() as (session, actor):
        client = create_client(session, actor, ONLY_BS)
        note = add_note(session, actor, client, "Canary note of B")
        episode = open_episode(session, actor, client, b.own_programme, heard_from=HeardFrom.PEER)
        draft = drafts.start(session, actor, client, (shared.programme_id,))
        consents = take(session, actor, client, (shared.programme_id, b.partner.programme_id), sitting(b.outreach))
        spare = take(session, actor, client, (shared.programme_id,), sitting(b.outreach))[0]
        values = RequestValues(service="methadone", note="Canary request of B")
        sent = [send(session, actor, Request(one, values)) for one in consents]
        make_token(session, actor, label="Token of B", days=9)
        once(session, actor, WORD, "referral.send", bytes(32), 201, lambda: sent[0].id)
        token = next(one.id for one in open_access(session, actor) if one.kind == "api")
        slip = issue.printed(session, actor, sent[0].id).code
        code = _code(session, client)
    with shared.nurse.transaction() as (session, actor):
        answer.accept(session, actor, sent[0].id, tomorrow())
        message = talk.write(session, actor, sent[0].id, "Canary message to B")
    with b.manager.transaction() as (session, actor):
        invite(session, actor, frozenset({"outreach"}))
        link = open_invites(session, actor)[0].id
    world.tell()
    return Strange(
        ids={
            "org": b.org.id, "client": client, "note": note, "episode": episode, "draft": draft, "consent": spare,
            "used_consent": consents[0], "referral": sent[0].id, "waiting": sent[1].id, "message": message,
            "invite": link, "session": token, "notice": notices(b.outreach).rows[0].id,
            "programme": b.own_programme, "staff": b.outreach.staff_id,
        },
        words={
            "ref": sent[0].ref, "code": code, "phone": "099888777", "name": "Only-Bs", "slip": slip, "key": WORD,
            "login": b.outreach.email,
        },
    )  # fmt: skip


def _code(session: Session, client_id: UUID) -> str:
    return session.scalars(select(Client.code).where(Client.id == client_id)).one()
