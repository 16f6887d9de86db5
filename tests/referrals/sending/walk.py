"""Walking the guided path without a browser: what the pages would send if only what matters is touched."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import words_of

_CONTROL = re.compile(r"<(input|select|textarea|option)\b([^>]*)>([^<]*)", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_FORM = re.compile(r'<form method="post".*?</form>', re.DOTALL)
AGREES = {"able_to_decide": "yes", "how": "spoken_witnessed"}


def filled_in(body: str) -> list[tuple[str, str]]:
    """What the page's main form would send if nothing was touched."""
    main = body[body.index("<main") : body.index("</main>")]
    form = max(_FORM.findall(main), key=len)
    sent, select = [], ""
    for kind, attributes, words in _CONTROL.findall(form):
        own = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        if kind == "select":
            select = own["name"]
        elif kind == "option" and "selected" in own:
            sent.append((select, own["value"]))
        elif kind == "textarea":
            sent.append((own["name"], html.unescape(words).strip()))
        elif kind == "input" and (own["type"] in {"hidden", "text"} or "checked" in own):
            sent.append((own["name"], own.get("value", "")))
    return sent


@dataclass
class Walk:
    """Somebody on the path, and how much they had to do."""

    browser: FlaskClient
    loads: int = 0
    touched: int = 0
    seen: TestResponse = field(init=False)

    @property
    def status(self) -> int:
        return self.seen.status_code

    @property
    def path(self) -> str:
        return self.seen.request.path

    @property
    def words(self) -> str:
        return words_of(self.seen.text)

    @property
    def draft_id(self) -> UUID:
        return UUID(self.path.split("/")[2])

    def open(self, address: str) -> Walk:
        self.loads += 1
        self.seen = self.browser.get(address, follow_redirects=True)
        return self

    def send(self, **touched: Any) -> Walk:
        """Touch these fields, leave the others as they stand, press the button."""
        values = [(name, value) for name, value in filled_in(self.seen.text) if name not in touched]
        for name, value in touched.items():
            values += [(name, one) for one in (value if isinstance(value, list) else [value])]
        self.loads += 1
        self.touched += len(touched) + 1
        form = "application/x-www-form-urlencoded"
        self.seen = self.browser.post(self.path, data=urlencode(values), content_type=form, follow_redirects=True)
        return self

    def to_request(self, client_id: UUID, first: UUID, *others: UUID) -> Walk:
        """Choose programmes; stand at the second step."""
        chosen = dict(zip(("programme", "second", "third"), map(str, (first, *others)), strict=False))
        return self.open(f"/send/for/{client_id}").send(**chosen)

    def to_consent(self, client_id: UUID, first: UUID, *others: UUID, **touched: Any) -> Walk:
        """Stand at the third step."""
        return self.to_request(client_id, first, *others).send(**touched)

    def to_review(self, client_id: UUID, first: UUID, *others: UUID, **touched: Any) -> Walk:
        """Stand at the fourth step, with permission."""
        return self.to_consent(client_id, first, *others).send(**AGREES, **touched)
