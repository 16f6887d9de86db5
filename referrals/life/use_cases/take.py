"""Taking a person into the receiver's own records: from then on the copy is the receiver's, and stays.

The permission says so in plain words; a later withdrawal destroys the packet, not this.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid
from orgs.clients.queries import client_values, is_taken, with_code
from orgs.clients.records import Facts, Record
from orgs.clients.use_cases.episodes import open_episode
from orgs.clients.use_cases.records import create_client
from orgs.facts import Detail, Gender, HeardFrom
from referrals.life import packet_store
from referrals.life.disclosure import Category, IdentityPart, TriagePart
from referrals.life.scope import load_to
from referrals.life.states import Action
from referrals.life.step import step


class Copied(StrEnum):
    """What may be copied, tick by tick. A name or an alias always goes along: a record needs one."""

    NAME = "name"
    BIRTH_YEAR = "birth_year"
    PHONE = "phone"
    CONTACT = "contact"
    DETAILS = "details"


def take(
    session: Session,
    actor: Actor,
    referral_id: UUID,
    copied: frozenset[Copied],
    *,
    client_id: UUID | None = None,
    version: int | None = None,
) -> UUID:
    """Make a client record of one's own from the packet, or use the one named; returns the client's id.

    Begins an episode that the referral brought. Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    found = load_to(session, actor, referral_id, Action.TAKE, version=version)
    if is_taken(session, actor, referral_id):
        raise Conflict(N_("This person is in your records already."))
    packet = packet_store.read(session, actor, found)
    if packet.identity is None or packet.triage is None:
        raise Conflict(N_("The details can no longer be read: the permission has run out or was withdrawn."))
    if client_id is None:
        client_id = create_client(session, actor, record_of(packet.triage, packet.identity, copied), by_referral=True)
    else:
        client_values(session, actor, client_id, action="client.take_into")
    open_episode(
        session,
        actor,
        client_id,
        found.referral.programme_id,
        heard_from=HeardFrom.OUTREACH,
        referral_id=referral_id,
    )
    step(session, actor, found.referral, Action.TAKE, found.party)
    return client_id


def copiable(identity: IdentityPart | None) -> frozenset[Copied]:
    """What this packet holds that can be copied."""
    if identity is None:
        return frozenset()
    held = {
        Copied.NAME: identity.name,
        Copied.BIRTH_YEAR: identity.birth_year,
        Copied.PHONE: identity.phone,
        Copied.CONTACT: identity.safe_contact or identity.contact_notes,
        Copied.DETAILS: identity.details,
    }
    return frozenset(one for one, value in held.items() if value)


def own_record(session: Session, actor: Actor, code: str) -> UUID:
    """The record of one's own that has this code. Raises Invalid."""
    line = with_code(session, actor, code)
    if line is None:
        raise Invalid(N_("None of your records has this code. Look at the record again."), field="code")
    if line.archived:
        raise Invalid(N_("This record is archived. Bring it back first."), field="code")
    return line.id


def record_of(triage: TriagePart, identity: IdentityPart, copied: frozenset[Copied]) -> Record:
    """The record that these ticks make of a packet."""
    facts = Facts(gender=triage.gender or Gender.NOT_SAID, language=triage.language, needs=frozenset(triage.needs))
    record = Record(alias=identity.alias, heard_from=HeardFrom.OUTREACH, area=triage.khan)
    if Copied.NAME in copied or not identity.alias:
        record = replace(record, name=identity.name)
    if Copied.BIRTH_YEAR in copied:
        facts = replace(facts, birth_year=identity.birth_year)
    if Copied.PHONE in copied:
        record = replace(record, phone=identity.phone)
    if Copied.CONTACT in copied:
        record = replace(record, safe_contact=identity.safe_contact)
        facts = replace(facts, contact_notes=identity.contact_notes)
    if Copied.DETAILS in copied:
        facts = replace(facts, details=_details(identity))
    return replace(record, facts=facts)


def _details(identity: IdentityPart) -> dict[Detail, str]:
    return {detail: identity.details[Category(detail)] for detail in Detail if Category(detail) in identity.details}
