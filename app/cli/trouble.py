"""What goes wrong ends as one sentence on stderr and exit code 2, never as a traceback."""

from __future__ import annotations

from typing import Any

import click
import psycopg
import sqlalchemy.exc
from alembic.util import CommandError
from psycopg import errors

from app.cli.sentence import Trouble
from app.core.errors import BadSetting, SpeanError
from app.core.logs import refusal

__all__ = ["Commands", "Trouble"]


class Commands(click.Group):
    """A group whose commands may let any foreseen error pass."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except sqlalchemy.exc.DBAPIError as error:
            raise Trouble(_of_database(error.orig)) from None
        except psycopg.Error as error:
            raise Trouble(_of_database(error)) from None
        except CommandError as error:
            raise Trouble(f"The tables are not of this Spean, perhaps of a later one: {error}") from None
        except SpeanError as error:
            raise Trouble(error.message % error.params if error.params else error.message) from None
        except BadSetting as error:
            raise Trouble(str(error)) from None
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise Trouble(f"The machine refused: {error.strerror or error}{where}.") from None


def _of_database(error: BaseException | None) -> str:
    """A database's refusal in words. libpq's own sentences name the host and the role, never a password."""
    said = refusal(error) if error else "without a reason"
    if isinstance(error, errors.InsufficientPrivilege):
        return f"The database does not let this account do that: {said}"
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName | errors.UndefinedFunction):
        return "The database has no tables of Spean yet: run the command migrate first."
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return f"The database cannot be reached: {said}"
    return f"The database refused: {said}"
