"""One look of the `exit_sync` saga: is every follower where the leader's exit left its target?"""

from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum

from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import Ledger
from pilotfish.domain.planning import InstrumentsByVenue
from pilotfish.domain.syncing import Remainder, overtaken, plan_sync
from pilotfish.ports import Clock, Fills, Follows, Instruments, Ledgers, Orders, Positions
from pilotfish.usecases.shards import (
    each_shard,
    ledger_key,
    position_keys,
    shards_of,
    tradable,
    until_agreed,
)


class Standing(StrEnum):
    """SYNCED: nobody holds a lot too much, and nothing is under way.

    OVERTAKEN: the saga of a later exit sees to it.
    """

    SYNCED = "SYNCED"
    OVERTAKEN = "OVERTAKEN"
    OPEN = "OPEN"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found, and who is not there yet."""

    standing: Standing
    remainders: list[Remainder]


class SyncExit:
    """Plans what is left to close, for all followers in one call.

    Looks may overlap each other and the mapper: the ledger's revision lets one of them decide.
    """

    def __init__(
        self,
        *,
        fills: Fills,
        follows: Follows,
        ledgers: Ledgers,
        positions: Positions,
        orders: Orders,
        instruments: Instruments,
        clock: Clock,
        pool: Executor,
    ) -> None:
        self._fills = fills
        self._follows = follows
        self._ledgers = ledgers
        self._positions = positions
        self._orders = orders
        self._instruments = instruments
        self._clock = clock
        self._pool = pool

    def __call__(self, account_id: str, fill_id: str, *, late: bool = False) -> Look:
        """Raises `LookupError` for a fill that does not exist.

        `late` is an exit that was decided after later fills, whose own looks may be over.
        """
        fill = self._fills.get(account_id, fill_id)
        if fill is None:
            raise LookupError(f"{account_id} has no fill {fill_id}")
        if not late and overtaken(self._fills.after(fill)):
            return Look(Standing.OVERTAKEN, [])
        shards = shards_of(fill, self._follows)
        instruments = tradable(shards, self._instruments)
        under_way = self._orders.under_way(account_id)
        found = each_shard(
            lambda shard: self._look(fill, shard, shards[shard], under_way, instruments),
            shards,
            self._pool,
        )
        remainders = [remainder for of_shard in found for remainder in of_shard]
        return Look(Standing.OPEN if remainders else Standing.SYNCED, remainders)

    def _look(
        self,
        fill: Fill,
        shard: int,
        follows: list[Follow],
        under_way: set[tuple[str, str]],
        instruments: InstrumentsByVenue,
    ) -> list[Remainder]:
        key, keys = ledger_key(fill, shard), position_keys(fill, follows)

        def decide(_fresh: bool) -> list[Remainder]:
            # The ledger first: what is ordered after it was read is decided on a later revision.
            ledger = self._ledgers.load(key, fresh=True) or Ledger()
            booked = self._positions.booked(keys)
            found = plan_sync(fill, follows, ledger, booked, under_way, instruments, self._clock())
            if found.orders:
                self._ledgers.commit(key, found.ledger, found.orders)
            return found.remainders

        return until_agreed(decide, fill.fill_id)
