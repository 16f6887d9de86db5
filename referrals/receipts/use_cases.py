"""The client's receipt of a permission: looked at, and printed if the client wants it on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.context import Actor
from app.core.errors import NotFound
from orgs.clients.queries import ids_in_scope
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from orgs.staff.queries import organisation
from referrals.consents import queries
from referrals.consents.models import ConsentRow
from referrals.consents.queries import value_of
from referrals.life.models import Referral
from referrals.paper.document import A5, Block, Document, Heading, Pair, Text, write_document
from referrals.receipts.rules import Form, Given, Paper, paper


@dataclass(frozen=True)
class Permission:
    """A permission as the client's page lists it. `programme`: None once nobody here may read of it any more."""

    id: UUID
    programme: ProgrammeView | None
    given_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None


def look(
    session: Session, actor: Actor, consent_id: UUID, form: Form, language: str, *, action: str = "consent.receipt"
) -> Paper:
    """What the paper would say, in "km" or "en". Audited as `action`. Raises NotFound, NotAllowed."""
    row = _row(session, actor, consent_id)
    audit.record(session, actor, action, subject="client", subject_id=row.client_id, form=form, language=language)
    return paper(_given(session, row, language), form, language)


def asked(session: Session, actor: Actor, consent_id: UUID) -> tuple[UUID, str]:
    """The client who was asked, and in which language, "km" or "en". Raises NotFound, NotAllowed."""
    row = _row(session, actor, consent_id)
    return row.client_id, row.wording_language


def print_out(session: Session, actor: Actor, consent_id: UUID, form: Form, language: str) -> bytes:
    """The paper itself, a PDF. Raises NotFound, NotAllowed."""
    said = look(session, actor, consent_id, form, language, action="consent.print")
    blocks: list[Block] = [Text(said.intro)]
    blocks += [Pair(label, value) for label, value in said.pairs]
    for heading, paragraphs in said.sections:
        blocks += [Heading(heading), *(Text(one) for one in paragraphs)]
    blocks.append(Pair(said.mark, "…" * 12))
    return write_document(Document(said.title, blocks, language, A5))


def of_client(session: Session, actor: Actor, client_id: UUID) -> list[Permission]:
    """A client's permissions, the newest sitting first."""
    rows = queries.of_client(session, actor, client_id)
    views = directory.programmes(session, (row.programme_id for row in rows))
    return [
        Permission(row.id, views.get(row.programme_id), row.given_at, row.expires_at, row.withdrawn_at) for row in rows
    ]


def _row(session: Session, actor: Actor, consent_id: UUID) -> ConsentRow:
    """A permission of a client whom the actor may see. Raises NotFound, NotAllowed."""
    row = session.execute(
        select(ConsentRow).where(
            ConsentRow.org_id == actor.org_id,
            ConsentRow.id == consent_id,
            ConsentRow.client_id.in_(ids_in_scope(actor)),
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _given(session: Session, row: ConsentRow, language: str) -> Given:
    reference = session.execute(
        select(Referral.ref)
        .where(Referral.sender_org_id == row.org_id, Referral.consent_id == row.id)
        .order_by(Referral.sent_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    programme = directory.programmes(session, [row.programme_id]).get(row.programme_id)
    return Given(
        consent=value_of(row),
        answers=bool(row.answers),
        giver=organisation(session, row.org_id).named(language),
        receiver=organisation(session, row.receiver_org_id).named(language),
        programme=programme.name[language] if programme else "–",
        reference=reference or "",
    )
