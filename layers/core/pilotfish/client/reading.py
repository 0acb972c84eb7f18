"""Messages of the wire as the dataclasses of `pilotfish.domain.messages`."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pilotfish.domain.messages import Message

Read = Callable[[Any], Any]


class Unreadable(ValueError):
    """This is not what docs/asyncapi.yaml says."""


def read(found: object) -> Message:
    """The message; members that it does not know of are not looked at. Raises `Unreadable`."""
    message: Message = _reader(Message)(found)
    return message


@cache
def _reader(kind: Any) -> Read:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in _OF:
        return _OF[origin](arguments)
    if is_dataclass(kind):
        return _parts(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _one_of(tuple(kind))
    return _plain(kind)


def _plain(kind: Any) -> Read:
    """A number is no truth value, and a whole number will do for one with a fraction."""

    def take(value: Any) -> Any:
        if kind is Any or type(value) is kind or (kind is type(None) and value is None):
            return value
        if kind is float and type(value) is int:
            return float(value)
        raise Unreadable(f"not a {getattr(kind, '__name__', kind)}: {value!r:.40}")

    return take


def _one_of(known: tuple[Any, ...]) -> Read:
    by_value = {each.value if isinstance(each, Enum) else each: each for each in known}

    def take(value: Any) -> Any:
        if isinstance(value, str) and value in by_value:
            return by_value[value]
        raise Unreadable(f"none of {', '.join(map(str, by_value))}: {value!r:.40}")

    return take


def _list(kinds: tuple[Any, ...]) -> Read:
    read_one = _reader(kinds[0])

    def take(value: Any) -> Any:
        if not isinstance(value, list):
            raise Unreadable("not a list")
        return tuple(read_one(each) for each in value)

    return take


def _object(kinds: tuple[Any, ...]) -> Read:
    read_one = _reader(kinds[1])

    def take(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Unreadable("not an object")
        return {name: read_one(each) for name, each in value.items()}

    return take


def _parts(kind: Any) -> Read:
    hints = get_type_hints(kind)
    parts = [
        (each.name, _reader(hints[each.name]), _may_be_left_out(each)) for each in fields(kind)
    ]

    def take(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Unreadable(f"not a {kind.__name__}")
        given = {}
        for name, read_one, optional in parts:
            if name in value:
                given[name] = read_one(value[name])
            elif not optional:
                raise Unreadable(f"a {kind.__name__} without `{name}`")
        return kind(**given)

    return take


def _may_be_left_out(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _union(kinds: tuple[Any, ...]) -> Read:
    """Messages by their `type`; else the first that it can be."""
    named = [k for k in kinds if is_dataclass(k) and "type" in k.__dataclass_fields__]
    messages: dict[Any, Any] = {k.__dataclass_fields__["type"].default: k for k in named}
    others = [_reader(each) for each in kinds if each not in named]

    def take(value: Any) -> Any:
        name = value.get("type") if isinstance(value, dict) else None
        if isinstance(name, str) and name in messages:
            try:
                return _reader(messages[name])(value)
            except Unreadable:
                if not others:
                    raise
        for read_one in others:
            try:
                return read_one(value)
            except Unreadable:
                continue
        raise Unreadable(f"no such message: {name!r:.40}" if messages else f"{value!r:.40}")

    return take


_OF: dict[Any, Callable[[tuple[Any, ...]], Read]] = {
    Union: _union,
    types.UnionType: _union,
    Literal: _one_of,
    tuple: _list,
    dict: _object,
    Mapping: _object,
}
