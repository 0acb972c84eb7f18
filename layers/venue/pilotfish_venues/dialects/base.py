"""What most venues have in common through ccxt's unified calls; a dialect overrides what differs.

A dialect keeps nothing of its own: all that it needs is the exchange, whose `shared.spec` is the
venue's row.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from pilotfish.domain.asides import Report
from pilotfish.domain.conditions import Attached, Trigger, TriggerKind
from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import Margin, MarginMode, margin_mode
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues import paging
from pilotfish_venues.amounts import base_units, decimal, plain
from pilotfish_venues.exchanges import Tuned
from pilotfish_venues.spec import FundingPage, Subscription, VenueSpec
from pilotfish_venues.streams import Streaming, Watched, executions

_UNIFIED: Mapping[TriggerKind, str] = {
    TriggerKind.STOP_LOSS: "stopLossPrice",
    TriggerKind.TAKE_PROFIT: "takeProfitPrice",
    TriggerKind.TRAILING: "trailingAmount",
}


class Dialect:
    """The common way; `rest` and `stream` are mixed in before ccxt's classes."""

    rest: type = Tuned
    stream: type = Streaming

    def order_params(self, spec: VenueSpec, request: OrderRequest, market: Any) -> dict[str, Any]:
        """What an order of this venue carries besides what the row says."""
        return {}

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """How an order is made to wait for a price."""
        return {_UNIFIED[trigger.kind]: plain(trigger.price)}

    def attached_params(self, attached: Attached) -> dict[str, Any]:
        """How an entry carries its stop and its target."""
        levels = {"stopLoss": attached.stop_loss, "takeProfit": attached.take_profit}
        return {
            name: {"triggerPrice": plain(level)}
            for name, level in levels.items()
            if level is not None
        }

    async def waiting_order(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> Any | None:
        """ccxt's order that waits, or that was sent when its price was reached.

        None where it is found as any other order is.
        """
        return None

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        """How ccxt is told that it is a waiting order which is to be cancelled."""
        return {}

    async def set_margin_mode(self, exchange: Any, symbol: str, mode: MarginMode) -> None:
        """Set a symbol's margin mode: nothing to do where each order of ours names it."""

    async def set_leverage(self, exchange: Any, symbol: str, leverage: Decimal) -> None:
        """Set a symbol's leverage; for `Levering.WITH_MODE` in the one margin mode of the row."""
        await exchange.set_leverage(plain(leverage), symbol)

    async def margin_of(self, exchange: Any, symbol: str) -> Margin:
        """At what leverage and in which margin mode a symbol is held, by its position."""
        asked = (self.positions(exchange, params) for params in exchange.shared.spec.positions)
        answers = await asyncio.gather(*asked)
        held = [each for answer in answers for each in answer if each.symbol == symbol]
        found = next((each for each in held if each.quantity), None)
        return Margin(found.leverage, found.margin_mode) if found else Margin()

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        """ccxt's order, by an endpoint of the venue's own; for `Lookup.NATIVE`."""
        raise NotImplementedError(f"{exchange.id} has no look-up of its own")

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """ccxt's orders in the request's symbol that may have come after `since_ms`."""
        symbol, limit = request.symbol, exchange.shared.spec.fills[0].page
        if exchange.has["fetchOrders"]:
            orders: list[Any] = await exchange.fetch_orders(symbol, since_ms, limit)
            return orders
        orders = await exchange.fetch_open_orders(symbol, None, limit)
        return orders + list(await exchange.fetch_closed_orders(symbol, since_ms, limit))

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        """ccxt's trades of one order."""
        trades: list[Any] = await exchange.fetch_order_trades(order_id, symbol)
        return trades

    async def fills(self, exchange: Any, ask: paging.Ask, token: str | None) -> paging.Page:
        """One request for fills; the page says how to go on."""
        return await paging.windowed(exchange, ask, token, self.fill_rows)

    async def fill_rows(
        self, exchange: Any, ask: paging.Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """One answer of ccxt's `fetch_my_trades`, and the cursor to the next ('' when none is)."""
        return await paging.unified(exchange, ask, start_ms, end_ms, cursor)

    async def watch(
        self, account: Watched, connected: asyncio.Event
    ) -> AsyncGenerator[Sequence[Report], None]:
        """Fills as they are streamed, in batches; see `streams.executions`."""
        wanted = await self.subscriptions(account.exchange)
        told = executions(account.open_stream(), connected, wanted)
        async with aclosing(told) as batches:
            async for rows in batches:
                await self.complete(account.exchange, rows)
                yield [account.report(row) for row in rows]

    async def subscriptions(self, exchange: Any) -> Sequence[Subscription]:
        """Those of the row that the account can have."""
        subscriptions: Sequence[Subscription] = exchange.shared.spec.subscriptions
        return subscriptions

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """Look up what rows of fills do not say by themselves."""

    def correct(self, row: Any) -> Any:
        """ccxt's trade, from a list or a socket alike, put right where ccxt misreads it."""
        return row

    def client_order_id(self, row: Any) -> str:
        """The client id of a trade's order, where the venue tells it; ours without its prefix."""
        return ""

    def position_side(self, row: Any) -> PositionSide:
        """Of which position of a hedged account a trade or a position of ccxt's is."""
        return named_side(row["info"].get("positionSide"))

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        """What the account has of each currency, free and locked."""
        answer = await exchange.fetch_balance(dict(params))
        return {code: number(total) for code, total in answer["total"].items()}

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """The positions in derivatives."""
        rows = await exchange.fetch_positions(None, dict(params))
        return [self.position(exchange, row) for row in rows]

    def position(self, exchange: Any, row: Any) -> Position:
        """ccxt's position; a market that we do not trade keeps the venue's units."""
        market = exchange.markets.get(row["symbol"])
        entry = decimal(row.get("entryPrice"))
        amount = number(row["contracts"])
        if market is not None:
            amount = base_units(amount, market, entry)
        sign = -1 if row["side"] in ("short", "sell") else 1
        margin = self.margin(row)
        return Position(
            row["symbol"],
            self.position_side(row),
            sign * abs(amount),
            entry,
            margin.leverage,
            margin.mode,
        )

    def margin(self, row: Any) -> Margin:
        """What ccxt's position says of leverage and margin mode."""
        return Margin(decimal(row.get("leverage")) or None, margin_mode(row.get("marginMode")))

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        """ccxt's funding of a time, both ends included; one answer."""
        more = {**page.params, "until": page.end_ms}
        rows: list[Any] = await exchange.fetch_funding_history(None, page.start_ms, page.most, more)
        return rows

    async def earned_page(self, exchange: Any, since_ms: int) -> tuple[set[str], int | None] | None:
        """Symbols of one page of what the account earned, and from when the next begins.

        None where the venue does not tell; no beginning after the last page.
        """
        return None

    async def earned(self, exchange: Any, since_ms: int) -> set[str]:
        """Symbols that fills since then have left a trace of elsewhere."""
        return set()

    async def server_time_ms(self, exchange: Any) -> int:
        """The venue's clock."""
        return int(await exchange.fetch_time())


def named_side(value: object) -> PositionSide:
    """NET unless the venue says that the account is hedged."""
    side = str(value or "").lower()
    return PositionSide(side) if side in ("long", "short") else PositionSide.NET


def number(value: object) -> Decimal:
    """A holding; raises `OutcomeUnknown` rather than taking none for zero."""
    found = decimal(value)
    if found is None:
        raise OutcomeUnknown(f"the venue reports a holding of {value!r}")
    return found


DIALECT = Dialect()
