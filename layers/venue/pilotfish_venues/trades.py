"""Fills read over REST: every page, each once, oldest first."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish_venues.amounts import ZERO, contract_size, decimal, market_by_id
from pilotfish_venues.table import VenueSpec

_MOST_PAGES = 1_000

Build = Callable[[Any], Fill]


async def since(
    exchange: Any, spec: VenueSpec, since_ms: int, symbols: Iterable[str], build: Build
) -> list[Fill]:
    """All fills from `since_ms` on (the venue's time)."""
    if spec.fills_need_symbol:
        known = sorted({symbol for symbol in symbols if symbol in exchange.markets})
        pages = await asyncio.gather(
            *(_of_symbol(exchange, spec, symbol, since_ms) for symbol in known)
        )
        rows = [row for page in pages for row in page]
    else:
        rows = await _by_cursor(exchange, spec, since_ms)
    return in_order(fill for fill in map(build, rows) if fill.traded_ms >= since_ms)


def in_order(fills: Iterable[Fill]) -> list[Fill]:
    """By time, then by trade id as a number where it is one; each trade once."""
    unique = {(fill.symbol, fill.trade_id): fill for fill in fills}
    return sorted(unique.values(), key=_age)


def _age(fill: Fill) -> tuple[int, int, str]:
    number = int(fill.trade_id) if fill.trade_id.isdecimal() else 0
    return fill.traded_ms, number, fill.trade_id


async def _of_symbol(exchange: Any, spec: VenueSpec, symbol: str, since_ms: int) -> list[Any]:
    """Binance's way: windows of time, and from the first that has any on by trade id.

    Times cannot page: many trades share a millisecond. The last window is left open, so that a
    clock of ours that is behind the venue's hides nothing.
    """
    start_ms = since_ms
    while True:
        last = start_ms + spec.window_ms > exchange.nonce()
        params = {} if last else {"endTime": start_ms + spec.window_ms - 1}
        rows: list[Any] = await exchange.fetch_my_trades(symbol, start_ms, spec.page, params)
        if last and len(rows) < spec.page:
            return rows
        if rows:
            return rows + await _after_id(exchange, spec, symbol, rows)
        start_ms += spec.window_ms


async def _after_id(exchange: Any, spec: VenueSpec, symbol: str, rows: list[Any]) -> list[Any]:
    found: list[Any] = []
    next_id = max(int(row["id"]) for row in rows) + 1
    for _ in range(_MOST_PAGES):
        page = await exchange.fetch_my_trades(symbol, None, spec.page, {"fromId": next_id})
        found += page
        if len(page) < spec.page:
            return found
        next_id = max(int(row["id"]) for row in page) + 1
    raise OutcomeUnknown(f"{symbol}: more than {_MOST_PAGES} pages of fills")


async def _by_cursor(exchange: Any, spec: VenueSpec, since_ms: int) -> list[Any]:
    """Delta's way: newest first, with a cursor to the next page, for all symbols at once."""
    params: dict[str, Any] = {"page_size": spec.page, "start_time": since_ms * 1000}
    rows: list[Any] = []
    for _ in range(_MOST_PAGES):
        answer = await exchange.privateGetFills(params)
        raw = answer["result"]
        rows += [_delta_row(exchange, trade) for trade in raw]
        after = (answer.get("meta") or {}).get("after")
        if not after or not raw:
            return rows
        params["after"] = after
    raise OutcomeUnknown(f"more than {_MOST_PAGES} pages of fills")


def _delta_row(exchange: Any, trade: Any) -> Any:
    """ccxt's trade; Delta writes times as ISO text or as microseconds, ccxt reads the first."""
    product = trade.get("product") or {}
    market_id = trade.get("product_symbol") or product.get("symbol") or ""
    row = exchange.parse_trade(trade, market_by_id(exchange, market_id))
    created = str(trade.get("created_at", ""))
    if created.isdecimal():
        row["timestamp"] = int(created) // 1000
    return row


def fill_of(row: Any, market: Any, account_id: str, venue: str, seen_ms: int) -> Fill:
    """ccxt's trade as a fill in base units; raises `OutcomeUnknown` for half a trade."""
    price, amount = decimal(row["price"]), decimal(row["amount"])
    if not row["id"] or price is None or amount is None or row["timestamp"] is None:
        raise OutcomeUnknown(f"{venue} sent a trade that cannot be read")
    fee = row.get("fee") or {}
    return Fill(
        account_id=account_id,
        venue=venue,
        symbol=row["symbol"],
        trade_id=str(row["id"]),
        order_id=str(row.get("order") or ""),
        side=Side(row["side"]),
        position_side=position_side(row["info"].get("positionSide")),
        price=price,
        quantity=amount * (contract_size(market) if market else 1),
        traded_ms=int(row["timestamp"]),
        seen_ms=seen_ms,
        fee=decimal(fee.get("cost")) or ZERO,
        fee_currency=str(fee.get("currency") or ""),
    )


def position_side(value: object) -> PositionSide:
    """NET unless the venue says that the account is hedged."""
    if value in ("LONG", "SHORT"):
        return PositionSide(str(value).lower())
    return PositionSide.NET
