"""A small network made as people make one: a sender, two receivers, and an outsider who has no part in anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from uuid import UUID

from sqlalchemy.orm import Session

from app.bench.network import Doors
from app.chaos.history import Person
from app.core import db, ids
from orgs.areas.use_cases import import_areas
from orgs.programmes.hours import DAY, WeeklyHours
from orgs.programmes.rules import ProgrammeValues
from orgs.programmes.use_cases import make_programme
from orgs.staff import own_access, signing_in, use_cases

SENDER, OUTSIDER = "sender", "outsider"
RECEIVERS = ("hospital", "clinic")
KINDS: Mapping[str, str] = {SENDER: "ngo", "hospital": "hospital", "clinic": "health_centre", OUTSIDER: "ngo"}
PEOPLE: Mapping[str, frozenset[str]] = {
    "manager": frozenset({"manager"}),
    "first": frozenset({"clinician", "caseworker"}),
    "second": frozenset({"clinician", "caseworker"}),
}
WITHOUT_MAIL = "second"
"""Who has turned mail off, at the receivers; the bell is all that they have."""
WORKERS = ("first", "second")
OPEN, SMALL = "open", "small"
CAPACITY = 4
"""Places of each small programme; an open one has no limit."""
_ALWAYS = WeeklyHours((((0, DAY),),) * 7)
_PROMISE_MINUTES = 240


@dataclass(frozen=True)
class Member:
    """Somebody who works with Spean through a program. `token` is a secret."""

    staff: str
    org: str
    email: str
    token: str = field(repr=False)
    by_mail: bool = True

    @property
    def person(self) -> Person:
        return Person(self.staff, self.org, self.email, self.by_mail)


@dataclass
class Network:
    """Members by organisation and name, such as ("hospital", "first"); programmes by organisation and kind."""

    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    programmes: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def teams(self) -> Mapping[str, frozenset[str]]:
        return {
            programme: frozenset(self.members[org, one].staff for one in WORKERS)
            for (org, _), programme in self.programmes.items()
        }


def build(doors: Doors) -> Network:
    """Make all of it, through the use cases that pages call."""
    password, network = ids.token(), Network()
    migrator = db.engine(doors.migrator_url, size=1)
    areas = json.loads(resources.files("app.demo").joinpath("areas.json").read_text(encoding="utf-8"))
    with Session(migrator) as session, db.transaction(session):
        import_areas(session, areas)
        token = use_cases.first_steward(session, doors.settings.kek, name_km="អ្នកសម្របសម្រួល", name_en="Steward")
    migrator.dispose()
    _join(doors, password, token, "steward@network.example.org")
    steward = _sign_in(doors, "steward@network.example.org", password)
    for number, (name, kind) in enumerate(KINDS.items()):
        with doors.acting(steward) as (session, actor):
            org = use_cases.make_organisation(
                session, actor, kind=kind, prefix=f"C{chr(65 + number)}", name_km=name, name_en=name.title(), area=None
            )
            token = use_cases.invite(session, actor, PEOPLE["manager"], org_id=org)
        _people(doors, network, password, name, str(org), token)
    for name in RECEIVERS:
        _programmes(doors, network, name)
    return network


def _people(doors: Doors, network: Network, password: str, name: str, org: str, token: str) -> None:
    for who, roles in PEOPLE.items():
        email = f"{who}@{name}.example.org"
        if who != "manager":
            with doors.acting(network.members[name, "manager"].token) as (session, actor):
                token = use_cases.invite(session, actor, roles)
        staff = str(_join(doors, password, token, email))
        session_token = _sign_in(doors, email, password)
        by_mail = not (who == WITHOUT_MAIL and name in RECEIVERS)
        with doors.acting(session_token) as (session, actor):
            use_cases.change_profile(session, actor, language="en", notify_email=by_mail)
            program = own_access.make_token(session, actor, label="chaos", days=1)
        network.members[name, who] = Member(staff, org, email, session_token if who == "manager" else program, by_mail)


def _programmes(doors: Doors, network: Network, name: str) -> None:
    team = frozenset(UUID(network.members[name, one].staff) for one in WORKERS)
    with doors.acting(network.members[name, "manager"].token) as (session, actor):
        for kind, capacity in ((OPEN, None), (SMALL, CAPACITY)):
            values = ProgrammeValues(
                name_km=f"{kind} {name}",
                name_en=f"{kind} {name}",
                service="drop_in",
                meeting_point_km="ច្រកទ្វារពណ៌ខៀវ",
                meeting_point_en="The blue gate",
                languages=frozenset({"km"}),
                hours=_ALWAYS,
                capacity=capacity,
                response_minutes=_PROMISE_MINUTES,
                area="120112",
                published=True,
                team=team,
            )
            network.programmes[name, kind] = str(make_programme(session, actor, values))


def _join(doors: Doors, password: str, token: str, email: str) -> UUID:
    with doors.anonymous() as session:
        return signing_in.accept_invite(
            session, token, name="Dara", email=email, password=password, language="en", cost=doors.cost
        )


def _sign_in(doors: Doors, email: str, password: str) -> str:
    with doors.anonymous() as session:
        return signing_in.sign_in(session, email, password, doors.cost).token
