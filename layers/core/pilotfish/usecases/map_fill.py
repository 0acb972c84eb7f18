"""Decide what every follow of a leader does about a fill."""

import logging
from collections.abc import Callable
from concurrent.futures import Executor

from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import Ledger, split
from pilotfish.domain.orders import State
from pilotfish.domain.planning import Around, InstrumentsByVenue, plan
from pilotfish.ports import (
    Clock,
    ExitSyncs,
    Fills,
    Follows,
    Instruments,
    Ledgers,
    Positions,
    Wallets,
)
from pilotfish.usecases.pin_counterparts import PinCounterparts
from pilotfish.usecases.shards import (
    each_shard,
    ledger_key,
    position_keys,
    shards_of,
    tradable,
    until_agreed,
    wallets_of,
)

logger = logging.getLogger(__name__)


class MapFill:
    """Cuts a leader's follows into shards and decides each shard in one transaction.

    A fill of the past is nobody's to copy.
    Running it again for the same fill changes nothing: a shard whose orders exist is done. An
    exit starts `exit_sync` before the fill counts as decided, so that a crash loses neither.
    `wake` has somebody look after what waits for a better price; who sleeps on looks in a minute.
    """

    def __init__(
        self,
        *,
        fills: Fills,
        follows: Follows,
        ledgers: Ledgers,
        positions: Positions,
        instruments: Instruments,
        wallets: Wallets,
        exit_syncs: ExitSyncs,
        clock: Clock,
        pool: Executor,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._fills = fills
        self._follows = follows
        self._pin = PinCounterparts(follows, ledgers)
        self._ledgers = ledgers
        self._positions = positions
        self._instruments = instruments
        self._wallets = wallets
        self._exit_syncs = exit_syncs
        self._clock = clock
        self._pool = pool
        self._wake = wake

    def __call__(self, fill: Fill) -> None:
        """Raises `NotReady` when a follower's venue is not published yet."""
        if fill.history:
            return
        shards = shards_of(fill, self._follows)
        instruments = tradable(shards, self._instruments)
        parts = split(fill.position_before, fill.position_change)
        if parts.entry:
            shards = self._pin(fill, shards, instruments)
        exits = parts.exit_fraction > 0
        waiting: set[int] = set()
        late = each_shard(
            lambda shard: self._decide(
                fill, shard, shards[shard], instruments, waiting, exits=exits
            ),
            shards,
            self._pool,
        )
        if exits and shards:
            self._exit_syncs.start(fill, late=any(late))
        self._fills.mark_decided(fill)
        if waiting:
            self._ring()

    def _ring(self) -> None:
        """What is decided is decided, whether somebody hears of it now or in a minute."""
        try:
            self._wake()
        except Exception:
            logger.exception("nobody was woken")

    def _decide(
        self,
        fill: Fill,
        shard: int,
        follows: list[Follow],
        instruments: InstrumentsByVenue,
        waiting: set[int],
        *,
        exits: bool,
    ) -> bool:
        """Whether later fills were decided before this one; adds to the shards where one waits."""
        key = ledger_key(fill, shard)
        # A missed entry takes up no room below a cap.
        asked = [f for f in follows if exits or f.rules.max_position_notional is not None]
        keys = position_keys(fill, asked)
        wallets = wallets_of(follows, self._wallets)

        def decide(fresh: bool) -> bool:
            # The ledger first: it has never taken in more misses than are booked after it was read.
            ledger = self._ledgers.load(key, fresh=fresh) or Ledger()
            booked = self._positions.booked(keys) if keys else {}
            overtaken = 0 < fill.number < ledger.newest
            later = self._fills.decided_after(fill) if overtaken else ()
            around = Around(self._clock(), later, wallets)
            after, orders = plan(fill, follows, ledger, booked, instruments, around)
            self._ledgers.commit(key, after, orders)
            if any(order.state is State.WAITING for order in orders):
                waiting.add(shard)
            return bool(later)

        return until_agreed(decide, fill.fill_id)
