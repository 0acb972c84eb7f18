"""Frames from clients: what is understood, and what each misunderstanding is called."""

import json
from typing import Any

import pytest

from pilotfish.domain.commands import MESSAGE_BYTES, BadCommand, Ping, Subscribe, Unsubscribe, parse


@pytest.mark.parametrize(
    ("frame", "command"),
    [
        ({"action": "ping"}, Ping(None)),
        ({"action": "ping", "id": 7}, Ping(7)),
        ({"action": "ping", "id": "a-1", "more": [1]}, Ping("a-1")),
        ({"action": "subscribe", "channel": "trader:acc-1", "id": 1}, Subscribe(1, "acc-1")),
        ({"action": "unsubscribe", "channel": "trader:acc-1"}, Unsubscribe(None, "acc-1")),
    ],
)
def test_commands(frame: dict[str, Any], command: object) -> None:
    assert parse(json.dumps(frame)) == command


@pytest.mark.parametrize(
    ("body", "code", "command_id"),
    [
        ("", "bad_json", None),
        ("{", "bad_json", None),
        ("[" * 4_000, "bad_json", None),
        ('{"id": ' + "9" * 4_050 + "}", "bad_command", None),
        ('{"action": "ping", "id": ' + "1" * 4_000 + "}", "bad_command", None),
        ("[1]", "bad_command", None),
        ("null", "bad_command", None),
        ('"ping"', "bad_command", None),
        ("{}", "bad_command", None),
        ('{"id": 3}', "bad_command", 3),
        ('{"action": 1, "id": "x"}', "bad_command", "x"),
        ('{"action": "PING", "id": 3}', "unknown_command", 3),
        ('{"action": "$connect"}', "unknown_command", None),
        ('{"action": "ping", "id": true}', "bad_command", None),
        ('{"action": "ping", "id": 1.5}', "bad_command", None),
        ('{"action": "ping", "id": NaN}', "bad_command", None),
        ('{"action": "ping", "id": [1]}', "bad_command", None),
        ('{"action": "ping", "id": "' + "x" * 65 + '"}', "bad_command", None),
        ('{"action": "subscribe", "id": 3}', "bad_command", 3),
        ('{"action": "subscribe", "channel": {}, "id": 3}', "bad_command", 3),
        ('{"action": "subscribe", "channel": "user:eve", "id": 3}', "unknown_channel", 3),
        ('{"action": "subscribe", "channel": "all", "id": 3}', "unknown_channel", 3),
        ('{"action": "subscribe", "channel": "trader:", "id": 3}', "unknown_channel", 3),
        ('{"action": "subscribe", "channel": "trader:\\ud800"}', "unknown_channel", None),
        ('{"action": "subscribe", "channel": "trader:a b"}', "unknown_channel", None),
        ('{"action": "unsubscribe", "channel": "trader:a\\n"}', "unknown_channel", None),
        ('{"action": "ping", "x": "' + "é" * (MESSAGE_BYTES // 2) + '"}', "too_long", None),
        ("\ud800", "bad_json", None),
    ],
)
def test_everything_else_is_refused_by_name(body: str, code: str, command_id: object) -> None:
    with pytest.raises(BadCommand) as refused:
        parse(body)
    assert (refused.value.code, refused.value.command_id) == (code, command_id)
    assert str(refused.value)
