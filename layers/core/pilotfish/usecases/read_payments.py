"""What accounts were paid beside trades, read by who reads their wallets: seldom, and resumed."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilotfish.domain.asides import Report
from pilotfish.domain.errors import VenueError
from pilotfish.domain.fills import Fill
from pilotfish.domain.payments import (
    MOST,
    Kind,
    Payment,
    Reading,
    Tells,
    Wanted,
    share_of,
)
from pilotfish.domain.performance.days import DAY_MS, day_of, start_ms
from pilotfish.domain.performance.deals import deal_of_order
from pilotfish.domain.venues import Position
from pilotfish.ports import Clock, Executed, Payments, TrackRecords, Venue

ZERO = Decimal(0)
# Accounts at a time, and how long one may take: wallets are read by the same function.
SIDE_BY_SIDE = 10
PATIENCE_S = 20.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """An account whose wallet was read: its venue, opened, and what it holds in derivatives."""

    account_id: str
    venue: Venue
    positions: tuple[Position, ...] = ()


class ReadPayments:
    """Funding after the hour it is paid at; fees when somebody said that they are missing.

    What is read twice is written once. A reading that breaks off goes on where it was.
    """

    def __init__(
        self, *, payments: Payments, records: TrackRecords, executed: Executed, clock: Clock
    ) -> None:
        self._payments = payments
        self._records = records
        self._executed = executed
        self._clock = clock

    async def __call__(self, seen: Iterable[Seen]) -> int:
        """How many could not be read: they are tried again, and hold up nobody else."""
        several = asyncio.Semaphore(SIDE_BY_SIDE)
        read = await asyncio.gather(*(self._look(each, several) for each in seen))
        return read.count(False)

    async def _look(self, seen: Seen, several: asyncio.Semaphore) -> bool:
        try:
            async with several, asyncio.timeout(PATIENCE_S):
                await self.of(seen.account_id, seen.venue, seen.positions)
        except (VenueError, TimeoutError) as trouble:
            logger.warning("no payments of %s: %s", seen.account_id, trouble)
        except Exception:
            logger.exception("no payments: %s", seen.account_id)
        else:
            return True
        return False

    async def of(self, account_id: str, venue: Venue, positions: Sequence[Position]) -> Reading:
        """The reading of one account as it is now. Raises as `Venue` does."""
        found = await asyncio.to_thread(self._payments.readings, [account_id])
        reading = found.get(account_id, Reading(account_id))
        if reading.tells is not venue.tells_funding:
            reading = await self._write(replace(reading, tells=venue.tells_funding), [], reading)
        reading = await self._fees(reading, venue)
        if reading.due(self._clock(), holds=bool(positions)):
            return await self._funding(reading, venue, positions)
        if positions and not reading.held and reading.tells is Tells.YES:
            return await self._write(replace(reading, held=True), [], reading)
        return reading

    async def _funding(
        self, reading: Reading, venue: Venue, positions: Sequence[Position]
    ) -> Reading:
        asked_ms = self._clock()
        since_ms = reading.begin_ms(asked_ms)
        funded = await venue.funding(since_ms)
        held = (_of_account(each, positions) for each in funded.payments)
        shared = await asyncio.to_thread(self._shared, reading.account_id, list(held))
        after = replace(
            reading,
            since_ms=reading.since_ms or since_ms,
            through_ms=max(reading.through_ms, funded.through_ms),
            asked_ms=asked_ms,
            held=bool(positions),
            whole=funded.whole,
        )
        return await self._write(after, shared, reading)

    async def _fees(self, reading: Reading, venue: Venue) -> Reading:
        wanted = await asyncio.to_thread(self._payments.wanted, reading.account_id)
        missing = [each for each in wanted if each.asked_ms > reading.fees_ms]
        if not missing:
            return reading
        asked_ms = self._clock()
        symbols = {symbol for each in missing for symbol in each.symbols}
        told = await venue.fills_since(min(each.since_ms for each in missing), symbols)
        return await self._write(
            replace(reading, fees_ms=asked_ms), fees_of(told, missing), reading
        )

    async def _write(self, after: Reading, payments: Sequence[Payment], before: Reading) -> Reading:
        """In their order, so many at a time; what is not written yet is read again.

        Where somebody else was faster the reading stays as it was.
        """
        left, known = sorted(payments, key=lambda each: each.name), before
        while len(left) > MOST:
            some, left = left[:MOST], left[MOST:]
            through_ms = max(known.through_ms, some[-1].at_ms)
            partly = replace(known, since_ms=after.since_ms, through_ms=through_ms, whole=False)
            added = await self._add(partly, some)
            if added is None:
                return known
            known = added
        last = replace(after, days=known.days, revision=known.revision)
        return await self._add(last, left) or known

    async def _add(self, reading: Reading, payments: Sequence[Payment]) -> Reading | None:
        return await asyncio.to_thread(self._payments.add, reading, payments)

    def _shared(self, account_id: str, payments: Sequence[Payment]) -> list[Payment]:
        """Each with the parts of the follows that held its position then."""
        if not payments:
            return []
        changes: dict[str, list[tuple[str, int, Decimal]]] = {}
        now_ms, first_ms = self._clock(), min(each.at_ms for each in payments)
        for follow_id in self._records.copied(account_id):
            changes[follow_id] = self._moved(follow_id, first_ms, now_ms)
        return [
            share_of(
                each,
                {name: _held(moved, each.symbol, each.at_ms) for name, moved in changes.items()},
            )
            for each in payments
        ]

    def _moved(self, follow_id: str, first_ms: int, now_ms: int) -> list[tuple[str, int, Decimal]]:
        """Changes of the follow's positions: symbol, time, quantity; what it held before them too.

        The days that are counted say what was held at their end.
        """
        ended = self._records.ended_before(follow_id, day_of(first_ms))
        begin_ms = 0 if ended is None else start_ms(ended.day.day) + DAY_MS
        held = () if ended is None else ended.open.values()
        found = [(each.symbol, begin_ms, each.quantity) for each in held]
        orders = self._executed.copies(follow_id, begin_ms - 1, now_ms)
        deals = (deal for order in orders if (deal := deal_of_order(order)) is not None)
        return found + [(deal.symbol, deal.at_ms, deal.change) for deal in deals]


def fees_of(told: Iterable[Report], wanted: Iterable[Wanted]) -> list[Payment]:
    """Of those wanted orders whose trades are all told, each with a fee in a coin that is said."""
    filled = {name: amount for each in wanted for name, amount in each.filled.items()}
    trades: dict[str, list[Fill]] = {}
    for report in told:
        if isinstance(report, Fill) and report.order_id in filled:
            trades.setdefault(report.order_id, []).append(report)
    whole = [
        fill
        for order_id, fills in trades.items()
        if sum((fill.quantity for fill in fills), ZERO) >= filled[order_id]
        and all(fill.fee_currency for fill in fills)
        for fill in fills
    ]
    return [
        Payment(
            key=f"{fill.symbol}#{fill.trade_id}",
            kind=Kind.FEE,
            at_ms=fill.traded_ms,
            symbol=fill.symbol,
            amount=-fill.fee,
            currency=fill.fee_currency,
            order_id=fill.order_id,
        )
        for fill in whole
    ]


def _of_account(payment: Payment, positions: Iterable[Position]) -> Payment:
    """With what the account holds now, where the venue did not tell what it held then."""
    if payment.size is not None:
        return payment
    held = sum((abs(each.quantity) for each in positions if each.symbol == payment.symbol), ZERO)
    return replace(payment, size=held)


def _held(moved: Iterable[tuple[str, int, Decimal]], symbol: str, at_ms: int) -> Decimal:
    return sum((change for of, when, change in moved if of == symbol and when <= at_ms), ZERO)
