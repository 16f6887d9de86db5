"""`./spean chaos`: see docs/reliability.md for how to read what it says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.chaos import plan, running
from app.chaos.faults import FAULTS
from app.launch.processes import Stopped, stoppable
from app.launch.progress import say
from app.launch.trouble import Trouble
from referrals import mappers

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.plan:
        _print_plan(asked.seed, asked.seconds)
        return 0
    mappers.configure()
    say(f"Chaos for {asked.seconds:g} s, seed {asked.seed}")
    try:
        with stoppable():
            return running.run(asked.seed, asked.seconds, say, keep=asked.keep)
    except Stopped:
        say("Stopped")
        return _INTERRUPTED
    except Trouble as trouble:
        print(f"spean: {trouble}", file=sys.stderr, flush=True)
        return 1


def _print_plan(seed: int, seconds: float) -> None:
    for blow in plan.blows(seed, seconds, tuple(FAULTS)):
        print(f"{blow.at:7.1f} s  {blow.fault}, for {blow.holds:g} s")
    for story in plan.stories(seed, seconds):
        print(f"{story.at:7.1f} s  story {story.number}: {story.kind}, {story.receiver}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./spean chaos", description="What holds while everything breaks.")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long faults strike (60)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same plan (1)")
    parser.add_argument("--plan", action="store_true", help="print the plan, and do nothing")
    parser.add_argument("--keep", action="store_true", help="keep the data folder, for its logs")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
