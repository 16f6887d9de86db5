"""Whether all is well, over the JSON API: for a steward's own watch from outside."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from app.http.api.base import ApiBlueprint
from app.http.session import actor, transaction
from orgs.staff import policy
from referrals.status.schemas import StatusSchema
from referrals.status.shown import Task, status

api = ApiBlueprint("api_status", __name__, url_prefix="/api/v1/status", description="Whether Spean does its work.")


@api.route("")
class Status(MethodView):
    """The running installation, for stewards."""

    @api.response(200, StatusSchema)
    def get(self) -> dict[str, Any]:
        """Say how each scheduled task is, and how many errors were counted (stewards alone)."""
        with transaction() as session:
            policy.check_steward(actor())
            found = status(session)
        return {
            "well": found.well,
            "tasks": [_written(task) for task in found.tasks],
            "incidents": [asdict(one) for one in found.incidents],
            "errors": [asdict(one) for one in found.errors],
        }


def _written(task: Task) -> dict[str, Any]:
    return {**asdict(task.beat), "state": task.health, "every_seconds": int(task.every.total_seconds())}
