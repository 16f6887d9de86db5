"""One request at a time is worked on in a process, and whoever's line is slow holds nobody up.

Python works on one thread at a time anyhow; several requests side by side only take the processor from each other and
win nothing by it (docs/adr/0018-one-request-at-a-time.md).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATIENCE_S = 0.25
"""So long a request waits for its turn; then it goes beside what may be stuck, waiting for the database."""


def init_turns(app: Flask) -> None:
    """Work on the app's requests by turns. Call it when the app knows its largest body (MAX_CONTENT_LENGTH)."""
    app.wsgi_app = Turns(app.wsgi_app, app.config["MAX_CONTENT_LENGTH"], _PATIENCE_S)  # type: ignore[method-assign]


class Turns:
    """A WSGI application by turns: a request takes its own once it has come whole, and gives it back when answered.

    `largest` is in bytes. A body that says it is larger is left unread, for the application to refuse.
    """

    def __init__(self, app: WSGIApplication, largest: int, patience_s: float) -> None:
        self._app = app
        self._largest = largest
        self._patience_s = patience_s
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does."""
        self._take_in(environ)
        own = self._turn.acquire(timeout=self._patience_s)
        try:
            return self._app(environ, start_response)
        finally:
            if own:
                self._turn.release()

    def _take_in(self, environ: WSGIEnvironment) -> None:
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) <= self._largest:
            some = int(length)
        elif not length and environ.get("wsgi.input_terminated"):
            some = self._largest + 1  # comes in chunks; one byte too many tells the application that it is too large
        else:
            return
        environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(some))
