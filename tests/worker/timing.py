"""A wrong clock, as the database sees one: every moment that it knows moves, by which the present is as far off."""

from __future__ import annotations

from datetime import timedelta

from tests.cast import Cast
from tests.network import Network

_MOMENTS = {
    "app.referrals": (
        "sender_org_id",
        (
            "sent_at due_at half_at expires_at seen_at answered_at accepted_at arrived_at ended_at readable_until"
            " appointment_at window_from window_to updated_at"
        ),
    ),
    "app.consents": ("org_id", "given_at expires_at withdrawn_at"),
    "sec.closed": ("sender_org_id", "closed_at readable_until"),
    "sec.clock": ("", "seen_at stopped_at"),
    "sec.clock_runs": ("", "wall"),
    "sec.clock_marks": ("", "wall"),
}


def jump(network: Network, team: Cast, by: timedelta) -> None:
    """The database's clock is set ahead by so much (or back, when less than nothing), for this team's referrals."""
    with network.servers.administrator() as staging:
        staging.execute("SET LOCAL session_replication_role = replica")
        for table, (owner, columns) in _MOMENTS.items():
            moved = ", ".join(f"{one} = {one} - make_interval(secs => %(by)s)" for one in columns.split())
            whose = f" WHERE {owner} = %(org)s" if owner else ""
            values = {"by": by.total_seconds(), "org": team.ngo.id}
            staging.execute(f"UPDATE {table} SET {moved}{whose}", values)  # type: ignore[arg-type]


def restarted(network: Network) -> None:
    """The machine was started anew: nothing is known of it since."""
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM sec.clock_runs")


def clock_made_right(network: Network) -> None:
    """Whatever a test did to the clock is forgotten."""
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.clock SET stopped_at = NULL, why = NULL, off_by = NULL, seen_at = NULL")
        staging.execute("DELETE FROM sec.clock_runs")
        staging.execute("DELETE FROM sec.clock_marks")
