"""Bitget: the side that a fill of a hedged account really had, and lists for all symbols."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pilotfish.domain.conditions import Trigger, TriggerKind
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues.dialects.base import Dialect, named_side
from pilotfish_venues.exchanges import NO_PARAMS, Tuned
from pilotfish_venues.paging import Ask
from pilotfish_venues.spec import FundingPage
from pilotfish_venues.streams import Streaming

_RECENT = 100
_PLANS = {TriggerKind.STOP_LOSS: "loss_plan", TriggerKind.TAKE_PROFIT: "profit_plan"}


class Rest(Tuned):
    """Mixed in before ccxt's REST class."""

    async def public_mix_get_v2_mix_market_contracts(
        self, params: Mapping[str, Any] = NO_PARAMS
    ) -> Any:
        """As ccxt's, which would read the markets of demo trading and coin-margined ones too."""
        wanted = {each["productType"] for each in self.shared.spec.positions}
        if params["productType"] not in wanted:
            return {"data": []}
        parent: Any = super()
        return await parent.public_mix_get_v2_mix_market_contracts(params)

    async def public_margin_get_v2_margin_currencies(self, *args: Any) -> Any:
        """What can be borrowed is read by nobody."""
        return {"data": []}


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""


class Bitget(Dialect):
    rest = Rest
    stream = Stream

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """For the quantity: ccxt's own plans close the whole position."""
        return super().trigger_params(trigger, request) | {"planType": _PLANS[trigger.kind]}

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        return {"trigger": True, "planType": _PLANS[trigger.kind]}

    async def set_margin_mode(self, exchange: Any, symbol: str, mode: MarginMode) -> None:
        await exchange.set_margin_mode(mode.value, symbol)

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        """ccxt's call, with an order id: where none is found it stumbles over one that is None."""
        wanted = {"clientOid": request.client_order_id}
        return await exchange.fetch_order("", request.symbol, wanted)

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """Open, ended (ccxt's closed ones leave out cancelled), and stops, which are elsewhere."""
        symbol = request.symbol
        reads = [
            exchange.fetch_open_orders(symbol, None, _RECENT),
            exchange.fetch_canceled_and_closed_orders(symbol, since_ms, _RECENT),
        ]
        if not exchange.market(symbol)["spot"]:
            stops = {"planType": "profit_loss"}
            reads.append(exchange.fetch_open_orders(symbol, None, _RECENT, stops))
        return [order for answer in await asyncio.gather(*reads) for order in answer]

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        rows: list[Any] = await exchange.fetch_my_trades(symbol, None, None, {"orderId": order_id})
        return rows

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Of contracts for all symbols of a product; on spot by symbol."""
        if ask.listed.needs_symbol:
            return await super().fill_rows(exchange, ask, start_ms, end_ms, cursor)
        params = {**ask.listed.params, "startTime": start_ms, "limit": ask.listed.page}
        if end_ms is not None:
            params["endTime"] = end_ms
        if cursor:
            params["idLessThan"] = cursor
        found = (await exchange.privateMixGetV2MixOrderFills(params))["data"]
        raw = found.get("fillList") or []
        rows = [row for trade in raw for row in _parsed(exchange, trade)]
        return rows, str(found.get("endId") or "") if len(raw) >= ask.listed.page else ""

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        """Of all symbols of a product, which ccxt's call would want one by one.

        Bitget does not say whether its two times are included: ours are a bit longer.
        """
        wanted = {"startTime": page.start_ms - 1, "endTime": page.end_ms + 1, "limit": page.most}
        answer = await exchange.privateMixGetV2MixAccountBill({**page.params, **wanted})
        return [_payment(exchange, bill) for bill in answer["data"]["bills"] or []]

    def correct(self, row: Any) -> Any:
        """When it was matched; and in which direction.

        ccxt reads the time of the last change on sockets. With two positions a symbol Bitget's side
        is that of the position, for what closes it too (ccxt turns it round in orders alone).
        """
        info = row["info"]
        row = {**row, "timestamp": int(info["cTime"])} if info.get("cTime") else row
        if info.get("posMode") != "hedge_mode" or "open" in info["tradeSide"]:
            return row
        return {**row, "side": "sell" if self.position_side(row) is PositionSide.LONG else "buy"}

    def position_side(self, row: Any) -> PositionSide:
        """Of a position by its name; of a fill by its side, or as it was liquidated."""
        info = row["info"]
        if info.get("posMode") != "hedge_mode":
            return PositionSide.NET
        side = info.get("holdSide") or info["tradeSide"].rpartition("_")[2]
        if side in ("open", "close"):
            side = "long" if info["side"] == "buy" else "short"
        return named_side(side)

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """All of a product, whatever their margin coin."""
        answer = await exchange.privateMixGetV2MixPositionAllPosition(dict(params))
        return [self.position(exchange, exchange.parse_position(row)) for row in answer["data"]]


def _parsed(exchange: Any, trade: Any) -> list[Any]:
    """A contract has the id of its spot market."""
    market = exchange.safe_market(trade["symbol"], None, None, "contract")
    rows: list[Any] = exchange.parse_trades_helper(False, [trade], market)
    return rows


def _payment(exchange: Any, bill: Any) -> Any:
    """Named by its contract, whose id is that of the spot market too."""
    market = exchange.safe_market(bill["symbol"], None, None, "contract")
    return {**exchange.parse_funding_history(bill, market), "symbol": market["symbol"]}


DIALECT = Bitget()
