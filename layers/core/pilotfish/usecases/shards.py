"""A leader's follows in the shards in which they are decided."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import TypeVar

from pilotfish.domain.counterparts import mirrored
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import position_key
from pilotfish.domain.planning import InstrumentsByVenue, copied_symbol
from pilotfish.domain.rules import Existing
from pilotfish.domain.sizes import needs_means
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Follows, Instruments, LedgerConflict, LedgerKey, Wallets

CONFLICT_ATTEMPTS = 5

Shards = Mapping[int, list[Follow]]
T = TypeVar("T")


def shards_of(fill: Fill, follows: Follows) -> Shards:
    """The active follows that a fill concerns."""
    shards: dict[int, list[Follow]] = defaultdict(list)
    for follow in follows.of_leader(fill.account_id):
        if concerns(fill, follow):
            shards[follow.shard].append(follow)
    return shards


def concerns(fill: Fill, follow: Follow) -> bool:
    """Whether the fill came after the follow began.

    What was written down before is none of its business, however late it is decided. Nor is what
    was traded before, unless the follow joined: then it was not in what it joined, and is copied.
    """
    if fill.number < follow.first_fill:
        return False
    joined = follow.first_fill and follow.rules.existing == Existing.JOIN
    return bool(joined) or follow.started_ms <= fill.traded_ms


def tradable(shards: Shards, instruments: Instruments) -> InstrumentsByVenue:
    """The instruments of all their venues; raises `NotReady` for one that is not published yet."""
    venues = {follow.venue for members in shards.values() for follow in members}
    return {venue: instruments.of_venue(venue) for venue in venues}


def ledger_key(fill: Fill, shard: int) -> LedgerKey:
    """The ledger that decides the fill for a shard."""
    return LedgerKey(fill.account_id, fill.symbol, fill.position_side, shard)


def position_keys(fill: Fill, follows: list[Follow]) -> dict[str, str]:
    """By follow id, the position that a copy of the fill changes."""
    return {
        follow.follow_id: position_key(
            copied_symbol(fill, follow), mirrored(fill.position_side, follow.rules)
        )
        for follow in follows
    }


def wallets_of(follows: Iterable[Follow], wallets: Wallets) -> Mapping[str, Wallet]:
    """By account, of those whose equity the rules ask for."""
    asked: set[str] = set()
    for follow in follows:
        leader, own = needs_means(follow.rules)
        asked |= {follow.leader_id} if leader else set()
        asked |= {follow.account_id} if own else set()
    return wallets.of(sorted(asked)) if asked else {}


def each_shard(decide: Callable[[int], T], shards: Shards, pool: Executor) -> list[T]:
    """Shards side by side; a single one without the pool."""
    if len(shards) == 1:
        return [decide(shard) for shard in shards]
    return list(pool.map(decide, shards))


def until_agreed(decide: Callable[[bool], T], about: object) -> T:
    """Decide, and again on the ledger read afresh when somebody else decided meanwhile."""
    for attempt in range(CONFLICT_ATTEMPTS):
        try:
            return decide(attempt > 0)
        except LedgerConflict:
            continue
    raise LedgerConflict(f"the ledger of {about} moved {CONFLICT_ATTEMPTS} times in a row")
