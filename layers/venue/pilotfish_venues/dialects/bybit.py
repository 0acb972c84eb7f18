"""Bybit: look-ups by orderLinkId, executions of every kind, and the position a fill belongs to."""

import asyncio
from collections.abc import Iterable
from typing import Any

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import OrderRequest
from pilotfish_venues.amounts import ZERO, decimal
from pilotfish_venues.dialects.base import Dialect
from pilotfish_venues.paging import Ask

# How long a symbol's position mode is believed: it cannot change while a position is open.
_MODE_TTL_MS = 60_000
_SIDES = {"1": PositionSide.LONG, "2": PositionSide.SHORT}


class Bybit(Dialect):
    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        """On spot they are "tpslOrder", and ccxt would name them otherwise."""
        spot = exchange.market(request.symbol)["spot"]
        return {"orderFilter": "tpslOrder"} if spot else {}

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        """Open and just closed ones are in one list, older ones in another."""
        market = exchange.market(request.symbol)
        params = {
            "category": _category(market),
            "symbol": market["id"],
            "orderLinkId": request.client_order_id,
        }
        for read in (exchange.privateGetV5OrderRealtime, exchange.privateGetV5OrderHistory):
            answer = await read(params)
            for row in answer["result"]["list"]:
                return exchange.parse_order(row, market)
        return None

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """The lists are by category; what was cancelled is among the closed ones."""
        market = exchange.market(request.symbol)
        params = {"category": _category(market), "symbol": market["id"], "limit": 50}
        answers = await asyncio.gather(
            exchange.privateGetV5OrderRealtime(params),
            exchange.privateGetV5OrderHistory({**params, "startTime": since_ms}),
        )
        rows = [row for answer in answers for row in answer["result"]["list"]]
        return [exchange.parse_order(row, market) for row in rows]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Executions of every kind: ccxt's call asks for `Trade` alone, without liquidations."""
        params = {**ask.listed.params, "startTime": start_ms, "limit": ask.listed.page}
        if end_ms is not None:
            params["endTime"] = end_ms
        if cursor:
            params["cursor"] = cursor
        result = (await exchange.privateGetV5ExecutionList(params))["result"]
        wanted = exchange.options["watchMyTrades"]["execType"]
        # The category stands once for all rows, and without it ccxt takes spot for a contract.
        rows = [
            exchange.parse_trade({**row, "category": ask.listed.params["category"]})
            for row in result["list"]
            if row["execType"] in wanted
        ]
        return rows, str(result.get("nextPageCursor") or "") if result["list"] else ""

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """Say of each fill in contracts which position it changed: Bybit's executions do not."""
        symbols = {row["symbol"] for row in rows if row["info"].get("category") != "spot"}
        hedged = await _hedged(exchange, symbols)
        for row in rows:
            if row["symbol"] in hedged:
                row["info"]["positionSide"] = _side_in_hedge_mode(row)

    def correct(self, row: Any) -> Any:
        """ccxt guesses what the fee was paid in, though Bybit may say it."""
        currency = row["info"].get("feeCurrency")
        if not currency:
            return row
        return {**row, "fee": {**(row.get("fee") or {}), "currency": currency}}

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("orderLinkId") or "")

    def position_side(self, row: Any) -> PositionSide:
        """`positionIdx` of a position; of a trade what `complete` found out."""
        side = _SIDES.get(str(row["info"].get("positionIdx")))
        return side or super().position_side(row)


def _category(market: Any) -> str:
    if market["spot"]:
        return "spot"
    return "linear" if market["linear"] else "inverse"


def _side_in_hedge_mode(row: Any) -> str:
    """There an order either opens or closes, and what it closes is told with each fill."""
    closes = (decimal(row["info"].get("closedSize")) or ZERO) != ZERO
    return "long" if (row["side"] == "buy") != closes else "short"


async def _hedged(exchange: Any, symbols: Iterable[str]) -> set[str]:
    """Those of the symbols that have two positions; asked for by symbol Bybit lists empty ones."""
    now_ms = exchange.shared.clock.local_ms()
    known: dict[str, tuple[int, bool]] = exchange.__dict__.setdefault("position_modes", {})
    wanted = [
        symbol
        for symbol in symbols
        if symbol in exchange.markets and now_ms - known.get(symbol, (0, False))[0] > _MODE_TTL_MS
    ]
    answers = await asyncio.gather(*(_positions(exchange, symbol) for symbol in wanted))
    for symbol, rows in zip(wanted, answers, strict=True):
        known[symbol] = (now_ms, any(str(row["positionIdx"]) in _SIDES for row in rows))
    return {symbol for symbol in symbols if known.get(symbol, (0, False))[1]}


async def _positions(exchange: Any, symbol: str) -> list[Any]:
    market = exchange.market(symbol)
    answer = await exchange.privateGetV5PositionList(
        {"category": _category(market), "symbol": market["id"]}
    )
    rows: list[Any] = answer["result"]["list"]
    return rows


DIALECT = Bybit()
