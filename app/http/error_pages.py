"""One place that turns errors into answers: a page for people, problem details under /api/."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree
from werkzeug.exceptions import HTTPException, InternalServerError

from app.core.errors import N_, NotAllowed, SignInNeeded, SpeanError, Unready
from app.http.chrome import hooks
from app.http.error_ids import counted, error_id, init_error_ids
from app.http.faults import faults
from app.http.problems import API_ROOT, DOCS_PAGE, problem, problem_of, sentence, status_of

_SERVER_FAULT = 500

TITLES: Mapping[int, str] = {
    400: N_("That could not be read"),
    401: N_("Please sign in"),
    403: N_("Your role does not do this"),
    404: N_("Page not found"),
    405: N_("That does not work here"),
    409: N_("This has changed"),
    413: N_("That is too large"),
    415: N_("That could not be read"),
    422: N_("Please check what you entered"),
    429: N_("Too many tries"),
    500: N_("Something went wrong"),
    503: N_("Spean cannot do this right now"),
}

TEXTS: Mapping[int, str] = {
    400: N_("What was sent to Spean is damaged or incomplete. Go back and try again."),
    403: N_("Ask your manager if you think you should be able to do this."),
    404: N_("We could not find that. It may not exist, or it may belong to somebody else."),
    405: N_("Go back and use the buttons on the page."),
    413: N_("Send less at once, then try again."),
    415: N_("Send JSON, and say so in Content-Type: application/json."),
    422: N_("Please check what you entered."),
    429: N_("Wait a few minutes, then try again."),
    500: N_("Nothing was saved. Try again in a moment."),
    503: N_("Try again in a moment."),
}

_COUNTED = N_("The network's steward sees that it happened.")
_NUMBER = N_("If it happens again, tell whoever runs Spean this number: %(number)s")
_PAGE_TOO_OLD = N_("This page was open for too long, or it came from another sign-in. Go back, reload and try again.")


def is_api() -> bool:
    """Whether this request is the JSON API's. Whoever may not know of its page is answered as for any other path."""
    return request.path.startswith(API_ROOT) and (request.endpoint != DOCS_PAGE or bool(g.get("spean_hidden")))


def error_page(status: int, *text: str) -> tuple[str, int]:
    """A page that says what happened, in one sentence or some, and where to go from here."""
    title = gettext(TITLES.get(status, TITLES[_SERVER_FAULT]))
    return render_template("error.html", title=title, text=text, status=status), status


def _spean_error(error: SpeanError) -> ResponseReturnValue:
    if is_api():
        return problem_of(error)
    if isinstance(error, SignInNeeded):
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(hooks().sign_in_href(wanted), code=303)
    return error_page(status_of(error), _said(error))


def _said(error: SpeanError) -> str:
    """What an error says under its title; where that would only repeat the title, what to do."""
    if error.message == NotAllowed.message:
        return str(gettext(TEXTS[403]))
    return sentence(error)


def _unreachable(error: SQLAlchemyError) -> ResponseReturnValue:
    """The database is away or too slow. Nothing around the page may ask it again."""
    said = getattr(error, "orig", None) or error
    current_app.logger.error("the database did not answer (%s)", type(said).__name__)
    g.spean_broken = True
    return _spean_error(Unready())


def _unforeseen(error: InternalServerError) -> ResponseReturnValue:
    """A fault of ours, after it was logged. That somebody is told is only said when it is counted."""
    g.spean_broken = True
    if error.original_exception is None:  # somebody said `abort(500)`, which Flask does not log
        current_app.logger.error("%s: a fault without an exception", error_id())
    told = counted(error.original_exception or error)
    text = [gettext(TEXTS[_SERVER_FAULT]), *([gettext(_COUNTED)] if told else [])]
    text.append(gettext(_NUMBER, number=error_id()))
    if is_api():
        return problem(_SERVER_FAULT, " ".join(text), error_id=error_id())
    return error_page(_SERVER_FAULT, *text)


def _http_error(error: HTTPException) -> ResponseReturnValue | HTTPException:
    status = error.code or _SERVER_FAULT
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error
    if status >= _SERVER_FAULT:
        g.spean_broken = True
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    text = gettext(_PAGE_TOO_OLD if isinstance(error, CSRFError) else TEXTS.get(status, TEXTS[400]))
    if is_api():
        return problem(status, text, _faults(error), headers=kept)
    return *error_page(status, text), kept


def _faults(error: HTTPException) -> list[dict[str, str]]:
    """The fields at fault, where webargs found some (it leaves them in `data`)."""
    return faults(getattr(error, "data", {}).get("messages", {}))


def init_error_pages(app: Flask) -> None:
    """Register the handlers. Unforeseen exceptions come as 500, after Flask has logged them."""
    init_error_ids(app)
    app.register_error_handler(SpeanError, _spean_error)
    for away in (OperationalError, InterfaceError, NoneFree):
        app.register_error_handler(away, _unreachable)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InternalServerError, _unforeseen)
