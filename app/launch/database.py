"""The database made ready by Spean's own commands: roles, tables, and the demo network where it is wanted.

What was done to an embedded database is noted with a fingerprint of what it depends on, so that a later start does it
again only after a change. An operator's own database is asked every time.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence

from app.launch.environment import Environment
from app.launch.places import ROOT, Places, write_privately
from app.launch.postgres import STOP_AT_ONCE
from app.launch.processes import end, finish, living_in, spawn
from app.launch.progress import Following, say
from app.launch.settings import Settings, external_database
from app.launch.trouble import Trouble, last_line

DEPENDS_ON = ("app/core/*.py", "app/cli/*.py", "migrations/**/*.*", "requirements.txt")
DEMO_DEPENDS_ON = ("app/demo/**/*.*", "app/cli/demo.py")


def prepare_database(settings: Settings, environment: Environment) -> None:
    """Roles, database and tables: made the first time, brought up to date after a change."""
    done, wanted = _done(settings.places), _fingerprint(settings, DEPENDS_ON)
    if done.get("tables") == wanted and not external_database():
        return
    if settings.admin_url:
        _step(environment, settings, settings.administrator(), "provision", "Preparing the database")
    _step(environment, settings, settings.operator(), "migrate", "Bringing the tables up to date")
    _note(settings.places, {**done, "tables": wanted})
    say("The database is ready")


def load_demo(settings: Settings, environment: Environment, *, new: bool) -> None:
    """Fill an empty database; the command itself looks whether it is empty.

    A `new` database is marked until its demo is whole, so that a start that is cut short leaves no half of one.
    """
    places, done = settings.places, _done(settings.places)
    wanted = _fingerprint(settings, DEMO_DEPENDS_ON)
    if done.get("demo") == wanted and places.signins.exists() and not external_database():
        return
    if new:
        places.unfinished_demo.touch()
        say("Loading the demo network (a minute or two, this first time) …")
    following = Following(places.log("load-demo"))
    _step(environment, settings, settings.operator(), "load-demo", "Loading the demo network", following)
    places.unfinished_demo.unlink(missing_ok=True)
    _write_signins(settings, environment)
    _note(places, {**done, "demo": wanted})
    say("The demo network is there")


def _write_signins(settings: Settings, environment: Environment) -> None:
    log = settings.places.log("demo-signins")
    log.unlink(missing_ok=True)
    _step(environment, settings, settings.operator(), "demo-signins", "Reading the demo sign-ins")
    write_privately(settings.places.signins, log.read_text(encoding="utf-8"))


def clear_unfinished_demo(places: Places) -> None:
    """Remove a new database whose demo was cut short; nobody has worked in it yet."""
    if places.unfinished_demo.exists():
        say("The last start was cut short while it loaded the demo network: beginning anew")
        end(living_in(places.postgres), signals=((STOP_AT_ONCE, 5.0), (signal.SIGKILL, 2.0)))
        shutil.rmtree(places.postgres, ignore_errors=True)
        places.unfinished_demo.unlink()


def _step(
    environment: Environment,
    settings: Settings,
    env: dict[str, str],
    name: str,
    doing: str,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    log = settings.places.log(name)
    child = spawn(name, [environment.python, "-m", "app.cli", name], env=env, log=log, cwd=ROOT)
    if finish(child, meanwhile=meanwhile) != 0:
        raise Trouble(f"{doing} failed: {last_line(log) or 'it said nothing'} (see {log})")


def _fingerprint(settings: Settings, patterns: Sequence[str]) -> str:
    """One value for all that a step depends on: the code, the roles' passwords, and which database it is."""
    whole = hashlib.sha256(_identity(settings.places).encode())
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            whole.update(path.read_bytes())
    for name in sorted(settings.secrets):
        whole.update(settings.secrets[name].encode())
    return whole.hexdigest()


def _identity(places: Places) -> str:
    """Which cluster this is: one restored or made anew in the same place is another."""
    try:
        made = (places.postgres / "PG_VERSION").stat()
    except OSError:
        return "outside"
    return f"{made.st_dev}-{made.st_ino}-{made.st_mtime_ns}"


def _done(places: Places) -> Mapping[str, str]:
    try:
        done = json.loads(places.prepared.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


def _note(places: Places, done: Mapping[str, str]) -> None:
    write_privately(places.prepared, json.dumps(done, indent=2) + "\n")
