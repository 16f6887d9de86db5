"""Coming in: by email and password, or for the first time by an invitation. And going out."""

from __future__ import annotations

from flask import Blueprint, Response, after_this_request, make_response, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.passwords import Cost
from app.http.languages import language, local_path
from app.http.limits import by_sign_in_name, limiter
from app.http.session import forget, remember, settings, signed_in, token, transaction
from orgs.staff import signing_in
from orgs.staff.forms import JoinForm, NewPasswordForm, SignInForm
from orgs.staff.pages.words import role_words
from orgs.staff.signing_in import OpenInvite, SignedIn

bp = Blueprint("signing_in", __name__, template_folder="../templates")
bp.add_app_template_filter(role_words)

_PER_ADDRESS = "60 per 10 minutes"
"""A whole office comes from one address, and a phone network's many customers do."""
_PER_NAME = "20 per 15 minutes"


@bp.get("/sign-in")
def form() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in goes on."""
    wanted = local_path(request.args.get("next", "/"))
    if signed_in():
        return redirect(wanted, code=303)
    return render_template("staff/sign_in.html", form=SignInForm(next=wanted), asked="next" in request.args)


@bp.post("/sign-in")
@limiter.limit(_PER_ADDRESS)
@limiter.limit(_PER_NAME, key_func=by_sign_in_name)
def submit() -> ResponseReturnValue:
    """Try to sign in. A failure is committed too: the database counts them."""
    form = SignInForm()
    if form.sent_well():
        with transaction() as session:
            try:
                signed = signing_in.sign_in(session, form.email.data, form.password.data, cost())
                signing_in.sign_out(session, token())
            except Invalid as error:
                form.take(error)
        if not form.errors:
            return _welcome(signed, local_path(form.next.data or "/"))
    return render_template("staff/sign_in.html", form=form, asked=False), form.status


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    end_session()
    return redirect(local_path(request.form.get("next", url_for("signing_in.form"))), code=303)


@bp.get("/join/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """An invitation: into which organisation, with which roles."""
    with transaction() as session:
        invite = signing_in.open_invite(session, token)
        if invite is None or signed_in():
            return _no_joining(token, invite)
        return _join_page(_join_form(invite), invite)


@bp.post("/join/<token>")
@limiter.limit(_PER_ADDRESS)
def join(token: str) -> ResponseReturnValue:
    """Accept the invitation, and be signed in."""
    with transaction() as session:
        invite = signing_in.open_invite(session, token)
    if invite is None or signed_in():
        return _no_joining(token, invite)
    form = _join_form(invite)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            signed = _accept(session, token, form)
        if not form.errors:
            return _welcome(signed, "/")
    return _join_page(form, invite), form.status


def end_session() -> None:
    """End the session of this request on the server, and tell the browser to forget it."""
    with transaction() as session:
        signing_in.sign_out(session, token())
    browser_session.clear()

    @after_this_request
    def _forget(answer: Response) -> Response:
        forget(answer)
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer


def cost() -> Cost:
    """How hard a guess at a password is made, by the settings."""
    return Cost(memory_kib=settings().argon2_memory_kib, rounds=settings().argon2_rounds)


def _join_form(invite: OpenInvite) -> JoinForm | NewPasswordForm:
    return NewPasswordForm() if invite.person else JoinForm(language=language())


def _join_page(form: JoinForm | NewPasswordForm, invite: OpenInvite) -> str:
    template = "staff/new_password.html" if invite.person else "staff/join.html"
    return render_template(template, form=form, invite=invite)


def _accept(session: Session, token: str, form: JoinForm | NewPasswordForm) -> SignedIn:
    password = form.password.data
    if isinstance(form, NewPasswordForm):
        login = signing_in.reset_password(session, token, password, cost())
        return signing_in.sign_in(session, login, password, cost())
    signing_in.accept_invite(
        session, token, name=form.name.data, email=form.email.data, password=password, language=form.language.data,
        cost=cost(),
    )  # fmt: skip
    return signing_in.sign_in(session, form.email.data, password, cost())


def _welcome(signed: SignedIn, wanted: str) -> ResponseReturnValue:
    browser_session.clear()
    answer = make_response(redirect(wanted, code=303))
    remember(answer, signed.token, official=signed.official)
    return answer


def _no_joining(token: str, invite: OpenInvite | None) -> ResponseReturnValue:
    """Either the invitation is gone, or somebody else is signed in on this phone."""
    if invite is None:
        return render_template("staff/join_gone.html"), 404
    return render_template("staff/join_later.html", invite=invite, here=url_for("signing_in.invitation", token=token))
