"""Makes rows older, as the administrator of chaos' own throw-away database.

The one place here that writes past the walls, and it reads nothing: what is due in hours must be due within the run,
and a mail that would be tried again in an hour must be tried while somebody looks. No row about a person is touched.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

_NO_TRIGGERS = "SET LOCAL session_replication_role = replica"
"""Times are bound by triggers (migration 0014), rightly: only who owns the server can set them back."""
_DUE = {
    "half_time": "half_at = now()",
    "overdue": "half_at = now() - interval '1 minute', due_at = now()",
    "expired": "half_at = now() - interval '2 minutes', due_at = now() - interval '1 minute', expires_at = now()",
}
_AGE = "UPDATE app.referrals SET {} WHERE id = %s AND state = 'sent' RETURNING now()"
_RETRY = """
UPDATE app.outbox SET next_at = now() WHERE done_at IS NULL AND leased_until < now() AND next_at > now();
UPDATE app.deliveries SET next_at = now()
    WHERE state IN ('queued', 'parked') AND coalesce(leased_until, now()) <= now() AND next_at > now();
UPDATE sec.channels SET probe_at = now() WHERE down_since IS NOT NULL AND probe_at > now()
"""
"""Only what waits for another try. A lease runs out by itself: that it does is under test."""


def make_due(admin_url: str, referral: str, kind: str) -> datetime | None:
    """Make this due now; returns the database's time, None when somebody has answered meanwhile."""
    with psycopg.connect(admin_url, connect_timeout=5) as admin:
        admin.execute(_NO_TRIGGERS)
        row = admin.execute(_AGE.format(_DUE[kind]), (referral,)).fetchone()
    return row[0] if row else None


def try_again(admin_url: str) -> None:
    """What waits to be tried again is tried now."""
    with psycopg.connect(admin_url, connect_timeout=5) as admin:
        admin.execute(_NO_TRIGGERS)
        admin.execute(_RETRY)
