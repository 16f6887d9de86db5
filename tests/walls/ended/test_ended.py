"""After a withdrawal, a decline, a release, a cancellation, an expiry or a lapse nothing yields the packet any more.

Every way of asking is tried: pages, forms and papers, lists, the interface by a session and by a token, requests sent
again under their old keys, SQL, use cases, notices and mails, jobs and the log. What the receiver took into its own
record stands. SPEAN_PLAYS=100 plays as many others, and shrinks what it finds.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.core.errors import Conflict, SpeanError
from tests.walls.ended.play import ENDINGS, KEYLESS, STEPS, Play, Stage

ASKED = os.environ.get("SPEAN_PLAYS")
PLAYS = int(ASKED or 6)
BEFORE = {
    "withdrawn by the sender": ("accept", "say", "take"),
    "withdrawn by the receiver": ("accept_and_arrive", "say", "complete"),
    "declined": ("waitlist",),
    "released": ("accept", "say", "take"),
    "cancelled": ("accept", "say"),
    "expired": ("accept", "say"),
    "lapsed": ("accept_and_arrive", "say", "take"),
    "erased": ("accept_and_arrive", "say", "take"),
}
"""How far each had come, so that there was something to lose."""


def come_so_far(play: Play, steps: tuple[str, ...]) -> None:
    for step in steps:
        if step == "say":
            play.say()
        else:
            assert play.ask(step) == 200, step


def stays_closed(play: Play, how: str, told: dict[str, list[str]]) -> None:
    assert not any(told.values()), (how, told)
    if how in KEYLESS:
        assert play.receivers_keys() == 0, how
    if play.own:
        assert f"Name-{play.tag}" in play.own_record(), "the receiver's own record stands"
    reads = play.sender_reads()
    assert (f"Use-{play.tag}" in reads) is (how != "erased"), "the sender keeps what it wrote until it erases it"


@pytest.mark.parametrize("how", ENDINGS)
def test_nothing_yields_the_packet_once_it_has_ended(stage: Stage, how: str) -> None:
    play = Play(stage)
    come_so_far(play, BEFORE[how])
    before = play.told()
    for way in before.keys() - {"lists", "mails", "logs"}:
        assert before[way], f"{way} show what is there while it may be read"
    assert not before["lists"] + before["mails"] + before["logs"]
    play.end(how)
    stays_closed(play, how, play.told())
    for step in STEPS:
        play.ask(step)
    if how != "erased":
        play.send()
    stays_closed(play, how, play.told_at_once())


class Ended(RuleBasedStateMachine):
    """Hypothesis chooses how far it came, what happens before the end, how it ends, and what is tried after it."""

    stage: ClassVar[Stage]
    counted: ClassVar[Counter[str]] = Counter()

    @initialize(
        so_far=st.sampled_from(sorted({*BEFORE.values(), ()})),
        left=st.integers(0, 3),
        how=st.sampled_from(sorted(ENDINGS)),
    )
    def begin(self, so_far: tuple[str, ...], left: int, how: str) -> None:
        self.play, self.left, self.wanted, self.how = Play(self.stage), left, how, ""
        come_so_far(self.play, so_far)
        self._pass()

    def _pass(self) -> None:
        """Time goes by: it ends when nothing is left of it, as was wanted or, where that does not fit, by itself."""
        if self.how:
            return
        self.left -= 1
        if self.left < 0:
            for how in (self.wanted, "lapsed"):
                with suppress(Conflict, AssertionError):
                    self.play.end(how)
                    self.how = how
                    self.counted[how] += 1
                    return

    @rule(step=st.sampled_from(sorted(STEPS)))
    def receive(self, step: str) -> None:
        self.play.ask(step)
        self._pass()

    @rule()
    def say(self) -> None:
        with suppress(SpeanError):
            self.play.say()
        self._pass()

    @rule()
    def work(self) -> None:
        self.play.work()
        self._pass()

    @precondition(lambda self: self.how and self.how != "erased")
    @rule()
    def send_another(self) -> None:
        self.play.send()

    @precondition(lambda self: self.how)
    @invariant()
    def nothing_is_told(self) -> None:
        stays_closed(self.play, self.how, self.play.told_at_once())
        self.counted["looked"] += 1

    def teardown(self) -> None:
        if getattr(self, "how", ""):
            stays_closed(self.play, self.how, self.play.told())


def test_nothing_yields_it_whatever_happened_before_and_is_tried_after(stage: Stage) -> None:
    Ended.stage, Ended.counted = stage, Counter()
    run_state_machine_as_test(
        Ended,
        settings=settings(
            max_examples=PLAYS, stateful_step_count=6, deadline=None, derandomize=ASKED is None, database=None,
            phases=[Phase.generate, *([Phase.shrink] if ASKED else [])],
        ),
    )  # fmt: skip
    ended = {how: Ended.counted[how] for how in ENDINGS if Ended.counted[how]}
    assert sum(ended.values()) >= PLAYS
    assert len(ended) >= 3, ended
    assert Ended.counted["looked"] > PLAYS
