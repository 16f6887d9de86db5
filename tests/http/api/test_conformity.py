"""The API driven from its own document: nothing breaks it, and every answer is as described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from referrals.life.policy import PARTIES, Party
from referrals.life.states import Action, can_step
from tests.cast import Cast, cast, programme
from tests.http.api.test_base import bearer
from tests.network import Network
from tests.pages import site
from tests.referrals.life.standing import SENT_STATES, referral

pytestmark = pytest.mark.slow
DOCUMENT = "/api/v1/openapi.json"
EXAMPLES = 8
CHECKED = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection, unsupported_method, ignored_auth,
]  # fmt: skip
LUCK = {
    "POST /api/v1/clients", "PUT /api/v1/clients/{client_id}", "POST /api/v1/clients/{client_id}/erase",
    "POST /api/v1/consents",
    "POST /api/v1/referrals/{referral_id}/accept", "POST /api/v1/referrals/{referral_id}/book",
    "POST /api/v1/referrals/{referral_id}/message", "POST /api/v1/referrals/{referral_id}/next",
    "POST /api/v1/notifications/{notice_id}/read",
}  # fmt: skip
"""What luck alone hardly ever gets right, such as a version, an alias, a day ahead; others test these."""
STEWARDS = {"/api/v1/status"}
Ids = Callable[[], dict[str, str]]
LIKELY = {"record", "programmes", "reason", "client_id", "consent_id", "body"}
"""Fields of which made-up nonsense is refused by name; some of them, whichever is made up."""


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network, csrf=True)


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    made = cast(network)
    made.programme_id = programme(made.clinic, capacity=None)
    return made


def test_what_fits_the_document_is_answered_as_described(app: Flask, network: Network, people: Cast) -> None:
    sender, receiver, steward = (bearer(one) for one in (people.outreach, people.nurse, network.steward))
    never = set()
    for operation in operations(app, sender):
        action = action_of(operation.path)
        receives = action is not None and Party.SENDER not in PARTIES[action]
        who = steward if operation.path in STEWARDS else receiver if receives else sender
        answers, _named = drive(operation, GenerationMode.POSITIVE, who, lambda a=action: ids(network, people, a))  # type: ignore[misc]
        if min(answers) >= HTTPStatus.BAD_REQUEST:
            never.add(operation.label)
    assert never <= LUCK


def test_what_does_not_fit_the_document_is_refused_as_described(app: Flask, people: Cast) -> None:
    headers = bearer(people.outreach)
    named = set[str]()
    for operation in operations(app, headers):
        named |= drive(operation, GenerationMode.NEGATIVE, headers, dict)[1]
    assert len(LIKELY & named) >= len(LIKELY) // 2, named


def operations(app: Flask, headers: dict[str, str]) -> Iterator[Any]:
    for found in schemathesis.openapi.from_wsgi(DOCUMENT, app, headers=headers).get_all_operations():
        yield found.ok()


def action_of(path: str) -> Action | None:
    """The action on a referral that this address is for."""
    last = path.rpartition("/")[2]
    return Action(last) if "{referral_id}" in path and last in [*Action] else None


def ids(network: Network, people: Cast, action: Action | None) -> dict[str, str]:
    """Rows that are there, by the names that the API has for them; a referral on which the action is possible."""
    possible = [state for state in SENT_STATES if action is None or can_step(state, action)]
    return {
        "client_id": str(people.client_id),
        "programme_id": str(people.programme_id),
        "consent_id": str(people.consent()[0]),
        "referral_id": str(referral(network, people, possible[0])),
    }


def at_fault(answer: Any) -> set[str]:
    """The first part of each field that a refusal names; what concerns the whole has no name."""
    if answer.headers["content-type"] != ["application/problem+json"]:
        return set()
    return {error["field"].partition(".")[0] for error in answer.json().get("errors", ())} - {""}


def names_of(operation: Any) -> set[str]:
    """What the document lets an operation be sent: its body's fields, and its parameters and headers."""
    raw, schemas = operation.definition.raw, operation.schema.raw_schema["components"]["schemas"]
    content = raw.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = schemas[content["$ref"].rpartition("/")[2]] if "$ref" in content else content
    return {*body.get("properties", ()), *(one["name"] for one in raw.get("parameters", ()) if "name" in one)}


def drive(operation: Any, mode: GenerationMode, headers: dict[str, str], fresh: Ids) -> tuple[Counter[int], set[str]]:
    """Send what is made up from the operation's description, with ids of rows that are there.

    Counts the answers, and gathers the fields that refusals named.
    """
    answers: Counter[int] = Counter()
    named = set[str]()

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode))
    def send(case: Any) -> None:
        known = fresh()
        for place in (case.path_parameters, case.query, case.body):
            if isinstance(place, dict):
                place.update({name: value for name, value in known.items() if name in place})
        for name in ("If-Match", "Idempotency-Key"):  # made-up ones are for the other test
            if known and case.headers:
                case.headers.pop(name, None)
        answer = case.call_and_validate(headers=headers, checks=CHECKED)
        sent = {name.partition(".")[0] for name in case.body} if isinstance(case.body, dict) else set()
        assert at_fault(answer) <= names_of(operation) | sent
        named.update(at_fault(answer))
        answers[answer.status_code] += 1

    send()
    return answers, named
