"""The launcher's words: `run`, `test`, `bench`, `chaos`, `lock`, `assets`; any other is an operator's (`app.cli`)."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.launch import benching, chaosing, checks, operating, running
from app.launch.places import ROOT
from app.launch.processes import Stopped, stoppable
from app.launch.progress import say
from app.launch.trouble import Trouble

PORTS = range(1, 65536)
INTERRUPTED = 130  # what shells give for Ctrl-C
HELP = """\
./spean run [--port N] [--data DIR] [--no-demo]     start Spean; Ctrl-C stops it
./spean test [--system-servers] [pytest's words]    all checks and tests; with words, only those tests
./spean bench [--quick] [--data DIR] …              how fast it is, and that it stays so as it grows
./spean chaos [--seconds N] [--seed S] …            what holds while processes die, freeze and lose each other
./spean create-steward                              the first person of a Spean without the demo
./spean import-areas FILE                           the official list of areas
./spean COMMAND [--data DIR] …                      any other operator's command; ./spean commands lists them
./spean lock                                        lock the requirements anew
./spean assets                                      compile the style sheets anew (needs npm)
"""


def main(argv: Sequence[str]) -> int:
    """Run one command. Every trouble ends as one sentence on stderr and exit code 1."""
    try:
        with stoppable():
            return _dispatch(argv)
    except Stopped:
        say("Stopped")
        return 0 if argv[:1] == ["run"] else INTERRUPTED
    except Trouble as trouble:
        print(f"spean: {trouble}", file=sys.stderr, flush=True)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"spean: The machine refused: {error.strerror or error}{where}.", file=sys.stderr, flush=True)
    except Exception:  # noqa: BLE001 - a fault of ours: the person gets a sentence, the log gets the rest
        print(f"spean: Something in the launcher is wrong; {_keep_traceback()}", file=sys.stderr, flush=True)
    return 1


def _dispatch(argv: Sequence[str]) -> int:
    word, rest = (argv[0], list(argv[1:])) if argv else ("help", [])
    if word in {"help", "-h", "--help"}:
        print(HELP, end="")
        return 0
    if not sys.platform.startswith("linux"):
        raise Trouble("Spean's launcher needs Linux.")
    if word == "run":
        return running.run(_run_options(rest))
    if word == "test":
        system = "--system-servers" in rest
        return checks.test([one for one in rest if one != "--system-servers"], system_servers=system)
    if word in _OURS:
        return _OURS[word](rest)
    if word.startswith("-"):
        raise Trouble(f"There is no command {word!r}. ./spean help lists them.")
    return _operate(word, rest)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise Trouble(f"{message[:1].upper()}{message[1:]}. ./spean help lists the commands.")


def _data(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--data", type=Path, default=ROOT / "var")
    return parser


def _run_options(words: Sequence[str]) -> running.Options:
    parser = _data(_Parser(prog="./spean run", add_help=False, allow_abbrev=False))
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-demo", action="store_true")
    found = parser.parse_args(words)
    if found.port not in PORTS:
        raise Trouble(f"Port {found.port} is no port: choose a number from 1 to {PORTS[-1]}.")
    return running.Options(port=found.port, data=found.data, demo=not found.no_demo)


def _bench(words: Sequence[str]) -> int:
    parser = _Parser(prog="./spean bench", add_help=False, allow_abbrev=False)
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "bench")
    parser.add_argument("--system-servers", action="store_true")
    found, rest = parser.parse_known_args(words)
    return benching.bench(rest, found.data, system_servers=found.system_servers)


def _operate(word: str, words: Sequence[str]) -> int:
    parser = _data(_Parser(prog=f"./spean {word}", add_help=False, allow_abbrev=False))
    found, rest = parser.parse_known_args(words)
    if word == "commands":
        word, rest = "--help", []
    return operating.operate(word, rest, found.data)


_OURS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "bench": _bench,
    "chaos": chaosing.chaos,
    "lock": lambda _rest: operating.lock(),
    "assets": lambda _rest: operating.assets(),
}


def _keep_traceback() -> str:
    log = ROOT / "var" / "log" / "launcher.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as handle:
            traceback.print_exc(file=handle)
    except OSError:
        return f"{sys.exception()!r}."
    return f"the details are in {log}."
