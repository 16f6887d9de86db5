"""The organisations of a bench, made as people make them: invited, joined, signed in, with programmes.

What is remembered of them between runs holds no session; everybody signs in anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.bench.plan import ORGANISATIONS
from app.core import db
from app.core.context import Actor
from app.core.passwords import Cost
from app.core.settings import Settings, database_url
from orgs.areas.use_cases import import_areas
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import DAY, WeeklyHours
from orgs.programmes.rules import ProgrammeValues
from orgs.programmes.use_cases import make_programme
from orgs.staff import own_access, signing_in, use_cases

HOSPITAL, SENDER = 1, 0
"""Which of the organisations receives most, and which sends most."""
ROLES: Mapping[str, frozenset[str]] = {
    "manager": frozenset({"manager"}),
    "caseworker": frozenset({"caseworker"}),
    "outreach": frozenset({"outreach"}),
    "nurse": frozenset({"clinician", "caseworker"}),
}
SERVICES = ("methadone", "drop_in", "hiv_testing", "counselling", "detox")
_ALWAYS = WeeklyHours((((0, DAY),),) * 7)


@dataclass(frozen=True)
class House:
    """One organisation: who works there, and its programmes with their services."""

    id: str
    prefix: str
    staff: dict[str, str]
    programmes: dict[str, str]


@dataclass
class Network:
    """All of them, and the password of everybody."""

    password: str
    houses: list[House] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Network:
        """What `to_json` wrote."""
        body: dict[str, Any] = json.loads(text)
        return cls(body["password"], [House(**one) for one in body["houses"]])


def email(index: int, role: str) -> str:
    """How somebody signs in."""
    return f"{role}@house{index}.example.org"


@dataclass
class Doors:
    """Connections of the restricted roles, by which people come in."""

    settings: Settings
    migrator_url: str

    def __post_init__(self) -> None:
        self._public = db.engine(self.settings.public_url, size=1)
        self._web = db.engine(self.settings.web_url, size=2)

    @classmethod
    def of(cls, settings: Settings, environ: Mapping[str, str]) -> Doors:
        return cls(settings, database_url(environ, "SPEAN_MIGRATOR_URL"))

    @property
    def web(self) -> Engine:
        return self._web

    @property
    def cost(self) -> Cost:
        return Cost(self.settings.argon2_memory_kib, self.settings.argon2_rounds)

    @contextmanager
    def anonymous(self) -> Iterator[Session]:
        """Before anybody has signed in."""
        with Session(self._public) as session, db.transaction(session):
            yield session

    @contextmanager
    def acting(self, token: str) -> Iterator[tuple[Session, Actor]]:
        """As whoever this session belongs to."""
        with db.LeanSession(self._web, expire_on_commit=False) as session:
            session.info["kek"] = self.settings.kek
            db.entering(session, db.by_token(token))
            with db.transaction(session):
                yield session, db.actor(session)

    def sign_in(self, network: Network, index: int, role: str) -> str:
        """A browser's session."""
        with self.anonymous() as session:
            return signing_in.sign_in(session, email(index, role), network.password, self.cost).token

    def program(self, network: Network, index: int, role: str) -> str:
        """A token of the programming interface, for a day."""
        with self.acting(self.sign_in(network, index, role)) as (session, actor):
            return own_access.make_token(session, actor, label="bench", days=1)

    def close(self) -> None:
        for engine in (self._public, self._web):
            engine.dispose()


def build(doors: Doors, password: str, say: Callable[[str], object]) -> Network:
    """Areas, a steward and forty organisations with their people and programmes."""
    migrator = db.engine(doors.migrator_url, size=1)
    areas = json.loads(resources.files("app.demo").joinpath("areas.json").read_text(encoding="utf-8"))
    with Session(migrator) as session, db.transaction(session):
        import_areas(session, areas)
        token = use_cases.first_steward(session, doors.settings.kek, name_km="អ្នកសម្របសម្រួល", name_en="Steward")
    migrator.dispose()
    network = Network(password)
    _join(doors, password, token, "steward", "steward@house.example.org")
    with doors.anonymous() as session:
        steward = signing_in.sign_in(session, "steward@house.example.org", password, doors.cost).token
    for index in range(ORGANISATIONS):
        network.houses.append(_house(doors, network, steward, index))
    say(f"{ORGANISATIONS} organisations are there")
    return network


def _house(doors: Doors, network: Network, steward: str, index: int) -> House:
    prefix = f"B{chr(65 + index // 26)}{chr(65 + index % 26)}"
    kind = "hospital" if index == HOSPITAL else "health_centre" if index % 2 else "ngo"
    with doors.acting(steward) as (session, actor):
        org_id = use_cases.make_organisation(
            session, actor, kind=kind, prefix=prefix, name_km=f"អង្គការ {index}", name_en=f"House {index:02}", area=None
        )
        token = use_cases.invite(session, actor, ROLES["manager"], org_id=org_id)
    staff = {"manager": str(_join(doors, network.password, token, "manager", email(index, "manager")))}
    manager = doors.sign_in(network, index, "manager")
    with doors.acting(manager) as (session, actor):
        tokens = {role: use_cases.invite(session, actor, ROLES[role]) for role in ROLES if role != "manager"}
    for role, one in tokens.items():
        staff[role] = str(_join(doors, network.password, one, role, email(index, role)))
    with doors.acting(manager) as (session, actor):
        team = frozenset({UUID(staff["nurse"])})
        made = {
            str(make_programme(session, actor, _programme(index, service, team))): service
            for service in SERVICES[: 4 if index == HOSPITAL else 2]
        }
    return House(str(org_id), prefix, staff, made)


def _join(doors: Doors, password: str, token: str, role: str, login: str) -> UUID:
    with doors.anonymous() as session:
        return signing_in.accept_invite(
            session, token, name=f"{role.title()} Dara", email=login, password=password, language="en", cost=doors.cost
        )


def _programme(index: int, service: str, team: frozenset[UUID]) -> ProgrammeValues:
    return ProgrammeValues(
        name_km=f"កម្មវិធី {index}",
        name_en=f"{service.replace('_', ' ').title()} at house {index:02}",
        service=service,
        meeting_point_km="ច្រកទ្វារពណ៌ខៀវ",
        meeting_point_en="The blue gate",
        languages=frozenset({"km"}),
        hours=_ALWAYS,
        capacity=None,
        response_minutes=240,
        criteria=(Criterion(Kind.INJECTING, "injecting"),) if service == "methadone" else (),
        area="120112",
        published=True,
        team=team,
    )
