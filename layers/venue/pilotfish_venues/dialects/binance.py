"""Binance, spot and USD-M: lists that go on by trade id, and what its sockets leave unsaid."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ccxt.base.errors import NetworkError

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues.amounts import base_units, decimal, market_by_id
from pilotfish_venues.dialects.base import Dialect, named_side, number
from pilotfish_venues.exchanges import Tuned
from pilotfish_venues.paging import Ask, Page
from pilotfish_venues.streams import Streaming

_MODES = {"CROSSED": MarginMode.CROSS, "ISOLATED": MarginMode.ISOLATED}
INCOME_PAGE = 1000
_ENDED = frozenset({"listenKeyExpired", "eventStreamTerminated"})
# A liquidation is an execution too, though Binance does not call it a trade.
_EXECUTIONS = frozenset({"TRADE", "CALCULATED"})


class Rest(Tuned):
    """Mixed in before ccxt's REST class."""

    def get_exceptions_by_url(self, url: object, kind: str) -> Any:
        """Binance's error table of the market; ccxt knows it by host, which may be redirected."""
        table: Any = self.exceptions  # type: ignore[attr-defined]
        return table.get(self.shared.spec.error_section, {}).get(kind, {})


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    def handle_message(self, client: Any, message: Any) -> None:
        """As ccxt; the end of a stream, which it overlooks, is an error."""
        event = message.get("event", message) if isinstance(message, dict) else {}
        if isinstance(event, dict) and event.get("e") in _ENDED:
            client.on_error(NetworkError(f"the venue ended the stream: {event['e']}"))
            return
        super().handle_message(client, message)

    def handle_order_update(self, client: Any, message: Any) -> None:
        """Every execution, in the order of the wire; ccxt would leave out liquidations."""
        report = message.get("o", message) if message["e"] == "ORDER_TRADE_UPDATE" else message
        if report.get("x") in _EXECUTIONS:
            exchange: Any = self
            exchange.myTrades.append(exchange.parse_ws_trade({**report, "x": "TRADE"}))


class Binance(Dialect):
    rest = Rest
    stream = Stream

    async def fills(self, exchange: Any, ask: Ask, token: str | None) -> Page:
        """Windows of time, and from the first that has any on by trade id.

        Times cannot page: many trades share a millisecond. The last window is left open, so that
        a clock of ours that is behind the venue's hides nothing.
        """
        how, _, where = (token or f"from {ask.since_ms}").partition(" ")
        if how == "id":
            rows = await self._after_id(exchange, ask, int(where))
            return _by_id(ask, rows)
        start_ms, window_ms = int(where), ask.listed.window_ms
        last = start_ms + window_ms > (ask.until_ms or exchange.shared.clock.now_ms())
        params = {} if last else {"endTime": start_ms + window_ms - 1}
        rows = await exchange.fetch_my_trades(ask.symbol, start_ms, ask.listed.page, params)
        if rows and not (last and len(rows) < ask.listed.page):
            return Page(_until(ask, rows), f"id {_highest(rows) + 1}")
        return Page(_until(ask, rows), None if last else f"from {start_ms + window_ms}")

    async def _after_id(self, exchange: Any, ask: Ask, first: int) -> list[Any]:
        rows: list[Any] = await exchange.fetch_my_trades(
            ask.symbol, None, ask.listed.page, {"fromId": first}
        )
        return rows

    async def waiting_order(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> Any | None:
        """On USD-M one of the algo orders; `actualOrderId` is what went out at its price."""
        if exchange.market(request.symbol)["spot"]:
            return None
        wanted = {"trigger": True, "clientAlgoId": request.client_order_id}
        found = await exchange.fetch_order(None, request.symbol, wanted)
        sent = str(found["info"].get("actualOrderId") or "0")
        return found if sent == "0" else await exchange.fetch_order(sent, request.symbol)

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        return {} if exchange.market(request.symbol)["spot"] else {"trigger": True}

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        rows: list[Any] = await exchange.fetch_my_trades(symbol, None, None, {"orderId": order_id})
        return rows

    def client_order_id(self, row: Any) -> str:
        """`c` on the socket; the lists do not tell it."""
        return str(row["info"].get("c") or "")

    def position_side(self, row: Any) -> PositionSide:
        """`ps` on the socket; BOTH is the one-way position."""
        return named_side(row["info"].get("positionSide") or row["info"].get("ps"))

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        answer = await exchange.privateGetAccount({"omitZeroBalances": "true"})
        return {
            exchange.safe_currency_code(row["asset"]): number(row["free"]) + number(row["locked"])
            for row in answer["balances"]
        }

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """USD-M; ccxt's own call would ask for more than positions."""
        rows = await exchange.fapiPrivateV3GetPositionRisk()
        return [self._position(exchange, row) for row in rows]

    def _position(self, exchange: Any, row: Any) -> Position:
        market, amount = market_by_id(exchange, row["symbol"]), number(row["positionAmt"])
        side, entry = named_side(row.get("positionSide")), decimal(row.get("entryPrice")) or None
        if market is None:
            return Position(row["symbol"], side, amount, entry)
        return Position(market["symbol"], side, base_units(amount, market, entry), entry)

    async def earned(self, exchange: Any, since_ms: int) -> set[str]:
        """USD-M: each fill has a row of income (its fee, what it realised) with its symbol."""
        found: set[str] = set()
        next_ms: int | None = since_ms if exchange.shared.spec.positions else None
        while next_ms is not None:
            symbols, next_ms = await self._income(exchange, next_ms, {})
            found |= symbols
        return found

    async def earned_page(self, exchange: Any, since_ms: int) -> tuple[set[str], int | None] | None:
        """USD-M, what was realised alone: a page costs six times one of fills.

        What was opened and not closed is among the positions.
        """
        if not exchange.shared.spec.positions:
            return None
        return await self._income(exchange, since_ms, {"incomeType": "REALIZED_PNL"})

    async def _income(
        self, exchange: Any, since_ms: int, params: Mapping[str, Any]
    ) -> tuple[set[str], int | None]:
        rows = await exchange.fapiPrivateGetIncome(
            {"startTime": since_ms, "limit": INCOME_PAGE, **params}
        )
        markets = (market_by_id(exchange, row["symbol"]) for row in rows)
        found = {market["symbol"] for market in markets if market is not None}
        last_ms = max((int(row["time"]) for row in rows), default=since_ms)
        over = len(rows) < INCOME_PAGE or last_ms == since_ms
        return found, None if over else last_ms

    async def set_margin_mode(self, exchange: Any, symbol: str, mode: MarginMode) -> None:
        await exchange.set_margin_mode(mode.value, symbol)

    async def set_leverage(self, exchange: Any, symbol: str, leverage: Decimal) -> None:
        await exchange.set_leverage(int(leverage), symbol)

    async def margin_of(self, exchange: Any, symbol: str) -> Margin:
        """Its positions do not tell (since version 3); what is set for the symbol does."""
        market_id = exchange.market_id(symbol)
        rows = await exchange.fapiPrivateGetSymbolConfig({"symbol": market_id})
        row: Any = next((row for row in rows if row["symbol"] == market_id), {})
        mode = _MODES.get(str(row.get("marginType")))
        return Margin(decimal(row.get("leverage")) or None, mode)


def _by_id(ask: Ask, rows: list[Any]) -> Page:
    kept = _until(ask, rows)
    over = len(rows) < ask.listed.page or len(kept) < len(rows)
    return Page(kept, None if over else f"id {_highest(rows) + 1}")


def _until(ask: Ask, rows: list[Any]) -> list[Any]:
    if ask.until_ms is None:
        return rows
    return [row for row in rows if int(row["timestamp"]) <= ask.until_ms]


def _highest(rows: list[Any]) -> int:
    return max(int(row["id"]) for row in rows)


DIALECT = Binance()
