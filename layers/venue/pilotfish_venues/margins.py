"""Leverage and margin mode of a market: what a venue's row allows, and what goes on the wire."""

from collections.abc import Coroutine
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from pilotfish.domain.errors import Rejected
from pilotfish.domain.instruments import Kind
from pilotfish.domain.margining import Margin
from pilotfish_venues.amounts import decimal, kind_of, market_of
from pilotfish_venues.outcomes import reply_of
from pilotfish_venues.spec import Levering, VenueSpec

_LEAST = Decimal(1)


async def set_margin(exchange: Any, symbol: str, margin: Margin) -> None:
    """The margin mode first: it may be what the leverage is of. As it is already is well."""
    wanted, dialect = allowed(exchange, symbol, margin), exchange.shared.dialect
    with_mode = exchange.shared.spec.leverage is Levering.WITH_MODE
    if wanted.mode is not None and not with_mode:
        await _unless_so(exchange, dialect.set_margin_mode(exchange, symbol, wanted.mode))
    if wanted.leverage is not None:
        await _unless_so(exchange, dialect.set_leverage(exchange, symbol, wanted.leverage))


async def margin_of(exchange: Any, symbol: str) -> Margin:
    """What the venue tells of it; spot has neither."""
    if kind_of(market_of(exchange, symbol)) is Kind.SPOT:
        return Margin()
    found: Margin = await exchange.shared.dialect.margin_of(exchange, symbol)
    return found


def allowed(exchange: Any, symbol: str, margin: Margin) -> Margin:
    """What of it is sent, leverage in whole numbers where the venue has no others.

    Raises `Rejected` for what the venue has not, before any of it is sent.
    """
    spec: VenueSpec = exchange.shared.spec
    if kind_of(market_of(exchange, symbol)) not in spec.kinds - {Kind.SPOT}:
        raise Rejected(f"{symbol} has no leverage")
    if margin.mode is not None and margin.mode not in spec.margin_modes:
        raise Rejected(f"{spec.venue}: margin mode {margin.mode} cannot be asked for there")
    if margin.leverage is not None and spec.leverage is Levering.NONE:
        raise Rejected(f"{spec.venue}: no leverage can be set there")
    if spec.leverage is Levering.WITH_MODE and None in (margin.leverage, margin.mode):
        raise Rejected(f"{spec.venue}: leverage and margin mode can only be set together")
    return replace(margin, leverage=_leverage(exchange, symbol, margin.leverage))


def _leverage(exchange: Any, symbol: str, wanted: Decimal | None) -> Decimal | None:
    if wanted is None:
        return None
    highest = most(exchange, symbol)
    if wanted < _LEAST or (highest is not None and wanted > highest):
        bound = f"at most {highest:f}" if wanted >= _LEAST else "1 or more"
        raise Rejected(f"{symbol}: the leverage is {bound}, not {wanted:f}")
    return wanted.to_integral_value(ROUND_DOWN) if exchange.shared.spec.whole_leverage else wanted


def most(exchange: Any, symbol: str) -> Decimal | None:
    """The highest leverage of a market; None where its venue does not list that."""
    if not exchange.shared.spec.tells_most_leverage:
        return None
    limits = exchange.markets.get(symbol, {}).get("limits") or {}
    return decimal((limits.get("leverage") or {}).get("max")) or None


async def _unless_so(exchange: Any, setting: Coroutine[Any, Any, None]) -> None:
    try:
        await setting
    except Exception as error:
        reply = reply_of(error)
        if reply is None or reply.key not in exchange.shared.spec.unchanged:
            raise
