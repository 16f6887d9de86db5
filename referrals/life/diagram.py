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

_PLACES = """
## Places

A place is taken by a referral that is accepted or has arrived, and by a person who walked in and whose stay goes on.
Where a programme has a limit (its capacity), a place is checked under the lock of the programme's row whenever one is
taken: `accept`, `accept_and_arrive`, and a walk-in. When all are taken, the step is refused, unless whoever does it
says why the person is taken over capacity, from a list. The managers are told, and it is counted by month. A limit that
is set below what is taken ends nothing. Where there is no limit, nothing is counted. An accepted referral that is
opened again after a wrong clock keeps its place, over capacity if somebody else was given it meanwhile, with a reason
of its own.

When a place becomes free (an end, a walk-in who leaves, a higher limit), the event `place_free` is written on the
referral of that programme that has waited longest on the waiting list, for as many as there is room for; each once
until a place is taken again. The receiver's team is told; the sender neither hears nor reads of it. Nobody is accepted
by the software.
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
            _PLACES,
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
