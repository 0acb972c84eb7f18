"""Numbers and markets between ccxt and us: base units here, contracts there, exact throughout.

The exchanges parse with `number=str`, so that nothing ever was a float.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown, Rejected
from pilotfish.domain.fills import Side
from pilotfish.domain.instruments import Kind
from pilotfish.domain.sizing import on_grid
from pilotfish_venues.advice import Trouble, advice

ZERO = Decimal(0)


def decimal(value: object) -> Decimal | None:
    """A number of the venue's, None when there is none."""
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros, as venues want it."""
    return format(value.normalize(), "f")


def contract_size(market: Any) -> Decimal:
    """Base units in one of the venue's contracts; 1 on spot."""
    return decimal(market.get("contractSize")) or Decimal(1)


def kind_of(market: Any) -> Kind:
    """How a market of ccxt's settles; what is neither spot nor linear is inverse."""
    if market["spot"]:
        return Kind.SPOT
    return Kind.LINEAR if market["linear"] else Kind.INVERSE


def base_units(amount: Decimal, market: Any, price: Decimal | None) -> Decimal:
    """A venue's amount in base units; contracts of an inverse market are worth quote units.

    Raises `OutcomeUnknown` for an inverse amount without a price.
    """
    size = contract_size(market)
    if kind_of(market) is not Kind.INVERSE:
        return amount * size
    if not price:
        if amount == ZERO:
            return ZERO
        raise OutcomeUnknown(f"{market['symbol']}: an inverse amount without a price")
    return amount * size / price


def market_of(exchange: Any, symbol: str) -> Any:
    """The venue's market of a symbol; raises `Rejected` when it has none."""
    market = exchange.markets.get(symbol)
    if market is None:
        venue = exchange.shared.spec.venue
        todo = advice(venue, Trouble.DELISTED)
        raise Rejected(f"{venue} has no market {symbol}. What to do: {todo}")
    return market


def market_by_id(exchange: Any, market_id: str) -> Any | None:
    """The market that the venue calls `market_id`, of the types that we trade there."""
    types = exchange.shared.spec.market_types
    for market in exchange.markets_by_id.get(market_id, ()):
        if market["type"] in types:
            return market
    return None


def to_contracts(quantity: Decimal, market: Any) -> str:
    """Base units as the venue's amount; raises `Rejected` rather than sending a rounded one."""
    amount = quantity / contract_size(market)
    step = decimal(market["precision"]["amount"])
    if amount <= ZERO or (step and amount % step != ZERO):
        raise Rejected(f"{plain(quantity)} is no multiple of the lot of {market['symbol']}")
    return plain(amount)


def to_price(limit: Decimal, side: Side, market: Any) -> str:
    """A limit as the venue takes it, never worse than asked; raises `Rejected` for nothing."""
    price = on_grid(limit, side, decimal(market["precision"]["price"]) or ZERO)
    if price <= ZERO:
        raise Rejected(f"{plain(limit)} is no price of {market['symbol']}")
    return plain(price)
