"""The end of a channel's log, as one worker knows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pilotfish.domain.logs import Entry, subject_of

# How far back a worker goes on remembering what it wrote.
REMEMBER_MS = 300_000


@dataclass(slots=True)
class Tail:
    """The end of a topic's log as a worker knows it: all that was written since `since_ms`."""

    head: int
    since_ms: int
    names: dict[str, tuple[int, int]] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=dict)

    def learn(self, names: Iterable[str], first: int, at_ms: int) -> None:
        """A chunk that was written."""
        for seq, name in enumerate(names, start=first):
            self.names.setdefault(name, (seq, at_ms))
            if change := subject_of(name):
                subject, revision = change
                self.latest[subject] = max(revision, self.latest.get(subject, revision))

    def overtaken(self, name: str) -> bool:
        """Whether a later change of the same thing was told."""
        change = subject_of(name)
        return change is not None and self.latest.get(change[0], -1) > change[1]

    def forget(self, before_ms: int) -> None:
        """What is too old to be delivered again leaves the memory."""
        if self.since_ms < before_ms - REMEMBER_MS:
            self.since_ms = before_ms
            self.names = {k: v for k, v in self.names.items() if v[1] >= before_ms}
            subjects = {change[0] for name in self.names if (change := subject_of(name))}
            self.latest = {k: v for k, v in self.latest.items() if k in subjects}


@dataclass(frozen=True, slots=True)
class Step:
    """What a topic is to be told anew, after its head."""

    topic: str
    tail: Tail
    first: int
    names: tuple[str, ...]
    bodies: tuple[bytes, ...]
    last: bool

    @property
    def numbered(self) -> dict[int, bytes]:
        """The messages by their numbers."""
        return dict(enumerate(self.bodies, start=self.first))


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Without those that come after a later change of the same thing."""
    latest: dict[str, int] = {}
    kept = []
    for entry in entries:
        subject, revision = subject_of(entry.name) or (entry.name, 0)
        if revision >= latest.get(subject, revision):
            latest[subject] = revision
            kept.append(entry)
    return kept
