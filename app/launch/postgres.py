"""The embedded PostgreSQL server: one cluster in the data folder, reached by a unix socket alone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.launch.accounts import Account
from app.launch.processes import Child, end, finish, living_in, pause, spawn
from app.launch.programs import Programs
from app.launch.trouble import Trouble, last_line

ADMIN = "postgres"
START_SECONDS = 60
STOP_FAST = signal.SIGINT  # PostgreSQL's "fast" shutdown: sessions end, everything is written
STOP_AT_ONCE = signal.SIGQUIT  # no checkpoint: the next start recovers from the log
BUILTIN_LOCALES = 17  # since this version PostgreSQL brings C.UTF-8 itself

# An error's statement and detail may hold a person's data: they stay out of the log.
QUIET = {"log_min_error_statement": "panic", "log_error_verbosity": "terse", "log_statement": "none"}
# For databases that live as long as a test run.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass(frozen=True)
class Postgres:
    programs: Programs
    folder: Path
    sockets: Path
    log: Path
    account: Account | None
    password: str
    durable: bool = True

    def url(self, role: str = ADMIN, password: str | None = None, database: str = "postgres") -> str:
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{role}:{secret}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def create(self) -> None:
        """Make the cluster. It gets its name when it is whole: an interrupted start leaves none."""
        draft = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="ascii", prefix="spean-", dir=self.sockets) as secret:
            secret.write(self.password)
            secret.flush()
            if self.account:
                self.account.own(draft)
                self.account.own(Path(secret.name))
            self._initdb(draft, secret.name)
        draft.rename(self.folder)

    def _initdb(self, draft: Path, secret: str) -> None:
        major = self.programs.major()
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= BUILTIN_LOCALES else []
        child = spawn(
            "database's first set-up",
            [
                *(self.programs.initdb, "--pgdata", draft, "--username", ADMIN, "--pwfile", secret),
                *("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", *locale),
                *([] if self.durable else ["--no-sync"]),
            ],
            env=_environment(),
            log=self.log,
            cwd=Path("/"),
            account=self.account,
        )
        if finish(child) != 0:
            raise Trouble(f"Setting up the database failed: {last_line(self.log)} (see {self.log})")

    def recover(self) -> None:
        """Clear away what a killed launcher left: a server still on our folder, or its stale note of itself.

        A process is ours only when its working directory is our data folder; any other pid in the note is a
        number that the machine has used again.
        """
        running = living_in(self.folder)
        signals = ((STOP_FAST, 8.0), (STOP_AT_ONCE, 4.0), (signal.SIGKILL, 2.0))
        if running and not end(running, signals=signals):
            raise Trouble(f"An earlier database server (process {running[0]}) does not stop. Stop it, then try again.")
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def check_version(self) -> None:
        """Raise Trouble when another PostgreSQL made the data: this one cannot read its files."""
        made_by = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        ours = self.programs.major()
        if made_by != str(ours):
            raise Trouble(
                f"{self.folder} was made by PostgreSQL {made_by}, and this Spean brings PostgreSQL {ours}. "
                "Back up with the earlier Spean and restore into a new folder."
            )

    def start(self) -> Child:
        """Start the server and wait until it takes connections."""
        child = self.spawn()
        deadline = time.monotonic() + START_SECONDS
        while not self.ready(child):
            if not child.alive():
                raise child.died()
            if time.monotonic() > deadline:
                raise Trouble(f"The database server was not ready in {START_SECONDS} seconds: see {self.log}.")
            pause(0.05)
        return child

    def restart(self) -> Child:
        """Start the server after it died, without waiting for it: clear away what it left, then `spawn`."""
        self.recover()
        return self.spawn()

    def spawn(self) -> Child:
        """Start the server. It takes connections once it is `ready`."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "password_encryption": "scram-sha-256",
            **QUIET,
            **({} if self.durable else FORGETFUL),
        }
        return spawn(
            "database server",
            [
                self.programs.postgres,
                "-D",
                self.folder,
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            env=_environment(),
            log=self.log,
            cwd=Path("/"),
            account=self.account,
            stop_signal=STOP_FAST,
        )

    def ready(self, child: Child) -> bool:
        """PostgreSQL says so itself, in the last line of its note."""
        with suppress(OSError):
            lines = (self.folder / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
            return lines[0].strip() == str(child.pid) and any(re.fullmatch(r"ready\s*", line) for line in lines[7:8])
        return False


def _environment() -> dict[str, str]:
    """A bare one: an operator's PGHOST or LC_ALL must not reach the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
