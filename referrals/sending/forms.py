"""The four steps of the guided path, each with the fewest questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app.http.forms import (
    AreaField,
    ChoiceField,
    HiddenField,
    NumberField,
    RadiosField,
    SpeanForm,
    TickField,
    TicksField,
    _l,
    choices,
    named,
)
from orgs.areas.queries import AreaName
from orgs.programmes.shown import question
from orgs.programmes.words import SERVICE
from orgs.staff.queries import Colleague
from orgs.words import NEED
from referrals.consents.rules import DEFAULT_DAYS
from referrals.consents.words import GUARDIAN, HOW
from referrals.life.disclosure import Category, Urgency
from referrals.life.shown import yes_no
from referrals.life.words import CATEGORY, URGENCY
from referrals.sending.rules import MAX_NOTE, Asked

_YES_NO = {"yes": _l("Yes"), "no": _l("No")}
_LANGUAGES = {"km": "ភាសាខ្មែរ", "en": "English"}


class ChooseForm(SpeanForm):
    """A first choice and up to two alternatives. The filter is sent along, so that no address tells the service."""

    service = ChoiceField(_l("Service"), choices=choices(SERVICE), blank=_l("All services"))
    programme = RadiosField(_l("First choice"), choices=())
    second = ChoiceField(_l("If they cannot: second choice"), choices=(), blank=_l("None"))
    third = ChoiceField(_l("Third choice"), choices=(), blank=_l("None"))
    after = HiddenField()

    def offer(self, programmes: Iterable[tuple[str, str, str]], hints: Mapping[str, Markup]) -> None:
        """What can be chosen: id, name, organisation. Without a hint, a name alone does not tell them apart."""
        offered = list(programmes)
        self.programme.choices = named(((key, name) for key, name, _whose in offered), hints)
        self.second.choices = self.third.choices = named((key, f"{name} – {whose}") for key, name, whose in offered)


class NeedsForm(SpeanForm):
    """What the receiver needs to know. A question is added for each thing that the record does not tell."""

    urgency = RadiosField(_l("How soon?"), choices=choices(URGENCY), default=Urgency.ROUTINE.value)
    needs = TicksField(_l("To be able to come, they need"), choices=choices(NEED))
    waiting_list = TickField(_l("The person is content to wait for a place"))
    categories = TicksField(_l("When they accept, we ask to tell them"), choices=())
    note = AreaField(
        _l("Note for the receiver"), longest=MAX_NOTE, description=_l("They read it only after they have accepted.")
    )

    @property
    def questions(self) -> list[Any]:
        """The fields of the programmes' questions."""
        return [field for field in self if field.short_name.startswith("answer_")]

    def answers(self) -> dict[int, bool]:
        """Yes or no, by the number of the question; what was not said is left out."""
        return {
            int(field.short_name.removeprefix("answer_")): field.data == "yes"
            for field in self.questions
            if field.data in _YES_NO
        }


def needs_form(
    asked: Sequence[Asked], areas: Mapping[str, AreaName], tellable: frozenset[Category], **options: Any
) -> NeedsForm:
    """The form for exactly these programmes and this person."""

    class Form(NeedsForm):
        pass

    for number, one in enumerate(asked):
        if not one.in_record:
            field = RadiosField(question(one.criterion, areas), choices=choices({**_YES_NO, "": _l("Not said")}))
            setattr(Form, f"answer_{number}", field)
    form = Form(**options)
    form.categories.choices = _categories(tellable)
    return form


class ConsentForm(SpeanForm):
    """What happened when the person was asked. The rules of consents say what is missing, at these fields' names."""

    able_to_decide = RadiosField(_l("Is the person able to decide now?"), choices=choices(_YES_NO))
    answers = TicksField(_l("Before they answer, they may also be told"), choices=())
    how = RadiosField(_l("How was permission given?"), choices=choices(HOW))
    witness_id = ChoiceField(_l("Before whom?"), choices=())
    minor = TickField(_l("The person is, or may be, under 18"))
    assent = TickField(_l("It was explained in plain words, and the person agrees"))
    guardian = RadiosField(_l("Was a guardian involved?"), choices=choices(GUARDIAN))
    categories = TicksField(_l("When they accept, they may be told"), choices=())
    expires_at = NumberField(_l("The permission lasts, in days"), default=DEFAULT_DAYS)
    language = ChoiceField(_l("The words are read in"), choices=named(_LANGUAGES.items()))
    read = HiddenField()

    def offer(
        self,
        colleagues: Iterable[Colleague],
        tellable: frozenset[Category],
        asked: Sequence[Asked],
        areas: Mapping[str, AreaName],
    ) -> None:
        """What can be chosen for this person and these programmes."""
        self.witness_id.choices = named((one.id, one.name) for one in colleagues)
        self.categories.choices = _categories(tellable)
        self.answers.choices = named(
            (number, f"{question(one.criterion, areas)} {yes_no(one.answer)}")
            for number, one in enumerate(asked)
            if one.answer is not None
        )
        if not self.answers.choices:
            del self.answers

    def ask_of_age(self, *, known_minor: bool, unknown: bool) -> None:
        """The part on those under 18 is there only when it applies; staff are asked when no year of birth is known."""
        if not unknown:
            del self.minor
        if not unknown and not known_minor:
            del self.assent
            del self.guardian


class SendForm(SpeanForm):
    """What was looked at."""

    seen = HiddenField()


class EmptyForm(SpeanForm):
    """A button."""


def _categories(tellable: frozenset[Category]) -> list[Any]:
    return choices({category: word for category, word in CATEGORY.items() if category in tellable})
