"""What becomes of one referral: its steps from sending to the end, as far as time has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.demo import acts, times, words
from app.demo.house import Place
from app.demo.people import Client, weighted
from app.demo.thread import Do, Plan, Step, Thread
from orgs.programmes.rules import ServiceType
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason
from referrals.life.states import BACK_WITH_SENDER, ENDED, State
from referrals.life.use_cases.answer import GRACE, Meeting
from referrals.life.use_cases.talk import Answer, Question
from referrals.sending.use_cases import UNANSWERED

_MINUTE = timedelta(minutes=1)
_DECLINES = {
    DeclineReason.NO_CAPACITY: 35, DeclineReason.NOT_ELIGIBLE: 20, DeclineReason.OTHER_SERVICE: 18,
    DeclineReason.MORE_INFORMATION: 12, DeclineReason.TOO_FAR: 9, DeclineReason.OTHER: 6,
}  # fmt: skip
_STOPS = {
    StopReason.MOVED_ON: 30, StopReason.LEFT: 38, StopReason.TRANSFERRED: 16, StopReason.DETAINED: 9,
    StopReason.DIED: 2, StopReason.OTHER: 5,
}  # fmt: skip
_CANCELS = {CancelReason.NEED_MET: 40, CancelReason.OTHER_PROGRAMME: 35, CancelReason.LOST_CONTACT: 25}
_OUTCOMES: Mapping[str, dict[Outcome, int]] = {
    ServiceType.METHADONE: {Outcome.CONTINUES: 90, Outcome.SERVICE_RECEIVED: 10},
    ServiceType.ART: {Outcome.CONTINUES: 90, Outcome.SERVICE_RECEIVED: 10},
    ServiceType.REHAB: {Outcome.COURSE_FINISHED: 75, Outcome.CONTINUES: 25},
    ServiceType.DETOX: {Outcome.COURSE_FINISHED: 85, Outcome.SERVICE_RECEIVED: 15},
    ServiceType.VOCATIONAL: {Outcome.COURSE_FINISHED: 90, Outcome.ADVICE_ONLY: 10},
}
_ORDINARY = {Outcome.SERVICE_RECEIVED: 88, Outcome.ADVICE_ONLY: 12}


@dataclass
class Story:
    """Writes the steps of one referral into the plan; `state` and `at` are where it stands."""

    plan: Plan
    dice: Random
    thread: Thread
    now: datetime
    state: State = State.SENT
    at: datetime = field(init=False)
    expires: datetime = field(init=False)
    _met: bool = False

    def __post_init__(self) -> None:
        thread = self.thread
        self.at = thread.sent
        said = acts.questions_of(thread.place.values, self.dice)
        self.plan.threads.append(thread)
        self._add(thread.sent, "send", acts.send_it(thread, said), sender=True, becomes=State.SENT)
        due = self.place.promise.due(thread.sent)
        self.expires = min(thread.asking.lapses, due + UNANSWERED)

    @property
    def place(self) -> Place:
        return self.thread.place

    @property
    def over(self) -> bool:
        """Whether it has ended by now."""
        return self.state in ENDED and self.at <= self.now

    @property
    def came_back(self) -> bool:
        return self.over and self.state in BACK_WITH_SENDER

    def run(self) -> None:
        """All of it."""
        dice, temper = self.dice, self.place.temper
        answer_at = times.answered(dice, self.place, self.at)
        chance = dice.random()
        if chance < temper.unanswered:
            self._stay_unanswered()
        elif chance < temper.unanswered + 0.025:
            self.take_back(self.at + (answer_at - self.at) * dice.uniform(0.2, 0.9))
        else:
            self.look(answer_at)
            self.answer(answer_at)

    def look(self, answer_at: datetime) -> None:
        """The receiver opens it; now and then it asks something first."""
        dice, gap = self.dice, answer_at - self.at
        self._do(self.at + gap * dice.uniform(0.2, 0.6), "see", acts.see(self.thread))
        if dice.random() < 0.12 and gap > timedelta(minutes=40):
            self._do(self.at + gap * 0.15, "question", acts.question(self.thread, dice.choice(list(Question))))
            reply = acts.reply(self.thread, weighted(dice, {Answer.YES: 5, Answer.WILL_ASK: 2, Answer.NO: 1}))
            self._do(self.at + gap * 0.12, "reply", reply, sender=True)

    def answer(self, at: datetime) -> None:
        """Accepted, accepted with the person there, put on the waiting list, or declined."""
        dice, temper = self.dice, self.place.temper
        self.remind_until(at)
        chance = dice.random()
        if chance < temper.declines:
            self.decline(at)
        elif chance < temper.declines + temper.waits:
            self.wait(at)
        elif chance < temper.declines + temper.waits + 0.1:
            self.come(at, at_once=True)
        else:
            self.accept(at)

    def accept(self, at: datetime, meeting: Meeting | None = None) -> None:
        dice = self.dice
        walks_in = dice.random() < 0.2
        meeting = meeting or (times.window(dice, at) if walks_in else times.appointment(dice, self.place, at))
        self._do(at, "accept", acts.accept(self.thread, meeting), becomes=State.ACCEPTED)
        self.expires = meeting.last + GRACE
        chance = dice.random()
        self._talk()
        if chance < 0.04:
            reason = dice.choice(
                [ReleaseReason.PROGRAMME_CLOSED, ReleaseReason.CANNOT_SERVE, ReleaseReason.NO_CAPACITY]
            )
            self._do(at + (meeting.last - at) * 0.7, "release", acts.release(self.thread, reason), State.RELEASED)
        elif chance < 0.06:
            self.take_back(at + (meeting.last - at) * 0.6)
        elif chance < 0.22:
            self._miss(meeting)
        else:
            self.come(times.comes(dice, self.place, meeting))

    def wait(self, at: datetime) -> None:
        dice = self.dice
        self._do(at, "waitlist", acts.waitlist(self.thread), State.WAITLISTED)
        self.expires = self.thread.asking.lapses
        later = times.soon(dice, at, 5, 25, self.place.hours)
        if dice.random() < 0.7 and later < self.expires:
            self.accept(later)
        else:
            self._run_out()

    def decline(self, at: datetime) -> None:
        reason = weighted(self.dice, _DECLINES)
        others = [one.key for one in self.thread.asking.places if one is not self.place]
        suggested = others[0] if others and self.dice.random() < 0.4 else None
        self._do(at, "decline", acts.decline(self.thread, reason, suggested), State.DECLINED)

    def come(self, at: datetime, *, at_once: bool = False) -> None:
        """They are there; most slips are shown. Then the service itself takes its days."""
        dice, thread = self.dice, self.thread
        by_slip = dice.random() < 0.6
        self._do(at, "arrive", acts.arrive(thread, by_slip=by_slip, at_once=at_once), State.ARRIVED)
        if dice.random() < 0.55 and self._readable():
            record = thread.client.record
            taken = Client(thread.client.number, thread.client.house, thread.receiver, record, self.at)
            self._do(self.at + 12 * _MINUTE, "take", acts.take_in(thread, taken))
            if self.at <= self.now:
                thread.taken = taken
        least, most = self.place.stay
        ends = times.soon(dice, self.at, least, most, self.place.hours)
        if dice.random() < (0.05 if most < 15 else 0.17):
            sooner = self.at + (ends - self.at) * dice.uniform(0.2, 0.9)
            self._do(sooner, "stop", acts.stop(thread, weighted(dice, _STOPS)), State.STOPPED)
        else:
            outcome = weighted(dice, _OUTCOMES.get(self.place.values.service, _ORDINARY))
            self._do(ends, "complete", acts.complete(thread, outcome), State.COMPLETED)

    def take_back(self, at: datetime) -> None:
        """The client withdraws, or the sender cancels."""
        self.remind_until(at)
        if self.dice.random() < 0.5:
            self._do(at, "withdraw", acts.withdraw(self.thread), State.WITHDRAWN, sender=True)
        else:
            reason = weighted(self.dice, _CANCELS)
            self._do(at, "cancel", acts.cancel(self.thread, reason), State.CANCELLED, sender=True)

    def remind_until(self, at: datetime) -> None:
        """What the schedule did while nobody answered."""
        if self.state is not State.SENT:
            return
        promise = self.place.promise
        half, due = promise.half(self.thread.sent), promise.due(self.thread.sent)
        for moment, what in ((half, "half"), (due, "overdue")):
            if moment + _MINUTE < at:
                self._add(moment + _MINUTE, what, acts.remind(self.thread, what), schedule=True)

    def _stay_unanswered(self) -> None:
        if self.dice.random() < 0.5:
            seen = times.soon(self.dice, self.at, 0.2, 2, self.place.hours)
            self._add(seen, "see", acts.see(self.thread))
        self._run_out()

    def _run_out(self) -> None:
        self.remind_until(self.expires)
        self._do(self.expires + _MINUTE, "expire", acts.expire(self.thread), State.EXPIRED, schedule=True)

    def _miss(self, meeting: Meeting) -> None:
        """They did not come, which ends nothing: mostly another time is found."""
        dice = self.dice
        self._do(meeting.last + 100 * _MINUTE, "no_show", acts.miss(self.thread))
        if dice.random() < 0.3:
            self._run_out()
            return
        again = times.soon(dice, self.at, 0.3, 3, self.place.hours)
        other = times.appointment(dice, self.place, again)
        self._do(again, "book", acts.book(self.thread, other))
        self.expires = other.last + GRACE
        if dice.random() < 0.2:
            self._do(other.last + 150 * _MINUTE, "no_show", acts.miss(self.thread))
            reason = ReleaseReason.CANNOT_REACH
            at = times.soon(dice, self.at, 1, 4, self.place.hours)
            self._do(at, "release", acts.release(self.thread, reason), State.RELEASED)
        else:
            self.come(times.comes(dice, self.place, other))

    def _talk(self) -> None:
        if self.dice.random() < 0.15 and self._readable():
            body = self.dice.choice(words.FROM_RECEIVER)
            self._add(self.at + 40 * _MINUTE, "write", acts.write(self.thread, body))
            if self.dice.random() < 0.7:
                reply = self.dice.choice(words.FROM_SENDER)
                self._add(self.at + 95 * _MINUTE, "write", acts.write(self.thread, reply), sender=True)

    def _readable(self) -> bool:
        """Whether the database, which knows only today, still hands the receiver the packet's keys."""
        return self.thread.asking.lapses > self.now + timedelta(days=1)

    def _do(
        self, at: datetime, what: str, do: Do, becomes: State | None = None, *, sender: bool = False,
        schedule: bool = False,
    ) -> None:  # fmt: skip
        """The next step: never before the last one."""
        self.at = max(at, self.at + _MINUTE)
        self.state = becomes or self.state
        self._add(self.at, what, do, sender=sender, schedule=schedule, becomes=becomes)

    def _add(
        self, at: datetime, what: str, do: Do, *, sender: bool = False, schedule: bool = False,
        becomes: State | None = None,
    ) -> None:  # fmt: skip
        who = None if schedule else self.thread.client.worker if sender else self.thread.receiver
        if at <= self.now:
            moves = self.place.key if becomes not in {None, State.SENT} else None
            self.plan.steps.append(Step(at, who, what, do, thread=self.thread, becomes=becomes, moves=moves))

    # --- for what is going on now ---
    def wait_on(self, *, seen: bool) -> None:
        """Nobody has answered yet."""
        if seen:
            self._add(self.thread.sent + (self.now - self.thread.sent) * 0.4, "see", acts.see(self.thread))
        self.remind_until(self.now)

    def ask(self, at: datetime, asked: Question) -> None:
        """The receiver waits for an answer itself."""
        self.remind_until(self.now)
        self._do(at, "question", acts.question(self.thread, asked))
