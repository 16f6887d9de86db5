"""The boxes as JSON, for programs that keep up with what changed."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView

from app.core.paging import Cursor, Page
from app.http.api.base import ApiBlueprint
from app.http.session import actor, transaction
from referrals.boxes import queries, schemas
from referrals.boxes.records import Brief

api = ApiBlueprint("api_boxes", __name__, url_prefix="/api/v1/referrals", description="Lists of referrals.")


@api.route("")
class Referrals(MethodView):
    @api.arguments(schemas.ReferralsQuery, location="query")
    @api.response(200, schemas.ReferralsSchema)
    def get(self, asked: dict[str, Any]) -> Page[Brief]:
        """Referrals that you sent or received, the last changed first. Nobody is named."""
        with transaction() as session:
            return queries.recent(
                session, actor(), asked["side"], asked["wanted"], Cursor.parse(asked.get("after")), size=asked["size"]
            )
