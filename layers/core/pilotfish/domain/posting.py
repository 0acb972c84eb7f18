"""What became of messages to connections."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Posted:
    """`gone` are connections that have ended, `behind` those that did not get all of theirs.

    `dropped` counts frames that were not taken, by reason; `frames` those that were.
    """

    gone: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)
    dropped: Counter[str] = field(default_factory=Counter)
    frames: int = 0

    def add(self, other: "Posted") -> None:
        """Both together."""
        self.gone |= other.gone
        self.behind |= other.behind
        self.dropped += other.dropped
        self.frames += other.frames
