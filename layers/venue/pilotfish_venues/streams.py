"""A venue's user-data stream, through ccxt's socket classes.

ccxt knows how to log in, to keep the listen key alive and to ping. Its `watch_my_trades` is used
for that alone: between two calls of it trades wait in a cache until a third arrives, so here each
execution goes into a queue as it comes off the wire.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from ccxt.base.errors import NetworkError

from pilotfish.domain.fills import Fill, Side
from pilotfish_venues.amounts import ZERO, decimal, market_by_id
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.exchanges import Tuned, template
from pilotfish_venues.trades import position_side

_ENDED = frozenset({"listenKeyExpired", "eventStreamTerminated"})
# A liquidation is an execution too, though Binance does not call it a trade.
_EXECUTIONS = frozenset({"TRADE", "CALCULATED"})
_MISSED_PINGS = 2


class Streaming(Tuned):
    """Mixed in before a `ccxt.pro` class of Binance's."""

    events: asyncio.Queue[dict[str, Any] | BaseException]
    connected: asyncio.Event
    timers: list[asyncio.TimerHandle]

    @property
    def session(self) -> Any:
        return self.shared.sessions.sockets()

    @session.setter
    def session(self, value: object) -> None:
        """The session is the pool's."""

    def watch(self, url: str, message_hash: str, *rest: Any) -> Any:
        """As ccxt; tells when the connection for the account's trades is up."""
        parent: Any = super()
        future = parent.watch(url, message_hash, *rest)
        if message_hash == "myTrades":
            up = self.clients[url].connected  # type: ignore[attr-defined]
            up.add_done_callback(self._on_up)
        return future

    def delay(self, *args: Any) -> Any:
        """As ccxt; what it plans for later (renewing a listen key) ends with the stream."""
        parent: Any = super()
        self.timers.append(parent.delay(*args))
        return self.timers[-1]

    def _on_up(self, up: Any) -> None:
        if not up.cancelled() and up.exception() is None:
            self.connected.set()

    def handle_message(self, client: Any, message: Any) -> None:
        """As ccxt; the end of a stream, which it overlooks, is an error."""
        event = message.get("event", message) if isinstance(message, dict) else {}
        if isinstance(event, dict) and event.get("e") in _ENDED:
            client.on_error(NetworkError(f"the venue ended the stream: {event['e']}"))
            return
        parent: Any = super()
        parent.handle_message(client, message)

    def handle_order_update(self, client: Any, message: Any) -> None:
        """Every execution, in the order of the wire."""
        report = message.get("o", message) if message["e"] == "ORDER_TRADE_UPDATE" else message
        if report.get("x") in _EXECUTIONS:
            self.events.put_nowait(report)


def streaming_template(rest: Any, endpoint: Endpoint, ping_s: float) -> Any:
    """ccxt's socket class of a venue, with the markets of its REST class."""
    exchange = template(rest.shared, endpoint, "ccxt.pro", Streaming)
    exchange.markets, exchange.markets_by_id = rest.markets, rest.markets_by_id
    exchange.streaming = {"keepAlive": ping_s * 1000, "maxPingPongMisses": _MISSED_PINGS}
    return exchange


async def executions(
    exchange: Any, connected: asyncio.Event
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """What the venue executes, in batches; sets `connected` once the subscription stands.

    Raises ccxt's error when the socket closes, when pings stay unanswered, or when the venue ends
    the stream. What happened between two streams must be read over REST.
    """
    exchange.connected, exchange.timers = connected, []
    events: asyncio.Queue[dict[str, Any] | BaseException] = asyncio.Queue()
    exchange.events = events
    watching = asyncio.ensure_future(exchange.watch_my_trades())
    watching.add_done_callback(lambda task: events.put_nowait(_ending(task)))
    try:
        while True:
            batch = [await events.get()]
            while not events.empty():
                batch.append(events.get_nowait())
            reports = [event for event in batch if not isinstance(event, BaseException)]
            if reports:
                yield reports
            for event in batch:
                if isinstance(event, BaseException):
                    raise event
    finally:
        watching.cancel()
        for timer in exchange.timers:
            timer.cancel()
        await exchange.close_ws_clients()


def _ending(watching: asyncio.Future[Any]) -> BaseException:
    error = None if watching.cancelled() else watching.exception()
    return error or NetworkError("the stream ended")


def fill_of(
    exchange: Any, report: dict[str, Any], account_id: str, venue: str, seen_ms: int
) -> Fill:
    """An execution report of Binance's, spot or USD-M, as a fill (contracts of one base unit)."""
    market = market_by_id(exchange, report["s"])
    return Fill(
        account_id=account_id,
        venue=venue,
        symbol=market["symbol"] if market else report["s"],
        trade_id=str(report["t"]),
        order_id=str(report["i"]),
        side=Side(report["S"].lower()),
        position_side=position_side(report.get("ps")),
        price=decimal(report["L"]) or ZERO,
        quantity=decimal(report["l"]) or ZERO,
        traded_ms=int(report["T"]),
        seen_ms=seen_ms,
        fee=decimal(report.get("n")) or ZERO,
        fee_currency=exchange.safe_currency_code(report.get("N")) or "",
    )
