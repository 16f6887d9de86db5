"""What Flask itself costs, on the same gunicorn: a view that does nothing, and one that asks one bare query."""

from __future__ import annotations

import json
import os
import threading

import psycopg
from flask import Flask, Response

from app.bench.floors import PLAIN_LIST

app = Flask("bare")
_own = threading.local()


@app.get("/bare")
def bare() -> str:
    """Nothing."""
    return "well"


@app.get("/list/<org>")
def listed(org: str) -> Response:
    """Fifty rows of one table without walls, as JSON."""
    connection = _connection()
    with connection.transaction():
        rows = connection.execute(PLAIN_LIST, (org,)).fetchall()
    return Response(json.dumps(rows, default=str), mimetype="application/json")


def _connection() -> psycopg.Connection:
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["SPEAN_BENCH_URL"], autocommit=True)
    found: psycopg.Connection = _own.connection
    return found
