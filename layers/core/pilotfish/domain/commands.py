"""What a client may say on its WebSocket: `{"action": …, "id": …, …}`, strictly typed.

What a command does not know of is not looked at. docs/asyncapi.yaml is made from these classes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pilotfish.domain.channels import (
    PRICES,
    Channel,
    UnknownChannel,
    parse_channel,
    price_channel,
)
from pilotfish.domain.messages import IF_ANY, CommandId

MESSAGE_BYTES = 4_096
ID_CHARS = 64
CHANNELS_AT_ONCE = 20
LARGEST = 2**53


class BadCommand(Exception):
    """The client is told `code` and the text, with the command's id if it could be read."""

    def __init__(
        self, code: str, text: str, command_id: CommandId = None, limit: int | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.command_id = command_id
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Asks for a sign of life; the gateway closes what is idle for ten minutes."""

    action: Literal["ping"] = "ping"
    id: CommandId = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Asks to hear a channel; `price_updates` by `symbol` or `symbols`, and `venue`."""

    action: Literal["subscribe"] = "subscribe"
    id: CommandId = field(default=None, metadata=IF_ANY)
    channel: str
    symbol: str | None = field(default=None, metadata=IF_ANY)
    symbols: tuple[str, ...] | None = field(default=None, metadata=IF_ANY)
    venue: str | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """Asks to hear a channel no more."""

    action: Literal["unsubscribe"] = "unsubscribe"
    id: CommandId = field(default=None, metadata=IF_ANY)
    channel: str
    symbol: str | None = field(default=None, metadata=IF_ANY)
    symbols: tuple[str, ...] | None = field(default=None, metadata=IF_ANY)
    venue: str | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeTicker:
    """Asks for a market's prices: `subscribe` to `price_updates` of the symbol."""

    action: Literal["subscribe_ticker"] = "subscribe_ticker"
    id: CommandId = field(default=None, metadata=IF_ANY)
    symbol: str
    venue: str | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeTicker:
    """Asks for a market's prices no more."""

    action: Literal["unsubscribe_ticker"] = "unsubscribe_ticker"
    id: CommandId = field(default=None, metadata=IF_ANY)
    symbol: str
    venue: str | None = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPositions:
    """Asks for one `POSITION_UPDATE` now."""

    action: Literal["get_positions"] = "get_positions"
    id: CommandId = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPortfolio:
    """Asks for one `PORTFOLIO_UPDATE` now."""

    action: Literal["get_portfolio"] = "get_portfolio"
    id: CommandId = field(default=None, metadata=IF_ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Subscribes, and asks for what was told after the last `seq` that the client has, by channel.

    What was missed is sent as it was told, in order, and then the `ACK`. A channel that is not
    kept so far back, or never numbered like that, is sent as a `SNAPSHOT`.
    """

    action: Literal["resume"] = "resume"
    id: CommandId = field(default=None, metadata=IF_ANY)
    channels: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Asks for a page of the past of `trades`, `copies`, `orders` or `trader:<id>`, by time.

    `next` is what the page before gave. A client that waits as long between messages as their
    timestamps are apart, divided by a speed, replays the period at that speed.
    """

    action: Literal["replay"] = "replay"
    id: CommandId = field(default=None, metadata=IF_ANY)
    channel: str
    since_ms: int
    until_ms: int
    next: str | None = field(default=None, metadata=IF_ANY)


Command = (
    Ping
    | Subscribe
    | Unsubscribe
    | SubscribeTicker
    | UnsubscribeTicker
    | GetPositions
    | GetPortfolio
    | Resume
    | Replay
)


def parse(body: str) -> Command:
    """The command in a frame; raises `BadCommand` for anything else."""
    if len(body.encode(errors="surrogatepass")) > MESSAGE_BYTES:
        text = f"a message has {MESSAGE_BYTES} bytes at most"
        raise BadCommand("too_long", text, limit=MESSAGE_BYTES)
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadCommand("bad_json", "this is not JSON") from error
    if not isinstance(fields, dict):
        raise BadCommand("bad_command", "a command is a JSON object")
    command_id = _command_id(fields.get("id"))
    action = fields.get("action")
    if not isinstance(action, str):
        raise BadCommand("bad_command", "`action` has to be a string", command_id)
    build = _BUILD.get(action)
    if build is None:
        known = ", ".join(_BUILD)
        raise BadCommand(
            "unknown_command", f"there is no such action; there are {known}", command_id
        )
    return build(_Members(fields, command_id))


def channels_of(command: Subscribe | Unsubscribe) -> list[Channel]:
    """The channels that a command is about; raises `BadCommand`."""
    symbols = command.symbols or ((command.symbol,) if command.symbol else ())
    names = [command.channel]
    if command.channel == PRICES:
        if not symbols:
            raise BadCommand("bad_command", f"of {PRICES} say which `symbol`", command.id)
        names = [price_channel(symbol, command.venue or "") for symbol in symbols]
    return [named_channel(name, command.id) for name in names]


def named_channel(name: str, command_id: CommandId) -> Channel:
    """Raises `BadCommand` when there is no such channel."""
    try:
        return parse_channel(name)
    except UnknownChannel as unknown:
        raise BadCommand("unknown_channel", str(unknown), command_id) from None


class _Members:
    """A command's members, each of the type that is asked for."""

    def __init__(self, fields: Mapping[str, Any], command_id: CommandId) -> None:
        self._fields = fields
        self.id = command_id

    def bad(self, text: str) -> BadCommand:
        return BadCommand("bad_command", text, self.id)

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise self.bad(f"`{name}` has to be a string")
        return value

    def text_if_any(self, name: str) -> str | None:
        return None if self._fields.get(name) is None else self.text(name)

    def texts_if_any(self, name: str) -> tuple[str, ...] | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.bad(f"`{name}` has to be a list of strings")
        self._few(name, len(value))
        return tuple(value)

    def number(self, name: str) -> int:
        value = self._fields.get(name)
        if not _whole(value):
            raise self.bad(f"`{name}` has to be a whole number")
        return int(value)  # type: ignore[arg-type]

    def numbers(self, name: str) -> dict[str, int]:
        value = self._fields.get(name)
        if not isinstance(value, dict) or not all(_whole(each) for each in value.values()):
            raise self.bad(f"`{name}` has to be an object of whole numbers")
        self._few(name, len(value))
        return dict(value)

    def _few(self, name: str, count: int) -> None:
        if not 0 < count <= CHANNELS_AT_ONCE:
            text = f"`{name}` has one to {CHANNELS_AT_ONCE} members"
            raise BadCommand("too_many_at_once", text, self.id, CHANNELS_AT_ONCE)


def _subscribe(given: _Members) -> Subscribe:
    return Subscribe(
        id=given.id,
        channel=given.text("channel"),
        symbol=given.text_if_any("symbol"),
        symbols=given.texts_if_any("symbols"),
        venue=given.text_if_any("venue"),
    )


def _unsubscribe(given: _Members) -> Unsubscribe:
    same = _subscribe(given)
    return Unsubscribe(
        id=same.id,
        channel=same.channel,
        symbol=same.symbol,
        symbols=same.symbols,
        venue=same.venue,
    )


def _replay(given: _Members) -> Replay:
    since_ms, until_ms = given.number("since_ms"), given.number("until_ms")
    if not 0 <= since_ms <= until_ms:
        raise given.bad("a period begins before it ends")
    return Replay(
        id=given.id,
        channel=given.text("channel"),
        since_ms=since_ms,
        until_ms=until_ms,
        next=given.text_if_any("next"),
    )


def _resume(given: _Members) -> Resume:
    channels = given.numbers("channels")
    if min(channels.values()) < 0:
        raise given.bad("a `seq` is never below 0")
    return Resume(id=given.id, channels=channels)


_BUILD: dict[str, Callable[[_Members], Command]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "subscribe_ticker": lambda given: SubscribeTicker(
        id=given.id, symbol=given.text("symbol"), venue=given.text_if_any("venue")
    ),
    "unsubscribe_ticker": lambda given: UnsubscribeTicker(
        id=given.id, symbol=given.text("symbol"), venue=given.text_if_any("venue")
    ),
    "get_positions": lambda given: GetPositions(id=given.id),
    "get_portfolio": lambda given: GetPortfolio(id=given.id),
    "resume": _resume,
    "replay": _replay,
    "ping": lambda given: Ping(id=given.id),
}


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST


def _command_id(value: object) -> CommandId:
    short = isinstance(value, str) and len(value) <= ID_CHARS
    if value is None or short or _whole(value):
        return value  # type: ignore[return-value]
    raise BadCommand("bad_command", f"`id` is a string of {ID_CHARS} characters or an integer")
