"""What is kept of a channel of events for those who come back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Never in an id.
_REVISION = "\x1f"


def revised(subject: str, revision: int) -> str:
    """The name of one of the changes of a thing; see `subject_of`."""
    return f"{subject}{_REVISION}{revision}"


def subject_of(name: str) -> tuple[str, int] | None:
    """What changed, and the how manieth change it was; None for what never changes."""
    subject, marked, revision = name.rpartition(_REVISION)
    return (subject, int(revision)) if marked else None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that a channel tells once, however often it is delivered; `name` tells it.

    A change that comes after a later one of the same thing is not told at all.
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
