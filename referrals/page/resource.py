"""One referral as the JSON API gives it: what this side may see now, and what it may do now."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from orgs.staff.queries import organisation
from referrals.life import packet_store, queries
from referrals.life.disclosure import Urgency
from referrals.life.policy import Party
from referrals.life.scope import Scoped
from referrals.life.states import FHIR_STATUS
from referrals.page.offers import facts_of, offered, own_record

_COLUMNS = (
    "id", "ref", "programme_id", "service", "khan", "sent_at", "due_at", "expires_at", "seen_at", "answered_at",
    "accepted_at", "arrived_at", "ended_at", "readable_until", "appointment_at", "window_from", "window_to", "missed",
    "reason", "outcome", "suggested_programme_id", "updated_at", "version",
)  # fmt: skip


def resource(session: Session, actor: Actor, found: Scoped) -> dict[str, Any]:
    """What `referrals.page.schemas.ReferralSchema` describes. Reading the packet is audited."""
    row, sending = found.referral, found.party is Party.SENDER
    there = own_record(session, actor, found)
    other = organisation(session, row.receiver_org_id if sending else row.sender_org_id)
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "side": found.party,
        "state": found.state,
        "fhir_status": FHIR_STATUS[found.state],
        "urgency": Urgency(row.urgency),
        "organisation": {"id": other.id, **other.names},
        "client_id": there.client_id,
        "consent_id": row.consent_id if sending else None,
        "packet": packet_store.read(session, actor, found),
        "timeline": queries.timeline(session, actor, found),
        "messages": queries.messages(session, actor, found),
        "actions": offered(actor, found, facts_of(session, found, there), clock.now()),
    }
