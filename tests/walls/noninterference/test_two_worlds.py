"""Non-interference: what A does is answered alike in a city where B is at work and in one where B is but a name.

Hypothesis lets A and its partner work while B does the same beside them, with B's rows under the very ids that A's
have, and compares every answer: values, errors, SQLSTATE, messages and the names of constraints. In the end all that
A's people can select is compared once more. A few plays, always the same;
SPEAN_PLAYS=200 plays as many others, and shrinks what it finds.

What may differ between the worlds is left out narrowly and with its reason: `sql.PUBLISHED`. B's and its partner's
place in the directory are the same in both worlds, for a directory is there to be read. Not compared is what tells of
the machine rather than of rows: numbers of transactions, the places of rows on disk, a table's size.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import ClassVar

from hypothesis import Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.walls.noninterference.acts import ACTS, ANSWERS
from tests.walls.noninterference.by_api import WRITES
from tests.walls.noninterference.play import Play
from tests.walls.noninterference.strangers import STRANGERS
from tests.walls.noninterference.worlds import Stage

ASKED = os.environ.get("SPEAN_PLAYS")
PLAYS = int(ASKED or 8)
WHEN = ("before", "after", "both", "not")
API_READS = ("clients", "referrals", "referrals?side=receiver", "notifications", "programmes")
API_ONE = ("clients/{client}", "clients/{client}/timeline", "referrals/{referral}", "programmes/{programme}",
           "consents?client_id={client}")  # fmt: skip


DAY = (
    ("create", 0), ("create", 1), ("walk", 2), ("note", 0), ("read", 0), ("read", 1), ("listed", 0), ("search", 0),
    ("names", 0), ("edit", 0), ("put_away", 1), ("bring_back", 1), ("draft", 0), ("open_draft", 0), ("consent", 0),
    ("consents_of", 0), ("take_back", 0), ("consent", 0), ("look_before", 1), ("send_it", 1), ("see", 0),
    ("question", 0), ("reply", 0), ("waitlist", 0), ("accept", 0), ("see", 0), ("write", 0), ("boxes_of", 0),
    ("reference", 0), ("release", 0), ("consent", 0), ("send_it", 2), ("first_look", 1), ("arrive", 1),
    ("complete", 1), ("consent", 0), ("send_it", 3), ("decline", 2), ("consent", 0), ("send_it", 4), ("cancel", 3),
    ("consent", 0), ("send_it", 5), ("withdraw", 4), ("boxes_of", 1), ("boxes_of", 5), ("bell", 0), ("read_bell", 0),
    ("people", 0), ("ask_in", 0), ("promote", 0), ("tokens", 0), ("directory_of", 0), ("figures_of", 0),
)  # fmt: skip
"""A day in which everything that A and its partner can do succeeds once."""


class TwoWorlds(RuleBasedStateMachine):
    """Hypothesis chooses what A, its partner and B do, in which order, and what A asks for in between."""

    stage: ClassVar[Stage]
    counted: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        self.play = Play(self.stage)
        for name in ("create", "consent", "send_it"):
            self.play.act(name, 0, "before")

    @rule(name=st.sampled_from(sorted(ACTS)), which=st.integers(0, 5), when=st.sampled_from(WHEN))
    def work(self, name: str, which: int, when: str) -> None:
        event(f"act {self.play.act(name, which, when).ending}")

    @rule(name=st.sampled_from(sorted(ANSWERS)), which=st.integers(0, 2), when=st.sampled_from(WHEN))
    def answer(self, name: str, which: int, when: str) -> None:
        event(f"answer {self.play.act(name, which, when).ending}")

    @rule(name=st.sampled_from(sorted(STRANGERS)))
    def ask_for_what_is_bs(self, name: str) -> None:
        event(f"stranger {self.play.ask(name).ending}")

    @rule(address=st.sampled_from(API_READS))
    def read_by_api(self, address: str) -> None:
        self.play.api(address)

    @rule(address=st.sampled_from(API_ONE))
    def read_bs_by_api(self, address: str) -> None:
        self.play.api(address.format(**self.play.worlds.strange.ids))

    @rule(name=st.sampled_from(sorted(WRITES)))
    def write_by_api(self, name: str) -> None:
        event(f"api write {self.play.write(name).ending}")

    @rule(which=st.integers(0, 10_000))
    def send_sql(self, which: int) -> None:
        probes = self.play.probes
        event(f"sql {self.play.probe(probes[which % len(probes)]).ending}")

    @rule()
    def tell(self) -> None:
        self.play.tell()

    def teardown(self) -> None:
        if hasattr(self, "play"):
            self.play.tell()
            self.play.all_that_can_be_read()
            type(self).counted.update(self.play.counted)


def test_a_learns_nothing_of_b_whatever_both_do(stage: Stage) -> None:
    TwoWorlds.stage, TwoWorlds.counted = stage, Counter()
    run_state_machine_as_test(
        TwoWorlds,
        settings=settings(
            max_examples=PLAYS, stateful_step_count=25, deadline=None, derandomize=ASKED is None, database=None,
            phases=[Phase.generate, *([Phase.shrink] if ASKED else [])],
        ),
    )  # fmt: skip
    for kind in ("act", "answer", "stranger", "api", "api write", "sql", "tell", "last look", "beside"):
        assert TwoWorlds.counted[kind] >= PLAYS, kind
        assert kind == "tell" or TwoWorlds.counted[f"{kind} done"] > 0, kind


def test_everything_that_a_does_once_with_b_beside(stage: Stage) -> None:
    """Nothing is left to chance: each act, each asking and each answer of the interface is compared at least once."""
    play = Play(stage)
    for name, which in DAY:
        told = play.act(name, which, "both")
        assert told.is_done, (name, told)
        if name in ANSWERS:
            play.tell()
    assert ACTS.keys() | ANSWERS.keys() == {name for name, _which in DAY}
    for name in STRANGERS:
        play.ask(name)
    for address in API_READS:
        assert play.api(address).content[0] == 200, address
    for address in API_ONE:
        play.api(address.format(**play.worlds.strange.ids))
    for name in WRITES:
        told = play.write(name)
        assert told.is_done, (name, told)
        done = told.content[0] < 300
        assert done is (name in {"create", "edit", "note", "consent"} or name.startswith("search")), name
    play.tell()
    play.all_that_can_be_read()
    assert play.counted["beside done"] > len(DAY)
