"""Delta's private socket, which ccxt does not speak: log-in, subscription, and what it tells.

What is said here of it is in Delta's documentation of WebSockets (India's of June 2026, Global's
of May 2026).
"""

import asyncio
import hmac
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ccxt.base.errors import (
    AuthenticationError,
    ExchangeNotAvailable,
    InvalidNonce,
    NetworkError,
    PermissionDenied,
)

from pilotfish.domain.fills import Fill, Side
from pilotfish_venues.amounts import contract_size, market_by_id
from pilotfish_venues.lines import Line, opened

CHANNEL = "v2/user_trades"
PING = {"type": "ping"}
LOG_IN_S = 5.0


@dataclass(frozen=True, slots=True)
class DeltaSocket:
    """Where a Delta listens, and the kinds of log-in it knows, the newest first."""

    url: str
    log_ins: tuple[str, ...]


# Delta India ended `auth` with the year 2025; Global's documentation knows nothing else.
SOCKETS = {
    "delta": DeltaSocket("wss://socket.delta.exchange", ("key-auth", "auth")),
    "deltaindia": DeltaSocket("wss://socket.india.delta.exchange", ("key-auth",)),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the socket says of a fill; quantity in base units."""

    fill_id: str
    order_id: str
    side: Side
    price: Decimal
    quantity: Decimal
    traded_ms: int

    def fits(self, fill: Fill) -> bool:
        """Whether it may be this fill of the list."""
        mine = (self.order_id, self.side, self.price, self.quantity)
        return mine == (fill.order_id, fill.side, fill.price, fill.quantity)


async def rings(
    exchange: Any, where: DeltaSocket, ping_s: float, connected: asyncio.Event
) -> AsyncGenerator[list[Told], None]:
    """What is filled, in batches; the socket is read, and pinged, while a batch is looked up."""
    events: asyncio.Queue[Told | BaseException] = asyncio.Queue()
    async with opened(exchange.shared.sockets, where.url, ping_s, PING) as line:
        await _log_in(exchange, line, where.log_ins)
        await _subscribe(line)
        connected.set()
        reading = asyncio.create_task(_listen(exchange, line, events))
        try:
            while True:
                batch = [await events.get()]
                while not events.empty():
                    batch.append(events.get_nowait())
                yield [event for event in batch if isinstance(event, Told)]
                for event in batch:
                    if isinstance(event, BaseException):
                        raise event
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


async def _log_in(exchange: Any, line: Line, kinds: tuple[str, ...]) -> None:
    """Sign in with the first kind that the venue answers; raises when it refuses."""
    for kind in kinds:
        await line.send({"type": kind, "payload": _signed(exchange)})
        with suppress(TimeoutError):
            async with asyncio.timeout(LOG_IN_S):
                if await _accepted(line, kind):
                    return
    raise AuthenticationError(f"the socket took none of {', '.join(kinds)}")


def _signed(exchange: Any) -> dict[str, Any]:
    stamp = exchange.seconds()
    text = f"GET{stamp}/live".encode()
    signature = hmac.digest(exchange.secret.encode(), text, "sha256").hex()
    return {"api-key": exchange.apiKey, "timestamp": stamp, "signature": signature}


async def _accepted(line: Line, kind: str) -> bool:
    """Whether the log-in was taken; False for an answer that does not know the kind."""
    while True:
        answer = await line.receive()
        if answer.get("type") == "key-auth":
            if not answer.get("success"):
                raise _refusal(answer)
            return True
        if answer.get("type") == "success" and answer.get("message") == "Authenticated":
            return True
        if answer.get("type") == "error":
            if kind != "key-auth":
                raise AuthenticationError(str(answer.get("message")))
            return False


def _refusal(answer: Any) -> Any:
    """Delta's refusal of a log-in as ccxt's error; 408 is a timestamp out of its 5 s window."""
    words = f"{answer.get('status')}: {answer.get('message')}"
    code = int(answer.get("status_code") or 0)
    if code == 408:
        return InvalidNonce(words)
    return ExchangeNotAvailable(words) if code >= 500 else AuthenticationError(words)


async def _subscribe(line: Line) -> None:
    """Join the channel for all contracts, and wait until the venue says that we are in it."""
    channels = [{"name": CHANNEL, "symbols": ["all"]}]
    await line.send({"type": "subscribe", "payload": {"channels": channels}})
    async with asyncio.timeout(LOG_IN_S):
        while (answer := await line.receive()).get("type") != "subscriptions":
            pass
    joined = {channel["name"]: channel for channel in answer["channels"]}
    if "error" in joined.get(CHANNEL, {"error": ""}):
        raise PermissionDenied(str(joined.get(CHANNEL, answer).get("error", answer)))


async def _listen(exchange: Any, line: Line, events: "asyncio.Queue[Told | BaseException]") -> None:
    """Queue what is filled, and at last the error that ends the socket."""
    last: dict[str, int] = {}
    try:
        while True:
            message = await line.receive()
            if message.get("type") == CHANNEL:
                events.put_nowait(_told(exchange, message))
                _check_number(last, message["sy"], int(message["se"]))
    except Exception as error:  # noqa: BLE001 - whoever waits for the queue raises it
        events.put_nowait(error)


def _check_number(last: dict[str, int], symbol: str, number: int) -> None:
    """Messages of a symbol are numbered by one, from 1 again when Delta's systems restart."""
    before = last.get(symbol, number - 1)
    if number > before or number == 1:
        last[symbol] = number
    if number > before + 1:
        raise NetworkError(f"messages {before + 1} to {number - 1} of {symbol} did not come")


def _told(exchange: Any, message: Any) -> Told:
    market = market_by_id(exchange, message["sy"])
    size = contract_size(market) if market else Decimal(1)
    return Told(
        fill_id=str(message["f"]),
        order_id=str(message["o"]),
        side=Side(message["S"]),
        price=Decimal(str(message["p"])),
        quantity=Decimal(str(message["s"])) * size,
        traded_ms=int(message["t"]) // 1000,
    )
