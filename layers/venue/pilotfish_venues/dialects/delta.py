"""Delta Exchange: one list of fills with a cursor, and one-way positions in contracts."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pilotfish.domain.conditions import Attached, Trigger
from pilotfish.domain.fills import Fill
from pilotfish.domain.margining import Margin, margin_mode
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues import delta_stream
from pilotfish_venues.amounts import base_units, decimal, market_by_id, plain
from pilotfish_venues.delta_socket import SOCKETS
from pilotfish_venues.dialects.base import Dialect, named_side, number
from pilotfish_venues.paging import Ask
from pilotfish_venues.streams import Watched


class Delta(Dialect):
    async def watch(
        self, account: Watched, connected: asyncio.Event
    ) -> AsyncGenerator[list[Fill], None]:
        """By its own socket: ccxt has no class for it."""
        shared = account.exchange.shared
        where = SOCKETS[shared.spec.venue]
        where = replace(where, url=shared.endpoint.rewrite(where.url))
        told = delta_stream.fills(account.exchange, where, shared.ping_s, account.read, connected)
        async with aclosing(told) as batches:
            async for fills in batches:
                yield fills

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Newest first, with a cursor to the next page, for all symbols at once.

        Its times may end at the second: then the order of the list is all that tells which of two
        fills came first.
        """
        params: dict[str, Any] = {"page_size": ask.listed.page, "start_time": start_ms * 1000}
        if end_ms is not None:
            params["end_time"] = end_ms * 1000
        if cursor:
            params["after"] = cursor
        answer = await exchange.privateGetFills(params)
        raw = answer["result"]
        after = (answer.get("meta") or {}).get("after") if raw else None
        return [_row(exchange, trade) for trade in raw], str(after or "")

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """By Delta's own names: ccxt's unified ones pass through, and a plain order goes out."""
        return {"stop_order_type": f"{trigger.kind}_order", "stop_price": plain(trigger.price)}

    def attached_params(self, attached: Attached) -> dict[str, Any]:
        """A bracket, by Delta's own names."""
        levels = {
            "bracket_stop_loss_price": attached.stop_loss,
            "bracket_take_profit_price": attached.take_profit,
        }
        return {name: plain(level) for name, level in levels.items() if level is not None}

    async def margin_of(self, exchange: Any, symbol: str) -> Margin:
        """Its positions do not tell the leverage; what is set for the symbol does."""
        found = await exchange.fetch_leverage(symbol)
        mode = margin_mode(found["info"].get("margin_mode"))
        return Margin(decimal(found.get("longLeverage")) or None, mode)

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("client_order_id") or "")

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        rows: list[Any] = await exchange.fetch_my_trades(symbol, None, None, {"orderId": order_id})
        return rows

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        answer = await exchange.privateGetPositionsMargined()
        return [_position(exchange, row) for row in answer["result"]]


def _row(exchange: Any, trade: Any) -> Any:
    """ccxt's trade; Delta writes times as ISO text or as microseconds, ccxt reads the first."""
    product = trade.get("product") or {}
    market_id = trade.get("product_symbol") or product.get("symbol") or ""
    (row,) = exchange.parse_trades_helper(False, [trade], market_by_id(exchange, market_id))
    created = str(trade.get("created_at", ""))
    if created.isdecimal():
        row["timestamp"] = int(created) // 1000
    return row


def _position(exchange: Any, row: Any) -> Position:
    market, amount = market_by_id(exchange, row["product_symbol"]), number(row["size"])
    side, entry = named_side(None), decimal(row.get("entry_price"))
    if market is None:
        return Position(row["product_symbol"], side, amount, entry)
    return Position(market["symbol"], side, base_units(amount, market, entry), entry)


DIALECT = Delta()
