"""A whole run: start, play and strike, heal, wait, read, judge, and then the control."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import psycopg

from app.bench.network import Doors
from app.chaos import aging, plan, report, rows, settling
from app.chaos.asking import Web
from app.chaos.control import publishing_once
from app.chaos.faults import FAULTS, Scene
from app.chaos.grip import Grip
from app.chaos.history import Due, Final, History
from app.chaos.network import OPEN, SENDER, Network, build
from app.chaos.plan import Blow
from app.chaos.playing import Player
from app.chaos.probing import Prober
from app.chaos.reading import Reader
from app.chaos.smtp import MailServer
from app.chaos.stack import Stack, running
from app.chaos.striking import Striker, Struck
from app.chaos.telling import covered
from app.chaos.verdicts import judge
from app.core.settings import load

CONTROL_S = 14.0
_FINISH_S = 45.0
_CALM_S = 21.0
"""What ends in its first twenty seconds is taken for badly set up, and the launcher stops (app/launch/restarts.py)."""
_HELD = "worker killed with a batch in hand"
Say = Callable[[str], object]


@dataclass
class Scenery:
    """Everything that a run has at hand."""

    stack: Stack
    network: Network
    mail: MailServer
    say: Say
    begun: float
    history: History = field(default_factory=History)
    due: list[Due] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What went wrong in chaos itself."""

    @cached_property
    def web(self) -> Web:
        return Web(self.stack.port, self.history, self.begun)

    @property
    def backup_url(self) -> str:
        return self.stack.environ["SPEAN_BACKUP_URL"]

    def left(self, referral: str, kind: str) -> None:
        """A referral that nobody will answer: this becomes due now, as soon as the database takes it."""
        for _ in range(settling.MOST_TIMES):
            try:
                at = aging.make_due(self.stack.admin_url, referral, kind)
            except psycopg.OperationalError:
                time.sleep(1)
                continue
            if at:
                self.due.append(Due(referral, kind, at))
            return
        self.faults.append(f"referral {referral} could not be aged")

    @contextmanager
    def striking(self) -> Iterator[tuple[Striker, Prober]]:
        """Somebody asks all the time whether they are served; everything is mended afterwards."""
        prober = Prober(self.stack.port, self.network.members[SENDER, "first"], self.begun)
        scene = Scene(Grip(self.stack), self.mail)
        prober.start()
        try:
            yield Striker(scene, prober, self.begun, self.say), prober
        finally:
            prober.stop()
            scene.mend()


def run(seed: int, seconds: float, say: Say, *, keep: bool = False) -> int:
    """1 when an invariant is violated, a fault is not survived, or the control finds nothing."""
    mail = MailServer()
    try:
        with running(mail.url, keep=keep) as stack:
            say("Spean runs")
            started = time.monotonic()
            doors = Doors.of(load(stack.environ), stack.environ)
            network = build(doors)
            doors.close()
            say("The network is there: a sender, two receivers and an outsider")
            settling.rest(started + _CALM_S - time.monotonic())
            scenery = Scenery(stack, network, mail, say, time.monotonic())
            return max(_under_faults(scenery, seed, seconds), _control(scenery, seed))
    finally:
        mail.close()


def _under_faults(scenery: Scenery, seed: int, seconds: float) -> int:
    say, player = scenery.say, Player(scenery.web, scenery.network, scenery.left)
    with scenery.striking() as (striker, prober):
        player.start(plan.stories(seed, seconds), scenery.begun)
        struck = striker.run(plan.blows(seed, seconds, tuple(FAULTS)), seconds)
        say("Everything is mended; people finish what they began")
        unbegun = player.finish(_FINISH_S)
        scenery.faults += player.faults
    say(f"{len(scenery.history.all()):,} requests were sent; {unbegun} stories were not begun in time")
    final = _final(scenery)
    verdicts = judge(scenery.history.all(), final)
    print(f"\n{report.faults_table(struck, prober.probes)}\n\n{report.invariants_table(verdicts)}\n")
    print(report.outcomes(scenery.history.all()), flush=True)
    said = [report.violations(verdicts), *_lost(struck), *(f"chaos itself: {one}" for one in scenery.faults)]
    print("\n".join(one for one in said if one), flush=True)
    return 1 if any(said) else 0


def _lost(struck: list[Struck]) -> list[str]:
    return [f"NOT SURVIVED: {one.fault}, struck after {one.at:.0f} s" for one in struck if not one.survived]


def _final(scenery: Scenery) -> Final:
    say, stack = scenery.say, scenery.stack
    left = settling.until_settled(stack, scenery.due)
    say(f"Settled: {left} under way" if left else "Settled: nothing is under way")
    reader = Reader(scenery.web.faster(), scenery.network, stack)
    final = reader.read(scenery.history.all())
    final.mails, final.due = scenery.mail.mails, list(scenery.due)
    say("Read what is there at the end")
    final.verified = settling.until_sealed(stack) and reader.verified(say)
    return final


def _control(scenery: Scenery, seed: int) -> int:
    """The same, for some seconds, on an outbox that publishes each row once. Its losses must be found."""
    say = scenery.say
    say("The control: an outbox that publishes each row once")
    before = {one.id for one in rows.read(scenery.backup_url).events}
    begun = time.monotonic()
    clock = begun - scenery.begun
    player = Player(scenery.web, scenery.network, scenery.left, name="c")
    stories = [one for one in plan.stories(seed, CONTROL_S) if not one.due and one.programme == OPEN]
    with publishing_once(scenery.stack.admin_url):
        with scenery.striking() as (striker, _):
            player.start(stories, begun)
            striker.run([Blow(_HELD, clock + at, 0.5) for at in (3.0, 8.0)], clock + CONTROL_S)
            player.finish(_FINISH_S)
        settling.rest(settling.LEASE_S)
        final = rows.read(scenery.backup_url)
    final.events = [one for one in final.events if one.id not in before]
    final.people = [one.person for one in scenery.network.members.values()]
    final.teams, final.mails = scenery.network.teams, scenery.mail.mails
    found = list(covered(scenery.history.all(), final))
    lost = sum(one is not None for one in found)
    say(f"The control: {lost} of {len(found)} were not told")
    if not lost:
        print("THE CONTROL FOUND NOTHING: the check that each event is told cannot fail. See app/chaos/control.py.")
    elif lost == len(found):
        print("THE CONTROL SHOWS NOTHING: nobody was told of anything, so more than the outbox is broken.")
    return 0 if 0 < lost < len(found) else 1
