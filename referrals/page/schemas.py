"""What the JSON API says of a referral: one description for its document and its answers."""

from __future__ import annotations

from marshmallow import Schema, fields

from app.http.api.shape import SetOf, Shape
from orgs.facts import AgeBand, Gender
from orgs.programmes.rules import ServiceType
from referrals.life.disclosure import Category, Need, Urgency
from referrals.life.events import Kind
from referrals.life.policy import Party
from referrals.life.states import FHIR_STATUS, Action, State


class OrganisationSchema(Schema):
    id = fields.UUID(required=True)
    km = fields.String(required=True)
    en = fields.String(required=True)


class TriageSchema(Schema):
    """What may be known before acceptance. It names nobody."""

    service = fields.String(required=True, metadata={"enum": [*ServiceType]})
    urgency = fields.Enum(Urgency, by_value=True, required=True)
    age_band = fields.Enum(AgeBand, by_value=True, required=True, allow_none=True)
    gender = fields.Enum(
        Gender, by_value=True, required=True, allow_none=True, metadata={"description": "Null unless it was asked."}
    )
    language = fields.String(required=True)
    needs = SetOf(fields.Enum(Need, by_value=True), required=True)
    khan = fields.String(required=True, allow_none=True)
    criteria = fields.Dict(
        keys=fields.String(),
        values=fields.Boolean(),
        required=True,
        metadata={"description": "Yes or no, by the key of the programme's criterion."},
    )


class IdentitySchema(Schema):
    """What acceptance releases, as far as the person ticked it. Not to be passed on."""

    alias = fields.String(required=True)
    name = fields.String(required=True)
    birth_year = fields.Integer(required=True, allow_none=True)
    phone = fields.String(required=True)
    safe_contact = fields.String(required=True)
    contact_notes = fields.String(required=True)
    details = fields.Dict(keys=fields.Enum(Category, by_value=True), values=fields.String(), required=True)
    note = fields.String(required=True)


class RedisclosureSchema(Schema):
    """Against passing on what was shared: show it wherever you show the packet."""

    version = fields.String(required=True)
    km = fields.String(required=True)
    en = fields.String(required=True)


class PacketSchema(Schema):
    """Two parts, each null where it may not be read yet, or no longer."""

    triage = fields.Nested(TriageSchema, required=True, allow_none=True)
    identity = fields.Nested(IdentitySchema, required=True, allow_none=True)
    notice = fields.Nested(
        RedisclosureSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where there is nothing to read."},
    )


class HappeningSchema(Schema):
    """One thing that happened. Colleagues are told by id, the other side as an organisation."""

    kind = fields.Enum(Kind, by_value=True, required=True)
    at = fields.AwareDateTime(required=True)
    org_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: nobody, the time ran out."})
    staff_id = fields.UUID(required=True, allow_none=True)
    detail = fields.Dict(keys=fields.String(), required=True)


class MessageSchema(Schema):
    """`code` of a fixed question or answer; `words` of free text, null when it can no longer be read."""

    kind = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    words = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    mine = fields.Boolean(required=True, metadata={"description": "Whether one's own organisation wrote it."})
    staff_id = fields.UUID(required=True, allow_none=True)


class ReferralLineSchema(Shape):
    """A referral in a list: by reference, without a person."""

    id = fields.UUID(required=True)
    ref = fields.String(required=True, metadata={"examples": ["R-8KQ2M7T"]})
    side = fields.Enum(Party, by_value=True, required=True, metadata={"description": "Where you stand."})
    state = fields.Enum(State, by_value=True, required=True)
    urgency = fields.Enum(Urgency, by_value=True, required=True)
    programme_id = fields.UUID(required=True)
    service = fields.String(required=True)
    sent_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True, metadata={"description": "When an answer was promised."})
    expires_at = fields.AwareDateTime(required=True)
    seen_at = fields.AwareDateTime(required=True, allow_none=True)
    appointment_at = fields.AwareDateTime(required=True, allow_none=True)
    window_from = fields.AwareDateTime(required=True, allow_none=True)
    window_to = fields.AwareDateTime(required=True, allow_none=True)
    missed = fields.Integer(required=True, metadata={"description": "Appointments that were missed."})
    updated_at = fields.AwareDateTime(required=True)
    version = fields.Integer(required=True)


class ReferralSchema(ReferralLineSchema):
    """One referral as your side may see it now."""

    fhir_status = fields.String(
        required=True,
        metadata={"description": "HL7 FHIR R4 Task.status; `state` is its business status.",
                  "enum": sorted(set(FHIR_STATUS.values()))},
    )  # fmt: skip
    organisation = fields.Nested(OrganisationSchema, required=True, metadata={"description": "The other side."})
    khan = fields.String(required=True, allow_none=True)
    client_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Your own record of the person, if there is one."}
    )
    consent_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Told to the sender alone."})
    readable_until = fields.AwareDateTime(
        required=True, metadata={"description": "Until when the receiver may read the packet at most."}
    )
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    accepted_at = fields.AwareDateTime(required=True, allow_none=True)
    arrived_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    suggested_programme_id = fields.UUID(required=True, allow_none=True)
    packet = fields.Nested(PacketSchema, required=True)
    timeline = fields.List(fields.Nested(HappeningSchema), required=True)
    messages = fields.List(fields.Nested(MessageSchema), required=True)
    actions = fields.List(
        fields.Enum(Action, by_value=True), required=True, metadata={"description": "What you may do now."}
    )
