"""One pair of worlds at play: everything is done in both, and the answers are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from functools import cached_property, partial

from sqlalchemy import Connection

from app.core import clock
from tests.network import Person
from tests.pages import client_for, steady
from tests.walls.noninterference import sql
from tests.walls.noninterference.acts import ACTS, ANSWERS, NOT_TWINNED
from tests.walls.noninterference.by_api import WRITES
from tests.walls.noninterference.dice import rolled
from tests.walls.noninterference.strangers import STRANGERS
from tests.walls.noninterference.telling import Told
from tests.walls.noninterference.worlds import Side, Stage, World, Worlds

ROOT = "/api/v1"


class Play:
    """One pair of worlds, and what of them was compared."""

    def __init__(self, stage: Stage) -> None:
        self.worlds: Worlds = stage.play()
        self.counted: Counter[str] = Counter()

    def same(self, kind: str, name: str, do: Callable[[World], object], twin: Callable[[World], object] | None = None,
             when: str = "not", *, twinned: bool = True, now: bool = False) -> Told:  # fmt: skip
        """Do it in both, B doing `twin` before or after; the answers must not differ. `now`: at the real time."""
        worlds, told = self.worlds, []
        worlds.steps += 1
        with nullcontext() if now else clock.at(worlds.moment()):
            for world in (worlds.alone, worlds.crowded):
                if twin and world.b and when in {"before", "both"}:
                    self._beside(world, twin, twinned=twinned)
                with rolled(worlds.roll("A"), worlds.ear.known):
                    told.append(worlds.ear.hear(lambda world=world: do(world)))
                if twin and world.b and when in {"after", "both"}:
                    self._beside(world, twin, twinned=False)
        assert told[0] == told[1], (kind, name)
        self.counted[kind] += 1
        self.counted[f"{kind} done"] += told[0].is_done
        return told[0]

    def _beside(self, world: World, twin: Callable[[World], object], *, twinned: bool) -> None:
        seed = self.worlds.roll("A" if twinned else f"B {self.counted['beside']}")
        with rolled(seed, self.worlds.ear.known):
            told = self.worlds.ear.hear(lambda: twin(world))
        self.counted["beside"] += 1
        self.counted["beside done"] += told.is_done

    def act(self, name: str, which: int, when: str) -> Told:
        do = {**ACTS, **ANSWERS}[name]
        return self.same(
            "answer" if name in ANSWERS else "act", name, lambda world: do(world.a, which),
            lambda world: do(_b(world), which), when, twinned=name in ACTS and name not in NOT_TWINNED,
        )  # fmt: skip

    def ask(self, name: str) -> Told:
        return self.same("stranger", name, lambda world: STRANGERS[name](world.a, self.worlds.strange))

    def tell(self) -> None:
        """The worker writes the notices of everybody, in an order that says nothing: their ids are not rolled."""
        for world in (self.worlds.alone, self.worlds.crowded):
            world.tell()
        self.counted["tell"] += 1

    def api(self, address: str) -> Told:
        def read(world: World) -> object:
            answer = client_for(world.app, world.a.caseworker).get(f"{ROOT}/{address}")
            return answer.status_code, steady(answer.text), answer.headers.get("ETag")

        return self.same("api", address, read)

    def write(self, name: str) -> Told:
        """By A's program: what it makes first under a key that B's used too, each other request under its own."""

        def send(world: World) -> object:
            method, address, body = WRITES[name](world.a, self.worlds.strange)
            program, key = client_for(world.app, world.a.caseworker), self.worlds.strange.words["key"]
            own = key if name == "create" else f"{key}-{name.replace(' ', '-')}"
            sent = {"json": body, "headers": {"Idempotency-Key": own}}
            answer = program.open(f"{ROOT}/{address}", method=method, **sent)
            return answer.status_code, steady(answer.text), answer.headers.get("ETag")

        return self.same("api write", name, send, now=True)  # the site may not write what is past

    def probe(self, probe: sql.Probe) -> Told:
        return self.same("sql", probe.name, lambda world: _as(world, world.a.caseworker, probe))

    def all_that_can_be_read(self) -> None:
        """At the end: every table, as each of A's people may select it."""
        for name in ("caseworker", "outreach", "manager"):
            for probe in self.probes:
                if probe.kind == "select":
                    self.same(
                        "last look",
                        f"{name}: {probe.name}",
                        lambda world, name=name, probe=probe: _as(world, getattr(world.a, name), probe),
                    )

    def sweep(self, name: str) -> Counter[str]:
        """Every probe as one of A's people; returns how often each kind ended in which way."""
        probes = self.probes
        there, here = (self._swept(world, name) for world in (self.worlds.alone, self.worlds.crowded))
        answers = list(zip(probes, there, here, strict=True))
        differing = [f"{probe.name}: {one} / {other}" for probe, one, other in answers if one != other]
        assert not differing, "\n".join(differing)
        return Counter(f"{probe.kind} {one.ending}" for probe, one, _other in answers)

    def _swept(self, world: World, name: str) -> list[Told]:
        """In one transaction, of which nothing stays."""
        with getattr(world.a, name).transaction() as (session, actor):
            ask = partial(sql.run, session.connection(), own=actor.org_id)
            return [self.worlds.ear.hear(partial(ask, probe)) for probe in self.probes]

    @cached_property
    def probes(self) -> list[sql.Probe]:
        """All of SQL's questions, the same for both worlds."""
        a = self.worlds.alone.a
        with a.caseworker.transaction() as (session, _actor):
            return sql.probes(session.connection(), a, self.worlds.strange)


def _b(world: World) -> Side:
    assert world.b is not None
    return world.b


def _as(world: World, person: Person, probe: sql.Probe) -> object:
    with person.transaction() as (session, actor):
        connection: Connection = session.connection()
        return sql.run(connection, probe, actor.org_id)
