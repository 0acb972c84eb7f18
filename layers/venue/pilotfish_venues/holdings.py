"""What an account holds, by venue."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import Position
from pilotfish_venues.amounts import ZERO, contract_size, decimal, market_by_id
from pilotfish_venues.table import VenueSpec
from pilotfish_venues.trades import position_side

INCOME_PAGE = 1000


async def positions(exchange: Any, spec: VenueSpec) -> list[Position]:
    """Every holding that is not zero; raises `OutcomeUnknown` for one that cannot be read."""
    return await _READERS[spec.venue](exchange, spec)


async def symbols_traded(exchange: Any, spec: VenueSpec, since_ms: int) -> set[str]:
    """Symbols of the account's holdings, of its open orders, and of its income since then.

    Spot has no list of income: a coin that was bought and sold again while nobody listened, on a
    market never traded before, is not found, and leaves no follower with a position.
    """
    held = {position.symbol for position in await positions(exchange, spec)}
    ordered = {order["symbol"] for order in await exchange.fetch_open_orders()}
    earned = await _income(exchange, since_ms) if spec.venue == "binanceusdm" else set()
    return held | ordered | earned


async def _income(exchange: Any, since_ms: int) -> set[str]:
    """Binance USD-M: each fill has a row of income (its fee, what it realised) with its symbol."""
    found: set[str] = set()
    while True:
        rows = await exchange.fapiPrivateGetIncome({"startTime": since_ms, "limit": INCOME_PAGE})
        for row in rows:
            market = market_by_id(exchange, row["symbol"])
            if market is not None:
                found.add(market["symbol"])
        last_ms = max((int(row["time"]) for row in rows), default=since_ms)
        if len(rows) < INCOME_PAGE or last_ms == since_ms:
            return found
        since_ms = last_ms


async def _balances(exchange: Any, spec: VenueSpec) -> list[Position]:
    """Each held asset, under every market in which it is the base and the quote is usual.

    A spot account has coins, not positions in symbols. Usual are the quotes of the venue's row
    and the currencies that the account itself holds; the whole balance (free and locked) stands
    under each of those markets, because a sale on any of them would come out of it. A coin with
    none of them stands under all that it has: what is held never looks as if it were not.
    """
    answer = await exchange.privateGetAccount({"omitZeroBalances": "true"})
    held: dict[str, Decimal] = {}
    for row in answer["balances"]:
        total = _number(row["free"]) + _number(row["locked"])
        if total != ZERO:
            held[exchange.safe_currency_code(row["asset"])] = total
    quotes = {*spec.quotes, *held}
    markets = [
        market
        for market in exchange.markets.values()
        if market["type"] in spec.market_types and market["base"] in held
    ]
    usual = {market["base"] for market in markets if market["quote"] in quotes}
    return [
        Position(market["symbol"], PositionSide.NET, held[market["base"]])
        for market in markets
        if market["quote"] in quotes or market["base"] not in usual
    ]


async def _position_risk(exchange: Any, spec: VenueSpec) -> list[Position]:
    """Binance USD-M: BOTH is the one-way position, LONG and SHORT those of hedge mode."""
    rows = await exchange.fapiPrivateV3GetPositionRisk()
    return _nonzero(
        _position(exchange, row["symbol"], row["positionAmt"], row.get("positionSide"))
        for row in rows
    )


async def _margined(exchange: Any, spec: VenueSpec) -> list[Position]:
    """Delta: one-way positions in contracts."""
    answer = await exchange.privateGetPositionsMargined()
    return _nonzero(
        _position(exchange, row["product_symbol"], row["size"], None) for row in answer["result"]
    )


_READERS: Mapping[str, Callable[[Any, VenueSpec], Awaitable[list[Position]]]] = {
    "binance": _balances,
    "binanceusdm": _position_risk,
    "delta": _margined,
}


def _position(exchange: Any, market_id: str, amount: object, side: object) -> Position:
    """A market that we do not trade keeps the venue's name for it, and its own units."""
    market = market_by_id(exchange, market_id)
    quantity = _number(amount)
    if market is None:
        return Position(market_id, position_side(side), quantity)
    return Position(market["symbol"], position_side(side), quantity * contract_size(market))


def _nonzero(found: Iterable[Position]) -> list[Position]:
    return [position for position in found if position.quantity != ZERO]


def _number(value: object) -> Decimal:
    number = decimal(value)
    if number is None:
        raise OutcomeUnknown(f"the venue reports a holding of {value!r}")
    return number
