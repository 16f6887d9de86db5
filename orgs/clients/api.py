"""One's own clients as JSON, by the same queries and use cases as the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask.views import MethodView
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core.paging import Cursor, Page
from app.http.api.base import ApiBlueprint
from app.http.api.steps import OnceHeaders, ReadHeaders, answered_again, once
from app.http.session import actor, transaction
from orgs.clients import queries, schemas, use_cases
from orgs.clients.timeline import Timeline, timeline
from orgs.clients.views import ClientLine, ClientView, Found
from orgs.facts import Detail

_OF_RECORD = ("alias", "name", "phone", "safe_contact", "area", "heard_from")
_OF_FACTS = ("birth_year", "gender", "language", "needs", "injecting", "substances", "finished", "contact_notes")
SENT_AS = {
    **{name: f"record.{name}" for name in _OF_RECORD},
    **{name: f"record.facts.{name}" for name in _OF_FACTS},
    **{detail.value: f"record.facts.details.{detail.value}" for detail in Detail},
    "programme": "programme_id",
    "on": "at",
}
Made = tuple[dict[str, UUID | None], int, dict[str, str]]
api = ApiBlueprint(
    "api_clients", __name__, url_prefix="/api/v1/clients", description="Your organisation's own clients.",
    sent_as=SENT_AS,
)  # fmt: skip


@api.route("")
class Clients(MethodView):
    @api.arguments(schemas.ListQuery, location="query")
    @api.response(200, schemas.PageSchema)
    def get(self, asked: dict[str, Any]) -> Page[ClientLine]:
        """Whom you may see, latest change first."""
        with transaction() as session:
            return queries.page(session, actor(), Cursor.parse(asked.pop("after", None)), **asked)

    @api.arguments(OnceHeaders, location="headers")
    @api.arguments(schemas.NewClientSchema)
    @api.response(201, schemas.MadeSchema)
    def post(self, headers: dict[str, str], sent: dict[str, Any]) -> Made:
        """Write down somebody new, and that they walked in to a programme if they did."""
        with transaction() as session:
            done = once(session, actor(), "client.create", headers, lambda: _make(session, sent), status=201)
            if done.again:
                queries.check_sees(session, actor(), done.id)
            return {"id": done.id}, done.status, answered_again(done)


@api.route("/search")
class Search(MethodView):
    @api.arguments(ReadHeaders, location="headers")
    @api.arguments(schemas.SearchSchema)
    @api.response(200, schemas.FoundSchema)
    def post(self, _headers: dict[str, str], sent: dict[str, str]) -> Found:
        """Find by part of a name or alias, by code, or by a whole phone number. The words are kept nowhere."""
        with transaction() as session:
            return queries.search(session, actor(), sent["words"])


@api.route("/<uuid:client_id>")
class OneClient(MethodView):
    @api.response(200, schemas.ClientSchema)
    def get(self, client_id: UUID) -> ClientView:
        """One client. Every read is written into the audit log."""
        with transaction() as session:
            return queries.client_values(session, actor(), client_id)

    @api.arguments(OnceHeaders, location="headers")
    @api.arguments(schemas.EditSchema)
    @api.response(200, schemas.ClientSchema)
    def put(
        self, headers: dict[str, str], sent: dict[str, Any], client_id: UUID
    ) -> tuple[ClientView, int, dict[str, str]]:
        """Replace the record. 409 when somebody changed it since it was read."""
        with transaction() as session:
            done = once(
                session, actor(), "client.edit", headers, lambda: _edit(session, client_id, sent), about=client_id
            )
            return queries.client_values(session, actor(), client_id), done.status, answered_again(done)


@api.route("/<uuid:client_id>/timeline")
class ClientTimeline(MethodView):
    @api.arguments(schemas.TimelineQuery, location="query")
    @api.response(200, schemas.TimelineSchema)
    def get(self, asked: dict[str, str], client_id: UUID) -> Timeline:
        """Notes, contacts and stays in programmes, newest first."""
        with transaction() as session:
            queries.client_values(session, actor(), client_id)
            past = timeline(session, actor(), client_id, Cursor.parse(asked.get("after")))
        return replace(past, events=tuple(replace(event, title=gettext(event.title)) for event in past.events))


@api.route("/<uuid:client_id>/notes")
class Notes(MethodView):
    @api.arguments(OnceHeaders, location="headers")
    @api.arguments(schemas.NoteSchema)
    @api.response(201, schemas.MadeSchema)
    def post(self, headers: dict[str, str], sent: dict[str, Any], client_id: UUID) -> Made:
        """Add a note or a contact. Clinical notes are written and read by clinicians."""
        with transaction() as session:
            done = once(
                session, actor(), "client.note", headers,
                lambda: use_cases.add_note(session, actor(), client_id, **sent),
                status=201,
            )  # fmt: skip
            if done.again:
                queries.check_sees(session, actor(), client_id, note_id=done.id)
            return {"id": done.id}, done.status, answered_again(done)


def _make(session: Session, sent: dict[str, Any]) -> UUID:
    if "programme_id" in sent:
        over = sent["over_capacity"]
        return use_cases.walk_in(session, actor(), sent["record"], sent["programme_id"], over=over)
    return use_cases.create_client(session, actor(), sent["record"])


def _edit(session: Session, client_id: UUID, sent: dict[str, Any]) -> UUID:
    use_cases.edit_client(session, actor(), client_id, sent["record"], version=sent["version"])
    return client_id
