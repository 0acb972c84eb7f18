"""Where a list goes on: opaque to whoever holds it, and of no use for another question.

It names no partition: whose records are read is decided by who asks. So a forged one moves within
the forger's own list, and nowhere else.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

VERSION = 1
LONGEST = 1_000

T = TypeVar("T")


class BadCursor(ValueError):
    """It was given out for another list, or by nobody."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last record that was looked at: its own partition, and its sort key."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is None after the last page; a page with a next one may be shorter, or empty."""

    items: Sequence[T]
    next: str | None


def cursor(question: Mapping[str, Any], place: Place) -> str:
    """The text that asks the same question from there on."""
    document = [VERSION, _digest(question), place.pk, place.sk]
    packed = json.dumps(document, separators=(",", ":")).encode()
    return urlsafe_b64encode(packed).decode().rstrip("=")


def place_of(question: Mapping[str, Any], text: str) -> Place:
    """Raises `BadCursor`."""
    if len(text) > LONGEST:
        raise BadCursor("this is no cursor")
    try:
        found = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (Error, ValueError, RecursionError):
        raise BadCursor("this is no cursor") from None
    match found:
        case [1, str(digest), str(pk), str(sk)] if pk and sk and (pk + sk).isprintable():
            if digest != _digest(question):
                raise BadCursor("this cursor is of another list, or of other filters")
            return Place(pk, sk)
    raise BadCursor("this is no cursor")


def _digest(question: Mapping[str, Any]) -> str:
    text = json.dumps(question, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
