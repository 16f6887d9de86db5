"""The signed-in person of a request, and the transaction in which a route works.

The cookie holds a random token and which of two doors it opens: officials are served on connections of their own,
under a role that has no grant on anybody's records. Flask-Login only ever loads from the request; nothing of who
is signed in stands in Flask's session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Flask, Request, Response, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app.core import audit, db
from app.core.breaker import Breaker
from app.core.connections import OPTIONS, attend
from app.core.context import Actor
from app.core.db import Base, LeanSession
from app.core.errors import NotAllowed, NotFound, SignInNeeded
from app.core.settings import WebSettings

COOKIE = "spean"
_HOURS = 12
_PUBLIC = "public"
WAIT_S = 5.0
"""So long a page waits for the database, a second longer than the database lets a statement run (`app.core.provision`).
Whoever comes while it does not answer is told so at once, but for one who asks whether it is back."""
_LOOK_S = 2.0
"""So long that one waits."""
_POOL_WAIT_S = 2.0
ONLY_READ = "spean_only_read"
"""Stands in a session whose next commit ends a `reading`."""


class DoorSession(LeanSession, FlaskSession):
    """A session on the connections of the door by which the request came."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        """Officials' and strangers' connections unless a staff session was entered."""
        if self.info.get("door", _PUBLIC) == _PUBLIC:
            return self._db.engines[_PUBLIC]
        return super().get_bind(*args, **kwargs)


database = SQLAlchemy(metadata=Base.metadata, session_options={"class_": DoorSession, "expire_on_commit": False})
logins = LoginManager()


class Principal(UserMixin):
    """What Flask-Login knows of a person: who acts."""

    def __init__(self, actor: Actor, *, by_token: bool) -> None:
        self.actor = actor
        self.by_token = by_token

    def get_id(self) -> str:
        """The staff id; nothing stores it."""
        return str(self.actor.staff_id)


def init_session(app: Flask, settings: WebSettings) -> None:
    """Two pools of connections that wait for the database together, and sign-in by cookie or bearer token."""
    options = {"pool_size": 2, "max_overflow": 10, "pool_timeout": _POOL_WAIT_S, **OPTIONS}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.config["SQLALCHEMY_DATABASE_URI"] = db.url_for(settings.web_url)
    app.config["SQLALCHEMY_BINDS"] = {_PUBLIC: {"url": db.url_for(settings.public_url), **options}}
    app.extensions["spean_settings"] = settings
    database.init_app(app)
    breaker = Breaker(WAIT_S, pause_s=0, look_s=_LOOK_S)
    with app.app_context():
        for engine in database.engines.values():
            attend(engine, breaker)
    logins.init_app(app, add_context_processor=False)


def settings() -> WebSettings:
    """The settings of the current app."""
    found: WebSettings = current_app.extensions["spean_settings"]
    return found


@logins.request_loader  # type: ignore[untyped-decorator]
def load(incoming: Request) -> Principal | None:
    """Whoever the request's token belongs to. The transaction that found them is the one the route works in."""
    door, token, by_token = _credentials(incoming)
    if not token:
        return None
    session = database.session()
    session.info.update(door=door, kek=settings().kek)
    db.entering(session, db.by_token(token))
    try:
        return Principal(db.actor(session), by_token=by_token)
    except SignInNeeded:
        session.rollback()
        session.info.pop("enter", None)
        session.info.pop("door", None)
        return None


def _credentials(incoming: Request) -> tuple[str, str, bool]:
    authorization = incoming.authorization
    if authorization is not None and authorization.type == "bearer" and authorization.token:
        return "staff", authorization.token, True
    door, _, token = incoming.cookies.get(COOKIE, "").partition(".")
    return ("staff" if door == "s" else _PUBLIC), token, False


def actor() -> Actor:
    """Who is signed in. Raises SignInNeeded."""
    if not current_user.is_authenticated:
        raise SignInNeeded
    found: Actor = current_user.actor
    return found


def signed_in() -> bool:
    """Whether somebody is."""
    return bool(current_user.is_authenticated)


def by_token() -> bool:
    """Whether the request carries a bearer token rather than the browser's cookie."""
    return bool(getattr(current_user, "by_token", False))


@contextmanager
def transaction() -> Iterator[Session]:
    """The request's transaction. A GET renders inside it, a POST redirects after it. A denial is recorded apart.

    Where a form was posted, the last one is committed together with where it led (`app.http.repeats`).
    """
    session: Session = database.session()
    try:
        with db.transaction(session):
            yield session
    except (NotAllowed, NotFound) as error:
        _record_denial(session, error)
        raise


@contextmanager
def reading() -> Iterator[Session]:
    """The transaction in which a form's page reads what it shows, before another one acts.

    A request that has only read is answered again from the beginning when it met another's step (`app.http.again`). So
    nothing may be written here that may not be written twice; a receiver's first look at a referral may.
    """
    with transaction() as session:
        yield session
        session.info[ONLY_READ] = True


def _record_denial(session: Session, error: NotAllowed | NotFound) -> None:
    if not signed_in() or g.get("spean_denied"):
        return
    g.spean_denied = True
    ids = [value for value in (request.view_args or {}).values() if isinstance(value, UUID)]
    with db.transaction(session):
        audit.record(
            session,
            actor(),
            request.endpoint or "unknown",
            subject="route",
            subject_id=ids[0] if ids else None,
            outcome="denied",
            why=type(error).__name__,
        )


def remember(answer: Response, token: str, *, official: bool) -> None:
    """Give the browser its session."""
    answer.set_cookie(
        COOKIE,
        f"{'o' if official else 's'}.{token}",
        max_age=_HOURS * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings().secure_cookies,
    )


def forget(answer: Response) -> None:
    """Take the browser's session away."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=settings().secure_cookies)


def token() -> str:
    """The session token of this request, or an empty string."""
    return _credentials(request)[1]
