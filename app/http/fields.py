"""Form fields for Khmer and Latin typing: Khmer digits are digits, invisible characters do not count.

Every field keeps what was typed when it cannot be understood, and says in a sentence what would be.
`kind` names the macro of `components/fields.html` that draws it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any, ClassVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from app.core.text import digits, kept, tidy, visible

LINE_LENGTH = 200
TEXT_LENGTH = 4000
_INVALID_CHOICE = _l("Choose one of the answers in the list.")
_TIME = re.compile(r"([0-9]{1,2})(?:[:.h ]?([0-9]{2}))?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


def one_line(text: str | None) -> str:
    """One line of typing: composed, one space between words, Latin digits, no zero-width characters."""
    return tidy(visible(digits(text or "")))


def many_lines(text: str | None) -> str:
    """Several lines of typing. Zero-width spaces stay: in Khmer they are where a line may break."""
    text = unicodedata.normalize("NFC", kept(text or "")).replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


class Required:
    """Something must be there. `message` says what, such as "Enter a date."; without one it names the label."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __init__(self, message: Any = None) -> None:
        self.message = message

    def __call__(self, _form: object, field: Any) -> None:
        if field.errors:
            raise StopValidation
        if field.data is None or field.data in ("", [], False):
            raise StopValidation(str(self.message or gettext("Fill in: %(label)s", label=field.label.text)))


class Longest:
    """At most `most` characters."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.field_flags = {"maxlength": most}

    def __call__(self, _form: object, field: Any) -> None:
        if len(field.data or "") > self.most:
            raise ValidationError(gettext("This is too long: use %(most)s characters or fewer.", most=self.most))


class Between:
    """A number from `least` to `most`, either of which may be open."""

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most

    def __call__(self, _form: object, field: Any) -> None:
        if field.data is None:
            return
        if self.least is not None and field.data < self.least:
            raise ValidationError(gettext("Enter %(least)s or more.", least=self.least))
        if self.most is not None and field.data > self.most:
            raise ValidationError(gettext("Enter %(most)s or less.", most=self.most))


class TextField(StringField):
    """One line of text. `data` is "" when empty, never None."""

    kind = "text"

    def __init__(
        self, label: Any = None, validators: Iterable[Any] = (), longest: int = LINE_LENGTH, **kw: Any
    ) -> None:
        super().__init__(label, [*validators, Longest(longest)], filters=[one_line], **kw)


class CodeField(TextField):
    """A code, login, phone number or e-mail address: typed without spell-checking and capitals."""

    kind = "code"


class SearchField(TextField):
    """Words to look for. Sent by POST where they may name a person."""

    kind = "search"


class AreaField(TextAreaField):
    """Several lines of text. `data` is "" when empty."""

    kind = "area"

    def __init__(
        self, label: Any = None, validators: Iterable[Any] = (), longest: int = TEXT_LENGTH, **kw: Any
    ) -> None:
        super().__init__(label, [*validators, Longest(longest)], filters=[many_lines], **kw)


class SecretField(PasswordField):
    """A password or one-time code; never shown again after sending."""

    kind = "secret"


class _Typed(Field):
    """A field whose text becomes a value of another kind; keeps the text when it does not."""

    typed: str = ""
    mistake: Any = ""

    def _value(self) -> str:
        return self.typed or self.written(self.data)

    def written(self, value: Any) -> str:
        return "" if value is None else str(value)

    def understood(self, text: str) -> Any:
        raise NotImplementedError

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.typed = tidy(valuelist[0])
        text = one_line(valuelist[0])
        self.data = None
        if text:
            self.data = self.understood(text)
            if self.data is None:
                raise ValueError(str(self.mistake))


class NumberField(_Typed):
    """A whole number."""

    kind = "number"
    mistake = _l("Enter a whole number, such as 12.")

    def understood(self, text: str) -> int | None:
        text = text.replace(" ", "").replace(",", "")
        return int(text) if _NUMBER.fullmatch(text) else None


class TimeField(_Typed):
    """A time of day: 14:30, 1430, 14.30 or 14."""

    kind = "time"
    mistake = _l("Enter a time of day, such as 14:30.")

    def written(self, value: time | None) -> str:
        return value.strftime("%H:%M") if value else ""

    def understood(self, text: str) -> time | None:
        found = _TIME.fullmatch(text)
        if not found:
            return None
        try:
            return time(int(found[1]), int(found[2] or 0))
        except ValueError:
            return None


class DateField(Field):
    """A date in three boxes, sent as `name-day`, `name-month`, `name-year`."""

    kind = "date"
    data: Any
    PARTS: ClassVar[tuple[str, ...]] = ("day", "month", "year")
    _LONGEST_PART = 20

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        self.typed = dict.fromkeys(self.PARTS, "")
        super().process(None, *args, **kwargs)
        if formdata is not None and any(f"{self.name}-{part}" in formdata for part in self.PARTS):
            self._take({part: formdata.get(f"{self.name}-{part}", "") for part in self.PARTS})
        elif formdata is not None:
            self.data = None
        elif self.data:
            self.typed = {part: str(getattr(self.data, part)) for part in self.PARTS}

    def _take(self, sent: Mapping[str, str]) -> None:
        self.typed = {part: tidy(text)[: self._LONGEST_PART] for part, text in sent.items()}
        parts = {part: one_line(text) for part, text in sent.items()}
        self.raw_data = [text for text in parts.values() if text]
        self.data = None
        missing = [part for part, text in parts.items() if not text]
        if len(missing) == len(parts):
            return
        try:
            self.data = _real_date(parts, missing)
        except ValueError as error:
            self.process_errors.append(error.args[0])

    @property
    def filled_in(self) -> bool:
        """Whether anything was typed at all."""
        return any(self.typed.values())


_MISSING = {
    "day": _l("The date needs a day."),
    "month": _l("The date needs a month."),
    "year": _l("The date needs a year."),
}


def _real_date(parts: Mapping[str, str], missing: list[str]) -> date:
    if missing:
        raise ValueError(str(_MISSING[missing[0]]))
    if not all(re.fullmatch(r"[0-9]{1,4}", text) for text in parts.values()):
        raise ValueError(gettext("Write the date in numbers, such as 27 3 2026."))
    year = int(parts["year"])
    if len(parts["year"]) != len("2026") or year < date(1900, 1, 1).year:
        raise ValueError(gettext("Write the year with four digits, such as 2026."))
    try:
        return date(year, int(parts["month"]), int(parts["day"]))
    except ValueError:
        raise ValueError(gettext("There is no such date. Check the day and the month.")) from None


def choices(labels: Mapping[Any, str], hints: Mapping[Any, str] | None = None) -> list[SelectChoice]:
    """Answers from a table of gettext ids: {DeclineReason.NO_CAPACITY: N_("No place free")}, in its order."""
    hints = hints or {}
    return [
        SelectChoice(
            value=str(getattr(key, "value", key)),
            label=_l(text),
            render_kw={"hint": _l(hints[key])} if key in hints else {},
        )
        for key, text in labels.items()
    ]


def named(pairs: Iterable[tuple[Any, str]], hints: Mapping[Any, str] | None = None) -> list[SelectChoice]:
    """Answers whose labels are data, not messages (programmes, people): [(id, name), …]."""
    hints = hints or {}
    return [
        SelectChoice(value=str(key), label=name, render_kw={"hint": hints[key]} if key in hints else {})
        for key, name in pairs
    ]


class _Chosen:
    """Nothing chosen is the business of `Required`, not a wrong choice."""

    data: Any

    def pre_validate(self, form: Any) -> None:
        if self.data not in (None, ""):
            super().pre_validate(form)  # type: ignore[misc]


def _or_none(value: Any) -> str | None:
    return None if value is None else kept(str(value)) or None


class ChoiceField(_Chosen, SelectField):
    """One answer of many, in a drop-down. `data` is None until one is chosen."""

    kind = "select"

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), blank: Any = "", **kw: Any) -> None:
        kw.setdefault("coerce", _or_none)
        super().__init__(label, list(validators), invalid_choice_message=_INVALID_CHOICE, **kw)
        self.blank = blank


class RadiosField(_Chosen, RadioField):
    """One answer of a few, all seen at once. `data` is None until one is chosen."""

    kind = "radios"

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), **kw: Any) -> None:
        kw.setdefault("coerce", _or_none)
        super().__init__(label, list(validators), invalid_choice_message=_INVALID_CHOICE, **kw)


class TicksField(SelectMultipleField):
    """Any of several answers. `data` is a list."""

    kind = "ticks"

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), **kw: Any) -> None:
        super().__init__(label, list(validators), invalid_choice_message=_INVALID_CHOICE, **kw)

    def process_data(self, value: Any) -> None:
        super().process_data(value or [])

    def pre_validate(self, _form: Any) -> None:
        known = {choice.value for choice in self.iter_choices()}
        if not set(self.data or ()) <= known:
            raise ValidationError(str(_INVALID_CHOICE))


class TickField(BooleanField):
    """One box to tick."""

    kind = "tick"
