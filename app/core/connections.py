"""How connections to PostgreSQL are made, what they keep, how long they wait, and when they are given up."""

from __future__ import annotations

import select
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError

from app.core.breaker import Breaker

_T = TypeVar("_T")

OPTIONS: dict[str, Any] = {
    "pool_recycle": 1800,
    "connect_args": {"prepare_threshold": None, "connect_timeout": 5},
    "hide_parameters": True,  # parameters hold what people typed
}
"""How every engine is made. `connect_timeout` is in seconds."""
_PREPARED_AFTER, _PREPARED_MOST = 3, 400
"""So often sent by a connection, a statement is prepared there and planned no more; so many, as all pages send."""
_LOOK_S = 0.1
"""So often psycopg looks whether this process was interrupted."""


class Unanswered(psycopg.OperationalError):
    """The server did not answer within the time that whoever asks has."""


class KeepingConnection(psycopg.Connection[Any]):
    """A connection that keeps what is prepared, and waits for the server only as long as its breaker says.

    psycopg lets go of what is prepared when a transaction is undone, in case a statement reads what was made in that
    transaction: a table, say. Nothing of ours makes any, and every refusal would cost all that follow it their plans.

    The server's own limits (statement_timeout) need a server that runs. The breaker's holds when it is frozen, or its
    machine is gone, too. Without one (operators' commands, migrations, the worker) it waits as long as it takes.
    """

    breaker: Breaker | None = None

    def wait(self, gen: PQGen[_T], interval: float = _LOOK_S, timeout: float | None = None) -> _T:
        """As psycopg does. Raises Unanswered, and closes the connection when it waited in vain.

        No transaction begins while the server does not answer others.
        """
        breaker = self.breaker
        if breaker is None:
            return super().wait(gen, interval, timeout)
        if breaker.is_open and self.pgconn.transaction_status == TransactionStatus.IDLE and not breaker.allows():
            raise Unanswered("the server does not answer")
        try:
            found = super().wait(gen, interval, breaker.patience_s if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - what `wait` says it raises
            breaker.failed()
            self.pgconn.finish()
            raise Unanswered("the server did not answer in time") from None
        breaker.answered()
        return found

    def rollback(self) -> None:
        """Undo the transaction. Raises psycopg.OperationalError when the server has gone."""
        status = self.pgconn.transaction_status
        if status == TransactionStatus.IDLE:
            return
        if status not in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            super().rollback()
            return
        with self.lock:
            self.wait(self._exec_command(b"ROLLBACK"))


def attend(made: Engine, breaker: Breaker | None = None) -> Engine:
    """Let each new connection find out whether it may prepare statements, and drop one whose server has gone.

    `breaker`: shared by all engines of a process that may wait no longer than it says.
    """
    event.listen(made, "do_connect", partial(_call, breaker))
    event.listen(made, "connect", _greet)
    event.listen(made, "checkout", _look)
    event.listen(made, "handle_error", _outgrown)
    return made


def _call(
    breaker: Breaker | None, _dialect: Dialect, _record: object, address: Sequence[Any], options: Mapping[str, Any]
) -> KeepingConnection:
    if breaker is None:
        return KeepingConnection.connect(*address, **options)
    if not breaker.allows():
        raise Unanswered("the server does not answer")
    try:
        made = KeepingConnection.connect(*address, **{**options, "connect_timeout": int(breaker.patience_s)})
    except psycopg.errors.ConnectionTimeout:
        breaker.failed()
        raise
    except psycopg.OperationalError:  # it says no: that is an answer
        breaker.answered()
        raise
    made.breaker = breaker
    return made


def _greet(connection: psycopg.Connection, _record: object) -> None:
    """Prepare statements only where the same backend always answers.

    Straight to PostgreSQL, a backend bears the number that it gave when it was called. Behind PgBouncer it does not:
    there each transaction may meet another backend, which knows nothing of what was prepared elsewhere.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    if row is not None and row[0] == connection.info.backend_pid:
        connection.prepare_threshold, connection.prepared_max = _PREPARED_AFTER, _PREPARED_MOST


def _outgrown(context: ExceptionContext) -> None:
    """A migration changed what a prepared statement gives: this connection knows an old plan, a new one will not."""
    if isinstance(context.original_exception, psycopg.errors.FeatureNotSupported):
        context.is_disconnect = True


def _look(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
    """A server that went away has said so, or hung up: there is something to read though nothing was asked.

    It costs no question to the server, unlike SQLAlchemy's ping at the start of every request.
    """
    idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
    if not idle or select.select([connection.fileno()], [], [], 0)[0]:
        raise DisconnectionError
