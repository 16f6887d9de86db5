from __future__ import annotations

from pathlib import Path

from referrals.life.diagram import diagram, document
from referrals.life.states import STEPS, Action, State

PAGE = Path(__file__).parents[3] / "docs" / "life-cycle.md"


def test_the_page_in_docs_is_what_the_rules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "run python -m referrals.life.diagram > docs/life-cycle.md"


def test_the_picture_has_every_step() -> None:
    lines = diagram().splitlines()
    for (before, action), after in STEPS.items():
        (arrow,) = [line for line in lines if line.startswith(f"    {before} --> {after}:")]
        assert action in arrow.partition(": ")[2].split(", ")


def test_the_page_has_every_state_and_action() -> None:
    page = document()
    assert all(f"| `{word}` |" in page for word in (*State, *Action))
