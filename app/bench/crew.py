"""Who asks in a bench: people signed in to one size, and the referrals and permissions that they work with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from itertools import cycle, islice
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text

from app.bench.asking import Ask, form
from app.bench.history import URGENCIES
from app.bench.network import HOSPITAL, SENDER, Doors, Network, email
from app.core import clock
from app.core.paging import SIZE, Cursor
from orgs.clients.queries import client_values

DEEP = 200
"""Which page is the far one."""
_AHEAD = 25
_PROGRAM, _BROWSER = "program", "browser"
_TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_FORM_COOKIE = re.compile(rb"set-cookie: *(spean_form=[^;]+)", re.IGNORECASE)
_FAR = """
SELECT updated_at, id FROM app.referrals WHERE receiver_org_id = :org {narrowed}
ORDER BY updated_at DESC, id OFFSET :far LIMIT 1
"""
_SITTING = {
    "categories": ["identity", "phone"], "how": "spoken_witnessed", "language": "km", "able_to_decide": True,
}  # fmt: skip
_GROWN = 25
_CLOSED = "AND state IN ('completed', 'stopped', 'declined', 'released', 'cancelled', 'withdrawn', 'expired')"


class Way(Protocol):
    """How requests reach the app: over the wire, or without one."""

    def send(self, ask: Ask) -> tuple[float, bytes, bytes]:
        """Ask; seconds, head and body."""


@dataclass
class Crew:
    """The nurse of the hospital, and the people of the largest sender."""

    doors: Doors
    network: Network
    wire: Way
    _signed: dict[tuple[int, str, str], str] = field(default_factory=dict)
    _urgencies: Iterator[str] = field(default_factory=lambda: cycle(URGENCIES))

    def program(self, index: int, role: str) -> Mapping[str, str]:
        """Headers of somebody's program."""
        return {"Authorization": f"Bearer {self.token(index, role, _PROGRAM)}"}

    def browser(self, index: int, role: str) -> Mapping[str, str]:
        """Headers of somebody's browser."""
        return {"Cookie": f"spean=s.{self.token(index, role, _BROWSER)}"}

    def token(self, index: int, role: str, way: str = _BROWSER) -> str:
        """Somebody's session, or their program's token; opened once."""
        key = index, role, way
        if key not in self._signed:
            opens = self.doors.program if way == _PROGRAM else self.doors.sign_in
            self._signed[key] = opens(self.network, index, role)
        return self._signed[key]

    def posted(self, page: str, path: str, index: int, role: str, status: HTTPStatus, **values: str) -> Ask:
        """A form as the browser sends it, with the page's own token against forgery."""
        headers = self.browser(index, role)
        _, head, body = self.wire.send(Ask(page, headers))
        token, cookie = _TOKEN.search(body), _FORM_COOKIE.search(head)
        if token is None or cookie is None:
            raise RuntimeError(f"{page} has no form")
        both = {"Cookie": f"{headers['Cookie']}; {cookie[1].decode()}"}
        return form(path, both, status, csrf_token=token[1].decode(), **values)

    @property
    def nurse(self) -> Mapping[str, str]:
        return self.program(HOSPITAL, "nurse")

    @property
    def caseworker(self) -> Mapping[str, str]:
        return self.program(SENDER, "caseworker")

    @property
    def nurse_login(self) -> str:
        """How the nurse signs in."""
        return email(HOSPITAL, "nurse")

    @property
    def hospital(self) -> UUID:
        return UUID(self.network.houses[HOSPITAL].id)

    @cached_property
    def programme(self) -> str:
        """A programme of the hospital's that asks for nothing."""
        return next(key for key, service in self.network.houses[HOSPITAL].programmes.items() if service == "drop_in")

    @property
    def elsewhere(self) -> str:
        """A programme to which nobody can be sent at the hospital: another organisation's."""
        return next(iter(self.network.houses[HOSPITAL + 1].programmes))

    def far(self, *, closed: bool = False) -> str:
        """The cursor of the last row before the far page."""
        wanted = text(_FAR.format(narrowed=_CLOSED if closed else ""))
        with self.doors.acting(self.token(HOSPITAL, "nurse")) as (session, actor):
            row = session.execute(wanted, {"org": actor.org_id, "far": (DEEP - 1) * SIZE - 1}).one()
        return str(Cursor(row.updated_at, row.id))

    def one(self, state: str, *, sent: bool = False) -> dict[str, Any]:
        """A referral in this state that the hospital received, or the largest sender sent."""
        side, who = ("sender", self.caseworker) if sent else ("receiver", self.nurse)
        _, _, body = self.wire.send(Ask(f"/api/v1/referrals?side={side}&state={state}&size=1", who))
        found: dict[str, Any] = json.loads(body)["items"][0]
        return found

    @cached_property
    def clients(self) -> list[str]:
        """Some of the largest sender's clients."""
        with self.doors.acting(self.token(SENDER, "caseworker")) as (session, actor):
            wanted = "SELECT id FROM app.clients WHERE org_id = :org ORDER BY updated_at DESC LIMIT 200"
            return [str(one) for one in session.execute(text(wanted), {"org": actor.org_id}).scalars()]

    def consents(self, count: int) -> Iterator[str]:
        """So many fresh permissions of adults for the hospital's programme."""
        for client in islice(cycle(self._adults), count):
            body = {**_SITTING, "client_id": client, "programmes": [{"programme_id": self.programme}]}
            _, _, answer = self.wire.send(self.api("/api/v1/consents", self.caseworker, body, HTTPStatus.CREATED))
            yield json.loads(answer)["items"][0]["id"]

    def permissions(self) -> Iterator[str]:
        """Fresh permissions without end."""
        while True:
            yield from list(self.consents(_AHEAD))

    @cached_property
    def _adults(self) -> list[str]:
        with self.doors.acting(self.token(SENDER, "caseworker")) as (session, actor):
            records = {one: client_values(session, actor, UUID(one)).record for one in self.clients[:60]}
        grown = clock.now().year - _GROWN
        return [one for one, about in records.items() if (about.facts.birth_year or grown) <= grown]

    def send(self, consent: str) -> Ask:
        """Send a referral on a permission."""
        body = {"consent_id": consent, "urgency": next(self._urgencies), "note": "Comes in the mornings."}
        return self.api("/api/v1/referrals", self.caseworker, body, HTTPStatus.CREATED)

    def sent_ones(self) -> Iterator[str]:
        """Referrals that wait for the hospital's answer: sent now, so that none of the filled ones is used up."""
        for consent in self.permissions():
            _, _, answer = self.wire.send(self.send(consent))
            yield json.loads(answer)["id"]

    def accept(self, referral: str) -> Ask:
        """Accept it, with an appointment the day after tomorrow."""
        at = (clock.now() + timedelta(days=2)).isoformat()
        return self.api(f"/api/v1/referrals/{referral}/accept", self.nurse, {"at": at})

    def withdraw(self, referral: str) -> Ask:
        """On the client's word."""
        return self.api(f"/api/v1/referrals/{referral}/withdraw", self.caseworker, {})

    @staticmethod
    def api(path: str, headers: Mapping[str, str], body: Any, status: HTTPStatus = HTTPStatus.OK) -> Ask:
        """What a program posts."""
        return Ask(path, headers, json.dumps(body).encode(), status=status)
