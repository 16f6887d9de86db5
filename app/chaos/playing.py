"""Plays the stories: people's programs that ask, and ask again under the same key until they know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from queue import Empty, Queue
from typing import Any

from app.chaos.asking import Answer, Request, Web
from app.chaos.history import Operation, Outcome
from app.chaos.network import OUTSIDER, SENDER, Member, Network
from app.chaos.plan import FOR_PLACES, Ask, Story
from app.launch.processes import pause

_HANDS = 16
_AGAIN_S, _MOST_TIMES, _LOOK_S = 1.0, 40, 0.1
_BODIES: dict[str, dict[str, Any]] = {
    "decline": {"reason": "no_capacity"},
    "cancel": {"reason": "other"},
    "message": {"text": "Please bring the paper."},
    "complete": {"outcome": "service_received"},
}
_SENDERS = frozenset({"client", "consent", "send", "cancel", "withdraw"})


@dataclass
class Told:
    """How far a story has come."""

    story: Story
    client: str = ""
    consent: str = ""
    key: str = ""
    referral: str = ""
    version: int | None = None


@dataclass
class Player:
    """Plays each story when its time has come. `aged` is called with a referral that nobody will answer."""

    web: Web
    network: Network
    left: Callable[[str, str], object]
    """Told of each referral that is left without an answer, and of what shall become due."""
    name: str = "k"
    """Before each key, so that two runs on one network share none."""
    _queue: Queue[Story] = field(default_factory=Queue)
    _over: threading.Event = field(default_factory=threading.Event)
    _hands: list[threading.Thread] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What went wrong in the player itself."""

    def start(self, stories: Sequence[Story], begun: float) -> None:
        """Begin; stories come when their time has come."""
        self._hands = [threading.Thread(target=self._work, daemon=True) for _ in range(_HANDS)]
        self._hands.append(threading.Thread(target=self._feed, args=(stories, begun), daemon=True))
        for hand in self._hands:
            hand.start()

    def finish(self, within: float) -> int:
        """Begin no more, let those under way end, within so many seconds; returns how many never began."""
        self._over.set()
        deadline = time.monotonic() + within
        while any(hand.is_alive() for hand in self._hands) and time.monotonic() < deadline:
            pause(_LOOK_S)
        return self._queue.qsize()

    def _feed(self, stories: Sequence[Story], begun: float) -> None:
        for story in stories:
            if self._over.wait(max(0.0, begun + story.at - time.monotonic())):
                return
            self._queue.put(story)

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                story = self._queue.get(timeout=0.2)
            except Empty:
                continue
            try:
                self._play(Told(story))
            except Exception as error:  # noqa: BLE001 - a fault of the player's must not pass for a quiet run
                self.faults.append(f"story {story.number}: {error!r}")

    def _play(self, told: Told) -> None:
        story = told.story
        for ask in story.asks:
            time.sleep(ask.pause)
            if not self._one(told, ask):
                return
        if story.due:
            self.left(told.referral, story.due)

    def _one(self, told: Told, ask: Ask) -> bool:
        """Whether the story goes on: what was asked is known to be done."""
        if ask.what == "send again":
            return self._send_again(told)
        who = self.member(told.story, ask.what)
        request = self._request(told, ask, who)
        twin = threading.Thread(target=self.web.ask, args=(request,), daemon=True) if self._twice(ask) else None
        if twin:
            twin.start()
        operation, answer = self._until_known(request)
        if twin:
            twin.join()
        if operation.outcome is Outcome.FAIL and told.story.kind in FOR_PLACES:
            self._without_a_place(told, request)
        if operation.outcome is not Outcome.OK:
            return False
        _note(told, ask.what, operation, answer)
        if ask.what == "send" and told.story.foreign:
            self._ask_as_outsider(told)
        return True

    @staticmethod
    def _twice(ask: Ask) -> bool:
        return ask.twice and ask.what != "see"

    def _until_known(self, request: Request) -> tuple[Operation, Answer]:
        """Ask again under the same key while nobody can say whether it was done."""
        found = self.web.ask(request)
        for _ in range(_MOST_TIMES):
            if found[0].outcome is not Outcome.UNKNOWN:
                break
            time.sleep(_AGAIN_S)
            found = self.web.ask(request)
        return found

    def member(self, story: Story, what: str) -> Member:
        """Who does it."""
        if what in _SENDERS or what == "send again":
            return self.network.members[SENDER, story.sender]
        return self.network.members[story.receiver, story.nurse]

    def _request(self, told: Told, ask: Ask, who: Member) -> Request:
        story, what = told.story, ask.what
        key = f"{self.name}-{story.number}-{what}"
        programme = self.network.programmes[story.receiver, story.programme]
        if what in {"client", "walk_in"}:
            record = {"alias": f"Story {story.number}", "heard_from": "outreach", "facts": {"birth_year": 1990}}
            walked = {"programme_id": programme} if what == "walk_in" else {}
            return Request(story.number, what, who, "/clients", {"record": record, **walked}, key)
        if what == "consent":
            return Request(story.number, what, who, "/consents", _sitting(told.client, programme), key, told.client)
        if what == "send":
            told.key = key
            return Request(story.number, what, who, "/referrals", _sending(told.consent), key, told.consent)
        if what == "see":
            return Request(story.number, "read", who, f"/referrals/{told.referral}", on=told.referral)
        asked = told.version if ask.demanding else None
        path = f"/referrals/{told.referral}/{what}"
        return Request(story.number, what, who, path, _body(what), key, told.referral, asked)

    def _without_a_place(self, told: Told, refused: Request) -> None:
        """All places are taken: somebody insists, with a reason, or the person waits for one."""
        key = f"{refused.key}-full"
        if told.story.insists and refused.body is not None:
            self._until_known(replace(refused, key=key, body={**refused.body, "over_capacity": "agreed"}))
        elif refused.what == "accept":
            path = f"/referrals/{told.referral}/waitlist"
            self._until_known(replace(refused, what="waitlist", path=path, body={}, key=key))

    def _send_again(self, told: Told) -> bool:
        """Another permission under the key that has sent already: it must make nothing."""
        who, story = self.member(told.story, "send"), told.story
        programme = self.network.programmes[story.receiver, story.programme]
        consent = Request(
            story.number, "consent", who, "/consents", _sitting(told.client, programme), f"{told.key}-c", told.client
        )
        operation, _ = self._until_known(consent)
        if operation.outcome is Outcome.OK:
            again = Request(story.number, "send", who, "/referrals", _sending(operation.made), told.key, operation.made)
            self._until_known(again)
        return True

    def _ask_as_outsider(self, told: Told) -> None:
        outsider, number = self.network.members[OUTSIDER, "first"], told.story.number
        for on, path, body in foreign(told.referral, told.client):
            self.web.ask(Request(number, "foreign", outsider, path, body, on=on))


def foreign(referral: str, client: str) -> list[tuple[str, str, dict[str, Any] | None]]:
    """What an outsider asks for: (the id, the path, the body of a POST)."""
    return [
        (referral, f"/referrals/{referral}", None),
        (referral, f"/referrals/{referral}/withdraw", {}),
        (client, f"/clients/{client}", None),
        (client, f"/consents?client_id={client}", None),
    ]


def _note(told: Told, what: str, operation: Operation, answer: Answer) -> None:
    if what == "client":
        told.client = operation.made
    elif what == "consent":
        told.consent = operation.made
    elif what == "send":
        told.referral = operation.made
    told.version = answer.body.get("version") or told.version


def _sitting(client: str, programme: str) -> dict[str, Any]:
    return {
        "client_id": client, "programmes": [{"programme_id": programme}], "categories": ["identity", "phone"],
        "how": "spoken_witnessed", "language": "km", "able_to_decide": True,
    }  # fmt: skip


def _sending(consent: str) -> dict[str, Any]:
    return {"consent_id": consent, "urgency": "soon", "note": "Comes in the mornings.", "waiting_list": True}


def _body(what: str) -> dict[str, Any]:
    if what == "accept":
        return {"at": (datetime.now(UTC) + timedelta(days=2)).isoformat()}
    return _BODIES.get(what, {})
