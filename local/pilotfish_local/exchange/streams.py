"""Open sockets: who listens to which account and which market, and messages to them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

import orjson
from aiohttp import web

from pilotfish_local.exchange.faults import Faults, Rule

Wrap = Callable[[object], object]


def _as_is(message: object) -> object:
    return message


def _everyone(connection: "Connection") -> bool:
    return True


class Connection:
    """One client's socket: messages leave in the order in which they were sent."""

    def __init__(self, socket: web.WebSocketResponse, request: web.BaseRequest) -> None:
        self._socket = socket
        self._transport = request.transport
        self.address = request.remote or ""
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())
        self.names: set[str] = set()

    def send(self, message: object) -> None:
        """Put a JSON message on the wire as soon as the loop turns."""
        self.send_text(orjson.dumps(message).decode())

    def send_text(self, text: str) -> None:
        """Put a text on the wire that is no JSON."""
        self._outbox.put_nowait(text)

    async def _write(self) -> None:
        try:
            while True:
                await self._socket.send_str(await self._outbox.get())
        except (ConnectionError, RuntimeError):
            return

    def drop(self) -> None:
        """Cut the connection without a closing handshake."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Stop writing; the socket is gone."""
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)


class Sockets(Protocol):
    """One family of venues as its socket clients see it."""

    def account_of(self, path: str, query: str) -> str | None:
        """The account whose user stream a path opens, if it does."""
        ...

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        ...


class Hub:
    """User streams by account and market streams by name."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._users: dict[str, dict[Connection, Wrap]] = defaultdict(dict)
        self._markets: dict[tuple[str, str], set[Connection]] = defaultdict(set)

    def join_user(self, account: str, connection: Connection, wrap: Wrap = _as_is) -> None:
        """Send an account's events to a connection, each wrapped as its protocol asks."""
        self._users[account][connection] = wrap

    def join_market(self, venue: str, name: str, connection: Connection) -> None:
        """Send a market stream, such as btcusdt@bookTicker, to a connection."""
        self._markets[venue, name].add(connection)
        connection.names.add(name)

    def leave_market(self, venue: str, name: str, connection: Connection) -> None:
        """Stop sending a market stream."""
        self._markets[venue, name].discard(connection)
        connection.names.discard(name)

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        for listeners in self._users.values():
            listeners.pop(connection, None)
        for markets in self._markets.values():
            markets.discard(connection)

    def listens(self, account: str) -> bool:
        """Whether anyone listens to an account."""
        return bool(self._users.get(account))

    def watched(self, venue: str, name: str) -> set[Connection]:
        """Who listens to a market stream."""
        return self._markets.get((venue, name)) or set()

    def publish(
        self,
        venue: str,
        account: str,
        message: object,
        wants: Callable[[Connection], bool] = _everyone,
    ) -> None:
        """Send an event of an account to everyone who listens, unless a fault says otherwise."""
        for connection, wrap in list(self._users.get(account, {}).items()):
            if not wants(connection):
                continue
            rules = self._faults.on_message(venue, account)
            for _ in range(_copies(rules)):
                connection.send(wrap(message))
            if any(rule.kind == "drop_socket" for rule in rules):
                self.leave(connection)
                connection.drop()

    def drop_users(self, accounts: list[str] | None = None) -> int:
        """Cut the user streams of some accounts, or of all; returns how many there were."""
        cut = 0
        for account in list(self._users) if accounts is None else accounts:
            for connection in list(self._users.get(account, {})):
                self.leave(connection)
                connection.drop()
                cut += 1
        return cut

    def forget_user(self, account: str) -> None:
        """Send an account's events to nobody, and leave the connections open."""
        self._users.pop(account, None)

    def counts(self) -> dict[str, int]:
        """How many connections listen to each account."""
        return {account: len(found) for account, found in self._users.items() if found}


def _copies(rules: list[Rule]) -> int:
    """How often a message is sent: silenced and dropped ones not at all."""
    kinds = {rule.kind for rule in rules}
    if kinds & {"mute_socket", "skip_socket", "drop_socket"}:
        return 0
    return 2 if "duplicate_socket" in kinds else 1
