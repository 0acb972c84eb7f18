"""What a client may say on its WebSocket: `{"action": …, "id": …, …}`, strictly typed."""

import json
import re
from dataclasses import dataclass

MESSAGE_BYTES = 4_096
ID_CHARS = 64

CommandId = str | int | None

_TRADER = re.compile(r"trader:([A-Za-z0-9._-]{1,64})", re.ASCII)


class BadCommand(Exception):
    """The client is told `code` and the text, with the command's id if it could be read."""

    def __init__(self, code: str, text: str, command_id: CommandId = None) -> None:
        super().__init__(text)
        self.code = code
        self.command_id = command_id


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a sign of life; the gateway closes what is idle for ten minutes."""

    command_id: CommandId


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Asks to hear a trader's fills."""

    command_id: CommandId
    trader: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Asks to hear a trader's fills no more."""

    command_id: CommandId
    trader: str


Command = Ping | Subscribe | Unsubscribe


def parse(body: str) -> Command:
    """The command in a frame; raises `BadCommand` for anything else."""
    if len(body.encode(errors="surrogatepass")) > MESSAGE_BYTES:
        raise BadCommand("too_long", f"a message has {MESSAGE_BYTES} bytes at most")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadCommand("bad_json", "this is not JSON") from error
    if not isinstance(fields, dict):
        raise BadCommand("bad_command", "a command is a JSON object")
    command_id = _command_id(fields.get("id"))
    match fields.get("action"):
        case "ping":
            return Ping(command_id)
        case "subscribe":
            return Subscribe(command_id, _trader(fields.get("channel"), command_id))
        case "unsubscribe":
            return Unsubscribe(command_id, _trader(fields.get("channel"), command_id))
        case str():
            raise BadCommand("unknown_command", "there is no such action", command_id)
        case _:
            raise BadCommand("bad_command", "`action` has to be a string", command_id)


def _command_id(value: object) -> CommandId:
    short = isinstance(value, str) and len(value) <= ID_CHARS
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    if value is None or short or whole:
        return value  # type: ignore[return-value]
    raise BadCommand("bad_command", f"`id` is a string of {ID_CHARS} characters or an integer")


def _trader(channel: object, command_id: CommandId) -> str:
    if not isinstance(channel, str):
        raise BadCommand("bad_command", "`channel` has to be a string", command_id)
    found = _TRADER.fullmatch(channel)
    if not found:
        raise BadCommand("unknown_channel", "channels are `trader:<account id>`", command_id)
    return found[1]
