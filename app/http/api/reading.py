"""Reading what is sent: JSON and nothing else, as strictly as RFC 8259, and nothing that breaks a server."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Request
from webargs import missing
from webargs.flaskparser import FlaskParser, abort, is_json_request


class Reader(FlaskParser):
    """webargs' parser. 415 for another content type, 400 for what is no JSON, 422 for what has not the shape."""

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not is_json_request(req):
            abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            return json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError):  # no JSON, no UTF-8, a number of thousands of digits, nested without end
            abort(HTTPStatus.BAD_REQUEST)


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are JavaScript, not JSON."""
    raise ValueError(constant)
