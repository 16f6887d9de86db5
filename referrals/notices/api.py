"""Notices over the JSON API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask.views import MethodView

from app.core.paging import Cursor
from app.http.api.base import ApiBlueprint
from app.http.api.steps import OnceHeaders, answered_again, once
from app.http.session import actor, transaction
from referrals.notices import queries, use_cases
from referrals.notices.schemas import NoticePageSchema, NoticeQuerySchema, NoticeSchema

api = ApiBlueprint("api_notices", __name__, url_prefix="/api/v1/notifications", description="What you have been told.")


@api.route("")
class Notices(MethodView):
    """The signed-in person's notices."""

    @api.arguments(NoticeQuerySchema, location="query")
    @api.response(200, NoticePageSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List your notifications, the newest first."""
        with transaction() as session:
            page = queries.mine(session, actor(), Cursor.parse(wanted["after"]), wanted["size"])
            return {"rows": page.rows, "after": page.next or None, "unread": queries.unread(session, actor())}


@api.route("/<uuid:notice_id>/read")
class OneRead(MethodView):
    """Reading one."""

    @api.arguments(OnceHeaders, location="headers")
    @api.response(200, NoticeSchema)
    def post(self, headers: dict[str, str], notice_id: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Mark one notification as read."""
        with transaction() as session:
            done = once(
                session, actor(), "notice.read", headers,
                lambda: use_cases.open_notice(session, actor(), notice_id).id,
                about=notice_id,
            )  # fmt: skip
            return asdict(queries.one(session, actor(), notice_id)), done.status, answered_again(done)


@api.route("/read")
class AllRead(MethodView):
    """Reading all."""

    @api.arguments(OnceHeaders, location="headers")
    @api.response(204)
    def post(self, headers: dict[str, str]) -> tuple[None, int, dict[str, str]]:
        """Mark all notifications as read."""
        with transaction() as session:
            done = once(
                session, actor(), "notices.read", headers, lambda: use_cases.read_all(session, actor()), status=204
            )
        return None, done.status, answered_again(done)
