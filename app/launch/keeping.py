"""Keeps what runs running: looks at each process in turn, and starts again what ended by itself (`restarts`).

Nothing here waits. One thread looks after all, and hears Ctrl-C within a third of a second, whatever is being mended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.launch import restarts
from app.launch.probe import Probe
from app.launch.processes import Child
from app.launch.progress import say
from app.launch.restarts import Past
from app.launch.trouble import Trouble

STARTING = 60.0
"""Seconds until a process that was started again must be ready."""


def _at_once(_child: Child) -> bool:
    return True


@dataclass
class Part:
    """One process that is kept running. `restart` starts it in the same place, with the same settings."""

    child: Child
    restart: Callable[[], Child]
    ready: Callable[[Child], bool] = _at_once
    patience: float = STARTING
    vital: bool = False
    """Without it nothing works: if it cannot come back, everything is stopped."""
    probe: Probe | None = None
    since: float = 0.0
    is_ready: bool = True
    past: Past = field(default_factory=Past)
    again_at: float | None = None

    @property
    def name(self) -> str:
        return self.child.name


class Keeper:
    """The parts, and `changed`, which is called whenever one of them has another process id."""

    def __init__(self, parts: Sequence[Part], changed: Callable[[], None]) -> None:
        self._parts = parts
        self._changed = changed

    def look(self, now: float) -> None:
        """Look once at every part. Raises Trouble when there is no going on."""
        for part in self._parts:
            if part.again_at is not None:
                if now >= part.again_at:
                    self._start(part, now)
            elif not part.child.alive():
                self._ended(part, now, str(part.child.died()))
            elif part.is_ready:
                self._attend(part, now)
            elif part.probe.look(now, soon=True) if part.probe else part.ready(part.child):
                part.is_ready = True
            elif now - part.since > part.patience:
                self._ended(part, now, f"The {part.name} was not ready in {part.patience:.0f} seconds.")

    def _attend(self, part: Part, now: float) -> None:
        """It works, as far as one can see: is that so?"""
        if restarts.is_over(part.past, ran=now - part.since, ready=True):
            part.past = Past()
            say(f"The {part.name} runs well again")
        if part.probe:
            part.probe.look(now)
            if part.probe.misses >= restarts.MISSES:
                self._ended(part, now, f"The {part.name} did not answer {restarts.MISSES} times in a row.")

    def _ended(self, part: Part, now: float, sentence: str) -> None:
        """It ended, or is of no use any more: nothing of it stays, and it is started again after a while."""
        part.child.clear()
        ran = now - part.since
        if restarts.was_wrong_from_the_start(part.past, code=part.child.process.returncode, ran=ran):
            raise Trouble(sentence)
        part.past = restarts.after_end(part.past, ran=ran, ready=part.is_ready)
        self._again(part, now, sentence)

    def _again(self, part: Part, now: float, sentence: str) -> None:
        if restarts.gives_up(part.past, vital=part.vital):
            raise Trouble(f"The {part.name} does not come back, so everything stops. {sentence}")
        part.again_at = now + restarts.delay(part.past)
        if restarts.is_told(part.past):
            say(f"{sentence} It is started again, as often as need be; the rest runs on.")

    def _start(self, part: Part, now: float) -> None:
        part.since, part.is_ready, part.again_at = now, False, None
        if part.probe:
            part.probe.forget()
        try:
            part.child.become(part.restart())
        except (Trouble, OSError) as error:
            part.past = restarts.after_end(part.past, ran=0, ready=False)
            self._again(part, now, str(error))
        self._changed()
