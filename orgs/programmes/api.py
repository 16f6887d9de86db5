"""The directory as JSON, to read. Programmes are kept on the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from app.http.api.base import ApiBlueprint
from app.http.session import transaction
from orgs.programmes import queries, shown
from orgs.programmes.queries import Filters
from orgs.programmes.records import ProgrammeView
from orgs.programmes.schemas import DirectoryQuery, ProgrammeSchema

api = ApiBlueprint(
    "api_programmes", __name__, url_prefix="/api/v1/programmes", description="The directory of services."
)


@api.route("")
class Directory(MethodView):
    @api.arguments(DirectoryQuery, location="query")
    @api.response(200, ProgrammeSchema(many=True))
    @api.paginate(page_size=50, max_page_size=100)
    def get(self, asked: dict[str, Any], pagination_parameters: Any) -> list[ProgrammeView]:
        """Every published programme, the best place to send somebody first."""
        with transaction() as session:
            found = queries.published(session, Filters(**asked, called=shown.services()))
        pagination_parameters.item_count = len(found)
        return found[pagination_parameters.first_item : pagination_parameters.last_item + 1]


@api.route("/<uuid:programme_id>")
class OneProgramme(MethodView):
    @api.response(200, ProgrammeSchema)
    def get(self, programme_id: UUID) -> ProgrammeView:
        """One programme: published, your own, or one that you referred somebody to."""
        with transaction() as session:
            return queries.programme(session, programme_id)
