"""How long each kind of record is kept, and why so long.

42 CFR Part 2 sets no period for client records, only how they are disposed of (§2.16, §2.19); nor has Cambodia a law
on such records that Spean's authors know of. Whoever runs Spean asks what applies to them. The present periods stand
in the database (`sec.retention`), where an operator changes them within bounds: `./spean retention --set drafts=14`.
"""

from __future__ import annotations

from enum import StrEnum

CLIENT_YEARS = 5
"""How long an archived client is kept unless their organisation chose otherwise. People return after years."""
LEAST_YEARS, MOST_YEARS = 1, 15
AHEAD = 30
"""Days that a preview looks ahead."""


class Kind(StrEnum):
    """The kinds of record that go by themselves."""

    CLIENTS = "clients"
    """Archived, with nothing written, sent or begun since: erased, as if somebody had asked for it."""
    PACKETS = "packets"
    """After the receiver's last day of reading, the sender may look something up; then keys, messages, slip go."""
    DRAFTS = "drafts"
    """Not touched, or kept for alternatives that can no longer be asked. A draft holds what a person said."""
    NOTICES = "notices"
    """A quarter, so that what was told can be looked up. They hold references only."""
    SESSIONS = "sessions"
    """After they end, so that a person can see where they were signed in."""
    INVITES = "invites"
    """After they were used or ran out."""
    JOBS = "jobs"
    """A week, so that an operator can look into mail that was not sent."""
    REQUESTS = "requests"
    """As long as an offline phone may repeat a request."""
