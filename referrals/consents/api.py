"""Clients' permissions as JSON: the words to read out, writing down what was said, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask.views import MethodView
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import PHNOM_PENH
from app.http.api.base import ApiBlueprint
from app.http.api.steps import OnceHeaders, answered_again, made, once
from app.http.session import actor, transaction
from orgs.clients.queries import check_sees, client_values
from orgs.programmes import queries as directory
from referrals.consents import queries, schemas, use_cases, wording
from referrals.consents.models import ConsentRow
from referrals.consents.rules import Guardian, How, in_force
from referrals.consents.use_cases import Sitting
from referrals.life.disclosure import Category

api = ApiBlueprint(
    "api_consents", __name__, url_prefix="/api/v1/consents", description="Your clients' permissions.",
    sent_as={"programme": "programmes", "expires_at": "days"},
)  # fmt: skip
_SAME = (
    "id", "client_id", "sitting_id", "rank", "programme_id", "receiver_org_id", "answers", "given_at", "expires_at",
    "witness_id", "wording_version", "wording_language", "assent", "withdrawn_at",
)  # fmt: skip


@api.route("")
class Consents(MethodView):
    @api.arguments(schemas.OfClientQuery, location="query")
    @api.response(200, schemas.ConsentsSchema)
    def get(self, asked: dict[str, UUID]) -> dict[str, Any]:
        """A client's permissions, the newest sitting first."""
        with transaction() as session:
            client_values(session, actor(), asked["client_id"])
            return _listed(queries.of_client(session, actor(), asked["client_id"]))

    @api.arguments(OnceHeaders, location="headers")
    @api.arguments(schemas.SittingSchema)
    @api.response(201, schemas.ConsentsSchema)
    def post(self, headers: dict[str, str], sent: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Write down what a client permits: one programme and up to two alternatives, asked in one sitting."""
        with transaction() as session:
            done = once(session, actor(), "consent.take", headers, lambda: _take(session, **sent), status=201)
            taken = queries.of_sitting(session, actor(), made(done))
            client_values(session, actor(), taken[0].client_id)
            return _listed(taken), done.status, answered_again(done)


@api.route("/wording")
class Words(MethodView):
    @api.arguments(schemas.WordingQuery, location="query")
    @api.response(200, schemas.WordingSchema)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The words to read out before permission is given, in the client's language."""
        with transaction() as session:
            view = directory.programme(session, asked["programme_id"])
        until = clock.now() + timedelta(days=asked["days"])
        said = wording.paragraphs(
            wording.CURRENT,
            asked["language"],
            programme=view.name[asked["language"]],
            organisation=view.org_name[asked["language"]],
            categories=asked["category"],
            until=until.astimezone(PHNOM_PENH).date(),
            minor=asked["minor"],
        )
        return {"version": wording.CURRENT, "language": asked["language"], "paragraphs": said}


@api.route("/<uuid:consent_id>/withdraw")
class Withdrawal(MethodView):
    @api.arguments(OnceHeaders, location="headers")
    @api.response(200, schemas.ConsentSchema)
    def post(self, headers: dict[str, str], consent_id: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
        """The client takes back a permission that nothing sent rests on; otherwise withdraw the referral."""
        with transaction() as session:
            done = once(
                session, actor(), "consent.withdraw", headers, lambda: _withdraw(session, consent_id), about=consent_id
            )
            row = queries.consent(session, actor(), consent_id)
            if done.again:
                check_sees(session, actor(), row.client_id)
            return _shown(row), done.status, answered_again(done)


def _take(session: Session, client_id: UUID, programme_ids: list[UUID], sitting: Sitting) -> UUID:
    if sitting.witness_id is None:
        sitting = replace(sitting, witness_id=actor().staff_id)
    taken = use_cases.take(session, actor(), client_id, programme_ids, sitting)
    return queries.consent(session, actor(), taken[0]).sitting_id


def _withdraw(session: Session, consent_id: UUID) -> UUID:
    use_cases.withdraw_unused(session, actor(), consent_id)
    return consent_id


def _listed(rows: list[ConsentRow]) -> dict[str, Any]:
    return {"items": [_shown(row) for row in rows]}


def _shown(row: ConsentRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _SAME},
        "categories": [Category(one) for one in row.categories],
        "how": How(row.how),
        "guardian": Guardian(row.guardian) if row.guardian else None,
        "in_force": in_force(queries.value_of(row), row.programme_id, clock.now()),
    }
