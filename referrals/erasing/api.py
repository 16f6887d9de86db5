"""Erasing over the JSON API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from app.http.api.base import ApiBlueprint
from app.http.session import actor, transaction
from referrals.erasing import use_cases
from referrals.erasing.schemas import EraseSchema

api = ApiBlueprint("api_erasing", __name__, url_prefix="/api/v1/clients", description="Erasing a client for good.")


@api.route("/<uuid:client_id>/erase")
class Erasure(MethodView):
    @api.arguments(EraseSchema)
    @api.response(204)
    def post(self, sent: dict[str, Any], client_id: UUID) -> None:
        """Erase one client: fields, notes, drafts, packets and keys. What is under way is withdrawn. No way back."""
        with transaction() as session:
            use_cases.erase(session, actor(), client_id, sent["reason"], version=sent["version"])
