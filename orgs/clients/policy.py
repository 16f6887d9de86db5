"""Who in an organisation sees which of its clients, and what of them."""

from __future__ import annotations

from uuid import UUID

from app.core.context import Actor
from app.core.errors import N_, NotAllowed, NotFound


def check_works(actor: Actor) -> None:
    """Clients are for those who work with them: no manager, steward, official or schedule. Raises NotAllowed."""
    if not actor.works_cases:
        raise NotAllowed(N_("Only those who work with clients see their records."))


def sees_all(actor: Actor) -> bool:
    """Caseworkers and clinicians see the organisation's clients; outreach workers see their own."""
    return actor.has("caseworker", "clinician")


def check_sees(actor: Actor, worker_id: UUID) -> None:
    """A colleague's client is, to an outreach worker, as absent as another organisation's. Raises NotFound."""
    if not sees_all(actor) and worker_id != actor.staff_id:
        raise NotFound


def sees_clinical_details(actor: Actor, worker_id: UUID) -> bool:
    """Health, HIV and mental health: for clinicians, and for the worker whom the client told."""
    return actor.has("clinician") or worker_id == actor.staff_id


def sees_clinical_notes(actor: Actor) -> bool:
    """Clinical notes stay among clinicians."""
    return actor.has("clinician")


def erases(actor: Actor, worker_id: UUID) -> bool:
    """Erasing is for caseworkers, and for the client's own worker. (`sec.erase_client` says the same.)"""
    return actor.has("caseworker") or (actor.works_cases and worker_id == actor.staff_id)


def check_erases(actor: Actor, worker_id: UUID) -> None:
    """Raises NotAllowed."""
    if not erases(actor, worker_id):
        raise NotAllowed(N_("Only a caseworker or the person's own worker erases a record."))


def check_writes_note(actor: Actor, *, clinical: bool) -> None:
    """Raises NotAllowed for a clinical note by somebody who could not read it again."""
    if clinical and not sees_clinical_notes(actor):
        raise NotAllowed(N_("Only clinicians write clinical notes."))
