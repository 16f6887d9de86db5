"""How often somebody may try a slip's code."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from app.http.limits import by_person, limiter


def _missed(answer: Response) -> bool:
    return answer.status_code == 422 and (request.is_json or bool(request.form.get("code")))  # noqa: PLR2004


GUESSES = limiter.shared_limit(
    "10 per minute; 60 per hour", scope="slips", key_func=by_person, methods=["POST"], deduct_when=_missed
)
"""A slip's code has 34 random bits. Only misses count, so a busy reception is never stopped."""
