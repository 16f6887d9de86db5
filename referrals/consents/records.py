"""A permission as it stands in the records, apart from the session."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from referrals.consents.rules import Consent


@dataclass(frozen=True)
class Permission:
    """Whose permission it is, and what was permitted.

    `answers` are the keys of the programme's criteria whose answers may be told before acceptance.
    """

    id: UUID
    org_id: UUID
    client_id: UUID
    sitting_id: UUID
    answers: frozenset[str]
    given: Consent
