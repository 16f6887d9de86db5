"""What narrows a box, and the one field that finds a referral."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.http.filters import in_language
from app.http.forms import ChoiceField, CodeField, Required, SpeanForm, _l, choices, named
from referrals.boxes.records import Box, Wanted
from referrals.boxes.tabs import Tab
from referrals.life.disclosure import Urgency
from referrals.life.states import State
from referrals.life.words import STATE, URGENCY

_LONGEST_TYPED = 60


class FilterForm(SpeanForm):
    """Sent by GET: it names programmes and states, never a person. What it cannot read does not narrow."""

    class Meta(SpeanForm.Meta):
        csrf = False

    programme = ChoiceField(_l("Programme"), choices=(), blank=_l("All programmes"))
    urgency = ChoiceField(_l("Urgency"), choices=choices(URGENCY), blank=_l("All"))
    state = ChoiceField(_l("State"), choices=(), blank=_l("All"))

    def offer(self, box: Box, tab: Tab) -> None:
        """List this box's programmes and this tab's states."""
        self.programme.choices = named((str(view.id), in_language(view.name)) for view in box.programmes)
        self.state.choices = choices({state: STATE[state] for state in State if state in tab.states})


def wanted(args: Any, tab: Tab) -> tuple[Wanted, dict[str, str]]:
    """What an address narrows the box to, and the same as values of an address."""
    programme = _one(UUID, args.get("programme"))
    urgency = _one(Urgency, args.get("urgency"))
    state = _one(State, args.get("state"))
    found = Wanted(programme, urgency, state if state in tab.states and len(tab.states) > 1 else None)
    asked = {"programme": found.programme, "urgency": found.urgency, "state": found.state}
    return found, {name: str(value) for name, value in asked.items() if value}


def _one(kind: Any, text: str | None) -> Any:
    try:
        return kind(text) if text else None
    except ValueError:
        return None


class FindInForm(SpeanForm):
    """At the top of the inbox: what stands on the slip that somebody shows, or a reference."""

    code = CodeField(_l("Code on the slip, or reference"), [Required(_l("Type the code or the reference."))])


class FindOutForm(SpeanForm):
    """At the top of the outbox."""

    code = CodeField(_l("Reference"), [Required(_l("Type the reference."))])
