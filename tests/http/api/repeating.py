"""Every request of the API that is no GET, ready to be sent: who sends it, where to, and what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import text

from app.http.problems import API_ROOT
from referrals.life.use_cases import answer, visit
from tests.cast import Cast, tomorrow
from tests.network import Person
from tests.referrals.api_people import sitting_of
from tests.walls.test_every_route import is_api, methods, rules

Ready = tuple[Person, str, str, Any]
"""Who, method, address below the root, body."""
RECORD = {"alias": "Canary-Alias", "heard_from": "peer"}
READING = frozenset({"POST /clients/search", "POST /referrals/preview"})
"""They change nothing."""


def changing(app: Flask) -> set[str]:
    """Every method and rule of the API that is no GET."""
    return {
        f"{method} {rule.rule.removeprefix(f'{API_ROOT}v1')}"
        for rule in rules(app) if is_api(rule) for method in methods(rule) if method != "GET"
    }  # fmt: skip


def _post(who: str, address: str, body: Any = None) -> Callable[[Cast], Ready]:
    def ready(team: Cast) -> Ready:
        return getattr(team, who), "POST", address.format(client=team.client_id), body

    return ready


def _put(team: Cast) -> Ready:
    return team.outreach, "PUT", f"/clients/{team.client_id}", {"record": RECORD, "version": 1}


def _sitting(team: Cast) -> Ready:
    return team.outreach, "POST", "/consents", sitting_of(team)


def _of_consent(address: str, *, name: str = "") -> Callable[[Cast], Ready]:
    def ready(team: Cast) -> Ready:
        consent = team.consent()[0]
        return team.outreach, "POST", address.format(consent), {name: str(consent)} if name else None

    return ready


def _next(team: Cast) -> Ready:
    first, _second = team.consent(team.programme_id, team.second_id)
    referral = team.send(first)
    with team.nurse.transaction() as (session, actor):
        answer.decline(session, actor, referral, "no_capacity")
    return team.outreach, "POST", f"/referrals/{referral}/next", None


def _notice(team: Cast) -> Ready:
    """A notice as the worker writes it."""
    with team.nurse.transaction() as (session, actor):
        notice = session.execute(text("SELECT id FROM app.notifications WHERE staff_id = :me"), {"me": actor.staff_id})
        return team.nurse, "POST", f"/notifications/{notice.scalars().first()}/read", None


def _step(who: str, action: str, body: Any = None, *, after: str = "") -> Callable[[Cast], Ready]:
    def ready(team: Cast) -> Ready:
        referral = team.send()
        if after:
            _bring(team, referral, after)
        return getattr(team, who), "POST", f"/referrals/{referral}/{action}", body

    return ready


def _bring(team: Cast, referral: UUID, to: str) -> None:
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral, tomorrow())
        if to == "arrived":
            visit.note_arrival(session, actor, referral)
    if to == "missed":
        with team.nurse.servers.administrator() as staging:  # time goes by
            staging.execute("SET LOCAL session_replication_role = replica")
            past = "UPDATE app.referrals SET appointment_at = now() - interval '2 hours' WHERE id = %s"
            staging.execute(past, [referral])


def _at() -> str:
    at = tomorrow().at
    assert at
    return at.isoformat()


_ID = "/referrals/<uuid:referral_id>"
READY: dict[str, Callable[[Cast], Ready]] = {
    "POST /clients": _post("outreach", "/clients", {"record": RECORD}),
    "POST /clients/search": _post("outreach", "/clients/search", {"words": "Canary"}),
    "PUT /clients/<uuid:client_id>": _put,
    "POST /clients/<uuid:client_id>/notes": _post("outreach", "/clients/{client}/notes", {"kind": "note", "body": "x"}),
    "POST /clients/<uuid:client_id>/erase": _post(
        "caseworker", "/clients/{client}/erase", {"reason": "asked", "version": 1}
    ),
    "POST /consents": _sitting,
    "POST /consents/<uuid:consent_id>/withdraw": _of_consent("/consents/{}/withdraw"),
    "POST /referrals": _of_consent("/referrals", name="consent_id"),
    "POST /referrals/preview": _of_consent("/referrals/preview", name="consent_id"),
    f"POST {_ID}/next": _next,
    "POST /notifications/read": _post("nurse", "/notifications/read"),
    "POST /notifications/<uuid:notice_id>/read": _notice,
    f"POST {_ID}/accept": _step("nurse", "accept", {"at": _at(), "keep": True}),
    f"POST {_ID}/accept_and_arrive": _step("nurse", "accept_and_arrive", {}),
    f"POST {_ID}/waitlist": _step("nurse", "waitlist"),
    f"POST {_ID}/decline": _step("nurse", "decline", {"reason": "no_capacity"}),
    f"POST {_ID}/book": _step("nurse", "book", {"at": _at(), "keep": True}, after="accepted"),
    f"POST {_ID}/no_show": _step("nurse", "no_show", after="missed"),
    f"POST {_ID}/note_arrival": _step("nurse", "note_arrival", {}, after="accepted"),
    f"POST {_ID}/release": _step("nurse", "release", {"reason": "other"}, after="accepted"),
    f"POST {_ID}/take": _step("nurse", "take", {"copied": ["name"]}, after="arrived"),
    f"POST {_ID}/complete": _step("nurse", "complete", {"outcome": "service_received"}, after="arrived"),
    f"POST {_ID}/stop": _step("nurse", "stop", {"reason": "left"}, after="arrived"),
    f"POST {_ID}/cancel": _step("outreach", "cancel", {"reason": "other"}),
    f"POST {_ID}/withdraw": _step("outreach", "withdraw"),
    f"POST {_ID}/message": _step("nurse", "message", {"text": "Canary message"}, after="accepted"),
}
