"""The roof: one Flask app from the houses' parts."""

from __future__ import annotations

import logging
import os

from flask import Flask, redirect, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from app.core.logs import init_logs
from app.core.settings import WebSettings, load_web
from app.http.again import init_again
from app.http.gate import init_gate
from app.http.limits import init_limits
from app.http.repeats import init_repeats
from app.http.session import actor, init_session
from app.http.setup import init_http
from app.http.turns import init_turns
from app.navigation import home_of, hooks
from app.routes import FREE_TO_REPEAT, register
from referrals import mappers
from referrals.clocks.queries import state as clock_state
from referrals.deliveries.queries import counts
from referrals.deliveries.shown import lines
from referrals.status.sections import Section, keep_sections
from worker.alarm import init_alarm
from worker.nudge import init_nudge

SECTIONS: tuple[Section, ...] = (
    Section("clock", "clocks/_clock.html", clock_state),
    Section("deliveries", "deliveries/counts.html", lambda session: lines(counts(session, actor()))),
)
"""What other features show on the steward's page, in this order."""


def create_app(settings: WebSettings | None = None) -> Flask:
    """The whole web application. Raises app.core.settings.BadSetting when the environment is wrong."""
    init_logs()
    mappers.configure()
    settings = settings or load_web(os.environ)
    app = Flask("app.http", static_folder=None)
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["SESSION_COOKIE_NAME"] = "spean_form"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = settings.secure_cookies
    app.debug = settings.debug
    if settings.proxies:  # without this, every visitor would share one address, and one limit on sign-ins
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    logging.getLogger("app").setLevel(logging.INFO)
    init_session(app, settings)
    init_limits(app, settings)
    init_gate(app)
    init_http(app, hooks())
    app.add_url_rule("/", "home", _home)
    register(app)
    init_repeats(app, FREE_TO_REPEAT)
    init_nudge(app, settings)
    init_alarm(app, settings)
    keep_sections(app, SECTIONS)
    init_again(app)
    init_turns(app)
    return app


def _home() -> Response:
    return redirect(url_for(home_of()), code=303)
