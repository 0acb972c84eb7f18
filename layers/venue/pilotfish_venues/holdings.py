"""What an account holds: positions in derivatives, and on spot its balance of each coin."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import Position
from pilotfish_venues.amounts import ZERO
from pilotfish_venues.spec import VenueSpec


async def positions(exchange: Any) -> list[Position]:
    """Every holding that is not zero; raises `OutcomeUnknown` for one that cannot be read."""
    spec: VenueSpec = exchange.shared.spec
    dialect = exchange.shared.dialect
    answers = await asyncio.gather(
        *(dialect.positions(exchange, params) for params in spec.positions),
        *(_coins(exchange, spec, params) for params in spec.balances),
    )
    return [held for answer in answers for held in answer if held.quantity != ZERO]


async def symbols_traded(exchange: Any, since_ms: int) -> set[str]:
    """Symbols of the account's holdings; where fills are listed by symbol, others as well.

    Those are the symbols of its open orders, and of its income since then. Spot has no list of
    income: a coin that was bought and sold again while nobody listened, on a market never traded
    before, is not found, and leaves no follower with a position.
    """
    spec: VenueSpec = exchange.shared.spec
    held: set[str] = {position.symbol for position in await positions(exchange)}
    if not spec.fills_need_symbol:
        return held
    lists = [exchange.fetch_open_orders(None, None, None, dict(each)) for each in spec.open_orders]
    earned = exchange.shared.dialect.earned(exchange, since_ms)
    *orders, elsewhere = await asyncio.gather(*lists, earned)
    ordered: set[str] = {order["symbol"] for answer in orders for order in answer}
    return held | ordered | set(elsewhere)


async def _coins(exchange: Any, spec: VenueSpec, params: Mapping[str, Any]) -> list[Position]:
    balances = await exchange.shared.dialect.balances(exchange, params)
    held = {code: total for code, total in balances.items() if total != ZERO}
    return under_markets(exchange, spec, held)


def under_markets(exchange: Any, spec: VenueSpec, held: Mapping[str, Decimal]) -> list[Position]:
    """Each held asset, under every market in which it is the base and the quote is usual.

    A spot account has coins, not positions in symbols. Usual are the quotes of the venue's row
    and the currencies that the account itself holds; the whole balance (free and locked) stands
    under each of those markets, because a sale on any of them would come out of it. A coin with
    none of them stands under all that it has: what is held never looks as if it were not.
    """
    quotes = {*spec.quotes, *held}
    markets = [
        market
        for market in exchange.markets.values()
        if market["spot"] and market["type"] in spec.market_types and market["base"] in held
    ]
    usual = {market["base"] for market in markets if market["quote"] in quotes}
    return [
        Position(market["symbol"], PositionSide.NET, held[market["base"]])
        for market in markets
        if market["quote"] in quotes or market["base"] not in usual
    ]
