"""Decide what every follow of a leader does about a fill."""

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Executor

from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import Ledger, position_key, split
from pilotfish.domain.planning import InstrumentsByVenue, copied_symbol, plan
from pilotfish.ports import (
    Clock,
    Fills,
    Follows,
    Instruments,
    LedgerConflict,
    LedgerKey,
    Ledgers,
    Positions,
)

CONFLICT_ATTEMPTS = 5


class MapFill:
    """Cuts a leader's follows into shards and decides each shard in one transaction.

    Running it again for the same fill changes nothing: a shard whose orders exist is done.
    """

    def __init__(
        self,
        *,
        fills: Fills,
        follows: Follows,
        ledgers: Ledgers,
        positions: Positions,
        instruments: Instruments,
        clock: Clock,
        pool: Executor,
    ) -> None:
        self._fills = fills
        self._follows = follows
        self._ledgers = ledgers
        self._positions = positions
        self._instruments = instruments
        self._clock = clock
        self._pool = pool

    def __call__(self, fill: Fill) -> None:
        """Raises `NotReady` when a follower's venue is not published yet."""
        shards: dict[int, list[Follow]] = defaultdict(list)
        for follow in self._follows.of_leader(fill.account_id):
            if follow.started_ms <= fill.traded_ms:
                shards[follow.shard].append(follow)
        venues = {follow.venue for members in shards.values() for follow in members}
        instruments = {venue: self._instruments.of_venue(venue) for venue in venues}
        self._each(
            lambda shard: self._decide(fill, shard, shards[shard], instruments), list(shards)
        )
        self._fills.mark_decided(fill)

    def _each(self, decide: Callable[[int], None], shards: list[int]) -> None:
        if len(shards) == 1:
            decide(shards[0])
        else:
            list(self._pool.map(decide, shards))

    def _decide(
        self, fill: Fill, shard: int, follows: list[Follow], instruments: InstrumentsByVenue
    ) -> None:
        key = LedgerKey(fill.account_id, fill.symbol, fill.position_side, shard)
        keys = {
            follow.follow_id: position_key(copied_symbol(fill, follow), fill.position_side)
            for follow in follows
        }
        exits = split(fill.position_before, fill.position_change).exit_fraction > 0
        for attempt in range(CONFLICT_ATTEMPTS):
            misses = self._positions.misses(keys) if exits else {}
            ledger = self._ledgers.load(key, fresh=attempt > 0) or Ledger()
            after, orders = plan(fill, follows, ledger, misses, instruments, self._clock())
            try:
                self._ledgers.commit(key, after, orders)
            except LedgerConflict:
                continue
            return
        raise LedgerConflict(f"{key} moved {CONFLICT_ATTEMPTS} times while deciding {fill.fill_id}")
