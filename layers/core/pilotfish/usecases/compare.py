"""Hold what an account has at its venue against what was copied to it.

Whatever is in doubt is no drift: an order that is under way, books that move while the venue is
asked, an answer that may be older than the last order.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pilotfish.domain.counterparts import mirrored
from pilotfish.domain.drift import Copy, Shortfall, holding_of, shortfalls
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Booked, Ledger, Line, position_side_of, symbol_of
from pilotfish.ports import Instruments, LedgerKey, Ledgers, Orders, Positions, Venue

Judged = Mapping[LedgerKey, Ledger]


class Doubt(StrEnum):
    """Why a shortfall says nothing yet: the next run looks again."""

    UNKNOWN_SYMBOL = "the venue's instruments do not have the symbol"
    UNDER_WAY = "an order is under way"
    MOVED = "the books moved meanwhile"


@dataclass(frozen=True, slots=True)
class Seen:
    """An account's copies, what it seems to lack of them, and the holdings nobody can compare."""

    copies: Sequence[Copy]
    shortfalls: list[Shortfall]
    unknown: list[str]
    instruments: Mapping[str, Instrument]


class Compare:
    """Reads only. `follows` are all that there are on one account."""

    def __init__(
        self, *, positions: Positions, ledgers: Ledgers, orders: Orders, instruments: Instruments
    ) -> None:
        self._positions = positions
        self._ledgers = ledgers
        self._orders = orders
        self._instruments = instruments

    async def look(self, venue: Venue, follows: Sequence[Follow]) -> Seen:
        """The books, and then the venue; raises what the venue raises."""
        copies = await asyncio.to_thread(self._copies, follows)
        if not any(copy.booked.copied for copy in copies):
            return Seen(copies, [], [], {})
        instruments = await asyncio.to_thread(self._instruments.of_venue, follows[0].venue)
        unknown = {
            holding_of(copy.key)
            for copy in copies
            if copy.booked.copied and symbol_of(copy.key) not in instruments
        }
        known = [c for c in copies if c.booked.copied and holding_of(c.key) not in unknown]
        found = shortfalls(known, await venue.positions(), instruments)
        return Seen(copies, found, sorted(unknown), instruments)

    async def look_again(self, venue: Venue, seen: Seen) -> list[Shortfall]:
        """What the venue says once more, by the same books: of either answer the milder one."""
        first = {shortfall.holding: shortfall for shortfall in seen.shortfalls}
        suspected = [copy for shortfall in seen.shortfalls for copy in shortfall.copies]
        second = shortfalls(suspected, await venue.positions(), seen.instruments)
        return [min(first[s.holding], s, key=lambda short: abs(short.missing)) for s in second]

    def judge(self, follows: Sequence[Follow], seen: Seen, shortfall: Shortfall) -> Judged | Doubt:
        """The ledgers by which a shortfall is one, after all that the venue was asked."""
        before = _of(shortfall.holding, seen.copies)
        # The ledgers first: what is ordered after they were read is decided on a later revision.
        keys = {key for _, key in before}
        places = [(follow, key) for follow in follows for key in keys]
        ledgers = {name: self._load(name) for name in {ledger_key_of(*place) for place in places}}
        now = _of(shortfall.holding, self._copies(follows))
        if now != before:
            return Doubt.MOVED
        for follow, key in places:
            line = ledgers[ledger_key_of(follow, key)].lines.get(follow.follow_id, Line())
            booked = now.get((follow.follow_id, key), Booked())
            if line.settled(booked).ordered != booked.copied:
                return Doubt.UNDER_WAY
        return Doubt.UNDER_WAY if self._under_way(follows, shortfall.holding) else ledgers

    def _under_way(self, follows: Sequence[Follow], holding: str) -> bool:
        ours = {follow.follow_id for follow in follows}
        return any(
            follow_id in ours and holding_of(key) == holding
            for leader_id in {follow.leader_id for follow in follows}
            for follow_id, key in self._orders.under_way(leader_id)
        )

    def _copies(self, follows: Sequence[Follow]) -> list[Copy]:
        return [
            Copy(follow, key, booked)
            for follow in follows
            for key, booked in self._positions.of_follow(follow.follow_id).items()
        ]

    def _load(self, key: LedgerKey) -> Ledger:
        return self._ledgers.load(key, fresh=True) or Ledger()


def ledger_key_of(follow: Follow, key: str) -> LedgerKey:
    """The ledger that decides a follow's position."""
    symbol = follow.leader_symbol(symbol_of(key))
    side = mirrored(position_side_of(key), follow.rules)
    return LedgerKey(follow.leader_id, symbol, side, follow.shard)


def _of(holding: str, copies: Sequence[Copy]) -> dict[tuple[str, str], Booked]:
    return {copy.name: copy.booked for copy in copies if holding_of(copy.key) == holding}
