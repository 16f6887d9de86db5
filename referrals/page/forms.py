"""One form for each thing that is done with a referral. Each knows which version of it the person looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms import HiddenField

from app.core.clock import PHNOM_PENH
from app.core.errors import N_, Invalid
from app.http.forms import (
    AreaField,
    ChoiceField,
    CodeField,
    DateField,
    RadiosField,
    Required,
    SpeanForm,
    TickField,
    TicksField,
    TimeField,
    _l,
    choices,
)
from orgs.programmes.full import over_field
from referrals.life.event_words import ANSWER, COPIED, QUESTION
from referrals.life.use_cases.answer import Meeting
from referrals.life.use_cases.talk import LONGEST
from referrals.life.words import CANCEL_REASON, DECLINE_REASON, OUTCOME, RELEASE_REASON, STOP_REASON

_WHY = _l("Choose a reason.")
_LONGEST_VERSION = 9


class StepForm(SpeanForm):
    """Nothing to fill in: what is done says it all."""

    version = HiddenField()

    @property
    def version_read(self) -> int | None:
        """The version looked at; -1, which never is, if it was tampered with; None if none was sent."""
        typed = str(self.version.data or "")
        if not typed:
            return None
        known = typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_VERSION
        return int(typed) if known else -1


class MeetingForm(StepForm):
    """When the person comes: one appointment, or days on which they walk in."""

    how = RadiosField(
        _l("How the person comes"),
        [Required(_l("Choose one."))],
        choices=choices({"appointment": N_("With an appointment"), "walk_in": N_("Walks in")}),
        default="appointment",
    )
    on = DateField(_l("Date"))
    at = TimeField(_l("Time"), description=_l("Such as 14:30."))
    window_from = DateField(_l("First day"))
    window_to = DateField(_l("Last day"))
    keep = TickField(_l("Keep this time anyway"))

    def meeting(self) -> Meeting:
        """What was filled in, in Phnom Penh time. Raises Invalid for what is missing."""
        if self.how.data == "appointment":
            self._ask({"on": N_("Give the day."), "at": N_("Give the time.")})
            return Meeting(at=_moment(self.on.data, self.at.data))
        self._ask({"window_from": N_("Give the first day."), "window_to": N_("Give the last day.")})
        last = _moment(self.window_to.data, time()) + timedelta(days=1)
        return Meeting(window_from=_moment(self.window_from.data, time()), window_to=last)

    def _ask(self, wanted: Mapping[str, str]) -> None:
        missing: dict[str, tuple[str, Mapping[str, object]]] = {
            name: (sentence, {}) for name, sentence in wanted.items() if self[name].data is None
        }
        if missing:
            raise Invalid.many(missing)


class AcceptForm(MeetingForm):
    """A meeting, and a place; why, if all are taken."""

    over = over_field()


class ArrivalForm(StepForm):
    """The person is here: with the slip, or by hand."""

    code = CodeField(_l("Code on the slip"), description=_l("If the person has it with them."))


class AcceptAndArriveForm(ArrivalForm):
    """An arrival that takes a place; why, if all are taken."""

    over = over_field()


def _suggestion() -> ChoiceField:
    return ChoiceField(
        _l("Suggest another programme"), blank=_l("No suggestion"), description=_l("Where the person may find a place.")
    )


class DeclineForm(StepForm):
    reason = RadiosField(_l("Reason"), [Required(_WHY)], choices=choices(DECLINE_REASON))
    suggestion = _suggestion()


class ReleaseForm(StepForm):
    reason = RadiosField(_l("Reason"), [Required(_WHY)], choices=choices(RELEASE_REASON))
    suggestion = _suggestion()


class StopForm(StepForm):
    reason = RadiosField(_l("Reason"), [Required(_WHY)], choices=choices(STOP_REASON))


class CancelForm(StepForm):
    reason = RadiosField(_l("Reason"), [Required(_WHY)], choices=choices(CANCEL_REASON))


class CompleteForm(StepForm):
    outcome = RadiosField(_l("Outcome"), [Required(_l("Choose an outcome."))], choices=choices(OUTCOME))


class TakeForm(StepForm):
    """What to copy, or which own record it is."""

    where = RadiosField(
        _l("Which record"),
        [Required(_l("Choose one."))],
        choices=choices({"new": N_("A new record"), "own": N_("A record that we have already")}),
        default="new",
    )
    copied = TicksField(_l("What to copy"), choices=choices(COPIED))
    code = CodeField(_l("The record's code"), description=_l("Such as KS-7F3QX2M. Nothing is copied into it."))


class QuestionForm(StepForm):
    question = RadiosField(_l("Question"), [Required(_l("Choose a question."))], choices=choices(QUESTION))


class AnswerForm(StepForm):
    reply = RadiosField(_l("Answer"), [Required(_l("Choose an answer."))], choices=choices(ANSWER))


class WriteForm(StepForm):
    body = AreaField(_l("Message"), [Required(_l("Write something first."))], longest=LONGEST)


def _moment(day: date, hour: Any) -> datetime:
    return datetime.combine(day, hour, tzinfo=PHNOM_PENH)
