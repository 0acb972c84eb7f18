"""What can be traded on a venue, out of ccxt's markets."""

from decimal import Decimal
from typing import Any

from pilotfish.domain.instruments import Instrument
from pilotfish_venues.amounts import ZERO, contract_size, decimal, kind_of
from pilotfish_venues.spec import VenueSpec


def instruments(exchange: Any, spec: VenueSpec) -> list[Instrument]:
    """Every market of the kinds that we trade there; inverse ones have no fixed base quantity."""
    return [
        _instrument(market, spec) for market in exchange.markets.values() if _traded(market, spec)
    ]


def instrument(exchange: Any, spec: VenueSpec, symbol: str) -> Instrument | None:
    """One of them; None when it is not among them."""
    market = exchange.markets.get(symbol)
    return None if market is None or not _traded(market, spec) else _instrument(market, spec)


def _traded(market: Any, spec: VenueSpec) -> bool:
    return market["type"] in spec.market_types and kind_of(market) in spec.kinds


def _instrument(market: Any, spec: VenueSpec) -> Instrument:
    size = contract_size(market)
    market_filter = _market_filter(market)
    limits = market["limits"]
    lot = max(_number(market["precision"]["amount"]), _number(market_filter.get("stepSize")))
    least = max(_number(limits["amount"]["min"]), _number(market_filter.get("minQty")))
    notional = _number(limits["cost"]["min"]) if spec.tells_least_cost else ZERO
    return Instrument(
        symbol=market["symbol"],
        kind=kind_of(market),
        lot=lot * size,
        tick=_number(market["precision"]["price"]),
        min_quantity=max(least, lot) * size,
        min_notional=notional,
        open=_is_open(market),
        contract_size=size,
    )


def _market_filter(market: Any) -> Any:
    """Binance's limits for market orders, which ccxt leaves in the raw market."""
    filters = market["info"].get("filters")
    rows = filters if isinstance(filters, list) else ()
    return next((row for row in rows if row.get("filterType") == "MARKET_LOT_SIZE"), {})


def _is_open(market: Any) -> bool:
    """Whether market orders are taken now."""
    operational = market["info"].get("trading_status", "operational") == "operational"
    return bool(market["active"]) and operational


def _number(value: object) -> Decimal:
    return decimal(value) or ZERO
