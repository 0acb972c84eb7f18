"""One look at a follow that was stopped: is what it was to close closed, and what is left to do?"""

from collections.abc import Mapping

from pilotfish.domain.closing import ClosePlan, plan_close
from pilotfish.domain.counterparts import mirrored
from pilotfish.domain.drift import Copy
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Booked, Ledger, Line, position_key, position_side_of, symbol_of
from pilotfish.domain.syncing import Remainder
from pilotfish.ports import Clock, Instruments, Ledgers, Orders, Positions
from pilotfish.usecases.compare import ledger_key_of
from pilotfish.usecases.shards import until_agreed


class CloseCopies:
    """Plans exits of one follow's own copies, in the ledgers that decide everything else of it.

    Looks may overlap each other and `exit_sync`: the ledger's revision lets one of them decide.
    """

    def __init__(
        self,
        *,
        ledgers: Ledgers,
        positions: Positions,
        orders: Orders,
        instruments: Instruments,
        clock: Clock,
    ) -> None:
        self._ledgers = ledgers
        self._positions = positions
        self._orders = orders
        self._instruments = instruments
        self._clock = clock

    def __call__(self, follow: Follow) -> list[Remainder]:
        """What is not closed yet of `follow.closing`; raises `NotReady` for an unknown venue.

        Empty also while an order that was planned in the last seconds does not show yet.
        """
        under_way = self.under_way(follow)
        booked = self._positions.of_follow(follow.follow_id)
        keys = sorted(key for key in booked.keys() | under_way if follow.closes(key))
        if not keys:
            return []
        instruments = self._instruments.of_venue(follow.venue)
        leader = self._positions.of_account(follow.leader_id) or Holdings()
        plans = [self._close(follow, key, leader, instruments, key in under_way) for key in keys]
        return [plan.left for plan in plans if plan.left]

    def under_way(self, follow: Follow) -> set[str]:
        """Positions of a follow that have orders which are not at their end."""
        orders = self._orders.under_way(follow.leader_id)
        return {key for name, key in orders if name == follow.follow_id}

    def _close(
        self,
        follow: Follow,
        key: str,
        leader: Holdings,
        instruments: Mapping[str, Instrument],
        under_way: bool,
    ) -> ClosePlan:
        symbol, name = symbol_of(key), ledger_key_of(follow, key)
        side = mirrored(position_side_of(key), follow.rules)
        theirs = position_key(follow.leader_symbol(symbol), side)

        def decide(_fresh: bool) -> ClosePlan:
            # The ledger first: what is ordered after it was read is decided on a later revision.
            ledger = self._ledgers.load(name, fresh=True) or Ledger()
            books = self._positions.booked({follow.follow_id: key})
            found = plan_close(
                Copy(follow, key, books.get(follow.follow_id, Booked())),
                ledger.lines.get(follow.follow_id, Line()),
                leader.positions.get(theirs, Held()),
                instruments.get(symbol),
                ledger.revision + 1,
                self._clock(),
                under_way=under_way,
            )
            if found.line is not None:
                after = ledger.after({**ledger.lines, follow.follow_id: found.line})
                self._ledgers.commit(name, after, [found.order] if found.order else [])
            return found

        return until_agreed(decide, f"{follow.follow_id} {key}")
