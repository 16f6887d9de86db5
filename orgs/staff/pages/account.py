"""One's own profile: language, email, password, and where one is signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from app.core.errors import Invalid
from app.http.limits import by_person, limiter
from app.http.session import actor, transaction
from orgs.staff import own_access, queries, signing_in, use_cases
from orgs.staff.forms import PasswordForm, ProfileForm
from orgs.staff.pages.signing_in import cost, end_session

bp = Blueprint("account", __name__, template_folder="../templates", url_prefix="/account")


@bp.get("")
def profile() -> ResponseReturnValue:
    """Who I am here, and what I can change."""
    with transaction() as session:
        me = queries.me(session, actor())
        form = ProfileForm(language=me.language, notify_email=me.notify_email)
        return render_template(
            "staff/profile.html",
            form=form,
            me=me,
            organisation=queries.organisation(session, me.org_id),
            elsewhere=[one for one in own_access.open_access(session, actor()) if one.kind == "browser"],
        )


@bp.post("")
def save() -> ResponseReturnValue:
    """Keep language and email notices; the page then speaks the language."""
    form = ProfileForm()
    if form.sent_well():
        # An official is sent no notices, so there is nothing to choose.
        notify = None if actor().org_kind == "commune" else form.notify_email.data
        with form.taking_errors(), transaction() as session:
            use_cases.change_profile(session, actor(), language=form.language.data, notify_email=notify)
    if form.errors:
        flash(gettext("Choose Khmer or English."), "error")
    else:
        with force_locale(form.language.data):
            flash(gettext("Saved."))
    return redirect(url_for("account.profile"), code=303)


@bp.route("/password", methods=["GET", "POST"])
@limiter.limit("10 per 15 minutes", key_func=by_person, methods=["POST"])
def password() -> ResponseReturnValue:
    """Choose a new password; every other browser is signed out. A wrong guess is committed too: the audit keeps it."""
    form = PasswordForm()
    if form.sent_well():
        with transaction() as session:
            try:
                login = own_access.my_login(session)
                signing_in.change_password(session, login, form.old.data, form.new.data, cost())
                own_access.sign_out_elsewhere(session, actor())
            except Invalid as error:
                form.take(error)
        if not form.errors:
            flash(gettext("Your password is changed. You are signed out everywhere else, programs too."))
            return redirect(url_for("account.profile"), code=303)
    return render_template("staff/password.html", form=form), form.status


@bp.post("/sign-out-everywhere")
def sign_out_everywhere() -> ResponseReturnValue:
    """End every browser session, this one too: for a phone that was lost or shared."""
    with transaction() as session:
        own_access.sign_out_elsewhere(session, actor())
    end_session()
    return redirect(url_for("signing_in.form"), code=303)
