"""A venue's user-data stream, through ccxt's socket classes.

ccxt knows how to log in, to subscribe and to ping. Its `watch_my_trades` is used for that alone:
between two calls of it trades wait in a cache until a third arrives. So the cache is ours, and
each trade goes into a queue as it comes off the wire.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccxt.base.errors import NetworkError

from pilotfish.domain.asides import Report
from pilotfish.domain.fills import Fill
from pilotfish_venues.exchanges import Tuned, template
from pilotfish_venues.spec import Subscription

_MISSED_PINGS = 2
# A venue that says nothing to a subscription for this long has not taken it.
ACK_S = 15.0


class Outlet(list[Any]):
    """What ccxt takes for its cache of trades; it keeps none."""

    def __init__(self, events: "asyncio.Queue[Any]") -> None:
        super().__init__()
        self._events = events
        self.hashmap: dict[str, Any] = {}

    def append(self, trade: Any) -> None:
        self._events.put_nowait(trade)

    def getLimit(self, symbol: str | None, limit: int | None) -> int | None:  # noqa: N802
        """Asked for by ccxt after each message."""
        return limit


@dataclass(frozen=True, slots=True)
class Watched:
    """An account whose fills are streamed.

    `open_stream` makes an instance of ccxt's socket class with the account's key, `report` reads
    one of ccxt's trades, `read` lists the fills from a time of the venue's (ms) on over REST.
    """

    exchange: Any
    open_stream: Callable[[], Any]
    report: Callable[[Any], Report]
    read: Callable[[int], Awaitable[list[Fill]]]


class Streaming(Tuned):
    """Mixed in before a class of `ccxt.pro`."""

    events: "asyncio.Queue[Any]"
    connected: asyncio.Event
    waiting: list[Mapping[str, Any]]
    timers: list[asyncio.TimerHandle]

    @property
    def session(self) -> Any:
        return self.shared.sockets

    @session.setter
    def session(self, value: object) -> None:
        """The session is the pool's."""

    def milliseconds(self) -> int:
        """The venue's clock: some log in with it."""
        return self.shared.clock.now_ms()

    def watch(self, url: str, message_hash: str, *rest: Any) -> Any:
        """As ccxt; where the venue confirms nothing, tells when the connection is up."""
        parent: Any = super()
        future = parent.watch(url, message_hash, *rest)
        if message_hash == "myTrades" and not self.waiting:
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

    def on_error(self, client: Any, error: BaseException) -> None:
        """As ccxt, which would tell only who is waiting just now."""
        self.events.put_nowait(error)
        parent: Any = super()
        parent.on_error(client, error)

    def on_close(self, client: Any, code: object) -> None:
        """As ccxt, which would tell only who is waiting just now."""
        self.events.put_nowait(NetworkError(f"the venue closed the socket ({code})"))
        parent: Any = super()
        parent.on_close(client, code)

    def handle_message(self, client: Any, message: Any) -> None:
        """As ccxt; sets `connected` once every subscription was confirmed.

        A message that cannot be read ends the stream: ccxt would read none after it, quietly.
        """
        heard = client.lastPong
        parent: Any = super()
        try:
            parent.handle_message(client, message)
        except Exception as error:  # noqa: BLE001 - whatever it is, it has an outcome
            client.on_error(error)
            return
        if client.lastPong != heard:
            client.lastPong = int(time.time() * 1000)  # by which ccxt's ping loop counts
        if self.waiting and isinstance(message, dict):
            self._confirm(message)

    def _confirm(self, message: Mapping[str, Any]) -> None:
        for ack in self.waiting:
            if says(message, ack):
                self.waiting.remove(ack)
                break
        if not self.waiting:
            self.connected.set()


def says(message: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a message has all the fields wanted, of objects within it those named."""
    return isinstance(message, Mapping) and all(
        says(message.get(name), value)
        if isinstance(value, Mapping)
        else name in message and message[name] == value
        for name, value in wanted.items()
    )


def streaming_template(rest: Any) -> Any:
    """ccxt's socket class of a venue, with the markets of its REST class."""
    exchange = template(rest.shared, "ccxt.pro", rest.shared.dialect.stream)
    share_markets(rest, exchange)
    exchange.streaming = {
        **exchange.streaming,
        "keepAlive": rest.shared.ping_s * 1000,
        "maxPingPongMisses": _MISSED_PINGS,
    }
    return exchange


def share_markets(source: Any, exchange: Any) -> None:
    """Let an instance know the markets that another one has read."""
    for name in ("markets", "markets_by_id", "currencies", "currencies_by_id"):
        setattr(exchange, name, getattr(source, name))


async def executions(
    exchange: Any, connected: asyncio.Event, subscriptions: Sequence[Subscription]
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """ccxt's trades as the venue executes them, in batches.

    Sets `connected` once the subscriptions stand. Raises ccxt's error when the socket closes,
    when pings stay unanswered, or when the venue ends the stream. What happened between two
    streams must be read over REST.
    """
    events: asyncio.Queue[Any] = asyncio.Queue()
    exchange.events, exchange.myTrades = events, Outlet(events)
    exchange.connected, exchange.timers = connected, []
    exchange.waiting = [each.ack for each in subscriptions if each.ack]
    soon = asyncio.get_running_loop().call_later(ACK_S, _unconfirmed, connected, events)
    exchange.timers.append(soon)
    watching = [_watched(exchange, each, events) for each in subscriptions]
    try:
        while True:
            batch = [await events.get()]
            while not events.empty():
                batch.append(events.get_nowait())
            trades = [event for event in batch if not isinstance(event, BaseException)]
            if trades:
                yield trades
            for event in batch:
                if isinstance(event, BaseException):
                    raise event
    finally:
        for task in watching:
            task.cancel()
        for timer in exchange.timers:
            timer.cancel()
        await exchange.close_ws_clients()


def _watched(
    exchange: Any, subscription: Subscription, events: "asyncio.Queue[Any]"
) -> asyncio.Task[Any]:
    """Logged in and subscribed. It may end after the first trade; its error ends the stream."""

    def ended(task: asyncio.Task[Any]) -> None:
        error = NetworkError("the stream ended") if task.cancelled() else task.exception()
        if error is not None:
            events.put_nowait(error)

    watch = exchange.watch_my_trades(None, None, None, dict(subscription.params))
    task: asyncio.Task[Any] = asyncio.ensure_future(watch)
    task.add_done_callback(ended)
    return task


def _unconfirmed(connected: asyncio.Event, events: "asyncio.Queue[Any]") -> None:
    if not connected.is_set():
        events.put_nowait(NetworkError("the venue confirmed no subscription"))
