"""The life of a referral as a picture and a table, drawn from the rules themselves.

python -m referrals.life.diagram > docs/life-cycle.md
"""

from __future__ import annotations

import sys
from collections import defaultdict

from referrals.life.policy import PARTIES, Party
from referrals.life.states import ENDED, EVENTS, FHIR_STATUS, RELEASED_IDENTITY, STEPS, Action, State
from referrals.life.words import ACTION, STATE

_HEAD = """# The life of a referral

Drawn from `referrals/life/states.py` and `referrals/life/policy.py` by `python -m referrals.life.diagram`. A test
fails when this page no longer says what the rules say.
"""


def diagram() -> str:
    """A Mermaid state diagram. Several actions between the same two states share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = defaultdict(list)
    for (before, action), after in STEPS.items():
        arrows[before, after].append(action)
    lines = ["stateDiagram-v2", f"    [*] --> {State.DRAFT}"]
    lines += [f"    {before} --> {after}: {', '.join(actions)}" for (before, after), actions in arrows.items()]
    lines += [f"    {state} --> [*]" for state in State if state in ENDED]
    return "\n".join(lines)


def document() -> str:
    """The whole page."""
    return "\n".join(
        (
            _HEAD,
            f"```mermaid\n{diagram()}\n```\n",
            "## States\n",
            "| state | people read | still open | the receiver may learn who | FHIR Task.status |",
            "|---|---|---|---|---|",
            *(_state_row(state) for state in State),
            "\n## Steps\n",
            "| action | people read | whose | from | to |",
            "|---|---|---|---|---|",
            *(_step_row(action) for action in Action if _from(action)),
            "\n## Events\n\nThey are told on the timeline, and the state stays.\n",
            "| event | people read | whose | in |",
            "|---|---|---|---|",
            *(_event_row(action) for action in Action if action in EVENTS),
            "",
        )
    )


def _state_row(state: State) -> str:
    is_open = "" if state in ENDED else "yes"
    named = "yes" if state in RELEASED_IDENTITY else ""
    return f"| `{state}` | {STATE[state]} | {is_open} | {named} | `{FHIR_STATUS[state]}` |"


def _step_row(action: Action) -> str:
    after = ", ".join(dict.fromkeys(STEPS[before, action] for before in _from(action)))
    return f"| `{action}` | {ACTION[action]} | {_whose(action)} | {', '.join(_from(action))} | {after} |"


def _event_row(action: Action) -> str:
    states = ", ".join(state for state in State if state in EVENTS[action])
    return f"| `{action}` | {ACTION[action]} | {_whose(action)} | {states} |"


def _from(action: Action) -> list[State]:
    return [before for before, taken in STEPS if taken is action]


def _whose(action: Action) -> str:
    return ", ".join(party for party in Party if party in PARTIES[action])


if __name__ == "__main__":
    sys.stdout.write(document())
