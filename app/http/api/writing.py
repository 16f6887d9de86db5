"""From a schema's fields to a function that writes an answer: the same words as marshmallow's, asked for once.

Marshmallow decides for every value anew where it is found, what it is called and how it is written. For one schema
that is always the same, and is decided here once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from marshmallow import Schema, fields, missing

Writer = Callable[[Any], Any]
_HOOKS = ("pre_dump", "post_dump")


def compiled(schema: Schema) -> Writer | None:
    """What writes one object of this schema; None for one with hooks, or that looks into parts of parts."""
    dotted = any("." in (field.attribute or "") for field in schema.dump_fields.values())
    if dotted or any(schema._hooks.get(hook) for hook in _HOOKS):  # noqa: SLF001 - there is no public way to ask
        return None
    steps = [_step(name, field) for name, field in schema.dump_fields.items()]

    def write(obj: Any) -> dict[str, Any]:
        get: Callable[[str, Any], Any] = obj.get if isinstance(obj, Mapping) else partial(getattr, obj)
        answer = {}
        for key, name, default, writer in steps:
            value = get(name, missing)
            if value is missing:
                value = default() if callable(default) else default
            if value is not missing:
                answer[key] = writer(value)
        return answer

    return write


def _step(name: str, field: fields.Field[Any]) -> tuple[str, str, Any, Writer]:
    """Under which key, from which attribute, instead of what is missing, and how."""
    key = field.data_key if field.data_key is not None else name
    return key, field.attribute or name, field.dump_default, _of(field)


def _of(field: fields.Field[Any]) -> Writer:
    """How a value of this field is written. Kinds that are not known here write themselves."""
    write = _part(field) if isinstance(field, (fields.Nested, fields.List)) else _PLAIN.get(type(field))
    if write is None or not _is_plain(field):
        return lambda value: field._serialize(value, field.name, None)  # noqa: SLF001 - what `serialize` calls
    return lambda value: None if value is None else write(value)


def _part(field: fields.Nested | fields.List[Any]) -> Writer | None:
    """A schema within the schema, or a list; subclasses have their own way."""
    if type(field) is fields.List:
        return _listed(_of(field.inner))
    if isinstance(field, fields.Nested) and (write := compiled(field.schema)) is not None:
        return _listed(write) if field.many else write
    return None


_PLAIN: Mapping[type, Writer] = {
    fields.String: str,
    fields.UUID: str,
    fields.Integer: int,
    fields.AwareDateTime: lambda value: value.isoformat(),
    fields.Enum: attrgetter("value"),
}


def _is_plain(field: fields.Field[Any]) -> bool:
    """Whether it is written in its kind's usual way."""
    if isinstance(field, fields.Enum):
        return bool(field.by_value) and type(field.field) is fields.Raw
    if isinstance(field, fields.Integer):
        return not field.as_string
    return not isinstance(field, fields.DateTime) or field.format in {None, fields.DateTime.DEFAULT_FORMAT}


def _listed(write: Writer) -> Writer:
    return lambda values: [write(one) for one in values]
