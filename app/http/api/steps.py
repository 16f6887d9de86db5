"""Requests that change something: done once however often they are sent, and only on the version that was read."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from uuid import UUID

from flask import request
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session
from werkzeug.http import parse_etags

from app.core import idempotency
from app.core.context import Actor
from app.core.errors import N_, NotFound, Stale
from app.core.idempotency import HEADER, Done
from app.http.session import settings

REPLAYED = "Idempotency-Replayed"
ETAG_DOC = {"ETag": {"schema": {"type": "string"}, "description": "The version, to be sent as `If-Match`."}}
_CHANGED = N_("This has changed since you read it. Read it again.")


_A_WORD = validate.Regexp(r"\A[!-~]{1,200}\Z")


class OnceHeaders(Schema):
    idempotency_key = fields.String(
        data_key=HEADER,
        validate=_A_WORD,
        metadata={
            "description": "A word of your own for this one request, such as a UUID. Sent again within thirty days, it"
            " acts no second time, and is answered by what may be seen then."
        },
    )


class ReadHeaders(Schema):
    """For what is asked by POST only because of its size or its words: it changes nothing, so nothing is kept of it."""

    idempotency_key = fields.String(
        data_key=HEADER,
        validate=_A_WORD,
        metadata={"description": "Taken as everywhere. This changes nothing, so each answer is made anew."},
    )


class StepHeaders(OnceHeaders):
    if_match = fields.String(
        data_key="If-Match",
        validate=validate.Length(max=1000),
        metadata={"description": "The `ETag` that was read: 412 when somebody changed it since."},
    )


def once(
    session: Session,
    actor: Actor,
    action: str,
    headers: dict[str, str],
    do: Callable[[], UUID | None],
    *,
    about: UUID | None = None,
    status: int = 200,
) -> Done:
    """Do what was asked, or find that it was done before under the same Idempotency-Key.

    `do` returns the id of what it made, or `about`: the id of what is changed, which the address names. Whatever is
    answered is read anew afterwards, so that the second answer shows what may be seen then. Raises Invalid, NotFound.
    """
    key = headers.get("idempotency_key")
    if key is None:
        return Done(status, do())
    return idempotency.once(session, actor, key, action, _fingerprint(), status, do, about=about)


def made(done: Done) -> UUID:
    """The id of what was made. Raises NotFound where there is none."""
    if done.id is None:
        raise NotFound
    return done.id


def check_version(headers: dict[str, str], version: int) -> None:
    """Is it still the version that the caller read, if they say which? Raises Stale."""
    asked = headers.get("if_match")
    if asked is not None and not parse_etags(asked).contains(str(version)):
        raise Stale(_CHANGED)


def version_tag(version: int) -> dict[str, str]:
    """The version as ETag."""
    return {"ETag": f'"{version}"'}


def answered_again(done: Done) -> dict[str, str]:
    """Says so when this answers a repeated request."""
    return {REPLAYED: "true"} if done.again else {}


def _fingerprint() -> bytes:
    """Which request it is. Keyed, so that nobody who reads the table can guess what was sent."""
    said = b"\n".join((request.method.encode(), request.path.encode(), request.get_data(cache=True)))
    return hmac.digest(settings().secret_key.encode(), said, "sha256")
