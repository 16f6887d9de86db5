"""What people fill in: the search of the directory, and a manager's description of a programme."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from app.core.errors import Invalid
from app.http.filters import in_language
from app.http.forms import (
    AreaField,
    Between,
    ChoiceField,
    HiddenField,
    NumberField,
    RadiosField,
    Required,
    SearchField,
    SelectChoice,
    SpeanForm,
    TextField,
    TickField,
    TicksField,
    TimeField,
    _l,
    choices,
    named,
)
from orgs.areas.queries import AreaName
from orgs.programmes import rules
from orgs.programmes.hours import Interval, WeeklyHours, minute_of, written
from orgs.programmes.words import DAYS, LANGUAGE, SERVICE
from orgs.words import SUBSTANCE

QUESTIONS = range(1, 5)
"""A programme may ask four questions of its own: each is one more that somebody must answer in the street."""

_SPAN = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(?:-|–|—|to)\s*(\d{1,2})(?:[:.h](\d{2}))?")
_YES_NO = {"yes": _l("Yes"), "no": _l("No")}


class DirectoryForm(SpeanForm):
    """Sent by GET: it names services, never a person."""

    class Meta(SpeanForm.Meta):
        csrf = False

    words = SearchField(_l("Search the programmes"))
    service = ChoiceField(_l("Service"), choices=choices(SERVICE), blank=_l("All services"))
    khan = ChoiceField(_l("Khan"), choices=(), blank=_l("The whole city"))
    with_places = TickField(_l("Only with free places"))
    open_now = TickField(_l("Only open now"))


class HoursField(TimeField):
    """The hours of one day, as people write them: 8-12, 14:00–17:30. Empty: closed."""

    kind = "code"
    mistake = _l("Write hours like 08:00–12:00, 14:00–17:00. Leave it empty when closed.")

    def written(self, value: Any) -> str:
        return ", ".join(f"{written(opens)}–{written(closes)}" for opens, closes in value or ())

    def understood(self, text: str) -> Any:
        try:
            spans = tuple(_span(part) for part in re.split(r"[,;]", text) if part.strip())
            return WeeklyHours((spans, *([()] * 6))).days[0]
        except Invalid:
            return None


def _span(text: str) -> Interval:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise Invalid
    return minute_of(f"{found[1]}:{found[2] or '00'}"), minute_of(f"{found[3]}:{found[4] or '00'}")


class ProgrammeForm(SpeanForm):
    """All that a manager states of a programme. Days and questions are added below."""

    service = ChoiceField(
        _l("Kind of service"), [Required(_l("Choose the kind of service."))], choices=choices(SERVICE)
    )
    name_km = TextField(_l("Name in Khmer"), [Required(_l("Give the name in both languages."))], rules.MAX_NAME)
    name_en = TextField(_l("Name in English"), [Required(_l("Give the name in both languages."))], rules.MAX_NAME)
    about_km = AreaField(_l("Description in Khmer"), longest=rules.MAX_TEXT)
    about_en = AreaField(_l("Description in English"), longest=rules.MAX_TEXT)
    min_age = NumberField(_l("Youngest age"), [Between(0, rules.OLDEST)])
    max_age = NumberField(_l("Oldest age"), [Between(0, rules.OLDEST)])
    women = TickField(_l("For women"), description=_l("Trans women are women."))
    injecting = TickField(_l("For people who inject"))
    substances = TicksField(_l("For people who use any of these"), choices=choices(SUBSTANCE))
    after_programme = TicksField(_l("For people who have been through any of these"), choices=choices(SERVICE))
    khans = TicksField(_l("For people who stay in any of these khans"), choices=())
    capacity = NumberField(
        _l("Places at one time"), [Between(0, rules.MAX_CAPACITY)],
        description=_l("Leave it empty if there is no limit. Others only see: places free, nearly full, or full."),
    )  # fmt: skip
    meeting_point_km = TextField(
        _l("Meeting point in Khmer"), [Required(_l("Say in both languages where people come to."))]
    )
    meeting_point_en = TextField(
        _l("Meeting point in English"), [Required(_l("Say in both languages where people come to."))]
    )
    area = ChoiceField(_l("Sangkat"), choices=(), description=_l("Where people come to."))
    languages = TicksField(
        _l("Languages that the team speaks"), [Required(_l("Choose the languages that the team speaks."))],
        choices=choices(LANGUAGE),
    )  # fmt: skip
    response_hours = NumberField(
        _l("An answer is promised within"), [Required(_l("Promise an answer within 1 to 100 working hours."))],
        description=_l("Counted in your opening hours: a referral sent at night starts to count when you open."),
    )  # fmt: skip
    team = TicksField(
        _l("Who is told of its referrals"), choices=(),
        description=_l("Choose nobody to tell everybody who works with clients."),
    )  # fmt: skip
    funding = TextField(
        _l("Funding"), description=_l("For your own reports, such as the name of a grant. Nobody else sees it.")
    )
    published = TickField(_l("Published in the directory"), description=_l("Other organisations can see it."))
    accepting = TickField(_l("Takes referrals now"), default=True)
    version = HiddenField()

    def __init__(
        self, khans: Iterable[AreaName], sangkats: Iterable[AreaName], team: Iterable[tuple[Any, str]], **kw: Any
    ) -> None:
        super().__init__(**kw)
        named_khans = {khan.code: in_language(khan.names) for khan in khans}
        self.khans.choices = named(named_khans.items())
        self.area.choices = [
            SelectChoice(value=one.code, label=in_language(one.names), optgroup=named_khans.get(one.parent or "", ""))
            for one in sangkats
        ]
        self.team.choices = named(team)

    @property
    def version_read(self) -> int:
        """Which version of the programme the form showed; -1, which is never current, if it was tampered with."""
        return int(self.version.data) if str(self.version.data).isdecimal() else -1

    @property
    def days(self) -> list[HoursField]:
        """Seven fields, from Monday."""
        return [self[f"day_{number}"] for number in range(len(DAYS))]

    @property
    def questions(self) -> list[tuple[TextField, TextField, RadiosField]]:
        """Each of the programme's own questions: in Khmer, in English, and the answer that fits."""
        return [
            (self[f"question_km_{number}"], self[f"question_en_{number}"], self[f"wanted_{number}"])
            for number in QUESTIONS
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Say at the question itself which language is missing."""
        well = bool(super().validate(extra_validators))
        for km, en, _wanted in self.questions:
            for empty, other in ((km, en), (en, km)):
                if other.data and not empty.data:
                    self.add_error(empty.name, gettext("Give your question in both languages."))
                    well = False
        return well

    def add_error(self, name: str | None, sentence: str) -> None:
        """Rules speak of the hours as one, of the criteria as one, and of minutes."""
        shown_at = {"hours": "day_0", "criteria": "min_age", "response_minutes": "response_hours"}
        super().add_error(shown_at.get(name or "", name), sentence)


for _number, _day in enumerate(DAYS):
    setattr(ProgrammeForm, f"day_{_number}", HoursField(_l(_day)))
for _number in QUESTIONS:
    setattr(ProgrammeForm, f"question_km_{_number}", TextField(_l("Question in Khmer"), (), rules.MAX_QUESTION))
    setattr(ProgrammeForm, f"question_en_{_number}", TextField(_l("Question in English"), (), rules.MAX_QUESTION))
    setattr(
        ProgrammeForm,
        f"wanted_{_number}",
        RadiosField(
            _l("Which answer fits?"),
            choices=[SelectChoice(value=value, label=label) for value, label in _YES_NO.items()],
            default="yes",
        ),
    )
