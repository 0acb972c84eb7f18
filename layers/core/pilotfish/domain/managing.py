"""A connection as its owner manages it, and what a look at its key changes."""

from dataclasses import dataclass, replace

from pilotfish.domain.connections import Verdict
from pilotfish.domain.venue_ids import is_paper

MAX_LABEL = 64
CHECK_EVERY_MS = 86_400_000
# When to ask again a venue that did not answer, and one that refused a key that it once took.
UNANSWERED_AGAIN_MS = 3_600_000
REFUSED_AGAIN_MS = 900_000


class BadLabel(ValueError):
    """A label that nobody could read."""


class ChangedMeanwhile(Exception):
    """A connection is not at the revision that the caller has read."""


class NotFit(Exception):
    """A connection is paused for its key, which has to be replaced or be fit again; says why."""


class StillFollowing(Exception):
    """Follows need the account; says how many."""


class HasNoKey(Exception):
    """A paper account: there is nothing to replace and nothing to test."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connected account without its key; times are UTC milliseconds, 0 for never.

    `revision` grows with each change. `problem` is why its key is not fit any more; until a look
    at the key finds nothing wrong it stays paused. `due_ms` is when the key is looked at next, and
    `refusals` how often in a row its venue refused it. `held_as` is where the fingerprint of its
    key is written down. After `deleted_ms` nothing but its history is left.
    """

    account_id: str
    owner: str
    venue: str
    label: str = ""
    listen_shard: str = ""
    enabled: bool = True
    paused: bool = False
    problem: str = ""
    key_version: int = 1
    revision: int = 0
    connected_ms: int = 0
    checked_ms: int = 0
    due_ms: int = 0
    refusals: int = 0
    deleted_ms: int = 0
    held_as: str = ""

    @property
    def leads(self) -> bool:
        """Whether it is listened to."""
        return bool(self.listen_shard)

    @property
    def paper(self) -> bool:
        """Whether its money is play money; it has no key."""
        return is_paper(self.venue)

    @property
    def deleted(self) -> bool:
        return bool(self.deleted_ms)

    def labelled(self, label: str) -> "Connection":
        """With a person's name for it; raises `BadLabel`."""
        return replace(self, label=label_from(label))

    def looked_at(self, verdict: Verdict, now_ms: int) -> "Connection":
        """After a look at its key: paused if that is not fit any more.

        A venue that refuses the key is asked twice before it is believed, because some do so for a
        moment when they are in trouble. What a venue did not answer changes nothing.
        """
        if verdict.accepted:
            fit = replace(self, problem="", refusals=0, checked_ms=now_ms)
            return replace(fit, due_ms=now_ms + CHECK_EVERY_MS)
        if not verdict.sure:
            return replace(self, due_ms=now_ms + UNANSWERED_AGAIN_MS)
        if verdict.refused and not self.refusals:
            return replace(self, refusals=1, due_ms=now_ms + REFUSED_AGAIN_MS)
        return replace(
            self,
            paused=True,
            problem="; ".join(verdict.problems),
            refusals=self.refusals + verdict.refused,
            checked_ms=now_ms,
            due_ms=now_ms + CHECK_EVERY_MS,
        )


def label_from(text: str) -> str:
    """One line that a person reads, or nothing; raises `BadLabel`."""
    label = " ".join(text.split())
    if len(label) > MAX_LABEL:
        raise BadLabel(f"a label has at most {MAX_LABEL} characters")
    if not label.isprintable():
        raise BadLabel("a label is of characters that can be printed")
    return label
