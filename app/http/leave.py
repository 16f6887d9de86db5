"""Quick exit: leave the page at once, signed out on the server, with nothing for the Back button to show."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.http.chrome import hooks

bp = Blueprint("leave", __name__)


def exit_url() -> str:
    """Where quick exit goes: a page that anybody might have open."""
    return str(current_app.config["SPEAN_EXIT_URL"])


@bp.post("/leave")
def leave() -> ResponseReturnValue:
    """Sign out. A script's beacon needs no page, and has the browser drop what it kept; else a page goes on."""
    hooks().sign_out()
    if request.form.get("beacon"):
        return "", 204, {"Clear-Site-Data": '"cache"'}
    return render_template("leave.html", exit_url=exit_url())


def init_leave(app: Flask) -> None:
    """The route, and `exit_url()` in templates."""
    app.config.setdefault("SPEAN_EXIT_URL", "https://www.google.com/")
    app.register_blueprint(bp)
    app.add_template_global(exit_url, "exit_url")
