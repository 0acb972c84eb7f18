"""What is kept of a channel of events for those who come back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that a channel tells once, whatever it is delivered twice as; `name` tells it.

    `happened_ms` is no later than when it was first delivered; `told` encodes it under a number.
    """

    name: str
    happened_ms: int
    told: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message as it was told."""

    seq: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Missed:
    """What came after a number; `messages` is None when the log cannot say."""

    head: int
    messages: Sequence[bytes] | None
