"""Nested dataclasses as JSON documents and back, exact to the last digit.

What has its default is left out, so that a field that is added later can be read from documents
that were written before.
"""

import json
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def document(value: object) -> str:
    """A dataclass as JSON; decimals as text."""
    return json.dumps(_plain(value), separators=(",", ":"))


def from_document(kind: type[T], text: str) -> T:
    """The dataclass that was written; raises `ValueError`, `TypeError` or `KeyError` for others."""
    found: T = _built(kind, json.loads(text))
    return found


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        named = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(each) for field, each in named if each != _default(field)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Decimal | StrEnum) else value


def _default(field: "Field[Any]") -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _built(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _built(next(each for each in arguments if each is not type(None)), plain)
    if isinstance(kind, type) and is_dataclass(kind):
        hints: dict[str, Any] = _hints(kind)
        return kind(**{name: _built(hints[name], each) for name, each in plain.items()})
    if origin is not None:
        return _many(origin, arguments, plain)
    return kind(plain)


def _many(origin: Any, arguments: tuple[Any, ...], plain: Any) -> Any:
    if origin is tuple:
        return tuple(_built(arguments[0], each) for each in plain)
    if origin is Counter:
        return Counter({_built(arguments[0], key): each for key, each in plain.items()})
    to_key, to_value = arguments
    return {_built(to_key, key): _built(to_value, each) for key, each in plain.items()}
