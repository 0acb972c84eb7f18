"""Have entries that wait for a better price sent when it is there, and end them when it is not."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.follows import FOLLOWS_PER_SHARD, Follow
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.venue_ids import market_venue
from pilotfish.domain.waiting import Step, by_follow, next_step
from pilotfish.ports import Clock, Follows, LedgerKey, Ledgers, Waits
from pilotfish.usecases.shards import until_agreed

MOST = 1_000
# So many markets of a venue are asked one by one, which costs it less than all that it has.
FEW = 10

Market = tuple[str, str]
Prices = Mapping[Market, Ticker]

logger = logging.getLogger(__name__)


class PublicPrices(Protocol):
    """Prices that anybody may see. Raises as `Venue` does."""

    async def market(self, venue: str, symbol: str) -> PublicMarket | None: ...

    async def tickers(self, venue: str, symbols: Iterable[str]) -> list[Ticker]: ...


@dataclass(frozen=True, slots=True)
class Looked:
    """How many waited, how many were let go and how many ended; `failed` are asked again."""

    waiting: int = 0
    released: int = 0
    ended: int = 0
    failed: int = 0

    def __add__(self, other: "Looked") -> "Looked":
        """Of two looks one after the other; `waiting` is what the later one found."""
        return Looked(
            other.waiting,
            self.released + other.released,
            self.ended + other.ended,
            self.failed + other.failed,
        )


class AwaitPrices:
    """One look at all that waits: each market is asked once, whoever waits for it.

    Two that look at the same time are harmless: the ledger's revision lets one of them decide.
    """

    def __init__(
        self,
        *,
        waits: Waits,
        ledgers: Ledgers,
        follows: Follows,
        venues: PublicPrices,
        clock: Clock,
    ) -> None:
        self._waits = waits
        self._ledgers = ledgers
        self._follows = follows
        self._venues = venues
        self._clock = clock

    async def __call__(self) -> Looked:
        """A venue that does not answer leaves its orders waiting until their time is up."""
        orders = await asyncio.to_thread(self._waits.waiting, MOST)
        if not orders:
            return Looked()
        prices = await self._prices({_market(order) for order in orders})
        books: dict[LedgerKey, list[CopyOrder]] = defaultdict(list)
        for order in orders:
            books[ledger_key_of(order)].append(order)
        done: list[CopyOrder] = []
        failed = 0
        for key, waiting in books.items():
            try:
                done += await asyncio.to_thread(self._settle, key, waiting, prices)
            except Exception:
                failed += len(waiting)
                logger.exception("not looked at: %s", key)
        released = sum(order.state is State.PLANNED for order in done)
        return Looked(len(orders), released, len(done) - released, failed)

    async def _prices(self, markets: set[Market]) -> Prices:
        wanted: dict[str, set[str]] = defaultdict(set)
        for venue, symbol in markets:
            wanted[venue].add(symbol)
        told = await asyncio.gather(*(self._of_venue(v, wanted[v]) for v in wanted))
        return {market: ticker for some in told for market, ticker in some.items()}

    async def _of_venue(self, venue: str, symbols: set[str]) -> Prices:
        try:
            tickers = await self._told(venue, sorted(symbols))
        except (Rejected, NotSent, OutcomeUnknown) as trouble:
            logger.warning("no prices from %s: %s", venue, trouble)
            return {}
        return {(venue, ticker.symbol): ticker for ticker in tickers}

    async def _told(self, venue: str, symbols: list[str]) -> list[Ticker]:
        if len(symbols) > FEW:
            return await self._venues.tickers(venue, symbols)
        found = await asyncio.gather(*(self._venues.market(venue, s) for s in symbols))
        return [market.ticker for market in found if market is not None]

    def _settle(self, key: LedgerKey, orders: list[CopyOrder], prices: Prices) -> list[CopyOrder]:
        """What became of those of one ledger: one of each follow at a time."""
        done: list[CopyOrder] = []
        follows = {each.follow_id: each for each in self._follows.of_leader(key.leader_id)}
        while orders:
            turn = list({order.follow_id: order for order in reversed(orders)}.values())
            turn = turn[:FOLLOWS_PER_SHARD]
            orders = [order for order in orders if order not in turn]
            done += self._together(key, turn, follows, prices)
        return done

    def _together(
        self,
        key: LedgerKey,
        orders: list[CopyOrder],
        follows: Mapping[str, Follow],
        prices: Prices,
    ) -> list[CopyOrder]:
        """All in one transaction, or each alone where one of them has moved on."""

        def decide(_: bool) -> list[CopyOrder] | None:
            ledger = self._ledgers.load(key, fresh=True) or Ledger()
            steps = self._steps(ledger, orders, follows, prices)
            if not steps:
                return []
            after = ledger.after(by_follow(steps, ledger.lines))
            pairs = [(step.before, step.after) for step in steps.values()]
            if not self._waits.move(key, after, pairs):
                return None
            return [step.after for step in steps.values()]

        done = until_agreed(decide, key)
        if done is not None or len(orders) == 1:
            return done or []
        alone = (self._together(key, [order], follows, prices) for order in orders)
        return [order for some in alone for order in some]

    def _steps(
        self,
        ledger: Ledger,
        orders: Sequence[CopyOrder],
        follows: Mapping[str, Follow],
        prices: Prices,
    ) -> dict[str, Step]:
        now_ms, steps = self._clock(), {}
        for order in orders:
            line = ledger.lines.get(order.follow_id, Line())
            ticker = prices.get(_market(order))
            step = next_step(order, line, follows.get(order.follow_id), ticker, now_ms)
            if step is not None:
                steps[order.follow_id] = step
        return steps


def ledger_key_of(order: CopyOrder) -> LedgerKey:
    """The ledger in whose line it waits."""
    symbol, side, shard = order.waits_in.rsplit("#", 2)
    return LedgerKey(order.leader_id, symbol, PositionSide(side), int(shard))


def _market(order: CopyOrder) -> Market:
    return market_venue(order.venue), order.symbol
