"""Notes and contacts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit, clock, ids
from app.core.context import Actor
from app.core.errors import N_, Invalid
from app.core.keys import keyring
from orgs.clients import policy, store
from orgs.clients.models import ClientNote
from orgs.clients.records import check_text
from orgs.clients.use_cases.records import check_active
from orgs.facts import NoteKind


def add_note(
    session: Session,
    actor: Actor,
    client_id: UUID,
    body: str,
    *,
    kind: NoteKind = NoteKind.NOTE,
    clinical: bool = False,
    at: datetime | None = None,
) -> UUID:
    """Put a note or a contact on the timeline, now or when it was (`at`, aware). Notes are never rewritten.

    Raises NotFound, Invalid, Conflict for an archived record, NotAllowed for a clinical note by who is no clinician.
    """
    row = store.load(session, actor, client_id, lock=True)
    check_active(row)
    policy.check_writes_note(actor, clinical=clinical)
    now = clock.now()
    if at is not None and at > now:
        raise Invalid(N_("This has not happened yet."), field="on")
    note_id, text = ids.new_id(), check_text(body)
    session.add(
        ClientNote(
            org_id=actor.org_id, id=note_id, client_id=client_id, kind=kind.value, clinical=clinical, at=at or now,
            staff_id=actor.staff_id,
            body=keyring(session).seal_for(client_id, "client_notes", "body", note_id, text),
        )
    )  # fmt: skip
    row.updated_at = now
    session.flush()
    audit.record(session, actor, "client.note", subject="client", subject_id=client_id, kind=kind, clinical=clinical)
    return note_id
