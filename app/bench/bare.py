"""What Flask itself costs, on the same gunicorn: views that do nothing, ask one bare query, or write a step's rows."""

from __future__ import annotations

import json
import os
import threading
from uuid import UUID

import psycopg
from flask import Flask, Response, request

from app.bench.floors import PLAIN_LIST, Steps

app = Flask("bare")
_own = threading.local()


@app.get("/bare")
def bare() -> str:
    """Nothing."""
    return "well"


@app.get("/list/<org>")
def listed(org: str) -> Response:
    """Fifty rows of one table without walls, as JSON."""
    connection = _connection("SPEAN_BENCH_URL")
    with connection.transaction():
        rows = connection.execute(PLAIN_LIST, (org,)).fetchall()
    return Response(json.dumps(rows, default=str), mimetype="application/json")


@app.post("/send/<consent>")
@app.post("/accept/<referral>")
def step(**which: str) -> str:
    """The rows of a step by bare SQL, in one commit. The body is the session's token."""
    token = request.get_data(as_text=True)
    steps = Steps(_connection("SPEAN_WEB_URL"), UUID(os.environ["SPEAN_BENCH_HOSPITAL"]))
    if "consent" in which:
        steps.send(token, which["consent"])
    else:
        steps.accept(token, which["referral"])
    return "well"


def _connection(url: str) -> psycopg.Connection:
    held = _own.__dict__
    if url not in held:
        held[url] = psycopg.connect(os.environ[url], autocommit=True)
    found: psycopg.Connection = held[url]
    return found
