"""What is done to a running Spean. Each fault has an end: what is frozen goes on, what is dead is waited for."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from redis import RedisError

from app.chaos import rows
from app.chaos.grip import Grip, family
from app.chaos.smtp import MailServer, Mood

PROCESSES = ("web", "worker", "mail-worker", "beat")
"""Spean's own processes as the launcher names them in state.json, that are killed and frozen."""
TELLING = ("worker", "mail-worker")
"""Those of them that tell people."""
_PILING_S, _HELD_WITHIN_S, _LOOK_S = 2.0, 8.0, 0.001


@dataclass
class Scene:
    """What faults lay hands on. `gone`: pids that were killed, which must be another's when all is well."""

    grip: Grip
    mail: MailServer
    gone: dict[str, int] = field(default_factory=dict)

    def whole(self) -> bool:
        """Whether everything that was killed is back, under another pid."""
        return all(self._back(name, pid) for name, pid in self.gone.items())

    def _back(self, name: str, pid: int) -> bool:
        if name == "database":
            return self.grip.database() not in {0, pid} and self.grip.database_answers()
        if name == "broker":
            return self.grip.broker() not in {0, pid}
        return self.grip.stack.state().get(name, pid) != pid

    def kill(self, *names: str) -> None:
        """Kill these without a word."""
        pids = {name: self.grip.process(name) for name in names}
        self.gone |= pids
        self.grip.kill(pids.values())

    def stop_database(self) -> None:
        """PostgreSQL's immediate shutdown: as if the power went, for everybody but the disk."""
        self.gone["database"] = pid = self.grip.database()
        self.grip.kill([pid], signal.SIGQUIT)

    def kill_broker(self) -> None:
        self.gone["broker"] = pid = self.grip.broker()
        self.grip.kill([pid] if pid else [])

    def mend(self) -> None:
        """End every fault that does not end by itself."""
        self.grip.thaw()
        self.mail.mend()


Strike = Callable[[Scene], object]


def _flush(scene: Scene) -> None:
    try:
        with scene.grip.redis() as redis:
            redis.flushall()
    except RedisError:
        pass  # an empty broker is what was wanted, and a dead one is empty


def _kill_web_workers(scene: Scene) -> None:
    scene.grip.kill(list(family(scene.grip.process("web")))[1:])


def _kill_backends(scene: Scene) -> None:
    scene.grip.kill(scene.grip.backends()[:1])


def _freeze_then_kill(scene: Scene) -> None:
    """While the workers stand still a batch of jobs piles up, and they die with the batch in their hands."""
    main = {name: scene.grip.process(name) for name in TELLING}
    scene.grip.freeze(main.values())
    time.sleep(_PILING_S)
    pids = [pid for one in main.values() for pid in family(one)]
    scene.gone |= main
    with rows.watching(scene.grip.stack.environ["SPEAN_BACKUP_URL"]) as held:
        scene.grip.thaw()
        deadline = time.monotonic() + _HELD_WITHIN_S
        while not held() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
    scene.grip.kill(pids)


def _kill_everything(scene: Scene) -> None:
    pids = [pid for name in PROCESSES for pid in family(scene.grip.process(name))]
    scene.gone |= {name: scene.grip.process(name) for name in PROCESSES}
    scene.kill_broker()
    scene.stop_database()
    scene.grip.kill(pids)


def _mood(mood: Mood) -> Strike:
    return lambda scene: setattr(scene.mail, "mood", mood)


def _kill(name: str) -> Strike:
    return lambda scene: scene.kill(name)


def _freeze(name: str) -> Strike:
    return lambda scene: scene.grip.freeze([scene.grip.process(name)])


FAULTS: Mapping[str, Strike] = {
    **{f"{name} killed": _kill(name) for name in PROCESSES},
    **{f"{name} frozen": _freeze(name) for name in PROCESSES},
    "web workers killed": _kill_web_workers,
    "worker killed with a batch in hand": _freeze_then_kill,
    "Redis wiped": _flush,
    "Redis killed": Scene.kill_broker,
    "Redis frozen": lambda scene: scene.grip.freeze([scene.grip.broker()]),
    "PostgreSQL restarted at once": Scene.stop_database,
    "PostgreSQL connection killed": _kill_backends,
    "PostgreSQL frozen": lambda scene: scene.grip.freeze(scene.grip.database_family()),
    "SMTP hangs": _mood(Mood.HANGS),
    "SMTP stalls after the mail": _mood(Mood.STALLS),
    "SMTP refuses everything": _mood(Mood.REFUSES),
    "SMTP refuses some": _mood(Mood.PICKS),
    "SMTP drips": _mood(Mood.DRIPS),
    "SMTP takes and hangs up": _mood(Mood.CUTS),
    "everything killed": _kill_everything,
}
"""By name. Everything struck is mended by `Scene.mend` and waited for by `Scene.whole`."""
