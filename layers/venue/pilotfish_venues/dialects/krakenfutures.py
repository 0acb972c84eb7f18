"""Kraken Futures: an order is told by its state for 5 s, then by its fills and its events."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ccxt.base.errors import AuthenticationError, OperationRejected

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues.amounts import ZERO, decimal
from pilotfish_venues.dialects.base import Dialect
from pilotfish_venues.exchanges import Tuned
from pilotfish_venues.outcomes import read_reply
from pilotfish_venues.paging import Ask
from pilotfish_venues.spec import RECEIVE_WINDOW_MS
from pilotfish_venues.streams import Streaming

# Said with a 200; ccxt finds them later, and of these it cannot say that nothing was placed.
_NOT_PLACED = frozenset(
    {
        "wouldNotReducePosition",
        "selfFill",
        "tooManySmallOrders",
        "marketSuspended",
        "marketInactive",
    }
)
_ENDED = {"OrderCancelled": "canceled", "OrderRejected": "rejected"}


class Rest(Tuned):
    """Mixed in before ccxt's REST class."""

    def sign(self, path: str, api: Any = (), method: str = "GET", params: Any = None) -> Any:
        """As ccxt; an order says until when, by the venue's clock, it may be processed."""
        parent: Any = super()
        wanted = dict(params or {})
        if path == "sendorder":
            wanted["processBefore"] = _iso(self.shared.clock.timestamp_ms() + RECEIVE_WINDOW_MS)
        return parent.sign(path, api, method, wanted)

    def handle_errors(
        self, code: int, reason: str, url: str, method: str,
        headers: Any, body: str, response: Any, *request: Any,
    ) -> Any:  # fmt: skip
        handled = super().handle_errors(
            code, reason, url, method, headers, body, response, *request
        )
        status = (response.get("sendStatus") or {}).get("status")
        if status in _NOT_PLACED:
            error = OperationRejected(f"the order was not placed: {status}")
            error.venue_reply = read_reply(code, headers, body, {"error": status})
            raise error
        return handled


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    def handle_message(self, client: Any, message: Any) -> None:
        """As ccxt, without the snapshot of old fills; a refusal, which it overlooks, ends it."""
        said = message if isinstance(message, dict) else {}
        if said.get("feed") == "fills_snapshot":
            return
        if said.get("event") == "error":
            client.on_error(AuthenticationError(str(said.get("message"))))
            return
        super().handle_message(client, message)


class KrakenFutures(Dialect):
    rest = Rest
    stream = Stream

    async def server_time_ms(self, exchange: Any) -> int:
        """Each answer has it; this one is small."""
        answer = await exchange.publicGetTickersSymbol({"symbol": "PF_XBTUSD"})
        return int(exchange.parse8601(answer["serverTime"]))

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        """Open ones, and those that ended within the last 5 s."""
        answer = await exchange.privateGetOrdersStatus({"cliOrdIds": request.client_order_id})
        market = exchange.market(request.symbol)
        for row in answer["orders"]:
            return exchange.parse_order(row, market)
        return None

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """Out of its fills, and of the events that have its client id."""
        fills = await self._fills_of(exchange, request, since_ms)
        market = exchange.market(request.symbol)
        answer = await exchange.historyGetOrders({"since": since_ms, "tradeable": market["id"]})
        events = [
            (name, told.get("order") or told.get("newOrder") or {})
            for row in answer["elements"]
            for name, told in row["event"].items()
        ]
        mine = [each for each in events if each[1].get("clientId") == request.client_order_id]
        if not fills and not mine:
            return []
        filled = sum((decimal(row["size"]) or ZERO for row in fills), ZERO)
        spent = sum(
            ((decimal(row["size"]) or ZERO) * (decimal(row["price"]) or ZERO) for row in fills),
            ZERO,
        )
        ended = next((_ENDED[name] for name, _ in mine if name in _ENDED), "open")
        return [
            {
                "id": fills[0]["order_id"] if fills else mine[0][1]["uid"],
                "clientOrderId": request.client_order_id,
                "status": "closed" if filled >= request.quantity else ended,
                "filled": filled,
                "average": spent / filled if filled else None,
            }
        ]

    async def _fills_of(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        answer = await exchange.privateGetFills()
        return [
            row
            for row in answer["fills"]
            if row.get("cliOrdId") == request.client_order_id
            and exchange.parse8601(row["fillTime"]) >= since_ms
        ]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """The last 100 before a time, newest first; the oldest one's time is asked for again."""
        params: dict[str, Any] = {"lastFillTime": cursor} if cursor else {}
        if end_ms is not None and not cursor:
            params["lastFillTime"] = _iso(end_ms + 1)
        raw = (await exchange.privateGetFills(params))["fills"]
        rows = [exchange.parse_trade(row) for row in raw]
        times = [int(row["timestamp"]) for row in rows]
        if len(rows) < ask.listed.page or min(times) < start_ms:
            return [row for row in rows if int(row["timestamp"]) >= start_ms], ""
        after = _iso(min(times) + 1)
        if after == cursor:
            raise OutcomeUnknown("the venue shows no fills behind a full page")
        return rows, after

    def correct(self, row: Any) -> Any:
        """The list tells no fee, and ccxt makes one up; of inverse contracts it drops the size."""
        info = row["info"]
        if "fill_type" in info:
            return row
        return {**row, "amount": info["size"], "fee": {}}

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("cliOrdId") or row["info"].get("cli_ord_id") or "")

    def position_side(self, row: Any) -> PositionSide:
        return PositionSide.NET

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """ccxt's own call would take an answer without the list for none."""
        answer = await exchange.privateGetOpenpositions()
        rows = [exchange.parse_position(row) for row in answer["openPositions"]]
        return [self.position(exchange, row) for row in rows]


def _iso(at_ms: int) -> str:
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


DIALECT = KrakenFutures()
