"""Stop-loss and take-profit orders that wait at a venue, as far as they close a position.

One that could open a position is none, nor is one that trails the price. The names are as the
venues' API documents have them; one request, or one for each symbol, tells all of an account's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.errors import Rejected
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.levels import Level
from pilotfish_venues.amounts import base_units, decimal
from pilotfish_venues.dialects.base import named_side

STOP, TARGET = TriggerKind.STOP_LOSS, TriggerKind.TAKE_PROFIT
NET, LONG, SHORT = PositionSide.NET, PositionSide.LONG, PositionSide.SHORT
CLOSING = {LONG: Side.SELL, SHORT: Side.BUY}

Read = Callable[[Any, list[Any]], Awaitable[list[Level]]]


async def levels(exchange: Any, symbols: Iterable[str]) -> list[Level]:
    """Of positions in these symbols; raises `Rejected` where the venue's cannot be read."""
    read = LEVELS.get(exchange.shared.spec.venue)
    if read is None:
        raise Rejected(f"stop orders of {exchange.shared.spec.venue} cannot be read")
    wanted = set(symbols)
    markets = [exchange.markets[each] for each in sorted(wanted) if each in exchange.markets]
    found = await read(exchange, markets) if markets else []
    return [level for level in found if level.symbol in wanted]


async def _binance_usdm(exchange: Any, markets: list[Any]) -> list[Level]:
    """Of one symbol a request weighs 1, of all of them 40."""
    answers = await asyncio.gather(
        *(exchange.fapiPrivateGetOpenAlgoOrders({"symbol": each["id"]}) for each in markets)
    )
    found = []
    for market, rows in zip(markets, answers, strict=True):
        for row in rows:
            side, held = Side(row["side"].lower()), named_side(row.get("positionSide"))
            kind = _KINDS.get(row["orderType"])
            whole, reduces = _true(row.get("closePosition")), _true(row.get("reduceOnly"))
            if kind and (whole or reduces or CLOSING.get(held) is side):
                size = None if whole else row["quantity"]
                found += _level(market, held, side, kind, row["triggerPrice"], size)
    return found


async def _bybit(exchange: Any, markets: list[Any]) -> list[Level]:
    """What is attached to a position is among the orders, too."""
    answers = await asyncio.gather(
        *(
            exchange.privateGetV5OrderRealtime(
                {
                    "category": "linear" if market["linear"] else "inverse",
                    "symbol": market["id"],
                    "orderFilter": "StopOrder",
                    "limit": 50,
                }
            )
            for market in markets
            if not market["spot"]
        )
    )
    found = []
    contracts = [market for market in markets if not market["spot"]]
    for market, answer in zip(contracts, answers, strict=True):
        for row in answer["result"]["list"]:
            name, side = row.get("stopOrderType") or "", Side(row["side"].lower())
            if "Trailing" in name or not (_true(row["reduceOnly"]) or _true(row["closeOnTrigger"])):
                continue
            falls = str(row.get("triggerDirection")) == "2"
            held = {"1": LONG, "2": SHORT}.get(str(row.get("positionIdx")), NET)
            kind = _bybit_kind(name, side, falls)
            size = row["qty"] if decimal(row["qty"]) and row.get("tpslMode") != "Full" else None
            found += _level(market, held, side, kind, row["triggerPrice"], size)
    return found


def _bybit_kind(name: str, side: Side, falls: bool) -> TriggerKind:
    if "StopLoss" in name or "TakeProfit" in name:
        return STOP if "StopLoss" in name else TARGET
    return _by_direction(side, falls)


async def _okx(exchange: Any, markets: list[Any]) -> list[Level]:
    """These two types may be asked for together; a row may carry a stop and a target."""
    answer = await exchange.privateGetTradeOrdersAlgoPending({"ordType": "conditional,oco"})
    found = []
    for row in answer["data"]:
        market, side = _contract(exchange, row["instId"]), Side(row["side"])
        held = named_side(row.get("posSide"))
        whole = decimal(row.get("closeFraction")) == 1
        closes = whole or _true(row.get("reduceOnly")) or CLOSING.get(held) is side
        if market is None or not closes:
            continue
        size = None if whole else row["sz"]
        for kind, name in ((STOP, "slTriggerPx"), (TARGET, "tpTriggerPx")):
            found += _level(market, held, side, kind, row.get(name), size)
    return found


async def _bitget(exchange: Any, markets: list[Any]) -> list[Level]:
    """All of a product; with two positions a symbol Bitget's side is that of the position."""
    answers = await asyncio.gather(
        *(
            exchange.privateMixGetV2MixOrderOrdersPlanPending(
                {"planType": "profit_loss", "productType": each["productType"]}
            )
            for each in exchange.shared.spec.positions
        )
    )
    found = []
    for row in (row for answer in answers for row in answer["data"].get("entrustedList") or []):
        market = _contract(exchange, row["symbol"].upper())
        kind, whole = _PLANS.get(row["planType"], (None, False))
        if market is None or kind is None:
            continue
        hedged = row["posMode"] == "hedge_mode"
        held = named_side(row["posSide"]) if hedged else NET
        side = CLOSING.get(held) or Side(row["side"])
        found += _level(
            market, held, side, kind, row["triggerPrice"], None if whole else row["size"]
        )
    return found


async def _gate(exchange: Any, markets: list[Any]) -> list[Level]:
    """Its rule says whether the price has to rise to it (1) or to fall (2)."""
    rows = await exchange.privateFuturesGetSettlePriceOrders({"settle": "usdt", "status": "open"})
    found = []
    for row in rows:
        initial, trigger = row["initial"], row["trigger"]
        market = _contract(exchange, initial["contract"])
        held = named_side((initial.get("auto_size") or "").removeprefix("close_"))
        size = decimal(initial["size"]) or Decimal(0)
        whole = held is not NET or _true(initial.get("is_close"))
        side = _gate_side(row.get("order_type") or "", held, size)
        if market is None or side is None or not (whole or _true(initial.get("is_reduce_only"))):
            continue
        kind = _by_direction(side, falls=str(trigger["rule"]) == "2")
        found += _level(market, held, side, kind, trigger["price"], None if whole else abs(size))
    return found


def _gate_side(order_type: str, held: PositionSide, size: Decimal) -> Side | None:
    """What closes all says no size, and no side but by its type."""
    if size:
        return Side.BUY if size > 0 else Side.SELL
    if held in CLOSING:
        return CLOSING[held]
    return next((side for held, side in CLOSING.items() if f"close-{held}" in order_type), None)


def _by_direction(side: Side, falls: bool) -> TriggerKind:
    return STOP if (side is Side.SELL) is falls else TARGET


def _level(
    market: Any, held: PositionSide, side: Side, kind: TriggerKind, price: object, size: object
) -> list[Level]:
    """None without a price."""
    at, amount = decimal(price), decimal(size)
    if not at:
        return []
    quantity = None if amount is None else base_units(amount, market, at)
    return [Level(market["symbol"], held, side, kind, at, quantity)]


def _contract(exchange: Any, market_id: str) -> Any | None:
    """The derivative of that id; a spot market may have the same."""
    found = exchange.markets_by_id.get(market_id, ())
    return next((market for market in found if not market["spot"]), None)


def _true(value: object) -> bool:
    return str(value).lower() == "true"


_KINDS = {
    "STOP": STOP,
    "STOP_MARKET": STOP,
    "TAKE_PROFIT": TARGET,
    "TAKE_PROFIT_MARKET": TARGET,
}
# What it is, and whether it closes the whole position.
_PLANS = {
    "pos_loss": (STOP, True),
    "loss_plan": (STOP, False),
    "pos_profit": (TARGET, True),
    "profit_plan": (TARGET, False),
}

LEVELS: Mapping[str, Read] = {
    "binanceusdm": _binance_usdm,
    "bybit": _bybit,
    "okx": _okx,
    "bitget": _bitget,
    "gate": _gate,
}
