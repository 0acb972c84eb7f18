"""What can be traded on a venue, out of ccxt's markets."""

from decimal import Decimal
from typing import Any

from pilotfish.domain.instruments import Instrument, Kind
from pilotfish_venues.amounts import ZERO, contract_size, decimal
from pilotfish_venues.table import VenueSpec


def instruments(exchange: Any, spec: VenueSpec) -> list[Instrument]:
    """Every market of the kinds that we trade there; inverse ones have no fixed base quantity."""
    return [
        _instrument(market, spec)
        for market in exchange.markets.values()
        if market["type"] in spec.market_types and (spec.kind is Kind.SPOT or market["linear"])
    ]


def _instrument(market: Any, spec: VenueSpec) -> Instrument:
    size = contract_size(market)
    filters = {row.get("filterType"): row for row in market["info"].get("filters", ())}
    market_filter = filters.get("MARKET_LOT_SIZE", {})
    limits = market["limits"]
    lot = max(_number(market["precision"]["amount"]), _number(market_filter.get("stepSize")))
    least = max(_number(limits["amount"]["min"]), _number(market_filter.get("minQty")))
    # What ccxt calls Delta's minimum cost is a number of contracts.
    notional = _number(limits["cost"]["min"]) if filters else ZERO
    return Instrument(
        symbol=market["symbol"],
        kind=spec.kind,
        lot=lot * size,
        tick=_number(market["precision"]["price"]),
        min_quantity=max(least, lot) * size,
        min_notional=notional,
        open=_is_open(market),
        contract_size=size,
    )


def _is_open(market: Any) -> bool:
    """Whether market orders are taken now."""
    operational = market["info"].get("trading_status", "operational") == "operational"
    return bool(market["active"]) and operational


def _number(value: object) -> Decimal:
    return decimal(value) or ZERO
