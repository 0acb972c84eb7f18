"""A client that loses nothing: it connects again, catches up, and says how it is."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, cast

from pilotfish.client.errors import Closed, Disconnected, TooManyWaiting, Unanswered
from pilotfish.client.feeds import Feed
from pilotfish.client.link import Answered
from pilotfish.client.listening import Listening
from pilotfish.client.options import Options
from pilotfish.client.staying import Status, Staying
from pilotfish.client.wires import Address, Token, Transport, WebSockets
from pilotfish.domain import channels
from pilotfish.domain.commands import Command, GetPortfolio, GetPositions, Ping, Replay
from pilotfish.domain.messages import (
    Alert,
    CopyUpdate,
    Event,
    History,
    MarketUpdate,
    OrderUpdate,
    PortfolioUpdate,
    PositionUpdate,
    RiskUpdate,
    Snapshot,
    SyncUpdate,
    TradeUpdate,
)

NEXT_LINK_S = 0.05


class LiveClient:
    """`async with LiveClient(url) as client: async for trade in client.trades(): …`

    `address` is the URL, or a function that gives one with a fresh ticket for each connection;
    `token` is for programs that have a bearer token. `polling` is what to fall back to where
    WebSockets are blocked. Nothing is lost over a reconnect but what was dropped for good by the
    server, and then a feed has a `Snapshot`. Raises `NotAdmitted` from all feeds when nobody
    lets it in.
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
        self._options = options or Options()
        self._listening = Listening(self._options)
        sockets = transport or WebSockets(address, token)
        self._staying = Staying(sockets, polling, self._options, self._listening)
        self._waiting = 0

    @property
    def status(self) -> Status:
        """Whether it is connected."""
        return self._staying.status

    @property
    def latency(self) -> float | None:
        """Seconds from the last `ping` to its answer."""
        link = self._listening.link
        return link.latency if link else None

    @property
    def connections(self) -> int:
        """How many connections there were; rotations count too."""
        return self._staying.connections

    @property
    def gaps(self) -> int:
        """How often a missing number was asked for."""
        return self._listening.gaps

    @property
    def last_error(self) -> BaseException | None:
        """Why the last connection ended, or was not made."""
        return self._staying.last_error

    def trades(self, *, after: int | None = None) -> Feed[TradeUpdate | Snapshot]:
        """Fills of the leaders that the user follows; of all for an operator."""
        return self.feed(channels.TRADES, after=after)

    def trader(self, account: str, *, after: int | None = None) -> Feed[TradeUpdate | Snapshot]:
        """Fills of one leader."""
        return self.feed(channels.trader_channel(account), after=after)

    def copies(self, *, after: int | None = None) -> Feed[CopyUpdate | Snapshot]:
        """Copy orders and what becomes of them."""
        return self.feed(channels.COPIES, after=after)

    def orders(self, *, after: int | None = None) -> Feed[OrderUpdate | Snapshot]:
        """Orders that were sent to venues."""
        return self.feed(channels.ORDERS, after=after)

    def alerts(self, *, after: int | None = None) -> Feed[Alert | Snapshot]:
        """What a person should see."""
        return self.feed(channels.ALERTS, after=after)

    def sync(self, *, after: int | None = None) -> Feed[SyncUpdate | Snapshot]:
        """How far back-fills have come."""
        return self.feed(channels.SYNC, after=after)

    def prices(self, symbol: str, venue: str = "") -> Feed[MarketUpdate]:
        """A market; without a venue on the first of ours that has it."""
        return self.feed(channels.price_channel(symbol, venue))

    def positions(self) -> Feed[PositionUpdate]:
        """All open positions of the user, each second."""
        return self.feed(channels.POSITIONS)

    def portfolio(self) -> Feed[PortfolioUpdate]:
        """The user's portfolio, every two seconds."""
        return self.feed(channels.PORTFOLIO)

    def risk(self) -> Feed[RiskUpdate]:
        """The user's risk, every two seconds."""
        return self.feed(channels.RISK)

    def feed(self, channel: str, *, after: int | None = None, size: int | None = None) -> Feed[Any]:
        """A channel by its name; raises `UnknownChannel`.

        `after` is the number of the last message that is known already. `size` is how many
        messages are kept for a slow reader: `Feed` says what becomes of the others.
        """
        feed = self._listening.open(channel, after, size)
        if self._staying.over:
            feed.fail(self._staying.over)
        return feed

    async def get_positions(self) -> PositionUpdate:
        """The user's open positions now."""
        return cast(PositionUpdate, await self.request(GetPositions()))

    async def get_portfolio(self) -> PortfolioUpdate:
        """The user's portfolio now."""
        return cast(PortfolioUpdate, await self.request(GetPortfolio()))

    async def ping(self) -> None:
        """A sign of life of the server."""
        await self.request(Ping())

    async def request(self, command: Command) -> Answered:
        """The answer; while there is no connection the command waits, and is sent again after.

        Raises `Refused`, `Unanswered` after `command_timeout`, or `TooManyWaiting`.
        """
        if self._waiting >= self._options.waiting:
            raise TooManyWaiting(f"{self._waiting} commands wait already")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._options.command_timeout):
                return await self._answer(command)
        except TimeoutError:
            raise Unanswered(f"no answer to {command.action}: {self.last_error}") from None
        finally:
            self._waiting -= 1

    async def replay(
        self, channel: str, since_ms: int, until_ms: int, *, speed: float | None = None
    ) -> AsyncIterator[Event]:
        """What a channel told in a period (UTC ms), oldest first.

        At `speed` times the pace at which it happened; None is as fast as it comes.
        """
        loop = asyncio.get_running_loop()
        began: tuple[float, int] | None = None
        following: str | None = None
        while True:
            asked = Replay(channel=channel, since_ms=since_ms, until_ms=until_ms, next=following)
            page = cast(History, await self.request(asked))
            for message in page.messages:
                began = began or (loop.time(), message.timestamp)
                if speed:
                    due = began[0] + (message.timestamp - began[1]) / 1000 / speed
                    await asyncio.sleep(max(0.0, due - loop.time()))
                yield message
            following = page.next
            if following is None:
                return

    async def close(self) -> None:
        """Hang up; feeds end."""
        await self._staying.close(Closed("the client was closed"))

    async def __aenter__(self) -> Self:
        self._staying.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def _answer(self, command: Command) -> Answered:
        while True:
            link = await self._staying.link()
            try:
                return await link.ask(command)
            except Disconnected:
                await asyncio.sleep(NEXT_LINK_S)
