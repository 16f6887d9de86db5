"""Child processes that never outlive the launcher, and a launcher that stops when it is asked to.

Three nets hold a child: it is stopped in order at the end; it has a process group of its own, killed whole if
it lingers; and Linux is asked to signal it should the launcher die by `kill -9` (`PR_SET_PDEATHSIG`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.launch.accounts import Account
from app.launch.trouble import Trouble, last_line

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Stopped(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM. Not an `Exception`: nothing on the way may swallow it."""


class _Asked:
    by: int | None = None


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into `Stopped` at the next `pause`, never in mid-step."""

    def ask(signum: int, _frame: object) -> None:
        _Asked.by = signum

    _Asked.by = None
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def pause(seconds: float) -> None:
    """Sleep, and raise `Stopped` as soon as somebody has asked for the end."""
    if _Asked.by is not None:
        raise Stopped
    time.sleep(seconds)
    if _Asked.by is not None:
        raise Stopped


@dataclass
class Child:
    """A process that the launcher started. `stop_signal` asks it to end in good order."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    stop_signal: signal.Signals = signal.SIGTERM
    cleared: bool = False
    """It has ended and nothing is left of its group: its number may soon be another's."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def died(self) -> Trouble:
        """The sentence for a child that ended by itself."""
        return Trouble(f"The {self.name} ended by itself (code {self.process.returncode}).{self.last_words()}")

    def last_words(self) -> str:
        """What it said last and where to read on, as the end of a sentence."""
        said = last_line(self.log) if self.log else ""
        quote = f" Its last words: {said!r}." if said else ""
        return f"{quote} Its log is {self.log}." if self.log else quote

    def clear(self) -> None:
        """Kill what is left of it and of its group, at once."""
        if not self.cleared:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
            self.cleared = True

    def become(self, other: Child) -> None:
        """Stand for the process that was started in its place: whoever stops this one stops that one."""
        self.process, self.cleared = other.process, False


def spawn(
    name: str,
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path | IO[bytes] | None,
    cwd: Path | None = None,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    stdin: bytes | None = None,
) -> Child:
    """Start a child in a process group of its own, as `account` where given, its output appended to `log`.

    `stdin` is handed over whole: so a child gets a secret that neither its arguments nor a file should show.
    """
    with _output(log) as output:
        process = subprocess.Popen(
            [str(word) for word in argv],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid(), stop_signal),  # noqa: PLW1509 - the launcher has one thread
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if stdin is not None and process.stdin is not None:
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(stdin)
    path = log if isinstance(log, Path) else None
    return Child(name=name, process=process, log=path, stop_signal=stop_signal)


@contextmanager
def _output(log: Path | IO[bytes] | None) -> Iterator[IO[bytes] | int | None]:
    if isinstance(log, Path):
        with log.open("ab") as handle:
            yield handle
    else:
        yield log


def _die_with_parent(parent: int, number: signal.Signals) -> Callable[[], None]:
    def ask_linux() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return ask_linux


def finish(child: Child, *, meanwhile: Callable[[], None] = lambda: None) -> int:
    """Wait for a child that should end by itself; stop it when the launcher is asked to stop."""
    try:
        while child.alive():
            pause(0.03)
            meanwhile()
        meanwhile()
    except BaseException:
        stop([child], within=3)
        raise
    return int(child.process.returncode)


def stop(children: Sequence[Child], *, within: float, insist: signal.Signals | None = None) -> None:
    """Ask all to end, wait `within` seconds for them together, then kill what is left of their groups.

    `insist` is a second, harsher request with one more second, for what should not be killed.
    """
    for child in children:
        if child.alive():
            _signal(child.pid, child.stop_signal)
    _wait(children, within)
    for child in children:
        if insist and child.alive():
            _signal(child.pid, insist)
            _wait([child], 1)
    for child in children:
        child.clear()


def _wait(children: Sequence[Child], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(child.alive() for child in children) and time.monotonic() < deadline:
        time.sleep(0.03)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def birth(pid: int) -> str | None:
    """When a process began, in clock ticks since boot: with its pid, a name for ever. None: it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else started


def living_in(folder: Path) -> list[int]:
    """The processes whose working directory is `folder`; a PostgreSQL server's is its data folder."""
    wanted = folder.resolve()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == wanted and birth(int(entry.name)):
                    found.append(int(entry.name))
    return found


def end(pids: Sequence[int], *, signals: Sequence[tuple[signal.Signals, float]]) -> bool:
    """End what an earlier launcher left: each signal in turn, with seconds to wait. True: all are gone."""
    born = {pid: birth(pid) for pid in pids}
    left = [pid for pid, start in born.items() if start]
    for number, seconds in signals:
        for pid in left:
            _signal(pid, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            pause(0.05)
            left = [pid for pid in left if birth(pid) == born[pid]]
        if not left:
            return True
    return not left
