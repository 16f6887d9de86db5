"""Erasing over the JSON API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from app.http.api.base import ApiBlueprint
from app.http.api.steps import OnceHeaders, answered_again, once
from app.http.session import actor, transaction
from referrals.erasing import use_cases
from referrals.erasing.schemas import EraseSchema

api = ApiBlueprint("api_erasing", __name__, url_prefix="/api/v1/clients", description="Erasing a client for good.")


@api.route("/<uuid:client_id>/erase")
class Erasure(MethodView):
    @api.arguments(OnceHeaders, location="headers")
    @api.arguments(EraseSchema)
    @api.response(204)
    def post(self, headers: dict[str, str], sent: dict[str, Any], client_id: UUID) -> tuple[None, int, dict[str, str]]:
        """Erase one client: fields, notes, drafts, packets and keys. What is under way is withdrawn. No way back."""
        with transaction() as session:
            done = once(
                session, actor(), "client.erase", headers,
                lambda: use_cases.erase(session, actor(), client_id, sent["reason"], version=sent["version"]),
                status=204,
            )  # fmt: skip
        return None, done.status, answered_again(done)
