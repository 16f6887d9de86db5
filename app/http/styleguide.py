"""A page that shows every component, to look at and to test; only while debugging or testing."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Flask, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.core import clock
from app.core.errors import N_
from app.http.forms import (
    AreaField,
    ChoiceField,
    CodeField,
    DateField,
    NumberField,
    RadiosField,
    Required,
    SearchField,
    SecretField,
    SpeanForm,
    TextField,
    TickField,
    TicksField,
    TimeField,
    _l,
    choices,
)

bp = Blueprint("styleguide", __name__)

_WAYS = {"phone": N_("Phone"), "visit": N_("Visit"), "letter": N_("Letter")}
_NOTES = {"phone": N_("Only between the hours that you name.")}


class SampleForm(SpeanForm):
    """One field of each kind."""

    name = TextField(_l("Name"), [Required()], description=_l("As the person wants to be called."))
    code = CodeField(_l("Code"))
    words = SearchField(_l("Search"))
    secret = SecretField(_l("Password"), [Required()])
    seats = NumberField(_l("Places"))
    at = TimeField(_l("Time"), [Required(_l("Enter a time of day, such as 14:30."))])
    on = DateField(_l("Date"), [Required(_l("Enter a date."))], description=_l("For example, 27 3 2026."))
    note = AreaField(_l("Note"))
    way = ChoiceField(_l("Way"), [Required()], choices=choices(_WAYS))
    best = RadiosField(_l("Best way"), [Required()], choices=choices(_WAYS, _NOTES))
    number = CodeField(_l("Phone number"))
    ways = TicksField(_l("Other ways"), choices=choices(_WAYS))
    sure = TickField(_l("I have read this"), [Required()])


class FilterForm(SpeanForm):
    """Two filters of a list."""

    place = ChoiceField(_l("Way"), choices=choices(_WAYS), blank=_l("All"))
    state = TicksField(_l("Other ways"), choices=choices(_WAYS))


@bp.route("/styleguide", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Every component; POST shows the errors that the sample form earns."""
    form = SampleForm()
    if form.sent_well():
        flash(gettext("Saved."))
    now = clock.now()
    times = [now - timedelta(hours=hours) for hours in (1, 30, 80)]
    template = "styleguide_print.html" if "print" in request.args else "styleguide.html"
    return render_template(template, form=form, filter_form=FilterForm(formdata=None), times=times), form.status


def init_styleguide(app: Flask) -> None:
    """Serve the page at /styleguide."""
    app.register_blueprint(bp)
