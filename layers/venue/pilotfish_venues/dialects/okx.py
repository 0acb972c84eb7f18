"""OKX: one channel and several lists of fills, whose times and fees ccxt reads in two ways."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues.amounts import decimal
from pilotfish_venues.dialects.base import Dialect, named_side, number
from pilotfish_venues.exchanges import Tuned, signed_at
from pilotfish_venues.paging import Ask, next_cursor
from pilotfish_venues.spec import DAY_MS, RECEIVE_WINDOW_MS, FundingPage
from pilotfish_venues.streams import Streaming

# The list of the last three days is complete at once; the one of three months lags behind it.
_RECENT_MS = 3 * DAY_MS - 3_600_000
_TRADED = frozenset({"SPOT", "SWAP", "FUTURES"})
_INSTRUMENTS = {"spot": "SPOT", "swap": "SWAP", "future": "FUTURES"}


class Rest(Tuned):
    """Mixed in before ccxt's REST class."""

    def sign(self, *args: Any, **named: Any) -> Any:
        """As ccxt; an order carries until when OKX may take it, counted from its claim."""
        parent: Any = super()
        signed = parent.sign(*args, **named)
        if signed_at.get() is not None and signed["method"] == "POST":
            until_ms = self.shared.clock.timestamp_ms() + RECEIVE_WINDOW_MS
            signed["headers"] = {**signed["headers"], "expTime": str(until_ms)}
        return signed


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""


class Okx(Dialect):
    rest = Rest
    stream = Stream

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """Waiting orders have a client id of their own."""
        params = super().trigger_params(trigger, request)
        return params | {"algoClOrdId": request.client_order_id}

    async def waiting_order(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> Any | None:
        """One of the algo orders; of `ordIdList` the last went out at its price."""
        wanted = {"trigger": True, "clientOrderId": request.client_order_id}
        found = await exchange.fetch_order(None, request.symbol, wanted)
        sent = found["info"].get("ordIdList") or [found["info"].get("ordId")]
        if not sent[-1]:
            return found
        # ccxt would give it the id of the algo order that it came from.
        return {**await exchange.fetch_order(sent[-1], request.symbol), "id": sent[-1]}

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        return {"trigger": True}

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """Open ones, and ended ones in any state: ccxt's closed orders leave out cancelled ones."""
        market = exchange.market(request.symbol)
        wanted = {"instType": _INSTRUMENTS[market["type"]], "instId": market["id"]}
        answers = await asyncio.gather(
            exchange.privateGetTradeOrdersPending(wanted),
            exchange.privateGetTradeOrdersHistory({**wanted, "begin": since_ms}),
        )
        rows = [row for answer in answers for row in answer["data"]]
        return [exchange.parse_order(row, market) for row in rows]

    async def set_leverage(self, exchange: Any, symbol: str, leverage: Decimal) -> None:
        """In cross margin, as our orders are sent (`tdMode`)."""
        times = int(leverage) if leverage == int(leverage) else float(leverage)
        await exchange.set_leverage(times, symbol, {"marginMode": "cross"})

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        market = exchange.market(symbol)
        answer = await exchange.privateGetTradeFills({"instId": market["id"], "ordId": order_id})
        return [exchange.parse_trade(row, market) for row in answer["data"]]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        params = {**ask.listed.params, "begin": start_ms, "limit": ask.listed.page}
        if end_ms is not None:
            params["end"] = end_ms
        if cursor:
            params[ask.listed.cursor_param] = cursor
        recent = start_ms > exchange.shared.clock.now_ms() - _RECENT_MS
        read = exchange.privateGetTradeFills if recent else exchange.privateGetTradeFillsHistory
        rows = [exchange.parse_trade(row) for row in (await read(params))["data"]]
        return rows, next_cursor(ask.listed, rows, cursor)

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """The channel tells of margin and options too; those are in no list that we read."""
        rows[:] = [row for row in rows if row["info"]["instType"] in _TRADED]

    def correct(self, row: Any) -> Any:
        """The time of the trade, where ccxt takes that of the bill; a fee paid is above zero."""
        info = row["info"]
        fee = dict(row.get("fee") or {})
        if "fillFee" in info:
            paid = decimal(info["fillFee"])
            fee["cost"] = None if paid is None else -paid
        return {**row, "timestamp": info.get("fillTime") or row["timestamp"], "fee": fee}

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        """ccxt sends no times; both of OKX's are left out of what it answers."""
        more = {**page.params, "begin": str(page.start_ms - 1), "end": str(page.end_ms + 1)}
        rows: list[Any] = await exchange.fetch_funding_history(None, None, page.most, more)
        return rows

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("clOrdId") or "")

    def position_side(self, row: Any) -> PositionSide:
        return named_side(row["info"].get("posSide"))

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        """Cash; what ccxt calls the total has what open positions would bring."""
        answer = await exchange.privateGetAccountBalance()
        return {
            exchange.safe_currency_code(coin["ccy"]): number(coin["cashBal"])
            for account in answer["data"]
            for coin in account["details"]
        }

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        rows = await exchange.fetch_positions()
        wanted = [row for row in rows if row["info"]["instType"] in _TRADED]
        return [self.position(exchange, row) for row in wanted]


DIALECT = Okx()
