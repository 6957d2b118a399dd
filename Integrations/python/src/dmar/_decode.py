"""JSON objects as dataclasses, by the types of their fields."""

import dataclasses
import typing
from typing import Any, Dict, Type, TypeVar

T = TypeVar("T")
_HINTS: Dict[type, Dict[str, Any]] = {}


def decode(kind: Type[T], value: Dict[str, Any]) -> T:
    """The dataclass ``kind`` of a JSON object.

    Members that this version does not know are left out, so a newer program can be read; members that
    are missing get the field's default.
    """
    hints = _HINTS.get(kind)
    if hints is None:
        hints = _HINTS[kind] = typing.get_type_hints(kind)
    members = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        name = field.metadata.get("member", field.name)
        if name in value:
            members[field.name] = _value(hints[field.name], value[name])
    return kind(**members)


def _value(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if value is None:
        return None
    if origin is typing.Union:
        return _value(next(each for each in arguments if each is not type(None)), value)
    if origin is list:
        return [_value(arguments[0], each) for each in value]
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return decode(hint, value)  # type: ignore[arg-type]
    return value
