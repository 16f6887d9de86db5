"""What staff fill in about a client. An alias is all that must be there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext

from app.core import clock
from app.core.errors import N_, Invalid
from app.http.filters import in_language
from app.http.forms import (
    AreaField,
    ChoiceField,
    CodeField,
    DateField,
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
    _l,
    choices,
    named,
)
from orgs.areas.queries import AreaName
from orgs.clients import rules
from orgs.clients.records import MAX_TEXT, Facts, Record
from orgs.facts import CLINICAL, Detail, EpisodeEnd, Gender, HeardFrom, Need, NoteKind, Substance
from orgs.programmes.full import over_field
from orgs.programmes.words import LANGUAGE, SERVICE
from orgs.words import DETAIL, EPISODE_END, GENDER, HEARD_FROM, NEED, NOTE_KIND, SUBSTANCE

_YES_NO = {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not asked")}
_INJECTING = {"yes": True, "no": False}
_WHO_READS = _l("Read by clinicians and by the person's own worker.")


class SearchForm(SpeanForm):
    """Sent by POST, so that a name never stands in an address."""

    words = SearchField(_l("Name, alias, code or phone"))


class VersionForm(SpeanForm):
    """Which version of the record the person looked at; -1, which is never current, if it was tampered with."""

    version = HiddenField()

    @property
    def version_read(self) -> int:
        typed = str(self.version.data)
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else -1  # noqa: PLR2004


class ClientForm(VersionForm):
    """A client record. `details_…` fields are dropped for who may not read them."""

    alias = TextField(
        _l("Alias"), longest=rules.MAX_NAME, description=_l("What the person wants to be called. It is enough.")
    )
    heard_from = ChoiceField(
        _l("How did they hear of us?"), [Required(_l("Choose how they heard of us."))], choices=choices(HEARD_FROM)
    )
    area = ChoiceField(_l("Where they stay"), choices=(), blank=_l("Not known"))
    programme = ChoiceField(_l("Comes now to"), choices=(), blank=_l("No programme"))
    over = over_field()
    name = TextField(_l("Name"), longest=rules.MAX_NAME, description=_l("Only if the person wants to give one."))
    phone = CodeField(_l("Phone"))
    safe_contact = TextField(
        _l("Safe way to make contact"), description=_l("For example: only by voice call, never before six.")
    )
    contact_notes = TextField(_l("Where to find them"))
    birth_year = NumberField(_l("Year of birth"))
    age = NumberField(_l("Or age, about"))
    gender = ChoiceField(_l("Gender"), choices=choices(GENDER), default=Gender.NOT_SAID.value)
    language = ChoiceField(_l("Language they speak"), choices=choices(LANGUAGE), default="km")
    needs = TicksField(_l("To be able to come, they need"), choices=choices(NEED))
    injecting = RadiosField(_l("Injects"), choices=choices(_YES_NO), default="unknown")
    substances = TicksField(_l("Uses"), choices=choices(SUBSTANCE))
    finished = TicksField(_l("Services they have been through"), choices=choices(SERVICE))
    drug_use = AreaField(_l(DETAIL[Detail.DRUG_USE]), longest=MAX_TEXT)
    health = AreaField(_l(DETAIL[Detail.HEALTH]), longest=MAX_TEXT, description=_WHO_READS)
    health_hiv = AreaField(_l(DETAIL[Detail.HEALTH_HIV]), longest=MAX_TEXT, description=_WHO_READS)
    mental_health = AreaField(_l(DETAIL[Detail.MENTAL_HEALTH]), longest=MAX_TEXT, description=_WHO_READS)
    legal = AreaField(_l(DETAIL[Detail.LEGAL]), longest=MAX_TEXT)

    def __init__(
        self,
        khans: Iterable[AreaName],
        sangkats: Iterable[AreaName],
        programmes: Iterable[tuple[Any, str]] = (),
        *,
        clinical: bool = True,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.area.choices = _places(list(khans), list(sangkats))
        self.programme.choices = named(programmes)
        if not self.programme.choices:
            del self.programme, self.over
        for detail in () if clinical else CLINICAL:
            del self[detail.value]

    def validate(self, extra_validators: Any = None) -> bool:
        """Say that a name is missing together with whatever else is, and not only once that is mended."""
        well = bool(super().validate(extra_validators))
        if not well:
            try:
                rules.check_names(self.alias.data, self.name.data)
            except Invalid as error:
                self.take(error)
        return well

    @property
    def details(self) -> list[Any]:
        """The fields of what was told in confidence, as far as the person filling in may read them."""
        return [self[detail.value] for detail in Detail if detail.value in self]

    @property
    def told_more(self) -> bool:
        """Whether the folded part holds anything, or a mistake to mend."""
        quiet = {
            "alias",
            "heard_from",
            "area",
            "programme",
            "over",
            "version",
            "csrf_token",
            "gender",
            "language",
            "injecting",
        }
        return any(field.errors or field.data for field in self if field.short_name not in quiet)

    def record(self) -> Record:
        """What was filled in. Raises Invalid for an age that nobody has."""
        return Record(
            alias=self.alias.data,
            name=self.name.data,
            phone=self.phone.data,
            safe_contact=self.safe_contact.data,
            area=self.area.data,
            heard_from=HeardFrom(self.heard_from.data),
            facts=Facts(
                birth_year=self._birth_year(),
                gender=Gender(self.gender.data or Gender.NOT_SAID),
                language=self.language.data or "km",
                needs=frozenset(map(Need, self.needs.data)),
                injecting=_INJECTING.get(self.injecting.data),
                substances=frozenset(map(Substance, self.substances.data)) or None,
                finished=frozenset(self.finished.data) or None,
                contact_notes=self.contact_notes.data,
                details={detail: self[detail.value].data for detail in Detail if detail.value in self},
            ),
        )

    def _birth_year(self) -> int | None:
        if self.birth_year.data is not None or self.age.data is None:
            year: int | None = self.birth_year.data
            return year
        return rules.birth_year_of_age(self.age.data, clock.now())


def filled(record: Record, version: int) -> dict[str, Any]:
    """The form's values for a record that is there."""
    facts = record.facts
    return {
        "version": version,
        "alias": record.alias,
        "name": record.name,
        "phone": record.phone,
        "safe_contact": record.safe_contact,
        "area": record.area,
        "heard_from": record.heard_from.value,
        "birth_year": facts.birth_year,
        "gender": facts.gender.value,
        "language": facts.language,
        "needs": [need.value for need in facts.needs],
        "injecting": {True: "yes", False: "no", None: "unknown"}[facts.injecting],
        "substances": [substance.value for substance in facts.substances or ()],
        "finished": list(facts.finished or ()),
        "contact_notes": facts.contact_notes,
        **{detail.value: said for detail, said in facts.details.items()},
    }


class NoteForm(SpeanForm):
    """A note or a contact. `clinical` is dropped for who may not read clinical notes."""

    kind = RadiosField(_l("What is it?"), [Required()], choices=choices(NOTE_KIND), default=NoteKind.NOTE.value)
    body = AreaField(_l("What happened"), [Required(_l("Write something."))], longest=MAX_TEXT)
    on = DateField(_l("On another day"), description=_l("Leave it empty for now."))
    clinical = TickField(_l("Clinical note"), description=_l("Only clinicians of your organisation read it."))

    def __init__(self, *, clinical: bool, **kw: Any) -> None:
        super().__init__(**kw)
        if not clinical:
            del self.clinical


class EpisodeForm(SpeanForm):
    """Somebody known comes to one of the organisation's own programmes."""

    programme = RadiosField(_l("Programme"), [Required(_l("Choose a programme."))], choices=())
    heard_from = ChoiceField(
        _l("How did they hear of us?"), [Required(_l("Choose how they heard of us."))], choices=choices(HEARD_FROM)
    )

    over = over_field()

    def __init__(self, programmes: Iterable[tuple[Any, str]], **kw: Any) -> None:
        super().__init__(**kw)
        self.programme.choices = named(programmes)


class EndForm(VersionForm):
    """How a stay ended."""

    outcome = RadiosField(_l("How did it end?"), [Required(_l("Choose how it ended."))], choices=choices(EPISODE_END))

    def end(self) -> EpisodeEnd:
        return EpisodeEnd(self.outcome.data)


class WorkerForm(VersionForm):
    """Who looks after the client from now on."""

    worker = RadiosField(_l("New worker"), [Required(_l("Choose a colleague."))], choices=())

    def __init__(self, colleagues: Iterable[tuple[Any, str]], **kw: Any) -> None:
        super().__init__(**kw)
        self.worker.choices = named(colleagues)


def _places(khans: list[AreaName], sangkats: list[AreaName]) -> list[SelectChoice]:
    """Each khan as a whole, then its sangkats."""
    places = []
    for khan in khans:
        name = in_language(khan.names)
        places.append(SelectChoice(value=khan.code, label=gettext("%(khan)s, anywhere", khan=name), optgroup=name))
        places += [
            SelectChoice(value=sangkat.code, label=in_language(sangkat.names), optgroup=name)
            for sangkat in sangkats
            if sangkat.parent == khan.code
        ]
    return places
