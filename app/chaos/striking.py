"""Strikes the faults of a plan one after the other: strike, hold, mend, wait until all is back, write down."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from app.chaos.faults import FAULTS, Scene
from app.chaos.plan import Blow
from app.chaos.probing import Prober
from app.chaos.settling import rest
from app.launch.processes import pause

_BACK_S = 60.0
"""How long a killed process may take to be back, and people to be served."""
_STEP_S = 0.1


@dataclass(frozen=True)
class Struck:
    """A fault as it went, in seconds since the run began."""

    fault: str
    at: float
    until: float
    """When all was well again, or was given up."""
    survived: bool


@dataclass
class Striker:
    """Strikes until the time is over. `tell` prints a line of the timeline."""

    scene: Scene
    prober: Prober
    begun: float
    tell: Callable[[str], object]

    def run(self, blows: Sequence[Blow], seconds: float) -> list[Struck]:
        """Strike in order, each when its time has come and the one before it is over."""
        struck: list[Struck] = []
        for blow in blows:
            while self._now() < min(blow.at, seconds):
                pause(_STEP_S)
            if self._now() + blow.holds >= seconds:
                break
            struck.append(self._strike(blow))
        while self._now() < seconds:
            pause(_STEP_S)
        return struck

    def _strike(self, blow: Blow) -> Struck:
        at = self._now()
        self.tell(f"{blow.fault}, for {blow.holds:g} s")
        struck = True
        try:
            FAULTS[blow.fault](self.scene)
            rest(blow.holds)
        except psycopg.OperationalError:  # the fault before has left no database to strike
            struck = False
        finally:
            self.scene.mend()
        mended = self._now()
        survived = self._wait(mended) and struck
        self.scene.gone.clear()
        until = self._now()
        self.tell(f"{blow.fault}: {'all is back' if survived else 'NOT BACK'} after {until - at:.1f} s")
        return Struck(blow.fault, at, until, survived)

    def _wait(self, mended: float) -> bool:
        while self._now() < mended + _BACK_S:
            self.scene.grip.stack.check()
            if self.scene.whole() and self.prober.served_since(mended):
                return True
            pause(_STEP_S)
        return False

    def _now(self) -> float:
        return time.monotonic() - self.begun
