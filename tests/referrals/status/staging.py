"""Heartbeats, incidents and errors as they would stand after some time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from app.core.scheduled import TASKS, Scheduled
from tests.network import Network


def begin_anew(network: Network) -> None:
    """All tasks have just succeeded, nothing was ever late, no error came."""
    with network.servers.administrator() as staging:
        for table in ("heartbeats", "alerts", "incidents", "errors"):
            staging.execute(f"DELETE FROM sec.{table}")  # type: ignore[arg-type]
        staging.execute("INSERT INTO sec.watch DEFAULT VALUES ON CONFLICT (one) DO UPDATE SET looked_at = now()")
        for task in TASKS:
            staging.execute(
                "INSERT INTO sec.heartbeats (task, expected_at, started_at, succeeded_at)"
                " VALUES (%s, now() - interval '90 days', now(), now())",
                [task.name],
            )


def let_pass(network: Network, quiet: Mapping[Scheduled, timedelta] | timedelta, *, looked: bool = True) -> None:
    """So long ago all tasks, or these, succeeded last. `looked`: whether somebody looked all the time."""
    spans = quiet if isinstance(quiet, Mapping) else dict.fromkeys(TASKS, quiet)
    with network.servers.administrator() as staging:
        for task, span in spans.items():
            moved = ", ".join(f"{name} = {name} - %(span)s" for name in ("started_at", "succeeded_at", "expected_at"))
            staging.execute(
                f"UPDATE sec.heartbeats SET {moved} WHERE task = %(task)s",  # type: ignore[arg-type]
                {"span": span, "task": task.name},
            )
        if not looked:
            staging.execute("UPDATE sec.watch SET looked_at = looked_at - %s", [max(spans.values())])
