"""The client without `await`, for scripts and threads."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from pilotfish.client.errors import Closed
from pilotfish.client.feeds import Feed
from pilotfish.client.link import Answered
from pilotfish.client.live import LiveClient
from pilotfish.client.options import Options
from pilotfish.client.staying import Status
from pilotfish.client.wires import Address, Token, Transport
from pilotfish.domain.commands import Command
from pilotfish.domain.messages import (
    Alert,
    CopyUpdate,
    Event,
    MarketUpdate,
    OrderUpdate,
    PortfolioUpdate,
    PositionUpdate,
    RiskUpdate,
    Snapshot,
    SyncUpdate,
    Told,
    TradeUpdate,
)

M = TypeVar("M", bound=Told)
T = TypeVar("T")


class BlockingFeed(Generic[M]):
    """A `Feed` to loop over."""

    def __init__(self, feed: Feed[M], loop: asyncio.AbstractEventLoop) -> None:
        self._feed = feed
        self._loop = loop

    @property
    def seq(self) -> int | None:
        """The number of the last message that was read."""
        return self._feed.seq

    @property
    def dropped(self) -> int:
        """How many messages there was no room for: events come again, states do not."""
        return self._feed.dropped

    def ready(self) -> Self:
        """Whatever happens after this is read here."""
        _wait(self._feed.ready(), self._loop)
        return self

    def get(self, timeout: float | None = None) -> M:
        """The next message; raises `TimeoutError`, or what ended the feed."""
        return _wait(self._feed.get(), self._loop, timeout)

    def close(self) -> None:
        """Listen no more."""
        self._loop.call_soon_threadsafe(self._feed.close)

    def __iter__(self) -> Iterator[M]:
        return self

    def __next__(self) -> M:
        try:
            return self.get()
        except Closed:
            raise StopIteration from None


class BlockingClient:
    """`with BlockingClient(url) as client: for trade in client.trades(): …`

    A `LiveClient` that runs in a thread of its own.
    """

    def __init__(
        self,
        address: Address = "",
        *,
        token: Token = None,
        options: Options | None = None,
        transport: Transport | None = None,
        polling: Transport | None = None,
    ) -> None:
        self._client = LiveClient(
            address, token=token, options=options, transport=transport, polling=polling
        )
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="pilotfish live", daemon=True)

    @property
    def status(self) -> Status:
        """Whether it is connected."""
        return self._client.status

    @property
    def latency(self) -> float | None:
        """Seconds from the last `ping` to its answer."""
        return self._client.latency

    @property
    def last_error(self) -> BaseException | None:
        """Why the last connection ended, or was not made."""
        return self._client.last_error

    def trades(self, *, after: int | None = None) -> BlockingFeed[TradeUpdate | Snapshot]:
        """Fills of the leaders that the user follows."""
        return self._feed(self._client.trades, after=after)

    def trader(
        self, account: str, *, after: int | None = None
    ) -> BlockingFeed[TradeUpdate | Snapshot]:
        """Fills of one leader."""
        return self._feed(self._client.trader, account, after=after)

    def copies(self, *, after: int | None = None) -> BlockingFeed[CopyUpdate | Snapshot]:
        """Copy orders and what becomes of them."""
        return self._feed(self._client.copies, after=after)

    def orders(self, *, after: int | None = None) -> BlockingFeed[OrderUpdate | Snapshot]:
        """Orders that were sent to venues."""
        return self._feed(self._client.orders, after=after)

    def alerts(self, *, after: int | None = None) -> BlockingFeed[Alert | Snapshot]:
        """What a person should see."""
        return self._feed(self._client.alerts, after=after)

    def sync(self, *, after: int | None = None) -> BlockingFeed[SyncUpdate | Snapshot]:
        """How far back-fills have come."""
        return self._feed(self._client.sync, after=after)

    def prices(self, symbol: str, venue: str = "") -> BlockingFeed[MarketUpdate]:
        """A market."""
        return self._feed(self._client.prices, symbol, venue)

    def positions(self) -> BlockingFeed[PositionUpdate]:
        """All open positions of the user."""
        return self._feed(self._client.positions)

    def portfolio(self) -> BlockingFeed[PortfolioUpdate]:
        """The user's portfolio."""
        return self._feed(self._client.portfolio)

    def risk(self) -> BlockingFeed[RiskUpdate]:
        """The user's risk."""
        return self._feed(self._client.risk)

    def feed(
        self, channel: str, *, after: int | None = None, size: int | None = None
    ) -> BlockingFeed[Any]:
        """A channel by its name."""
        return self._feed(self._client.feed, channel, after=after, size=size)

    def get_positions(self) -> PositionUpdate:
        """The user's open positions now."""
        return _wait(self._client.get_positions(), self._loop)

    def get_portfolio(self) -> PortfolioUpdate:
        """The user's portfolio now."""
        return _wait(self._client.get_portfolio(), self._loop)

    def ping(self) -> None:
        """A sign of life of the server."""
        _wait(self._client.ping(), self._loop)

    def request(self, command: Command) -> Answered:
        """The answer of any command."""
        return _wait(self._client.request(command), self._loop)

    def replay(
        self, channel: str, since_ms: int, until_ms: int, *, speed: float | None = None
    ) -> Iterator[Event]:
        """What a channel told in a period."""
        past = self._client.replay(channel, since_ms, until_ms, speed=speed)
        while True:
            message = _wait(_next(past), self._loop)
            if message is None:
                return
            yield message

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        _wait(self._client.__aenter__(), self._loop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        _wait(self._client.close(), self._loop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _feed(self, open_feed: Any, *given: Any, **named: Any) -> BlockingFeed[Any]:
        async def opened() -> Feed[Any]:
            feed: Feed[Any] = open_feed(*given, **named)
            return feed

        return BlockingFeed(_wait(opened(), self._loop), self._loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


async def _next(past: Any) -> Event | None:
    found: Event | None = await anext(past, None)
    return found


def _wait(
    work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, timeout: float | None = None
) -> T:
    """Ctrl-C and time-outs end the work, not only the waiting."""
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result(timeout)
    except concurrent.futures.TimeoutError:
        future.cancel()
        raise TimeoutError(f"nothing within {timeout} s") from None
    except BaseException:
        future.cancel()
        raise
