"""Fills read over REST, every page, as ccxt tells them; and one of them as ours."""

import asyncio
from collections.abc import Iterable
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import Fill, Liquidity, Side
from pilotfish_venues import order_kinds
from pilotfish_venues.amounts import ZERO, base_units, decimal
from pilotfish_venues.paging import Ask, Page
from pilotfish_venues.spec import VenueSpec

_MOST_PAGES = 1_000
_LIQUIDITY = {"maker": Liquidity.MAKER, "taker": Liquidity.TAKER}


async def rows_since(exchange: Any, since_ms: int, symbols: Iterable[str]) -> list[Any]:
    """ccxt's trades from `since_ms` on (the venue's time), and maybe some before."""
    asks = asks_of(exchange, symbols, since_ms)
    pages = await asyncio.gather(*(_all(exchange, ask) for ask in asks))
    return [row for page in pages for row in page]


def asks_of(
    exchange: Any, symbols: Iterable[str], since_ms: int, until_ms: int | None = None
) -> list[Ask]:
    """What to ask for all of the account's fills; symbols that the venue has not are left out."""
    spec: VenueSpec = exchange.shared.spec
    known = sorted({symbol for symbol in symbols if symbol in exchange.markets})
    asks = []
    for listed in spec.fills:
        wanted: list[str | None] = [None]
        if listed.needs_symbol:
            types = listed.types or spec.market_types
            wanted = [symbol for symbol in known if exchange.markets[symbol]["type"] in types]
        asks += [Ask(listed, symbol, since_ms, until_ms) for symbol in wanted]
    return asks


async def page(exchange: Any, ask: Ask, token: str | None) -> Page:
    """One request's worth of ccxt's trades, complete; `token` is the last page's `after`."""
    dialect = exchange.shared.dialect
    found: Page = await dialect.fills(exchange, ask, token)
    await dialect.complete(exchange, found.rows)
    return found


async def _all(exchange: Any, ask: Ask) -> list[Any]:
    rows: list[Any] = []
    token: str | None = None
    for _ in range(_MOST_PAGES):
        found = await page(exchange, ask, token)
        rows = found.rows + rows if ask.listed.newest_first else rows + found.rows
        token = found.after
        if token is None:
            return rows
    raise OutcomeUnknown(f"{ask.symbol or exchange.id}: more than {_MOST_PAGES} pages of fills")


def fill_of(exchange: Any, row: Any, account_id: str, seen_ms: int) -> Fill:
    """ccxt's trade, from a list or a socket, as a fill in base units.

    Where the venue does not say a price, an amount, a time or an id there is 0 or nothing, and what
    makes no sense raises: see `reports`. A market that we do not know keeps its own units.
    """
    dialect, spec = exchange.shared.dialect, exchange.shared.spec
    row = dialect.correct(row)
    price, amount = decimal(row["price"]) or ZERO, decimal(row["amount"]) or ZERO
    market = exchange.markets.get(row["symbol"])
    fee = row.get("fee") or {}
    return Fill(
        account_id=account_id,
        venue=spec.venue,
        symbol=row["symbol"] or "",
        trade_id=str(row["id"] or ""),
        order_id=str(row.get("order") or ""),
        side=Side(row["side"]),
        position_side=dialect.position_side(row),
        price=price,
        quantity=base_units(amount, market, price) if market else amount,
        traded_ms=int(row["timestamp"] or 0),
        seen_ms=seen_ms,
        fee=decimal(fee.get("cost")) or ZERO,
        fee_currency=str(fee.get("currency") or ""),
        client_order_id=dialect.client_order_id(row),
        liquidity=_LIQUIDITY.get(row.get("takerOrMaker"), Liquidity.NOT_TOLD),
        order_kind=order_kinds.order_kind(spec.order_kinds, row["info"]),
    )
