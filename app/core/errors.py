"""The small family of errors. Rules and use cases raise them; `app.http` maps them to answers, once.

Messages are gettext ids with named parameters: what is raised is translated at the edge, in the language of
whoever reads it. Parameters never hold personal data.
"""

from __future__ import annotations

from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Mark an English sentence for translation and return it unchanged."""
    return message


class SpeanError(Exception):
    """Something a person should be told. `field` names the input at fault, if one is."""

    message = N_("Something went wrong.")

    def __init__(self, message: str | None = None, *, field: str | None = None, **params: object) -> None:
        self.message = message or type(self).message
        self.field = field
        self.params = params
        super().__init__(self.message)


class NotFound(SpeanError):  # noqa: N818 - words of the house
    """Absent, or another organisation's: the two answer alike."""

    message = N_("We could not find that. It may not exist, or it may belong to somebody else.")


class NotAllowed(SpeanError):  # noqa: N818
    """It is there and the person may see it, but their role does not do this."""

    message = N_("Your role does not do this.")


class Conflict(SpeanError):  # noqa: N818
    """The wrong state, or somebody else was faster."""

    message = N_("This has changed since you opened it. Look at it again.")


class Moved(Conflict):
    """What was read changed while it was read: the same question has another answer now."""


class Stale(Conflict):
    """The version that a program named in `If-Match` is not the present one."""


class Invalid(SpeanError):  # noqa: N818
    """Input that cannot be taken. `fields` holds one (message, params) for each field at fault."""

    message = N_("Please check what you entered.")

    def __init__(self, message: str | None = None, *, field: str | None = None, **params: object) -> None:
        super().__init__(message, field=field, **params)
        self.fields: dict[str, tuple[str, Mapping[str, object]]] = {}
        if field is not None:
            self.fields[field] = (self.message, params)

    @classmethod
    def many(cls, fields: Mapping[str, tuple[str, Mapping[str, object]]]) -> Invalid:
        """One error for several fields at once, so that a person mends them in one go."""
        error = cls()
        error.fields = dict(fields)
        return error


class Unready(SpeanError):  # noqa: N818
    """A part that Spean needs (database, broker, key) cannot be reached or is wrong."""

    message = N_("Spean cannot do this right now. Try again in a moment.")


class SignInNeeded(SpeanError):  # noqa: N818
    """Nobody is signed in, or the session has ended."""

    message = N_("Please sign in.")


class BadSetting(ValueError):  # noqa: N818 - reads as what it is
    """A setting is missing or cannot be used; the message names it and says what is wanted."""
