"""docs/asyncapi.yaml, from what the WebSocket speaks with: `python -m scripts.asyncapi`.

`--check` fails when the file is not what the classes say.
"""

import sys
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import TypeAdapter

from pilotfish.domain import channels, commands, messages
from pilotfish.domain.frames import FRAME_BYTES
from pilotfish.usecases import catching_up, connect, subscribing

TARGET = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"

Schema = dict[str, Any]

TOLD: dict[str, tuple[type, str]] = {
    channels.TRADES: (messages.TradeUpdate, "Fills of the user's own leader accounts."),
    f"{channels.TRADER}:<account id>": (
        messages.TradeUpdate,
        "Fills of a leader whom one of the user's accounts follows.",
    ),
    channels.COPIES: (messages.CopyUpdate, "Each change of each of the user's copy orders."),
    channels.ORDERS: (messages.OrderUpdate, "The same, of orders that may be at a venue."),
    channels.ALERTS: (messages.Alert, "What a person should see."),
    channels.SYNC: (messages.SyncUpdate, "Back-fills of the user's accounts."),
    f"{channels.PRICES}:<symbol>[@<venue>]": (
        messages.MarketUpdate,
        "A market's price: at most four a second, at least one a second while it moves.",
    ),
    channels.POSITIONS: (messages.PositionUpdate, "All that the user holds, each second."),
    channels.PORTFOLIO: (messages.PortfolioUpdate, "What it is worth, each two seconds."),
    channels.RISK: (messages.RiskUpdate, "How it is exposed, each two seconds."),
}
ANSWERS: dict[type, tuple[type, ...]] = {
    commands.Ping: (messages.Pong,),
    commands.Subscribe: (messages.Ack,),
    commands.Unsubscribe: (messages.Ack,),
    commands.SubscribeTicker: (messages.Ack,),
    commands.UnsubscribeTicker: (messages.Ack,),
    commands.GetPositions: (messages.PositionUpdate,),
    commands.GetPortfolio: (messages.PortfolioUpdate,),
    commands.Resume: (messages.Snapshot, messages.Ack),
    commands.Replay: (messages.History,),
}
COMMANDS = get_args(commands.Command)
MESSAGES = get_args(messages.Message)


def document() -> Schema:
    """All of it."""
    known = [*COMMANDS, *MESSAGES]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pilotfish live",
            "version": "1.0.0",
            "description": _introduction(),
            "tags": [{"name": "copy trading"}, {"name": "live"}],
        },
        "defaultContentType": "application/json",
        "servers": {
            "aws": {
                "host": "{api}.execute-api.{region}.amazonaws.com",
                "pathname": "/live",
                "protocol": "wss",
                "description": "The stack's output SocketUrl.",
                "variables": {
                    "api": {"description": "The stack's output SocketApiId."},
                    "region": {"description": "Where the stack is.", "default": "eu-central-1"},
                },
                "security": [
                    {"$ref": "#/components/securitySchemes/ticket"},
                    {"$ref": "#/components/securitySchemes/token"},
                ],
            }
        },
        "channels": {
            "live": {
                "address": "/",
                "description": "The socket. What a client hears on it are the channels above.",
                "messages": {_name(kind): _ref("messages", kind) for kind in known},
                "bindings": {"ws": {"query": _query()}},
            }
        },
        "operations": {**_asked(), **_told()},
        "components": {
            "securitySchemes": {
                "ticket": {
                    "type": "httpApiKey",
                    "in": "query",
                    "name": "ticket",
                    "description": "Lets one connection in, within 30 s.",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "For programs: an id or access token, in `Authorization`.",
                },
            },
            "messages": {_name(kind): _message(kind) for kind in known},
            "schemas": _schemas(known),
        },
    }


def _introduction() -> str:
    events = ", ".join(f"`{name}`" for name in (*channels.USER_EVENTS, "trader:<account id>"))
    states = ", ".join(f"`{name}`" for name in (*channels.USER_STATES, "price_updates:…"))
    told = "\n".join(f"- `{name}`: `{_type(kind)}`. {text}" for name, (kind, text) in TOLD.items())
    return f"""\
What a leader's fills, their copies, prices and positions are told with, as they happen.

A client sends commands (`action`, and an `id` that the answer repeats) and hears channels:

{told}

A user hears what is the user's own; an operator hears what concerns everybody.

**Numbers.** Every message has `channel`, `seq` and `timestamp`. On channels of events ({events})
`seq` grows by one from message to message: what is missing shows, and a message with a number that
was seen before is the same message. On channels of states ({states}) it only grows: a lower one is
old. `{_type(messages.Snapshot)}` stands for all of its channel up to its `seq`.

**Coming back.** `resume` with the last `seq` of each channel: what was missed is told again in
order, before the `ACK`; where that is not kept (an hour, {catching_up.MISSED} messages), a
`SNAPSHOT`. `PONG` tells the last number of each channel, so a client that pings knows when it is
behind though nothing more happens. `BEHIND` says that the gateway did not take something.

**Frames.** Several messages may come in one frame, as `{{"type": "BATCH", "messages": […]}}`, of
{FRAME_BYTES:,} bytes at most.

**Limits.** {connect.MESSAGES_A_SECOND} messages a second, {commands.MESSAGE_BYTES:,} bytes each;
{subscribing.SUBSCRIPTIONS} subscriptions, {subscribing.SYMBOLS} of them prices;
{commands.CHANNELS_AT_ONCE} channels a command. An `ERROR` names the limit in `code` and `limit`;
the connection lives. The gateway ends a connection after two hours, and after ten minutes in which
nothing was sent either way.
"""


def _query() -> Schema:
    ticket = "Lets the connection in, once."
    names = "User channels to hear from the start, with commas between them."
    return {
        "type": "object",
        "properties": {
            "ticket": {"type": "string", "description": ticket},
            "channels": {"type": "string", "description": names},
        },
    }


def _asked() -> Schema:
    found = {}
    for command, answers in ANSWERS.items():
        kinds = [*answers, messages.Error]
        found[_type(command)] = {
            "action": "receive",
            "channel": {"$ref": "#/channels/live"},
            "summary": _text(command),
            "description": f"Answered with {' or '.join(f'`{_type(kind)}`' for kind in kinds)}.",
            "messages": [_on_live(command)],
            "reply": {
                "channel": {"$ref": "#/channels/live"},
                "messages": [_on_live(kind) for kind in kinds],
            },
        }
    return found


def _told() -> Schema:
    found = {}
    for name, (kind, text) in TOLD.items():
        family = name.partition(":")[0]
        kinds = (
            [kind]
            if family in (channels.PRICES, *channels.USER_STATES)
            else [kind, messages.Snapshot]
        )
        found[f"tell_{family}"] = {
            "action": "send",
            "channel": {"$ref": "#/channels/live"},
            "summary": f"On `{name}`.",
            "description": text,
            "messages": [_on_live(each) for each in kinds],
        }
    found["tell_behind"] = {
        "action": "send",
        "channel": {"$ref": "#/channels/live"},
        "summary": "When the gateway did not take something.",
        "description": _text(messages.Behind),
        "messages": [_on_live(messages.Behind)],
    }
    return found


def _message(kind: type) -> Schema:
    return {
        "name": _type(kind),
        "title": _type(kind),
        "summary": _text(kind),
        "contentType": "application/json",
        "payload": _ref("schemas", kind),
    }


def _schemas(kinds: Iterable[type]) -> Schema:
    found: dict[str, Schema] = {}
    for kind in kinds:
        schema = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[_name(kind)] = schema
    parts = {name: getattr(messages, name, None) or getattr(commands, name) for name in found}
    return {name: _told_apart(found[name], parts[name]) for name in sorted(found)}


def _told_apart(schema: Schema, kind: type) -> Schema:
    """What is left out when there is none is not null, and all else is always there."""
    if not is_dataclass(kind):
        return schema
    left_out = {each.name for each in fields(kind) if "if_any" in each.metadata}
    for name, member in schema["properties"].items():
        member.pop("default", None)
        if name in left_out and "anyOf" in member:
            some = [each for each in member.pop("anyOf") if each != {"type": "null"}]
            member.update(some[0] if len(some) == 1 else {"anyOf": some})
    schema["required"] = [each.name for each in fields(kind) if each.name not in left_out]
    return schema


def _ref(part: str, kind: type) -> Schema:
    return {"$ref": f"#/components/{part}/{_name(kind)}"}


def _on_live(kind: type) -> Schema:
    return {"$ref": f"#/channels/live/messages/{_name(kind)}"}


def _name(kind: type) -> str:
    return kind.__name__


def _type(kind: type) -> str:
    """`TRADE_UPDATE`, or a command's action."""
    return str(next(f.default for f in fields(kind) if f.name in ("type", "action")))


def _text(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are."""


def _represented(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represented)


def rendered() -> str:
    """The file."""
    head = "# Made by `python -m scripts.asyncapi` from pilotfish.domain.messages and .commands.\n"
    return head + yaml.dump(
        document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )


def main() -> int:
    """Write the file, or with `--check` say whether it is as it should be."""
    if "--check" in sys.argv:
        if TARGET.read_text() == rendered():
            return 0
        print("docs/asyncapi.yaml is not what the code says: python -m scripts.asyncapi")
        return 1
    TARGET.write_text(rendered())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
