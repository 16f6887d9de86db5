"""Playing a plan: week after week, everybody does what is theirs in as few transactions as the order of things allows.

Several hands play at once, each its own share of the people whom the plan is about, so that no two ever hold the same
referral. They meet where the whole network must have come to the same moment.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import ClassVar, Protocol

from sqlalchemy import text

from app.core import clock
from app.demo.house import Member
from app.demo.stage import Stage
from app.demo.thread import Step
from worker import relay

_OLD = timedelta(days=7)
"""News older than this was told long ago: nobody finds a notice of it any more."""
_NEW = timedelta(hours=15)
"""News younger than this has not been read yet."""
_WEEK = timedelta(days=7)
_JOBS = 1000


class Meeting(Protocol):
    """Where all hands wait for each other."""

    def wait(self) -> int: ...
    def abort(self) -> None: ...


@dataclass
class Play:
    """A plan's steps on a stage, up to `now`, by so many hands."""

    stage: Stage
    now: datetime
    steps: Sequence[Step]
    say: Callable[[str], object]
    hands: int = 1

    def perform(self) -> None:
        """All of it. What goes wrong in any hand is raised here."""
        self.stage.hang_up()
        context = multiprocessing.get_context("fork")
        everybody = context.Barrier(self.hands)
        if self.hands == 1:
            _Hand(self, 0, everybody).play()
            return
        with ProcessPoolExecutor(self.hands, context, _Hand.prepare, (self, everybody)) as pool:
            for done in [pool.submit(_Hand.lend, number) for number in range(self.hands)]:
                done.result()


@dataclass
class _Hand:
    """One process's share of a play."""

    whole: Play
    number: int
    everybody: Meeting
    _prepared: ClassVar[tuple[Play, Meeting]]

    @classmethod
    def prepare(cls, whole: Play, everybody: Meeting) -> None:
        """Keep what a forked process inherits: steps cannot be sent to it."""
        cls._prepared = whole, everybody

    @classmethod
    def lend(cls, number: int) -> None:
        whole, everybody = cls._prepared
        try:
            cls(whole, number, everybody).play()
        except BaseException:
            everybody.abort()
            raise
        finally:
            whole.stage.hang_up()

    @property
    def stage(self) -> Stage:
        return self.whole.stage

    def play(self) -> None:
        now = self.whole.now
        mine = [step for step in self.whole.steps if step.about % self.whole.hands == self.number]
        ordered = sorted(mine, key=lambda step: step.at)
        self._part([step for step in ordered if step.at <= now - _OLD], self._file_away)
        self._part([step for step in ordered if now - _OLD < step.at <= now - _NEW], self._tell)
        self._part([], self._read)
        self._part([step for step in ordered if now - _NEW < step.at], self._tell)

    def _part(self, steps: list[Step], finish: Callable[[], None]) -> None:
        for week, some in groupby(steps, key=lambda step: (step.at - self.whole.now) // _WEEK):
            if self.number == 0:
                self.whole.say(f"The week from {self.whole.now + week * _WEEK:%d %B %Y}")
            self._week(list(some))
        self.everybody.wait()
        finish()
        self.everybody.wait()

    def _week(self, pending: list[Step]) -> None:
        while pending:
            batch, pending = together(pending)
            if batch[0].who is None:
                self._by_schedule(batch)
            else:
                self._by(batch[0].who, batch)

    def _by(self, who: Member, batch: Iterable[Step]) -> None:
        with self.stage.acting(who) as (session, actor):
            for step in batch:
                with clock.at(step.at):
                    step.do(session, actor, self.stage)

    def _by_schedule(self, batch: Iterable[Step]) -> None:
        """One transaction for each referral, as it is in the worker."""
        for step in batch:
            assert step.thread is not None and step.thread.id is not None  # noqa: S101, PT018 - it was sent before
            sender = self.stage.houses[step.thread.client.house.key]
            with clock.at(step.at), self.stage.workshop.on_due(sender, step.thread.id) as (session, actor, _):
                step.do(session, actor, self.stage)

    # --- telling people ---
    def _file_away(self) -> None:
        """Close the jobs of long ago without telling anybody again."""
        lease = timedelta(minutes=5)
        jobs: Sequence[object] = (None,)
        while jobs:
            with self.stage.workshop.outside() as session:
                claim = text("SELECT job_id FROM sec.claim_jobs(:most, :lease)")
                jobs = session.scalars(claim, {"most": _JOBS, "lease": lease}).all()
                finish = text("SELECT sec.finish_job(job, 'told') FROM unnest(CAST(:jobs AS uuid[])) AS job")
                session.execute(finish, {"jobs": list(jobs)})

    def _read(self) -> None:
        if self.number == 0:
            with clock.at(self.whole.now - _NEW):
                self.stage.read_notices()

    def _tell(self) -> None:
        """Notices on the bell; nobody gets mail of what a demo made up."""
        relay.drain(self.stage.workshop, mail=False)


def together(pending: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """What the first step's doer can do in one transaction, and the rest.

    Nobody overtakes an earlier step about the same person. One transaction moves the count of one programme's places
    at most, so that no two hands can wait for each other.
    """
    who, moves = pending[0].who, None
    batch: list[Step] = []
    rest: list[Step] = []
    waiting: set[int] = set()
    for step in pending:
        same_places = not (moves and step.moves) or step.moves == moves
        if step.who == who and same_places and step.about not in waiting:
            moves = moves or step.moves
            batch.append(step)
        else:
            waiting.add(step.about)
            rest.append(step)
    return batch, rest
