"""Fields that the API's schemas share."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.core.errors import N_
from app.http.api.writing import Writer, compiled

_UNKEPT = N_("This text holds signs that cannot be kept.")
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Shape(Schema):
    """A schema whose answers are written by what it was compiled into, once: for lists, which would wait for it.

    The fields stay the only description. What is not known to the compiler is written by the field itself, and a
    schema with hooks by marshmallow; a test compares the two for every schema of the API.
    """

    @cached_property
    def _writer(self) -> Writer | None:
        return compiled(self)

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """As marshmallow writes it."""
        write = self._writer
        if write is None:
            return super().dump(obj, many=many)
        return [write(one) for one in obj] if (self.many if many is None else many) else write(obj)


def check_signs(text: str) -> None:
    """Neither half a surrogate pair, which JSON can carry and UTF-8 cannot, nor control characters."""
    if any(unicodedata.category(sign) in {"Cs", "Cc"} and sign not in "\n\r\t" for sign in text):
        raise ValidationError(_UNKEPT)


class Words(fields.String):
    """Free text of at most `longest` characters."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(max=longest), check_signs], **kwargs)


class Moment(fields.AwareDateTime):
    """A time with its offset, within this century."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if not _FIRST <= moment <= _LAST:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return moment


class SetOf(fields.List[Any]):
    """A list in JSON, in a steady order; a frozenset in Python."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(None if value is None else sorted(value), attr, obj, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return frozenset(super()._deserialize(value, attr, data, **kwargs))
