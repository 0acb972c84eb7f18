"""Who follows whom, and how far.

    begin ──► ACTIVE ◄──resume── PAUSED | CLOSE_ONLY
                │ pause ──► PAUSED
                │ stop ───► CLOSE_ONLY ──nothing left──► STOPPED
                └ stop ───► STOPPED ──begin anew──► ACTIVE

PAUSED and CLOSE_ONLY copy the leader's exits and no entry, STOPPED neither. A stop may also have
copies closed by us: `closing` names them until they are closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pilotfish.domain.orders import Reason
from pilotfish.domain.rules import Rules

# A fill of one shard is decided in one DynamoDB transaction of at most 100 items: the
# ledger, and for a flip two orders for each follow.
FOLLOWS_PER_SHARD = 48

# All that a follow holds, where positions are named that are to be closed.
EVERYTHING = ("*",)


class CannotFollow(Exception):
    """It makes no sense, or is not allowed; the message says why."""


class NoSuchFollow(LookupError):
    """There is none of that name, or it is another user's: nobody learns which."""


class NotDone(Exception):
    """Nobody answered: whether it was done is seen by looking."""


class Outdated(Exception):
    """Somebody changed it since the version that the caller has seen."""


class Status(StrEnum):
    """How far a follow goes with its leader."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSE_ONLY = "close_only"
    STOPPED = "stopped"


# Why a follow does not copy an entry.
_BARS = {
    Status.PAUSED: Reason.FOLLOW_PAUSED,
    Status.CLOSE_ONLY: Reason.CLOSE_ONLY,
    Status.STOPPED: Reason.FOLLOW_STOPPED,
}


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to which text about the risks, and when (UTC ms)."""

    version: str
    by: str
    at_ms: int


def follow_name(account_id: str, leader_id: str) -> str:
    """Of a follow that nobody named: an account follows a leader once."""
    return f"{account_id}~{leader_id}"


@dataclass(frozen=True, slots=True)
class Follow:
    """One follower account mirroring one leader account since `started_ms` (UTC ms).

    `first_fill` is the number of the leader's first fill that it copies. Fills are numbered as
    they are written down, so that each one is either in what the follow found when it began or is
    copied. 0 leaves that to the time. `pinned` is what was found to stand for the leader's symbols,
    by these: it stays, whatever else the follower's venue may list later. `closing` are the
    positions (by `position_key`) that a stop has closed since `closing_ms` and that may still hold
    something. `version` grows with every change that a person makes.
    """

    follow_id: str
    leader_id: str
    account_id: str
    owner: str
    venue: str
    started_ms: int
    shard: int = 0
    status: Status = Status.ACTIVE
    rules: Rules = field(default_factory=Rules)
    first_fill: int = 0
    pinned: Mapping[str, str] = field(default_factory=dict)
    closing: tuple[str, ...] = ()
    closing_ms: int = 0
    changed_ms: int = 0
    version: int = 0
    consent: Consent | None = None

    @property
    def active(self) -> bool:
        """Whether it copies entries."""
        return self.status is Status.ACTIVE

    @property
    def live(self) -> bool:
        """Whether it copies exits."""
        return self.status is not Status.STOPPED

    @property
    def ending(self) -> bool:
        """Whether somebody has to see it to its end."""
        return bool(self.closing) or self.status is Status.CLOSE_ONLY

    @property
    def bar(self) -> Reason | None:
        """Why it enters nothing at all; None: it does."""
        return _BARS.get(self.status)

    def closes(self, key: str) -> bool:
        """Whether a stop is to close this position."""
        return self.closing == EVERYTHING or key in self.closing

    def copied(self, symbol: str) -> str:
        """The follower's symbol for the leader's; empty where it is another one's copy.

        What a person maps goes before what was found.
        """
        if symbol in self.rules.symbols:
            return self.rules.symbols[symbol]
        own = self.pinned.get(symbol, symbol)
        return own if self.leader_symbol(own) == symbol else ""

    def leader_symbol(self, copied: str) -> str:
        """The leader's symbol that is copied as this one: no other ever is."""
        for stated in (self.rules.symbols, self.pinned):
            for symbol, own in stated.items():
                if own == copied:
                    return symbol
        return copied

    def is_taken(self, own: str) -> bool:
        """Whether one of the leader's symbols is copied as this one."""
        return own in self.rules.symbols.values() or own in self.pinned.values()
