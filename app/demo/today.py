"""What is going on at this moment: somebody waits, somebody is late, somebody comes tomorrow."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.clock import PHNOM_PENH
from app.demo import acts, times
from app.demo.history import History, house_of, place_of, worker_of
from app.demo.house import House, Member, Place
from app.demo.story import Story
from app.demo.thread import Step
from referrals.life.use_cases.answer import Meeting
from referrals.life.use_cases.talk import Question

_WAITING = {
    "phsardaeumthkov.testing": (0.1, 0.3, 0.7),
    "phsardaeumthkov.sti": (0.2, 0.8),
    "chbarampov.testing": (0.2, 0.6, 1.4),
    "chbarampov.counselling": (0.4, 0.9),
    "tuekthla.tb": (0.1, 0.6, 1.6),
    "tuekthla.testing": (0.3,),
    "cityhospital.methadone": (0.15, 0.35, 0.75, 1.3),
    "cityhospital.detox": (0.8, 1.7, 2.4),
    "korsang.counselling": (0.2, 0.7),
    "mithsamlanh.rehab": (0.3, 1.2),
    "romduol.trades": (0.2, 0.55),
}
"""Referrals without an answer, by the share of the promised time that has passed."""
_TOMORROW = (
    "phsardaeumthkov.testing", "phsardaeumthkov.testing", "chbarampov.testing", "cityhospital.methadone",
    "cityhospital.methadone", "tuekthla.women", "korsang.counselling", "mithsamlanh.vocational",
)  # fmt: skip
_DECLINED = ("cityhospital.detox", "tuekthla.tb", "chbarampov.counselling")
_WAITLISTED = ("mithsamlanh.shelter", "cityhospital.detox")
_ASKED = ("cityhospital.methadone", "chbarampov.counselling")
_DRAFTS = ("cityhospital.methadone", "phsardaeumthkov.testing", "tuekthla.tb")


class Today:
    """Adds the present to a history."""

    def __init__(self, history: History) -> None:
        self._history, self._now, self._turn = history, history.now, 0

    def write(self) -> None:
        for key, shares in _WAITING.items():
            for share in shares:
                self._story(place_of(key), share).wait_on(seen=share > 1)
        for key in _TOMORROW:
            place = place_of(key)
            answered = self._answer_time(place)
            self._story(place, 1.1).accept(answered, self._tomorrow(place, self._turn))
        for key in _DECLINED:
            self._story(place_of(key), 1.0, alternatives=True).decline(self._answer_time(place_of(key)))
        for key in _WAITLISTED:
            self._story(place_of(key), 1.2).wait(self._answer_time(place_of(key)))
        for key in _ASKED:
            self._story(place_of(key), 0.4).ask(self._now - timedelta(minutes=25), Question.CAN_COME_MORNING)
        self._turn = 0  # the first in the list of sign-ins is to find a draft
        for key in _DRAFTS:
            self._draft(place_of(key))

    def _story(self, place: Place, share: float, *, alternatives: bool = False) -> Story:
        """Sent so long ago that `share` of the promised time has passed, for somebody met not long before."""
        history, sent = self._history, times.share_ago(place, share, self._now)
        days = (self._now - sent) / timedelta(days=1) + history.dice.uniform(1, 9)
        client = history.new_client(days_ago=days, worker=self._sender(place))
        client.met = min(client.met, sent - timedelta(minutes=30))
        others = history.choose(client, place, sent)[:2] if alternatives else ()
        thread = history.thread(client, (place, *(one for one in others if one is not place)), sent)
        return Story(history.plan, history.dice, thread, self._now)

    def _draft(self, place: Place) -> None:
        history = self._history
        client = history.new_client(days_ago=history.dice.uniform(2, 6), worker=self._sender(place))
        at = self._now - timedelta(hours=history.dice.uniform(0.5, 20))
        do = acts.begin_draft(client, place.key, half_done=self._turn % 2 == 0)
        history.plan.steps.append(Step(max(at, client.met), client.worker, "draft", do, client=client))

    def _sender(self, place: Place) -> tuple[House, Member]:
        """Whose turn it is, among those who work elsewhere."""
        while True:
            house, member = worker_of(self._turn)
            self._turn += 1
            if house is not house_of(place):
                return house, member

    def _answer_time(self, place: Place) -> datetime:
        return times.share_ago(place, 0.35, self._now)

    def _tomorrow(self, place: Place, turn: int) -> Meeting:
        midnight = self._now.astimezone(PHNOM_PENH).replace(hour=0, minute=0, second=0, microsecond=0)
        opened = place.hours.add_working_time(midnight + timedelta(days=1), 1) - timedelta(minutes=1)
        return Meeting(at=opened + timedelta(minutes=30 * (1 + turn % 4)))
