"""The base of every form, and all that a feature's forms.py needs, from one place.

    from app.http.forms import SpeanForm, TextField, RadiosField, Required, choices

A route reads so:

    form = AcceptForm(obj=…)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            accept(session, actor(), referral_id, at=form.at.data)
        if not form.errors:
            return redirect(…)
    return render_template("…", form=form), form.status
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice

from app.core.errors import Conflict, Invalid, NotAllowed
from app.http.fields import (
    AreaField,
    Between,
    ChoiceField,
    CodeField,
    DateField,
    Longest,
    NumberField,
    RadiosField,
    Required,
    SearchField,
    SecretField,
    TextField,
    TickField,
    TicksField,
    TimeField,
    choices,
    named,
)

__all__ = [
    "AreaField",
    "Between",
    "ChoiceField",
    "CodeField",
    "DateField",
    "HiddenField",
    "Longest",
    "NumberField",
    "RadiosField",
    "Required",
    "SearchField",
    "SecretField",
    "SelectChoice",
    "SpeanForm",
    "TextField",
    "TickField",
    "TicksField",
    "TimeField",
    "_l",
    "choices",
    "named",
]

_OK, _CONFLICT, _UNPROCESSABLE = 200, 409, 422


class _Translations:
    """WTForms' own few messages come from our catalogue too."""

    def gettext(self, string: str) -> str:
        return str(gettext(string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(ngettext(singular, plural, n))


class SpeanForm(FlaskForm):
    """A form that keeps what was typed, and tells every mistake at once, at its field."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, _form: Any) -> _Translations:
            return _Translations()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._status = _UNPROCESSABLE

    def sent_well(self) -> bool:
        """Whether the form was sent, and every field can be read."""
        return bool(self.validate_on_submit())

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows this form: 200; 422 or 409 if it has errors."""
        return self._status if self.errors else _OK

    @contextmanager
    def taking_errors(self) -> Iterator[None]:
        """What a use case refuses becomes an error of this form. Stands outside the transaction."""
        try:
            yield
        except Invalid as error:
            self.take(error)
        except (Conflict, NotAllowed) as error:
            self._status = _CONFLICT
            self.add_error(error.field, gettext(error.message, **error.params))

    def take(self, error: Invalid) -> None:
        """Put each message at its field; what belongs to no field goes to the top."""
        if not error.fields:
            self.add_error(None, gettext(error.message, **error.params))
        for name, (message, params) in error.fields.items():
            self.add_error(name, gettext(message, **params))

    def add_error(self, name: str | None, sentence: str) -> None:
        """One translated sentence at the field `name`, or at the top."""
        if name in self._fields:
            field = self._fields[name]
            field.errors = [*field.errors, sentence]
        else:
            self.form_errors.append(sentence)

    def summary(self) -> list[tuple[str, str]]:
        """Every error as (id of what to mend or "", sentence), in the order of the page."""
        at_fields = [(anchor(field), str(sentence)) for field in self for sentence in field.errors if sentence]
        return [("", str(sentence)) for sentence in self.form_errors] + at_fields


def anchor(field: Any) -> str:
    """The id of the first input of a field, where the error summary leads."""
    if isinstance(field, DateField):
        return f"{field.id}-day"
    if isinstance(field, RadiosField | TicksField):
        return f"{field.id}-0"
    return str(field.id)
