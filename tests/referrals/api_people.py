"""The cast as programs: each with a client of the JSON API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.network import Person
from tests.pages import client_for

ROOT = "/api/v1/referrals"


@dataclass
class Desk:
    """Somebody's program."""

    client: FlaskClient

    @classmethod
    def of(cls, app: Flask, person: Person) -> Desk:
        return cls(client_for(app, person))

    def see(self, referral_id: UUID | str) -> Any:
        answer = self.client.get(f"{ROOT}/{referral_id}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
        return answer.json

    def do(self, referral_id: UUID | str, action: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(
            f"{ROOT}/{referral_id}/{action}",
            json=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def done(self, referral_id: UUID | str, action: str, body: Any = None, **headers: str) -> Any:
        answer = self.do(referral_id, action, body, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json


def refused(answer: Any, status: int) -> Any:
    """The problem details of a refusal."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    assert answer.json["detail"]
    return answer.json


def sitting_of(people: Cast, *programmes: UUID, **changes: Any) -> dict[str, Any]:
    """What is posted when the client was asked."""
    return {
        "client_id": str(people.client_id),
        "programmes": [{"programme_id": str(one)} for one in programmes or (people.programme_id,)],
        "categories": ["identity", "phone"],
        "how": "spoken_witnessed",
        "language": "km",
        "able_to_decide": True,
        **changes,
    }
