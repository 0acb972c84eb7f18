"""What an account was paid for holding perpetuals, and paid."""

from collections.abc import Iterable
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.instruments import Kind
from pilotfish.domain.payments import Funded, Payment
from pilotfish.domain.payments import Kind as Paid
from pilotfish_venues.amounts import base_units, decimal, kind_of
from pilotfish_venues.spec import FundingList, FundingPage

# In one reading, so that a long past does not eat up an account's budget.
MOST_REQUESTS = 20
# What was paid within so long is not told in pages.
LEAST_MS = 1_000


async def read(exchange: Any, since_ms: int) -> Funded:
    """From `since_ms` on (the venue's time), in windows, as far as `MOST_REQUESTS` go."""
    spec, dialect = exchange.shared.spec, exchange.shared.dialect
    listed = spec.funding
    if listed is None:
        raise Rejected(f"{spec.venue} tells no funding")
    now_ms, start_ms, asked = exchange.shared.clock.now_ms(), since_ms, 0
    found: list[Payment] = []
    width_ms = listed.window_ms
    while start_ms <= now_ms:
        if asked and asked + len(listed.params) > MOST_REQUESTS:
            return Funded(_once(found, since_ms), start_ms - 1, whole=False)
        end_ms = min(now_ms, start_ms + width_ms - 1)
        asked += len(listed.params)
        pages = [FundingPage(each, listed.page, start_ms, end_ms) for each in listed.params]
        rows = [await dialect.funding_rows(exchange, page) for page in pages]
        if any(len(each) >= listed.page for each in rows):
            # There may be more than the answer holds: a shorter time has all of it.
            width_ms = (end_ms - start_ms + 1) // 2
            if width_ms < LEAST_MS:
                raise OutcomeUnknown(f"{spec.venue} shows no funding behind a full page")
            continue
        found += [_payment(exchange, listed, row) for each in rows for row in each]
        start_ms, width_ms = end_ms + 1, min(listed.window_ms, 2 * width_ms)
    return Funded(_once(found, since_ms), now_ms)


def _once(found: Iterable[Payment], since_ms: int) -> tuple[Payment, ...]:
    """Those from then on, by their names: at the seam of two windows some are told twice."""
    named = {each.name: each for each in found if each.at_ms >= since_ms}
    return tuple(named[name] for name in sorted(named))


def _payment(exchange: Any, listed: FundingList, row: Any) -> Payment:
    """Raises `OutcomeUnknown` for one without an amount or a time: what is missing is not none."""
    amount, at_ms = decimal(row.get("amount")), int(row.get("timestamp") or 0)
    if amount is None or not at_ms:
        raise OutcomeUnknown(f"{exchange.id} tells funding without an amount or a time")
    symbol = str(row.get("symbol") or "")
    market = exchange.markets.get(symbol)
    size = decimal(row["info"].get(listed.size)) if listed.size else None
    if size is not None and (market is None or kind_of(market) is Kind.INVERSE):
        size = None
    return Payment(
        key=f"{symbol}#{row.get('id') or amount}",
        kind=Paid.FUNDING,
        at_ms=at_ms,
        symbol=symbol,
        amount=-amount if listed.turned else amount,
        currency=str((market or {}).get("settle") or row.get("code") or "?"),
        size=None if size is None else abs(base_units(size, market, None)),
    )
