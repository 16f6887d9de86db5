"""A's program writes by the interface: on what is its own, and with B's ids wherever an id or a word is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from referrals.page.api import DEEDS
from tests.cast import tomorrow
from tests.walls.noninterference.worlds import Side, Strange

Write = Callable[[Side, Strange], tuple[str, str, dict[str, Any]]]
_RECORD = {"alias": "Canary-1", "heard_from": "peer"}
_SITTING = {"categories": ["identity"], "how": "spoken_witnessed", "language": "km", "able_to_decide": True}
_MEETING = {"at": tomorrow().at.isoformat(), "keep": True}  # type: ignore[union-attr]
_SAID: dict[str, dict[str, Any]] = {
    "accept": _MEETING, "book": _MEETING, "complete": {"outcome": "service_received"}, "message": {"text": "words"},
    **{action: {"reason": "other"} for action in ("decline", "release", "stop", "cancel")},
}  # fmt: skip


def _own(a: Side) -> str:
    return str(a.pick(a.clients, 0))


def _asked(client: object, *programmes: object) -> dict[str, Any]:
    named = [{"programme_id": str(one)} for one in programmes]
    return {"client_id": str(client), "programmes": named, **_SITTING}


def _deed(action: str, which: str) -> Write:
    return lambda _a, b: ("POST", f"referrals/{b.ids[which]}/{action}", _SAID.get(action, {}))


WRITES: dict[str, Write] = {
    "create": lambda _a, _b: ("POST", "clients", {"record": _RECORD}),
    "edit": lambda a, _b: ("PUT", f"clients/{a.pick(a.clients, 2)}", {"record": _RECORD, "version": 1}),
    "note": lambda a, _b: ("POST", f"clients/{_own(a)}/notes", {"kind": "note", "body": "words"}),
    "consent": lambda a, _b: ("POST", "consents", _asked(_own(a), a.partner.programme_id)),
    "search their phone": lambda _a, b: ("POST", "clients/search", {"words": b.words["phone"]}),
    "search their code": lambda _a, b: ("POST", "clients/search", {"words": b.words["code"]}),
    "edit theirs": lambda _a, b: ("PUT", f"clients/{b.ids['client']}", {"record": _RECORD, "version": 1}),
    "note on theirs": lambda _a, b: ("POST", f"clients/{b.ids['client']}/notes", {"kind": "note", "body": "words"}),
    "erase theirs": lambda _a, b: ("POST", f"clients/{b.ids['client']}/erase", {"reason": "asked", "version": 1}),
    "consent of theirs": lambda a, b: ("POST", "consents", _asked(b.ids["client"], a.partner.programme_id)),
    "consent for theirs": lambda a, b: ("POST", "consents", _asked(_own(a), b.ids["programme"])),
    "withdraw theirs": lambda _a, b: ("POST", f"consents/{b.ids['consent']}/withdraw", {}),
    "preview theirs": lambda _a, b: ("POST", "referrals/preview", {"consent_id": str(b.ids["consent"])}),
    "send theirs": lambda _a, b: ("POST", "referrals", {"consent_id": str(b.ids["consent"])}),
    "send theirs again": lambda _a, b: ("POST", "referrals", {"consent_id": str(b.ids["used_consent"])}),
    "next after theirs": lambda _a, b: ("POST", f"referrals/{b.ids['referral']}/next", {}),
    "read their notice": lambda _a, b: ("POST", f"notifications/{b.ids['notice']}/read", {}),
    **{f"{action}, {which}": _deed(action, which) for action in DEEDS for which in ("referral", "waiting")},
}
