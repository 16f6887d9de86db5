"""What the page of one referral is made of, for its template."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import NotFound
from app.http.filters import in_language
from orgs.areas.queries import area_names
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from orgs.programmes.shown import area_codes
from orgs.staff.queries import organisation
from referrals.life import disclosure, packet_store, queries, redisclosure
from referrals.life.disclosure import Part, Urgency
from referrals.life.event_words import QUESTION
from referrals.life.packet_store import Packet
from referrals.life.panels import panels_for
from referrals.life.policy import Party
from referrals.life.scope import Scoped
from referrals.life.shown import identity_lines, meeting, triage_lines
from referrals.life.states import RELEASED_IDENTITY, Action
from referrals.life.use_cases.talk import open_question
from referrals.life.words import ACTION, word
from referrals.page import story
from referrals.page.action_words import FIXED_ONLY, GRAVE, IN_CONFIDENCE, LATER
from referrals.page.forms import AnswerForm, StepForm
from referrals.page.offers import facts_of, offered, own_record


def page(session: Session, who: Actor, found: Scoped, now: datetime, message_form: StepForm) -> dict[str, Any]:
    """Everything on the page: what is known, the packet by its stage, one timeline, what may be done now."""
    there = own_record(session, who, found)
    actions = offered(who, found, facts_of(session, found, there), now)
    head = head_of(session, found)
    happened, said = queries.timeline(session, who, found), queries.messages(session, who, found)
    return {
        **head,
        "notice": redisclosure.CURRENT.words,
        **_packet(session, packet_store.read(session, who, found), head["programme"]),
        "receiver_reads": _receiver_reads(found, now),
        "timeline": story.timeline(session, who, found, happened, said),
        "first": [one for one in actions if one not in LATER and one is not Action.MESSAGE],
        "more": [one for one in actions if one in LATER],
        "message_form": message_form if Action.MESSAGE in actions else None,
        "message_note": message_note(found),
        "words": ACTION,
        "grave": GRAVE,
        "client_href": url_for("clients.show", client_id=there.client_id) if there.client_id else "",
        "suggested": _suggested(session, found),
        "panels": panels_for(session, who, found),
        "now": now,
    }


def head_of(session: Session, found: Scoped) -> dict[str, Any]:
    """What stands above the page and above each action's form."""
    row, sending, urgency = found.referral, found.party is Party.SENDER, Urgency(found.referral.urgency)
    return {
        "referral": row,
        "sending": sending,
        "state": found.state.value,
        "state_word": word(found.state),
        "urgency": urgency.value,
        "urgency_word": word(urgency),
        "programme": directory.programme(session, row.programme_id, org_id=row.receiver_org_id),
        "other": organisation(session, row.receiver_org_id if sending else row.sender_org_id),
        "meeting": meeting(row.appointment_at, row.window_from, row.window_to),
        "ending": story.ending(found.state, row.reason, row.outcome),
    }


def message_note(found: Scoped) -> str:
    """What passes between the two sides now."""
    return IN_CONFIDENCE if found.state in RELEASED_IDENTITY else FIXED_ONLY


def ask_for(session: Session, found: Scoped, form: StepForm) -> None:
    """Put the question that waits above the answers."""
    question = open_question(session, found) if isinstance(form, AnswerForm) else None
    if question is not None:
        form["reply"].label.text = story.said(QUESTION[question])


def called(view: ProgrammeView) -> str:
    """A programme and whose it is."""
    return f"{in_language(view.name)} – {in_language(view.org_name)}"


def _packet(session: Session, packet: Packet, programme: ProgrammeView) -> dict[str, Any]:
    triage, identity = packet.triage, packet.identity
    areas = area_names(session, area_codes([programme]) | {triage.khan if triage else None})
    return {
        "triage_lines": triage_lines(triage, programme, areas) if triage else [],
        "identity_lines": identity_lines(identity) if identity else [],
        "alias": (identity.alias or identity.name) if identity else "",
    }


def _receiver_reads(found: Scoped, now: datetime) -> str:
    """How much the receiver can read now: "all", "first" or "nothing"."""
    row = found.referral
    parts = disclosure.visible_parts(Party.RECEIVER, found.state, row.ended_at, row.readable_until, now)
    return "all" if Part.IDENTITY in parts else "first" if parts else "nothing"


def _suggested(session: Session, found: Scoped) -> str:
    if found.referral.suggested_programme_id is None:
        return ""
    try:
        return called(directory.programme(session, found.referral.suggested_programme_id))
    except NotFound:  # taken out of the directory since
        return ""
