"""The stage on which the demo plays: the network made as its people would make it, and their sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib import resources
from uuid import UUID

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from app.core import clock, db, rehearsal
from app.core.context import Actor
from app.core.passwords import Cost
from app.core.settings import Settings, database_url, load
from app.demo.house import House, Member, Place
from app.demo.houses import HOUSES, STEWARD
from orgs.areas.use_cases import import_areas
from orgs.programmes import queries as directory
from orgs.programmes.records import OwnProgramme
from orgs.programmes.use_cases import change_programme, make_programme
from orgs.staff import signing_in, use_cases
from referrals.notices.use_cases import read_all
from worker.context import Workshop


@dataclass
class Stage:
    """Connections, the people's sessions, and the ids of what was made."""

    environ: Mapping[str, str]
    password: str
    programmes: dict[str, UUID] = field(default_factory=dict)
    staff: dict[Member, UUID] = field(default_factory=dict)
    houses: dict[str, UUID] = field(default_factory=dict)
    _tokens: dict[Member, str] = field(default_factory=dict)
    _secret: str = ""
    """Shown by the connections that write the past."""

    @cached_property
    def settings(self) -> Settings:
        return load(self.environ)

    @cached_property
    def workshop(self) -> Workshop:
        """For what the schedule would have done."""
        url = db.url_for(self.settings.worker_url).update_query_dict({"options": rehearsal.options(self._secret)})
        return Workshop(replace(self.settings, worker_url=url.render_as_string(hide_password=False)))

    @cached_property
    def _web(self) -> Engine:
        """The same statements thousands of times: prepared once, and not waiting for the disk at each commit."""
        return create_engine(
            db.url_for(self.settings.web_url),
            pool_size=1,
            connect_args={
                "prepare_threshold": 2,
                "options": f"-c synchronous_commit=off {rehearsal.options(self._secret)}",
            },
            hide_parameters=True,
        )

    @cached_property
    def _public(self) -> Engine:
        return db.engine(self.settings.public_url, size=1)

    @cached_property
    def _migrator(self) -> Engine:
        return db.engine(database_url(self.environ, "SPEAN_MIGRATOR_URL"), size=1)

    @cached_property
    def _publisher(self) -> Engine:
        return db.engine(self.settings.publisher_url, size=1)

    @contextmanager
    def acting(self, member: Member) -> Iterator[tuple[Session, Actor]]:
        """A transaction of somebody who has signed in."""
        with Session(self._web, expire_on_commit=False) as session:
            session.info["kek"] = self.settings.kek
            db.entering(session, db.by_token(self._tokens[member]))
            with db.transaction(session):
                yield session, db.actor(session)

    @contextmanager
    def migrating(self) -> Iterator[Session]:
        """A transaction of the role that may begin a network."""
        with Session(self._migrator) as session, db.transaction(session):
            yield session

    @contextmanager
    def publishing(self) -> Iterator[Session]:
        """A transaction of the publisher."""
        with Session(self._publisher) as session, db.transaction(session):
            yield session

    def build(self, since: datetime) -> None:
        """Areas, the steward, organisations and programmes (as of `since`), and everybody's sign-in."""
        areas = json.loads(resources.files("app.demo").joinpath("areas.json").read_text(encoding="utf-8"))
        with self.migrating() as session:
            self._secret = rehearsal.begin(session)
            import_areas(session, areas)
            token = use_cases.first_steward(session, self.settings.kek, name_km=STEWARD.km, name_en=STEWARD.en)
        self._join(STEWARD, STEWARD.members[0], token)
        for house in HOUSES:
            self._open(house, since)

    def sign_out(self) -> None:
        """Nobody leaves a session open behind them."""
        with self._anonymous() as session:
            for token in self._tokens.values():
                signing_in.sign_out(session, token)

    def end(self) -> None:
        """The curtain falls: nobody writes another moment than the present one any more."""
        with self.migrating() as session:
            rehearsal.end(session)

    def hang_up(self) -> None:
        """Close all connections; they open again when they are needed (in another process, too)."""
        for engine in (self._web, self._public, self._migrator, self._publisher, self.workshop.engine):
            engine.dispose()

    def settle_places(self) -> None:
        """Managers count anew how many places there are, so that some programmes are full and some have room."""
        for house in (one for one in HOUSES if one.places):
            with self.acting(house.members[0]) as (session, actor):
                for place in house.places:
                    self._settle(session, actor, place)

    def read_notices(self) -> None:
        """Everybody looks at what they were told."""
        for member in self._tokens:
            with self.acting(member) as (session, actor):
                read_all(session, actor)

    def _settle(self, session: Session, actor: Actor, place: Place) -> None:
        self._state(session, actor, place, (place.values.capacity, True))  # counts who is there
        stored = directory.to_manage(session, actor, self.programmes[place.key])
        self._state(session, actor, place, _wanted(place, stored))

    def _state(self, session: Session, actor: Actor, place: Place, wanted: tuple[int | None, bool]) -> None:
        stored = directory.to_manage(session, actor, self.programmes[place.key])
        if wanted != (stored.capacity, stored.view.accepting):
            capacity, accepting = wanted
            values = replace(place.values, capacity=capacity, accepting=accepting, team=stored.team)
            change_programme(session, actor, stored.view.id, values, version=stored.version)

    def _open(self, house: House, since: datetime) -> None:
        with self.acting(STEWARD.members[0]) as (session, actor):
            with clock.at(since):
                org_id = use_cases.make_organisation(
                    session, actor, kind=house.kind, prefix=house.prefix, name_km=house.km, name_en=house.en,
                    area=house.area,
                )  # fmt: skip
            self.houses[house.key] = org_id
            first, *others = house.members
            token = use_cases.invite(session, actor, first.roles, org_id=org_id)
        self._join(house, first, token)
        if house.kind == "commune":
            return
        with self.acting(first) as (session, actor):
            tokens = [use_cases.invite(session, actor, member.roles) for member in others]
        for member, one in zip(others, tokens, strict=True):
            self._join(house, member, one)
        team = frozenset(self.staff[member] for member in house.receivers)
        with self.acting(first) as (session, actor), clock.at(since):
            for place in house.places:  # as many as come in the invented past; `settle_places` sets limits
                self.programmes[place.key] = make_programme(
                    session, actor, replace(place.values, team=team, capacity=None)
                )

    def _join(self, house: House, member: Member, token: str) -> None:
        cost = Cost(self.settings.argon2_memory_kib, self.settings.argon2_rounds)
        email = house.email(member)
        with self._anonymous() as session:
            self.staff[member] = signing_in.accept_invite(
                session, token, name=member.name, email=email, password=self.password, language=member.language,
                cost=cost,
            )  # fmt: skip
        if house.kind != "commune":
            with self._anonymous() as session:
                self._tokens[member] = signing_in.sign_in(session, email, self.password, cost).token

    @contextmanager
    def _anonymous(self) -> Iterator[Session]:
        with Session(self._public) as session, db.transaction(session):
            yield session


def _wanted(place: Place, stored: OwnProgramme) -> tuple[int | None, bool]:
    """Places in all, and whether referrals are taken."""
    if place.room is not None:
        return stored.taken + place.room, not place.paused
    return stored.capacity and max(stored.capacity, stored.taken + 1), not place.paused
