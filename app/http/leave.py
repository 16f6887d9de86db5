"""Quick exit: leave the page at once, signed out on the server, with nothing for the Back button to show."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, g, make_response, render_template, request
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from app.http.chrome import hooks
from app.http.session import forget

bp = Blueprint("leave", __name__)


def exit_url() -> str:
    """Where quick exit goes: a page that anybody might have open."""
    return str(current_app.config["SPEAN_EXIT_URL"])


@bp.post("/leave")
def leave() -> ResponseReturnValue:
    """Sign out. A script's beacon needs no page, and has the browser drop what it kept; else a page goes on."""
    left = _sign_out()
    beacon = bool(request.form.get("beacon"))
    answer = make_response(("", 204) if beacon else render_template("leave.html", exit_url=exit_url()))
    if beacon or not left:
        answer.headers["Clear-Site-Data"] = '"cache"'
    if not left:
        forget(answer)
    return answer


def _sign_out() -> bool:
    """End the session on the server, if the database answers. If not, nothing that follows may ask it again."""
    try:
        hooks().sign_out()
    except SQLAlchemyError as error:
        said = getattr(error, "orig", None) or error
        current_app.logger.warning("a session was left without ending it in the database (%s)", type(said).__name__)
        browser_session.clear()
        g.spean_broken = True
        return False
    return True


def init_leave(app: Flask) -> None:
    """The route, and `exit_url()` in templates."""
    app.config.setdefault("SPEAN_EXIT_URL", "https://www.google.com/")
    app.register_blueprint(bp)
    app.add_template_global(exit_url, "exit_url")
