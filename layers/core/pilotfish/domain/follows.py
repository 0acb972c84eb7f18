"""Who follows whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pilotfish.domain.rules import Rules

# A fill of one shard is decided in one DynamoDB transaction of at most 100 items: the
# ledger, and for a flip two orders for each follow.
FOLLOWS_PER_SHARD = 48


@dataclass(frozen=True, slots=True)
class Follow:
    """One follower account mirroring one leader account since `started_ms` (UTC ms).

    `first_fill` is the number of the leader's first fill that it copies. Fills are numbered as
    they are written down, so that each one is either in what the follow found when it began or is
    copied. 0 leaves that to the time. `pinned` is what was found to stand for the leader's symbols,
    by these: it stays, whatever else the follower's venue may list later.
    """

    follow_id: str
    leader_id: str
    account_id: str
    owner: str
    venue: str
    started_ms: int
    shard: int = 0
    active: bool = True
    rules: Rules = field(default_factory=Rules)
    first_fill: int = 0
    pinned: Mapping[str, str] = field(default_factory=dict)

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
