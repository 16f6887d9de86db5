"""Tokens, by which a program acts as a person. Officials have none: their gate does not lead here."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.http.repeats import shown_once
from app.http.session import actor, transaction
from orgs.staff import own_access
from orgs.staff.forms import TokenForm

bp = Blueprint("tokens", __name__, template_folder="../templates", url_prefix="/account/tokens")


@bp.get("")
def mine() -> ResponseReturnValue:
    """The tokens by which programs act as me."""
    with transaction() as session:
        return _tokens_page(own_access.open_access(session, actor()), TokenForm())


@bp.post("")
def make() -> ResponseReturnValue:
    """Make a token; its secret is on this answer and nowhere else."""
    form, secret = TokenForm(), ""
    with transaction() as session:
        if form.sent_well():
            with form.taking_errors():
                secret = own_access.make_token(session, actor(), label=form.label.data, days=int(form.days.data))
        found = own_access.open_access(session, actor())
    if secret:
        shown_once(url_for("tokens.mine"))
        form = TokenForm(formdata=None)
    return _tokens_page(found, form, secret), form.status


@bp.post("/<uuid:token_id>/revoke")
def revoke(token_id: UUID) -> ResponseReturnValue:
    """End a token at once."""
    with transaction() as session:
        own_access.revoke_token(session, actor(), token_id)
    flash(gettext("The token no longer works."))
    return redirect(url_for("tokens.mine"), code=303)


def _tokens_page(found: list[own_access.Access], form: TokenForm, secret: str = "") -> str:
    held = [one for one in found if one.kind == "api"]
    return render_template("staff/tokens.html", form=form, tokens=held, secret=secret)
