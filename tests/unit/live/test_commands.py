"""Frames from clients: what is understood, and what each misunderstanding is called."""

import json
from typing import Any

import pytest

from pilotfish.domain.channels import UnknownChannel, parse_channel
from pilotfish.domain.commands import (
    CHANNELS_AT_ONCE,
    MESSAGE_BYTES,
    BadCommand,
    GetPortfolio,
    GetPositions,
    Ping,
    Replay,
    Resume,
    Subscribe,
    SubscribeTicker,
    Unsubscribe,
    UnsubscribeTicker,
    channels_of,
    parse,
)
from pilotfish.domain.viewers import Viewer


@pytest.mark.parametrize(
    ("frame", "command"),
    [
        ({"action": "ping"}, Ping()),
        ({"action": "ping", "id": 7}, Ping(id=7)),
        ({"action": "ping", "id": "a-1", "more": [1]}, Ping(id="a-1")),
        (
            {"action": "subscribe", "channel": "trader:acc-1", "id": 1},
            Subscribe(id=1, channel="trader:acc-1"),
        ),
        (
            {"action": "subscribe", "channel": "price_updates", "symbols": ["BTCUSDT", "ETHUSDT"]},
            Subscribe(channel="price_updates", symbols=("BTCUSDT", "ETHUSDT")),
        ),
        (
            {"action": "unsubscribe", "channel": "price_updates", "symbol": "A/B", "venue": "okx"},
            Unsubscribe(channel="price_updates", symbol="A/B", venue="okx"),
        ),
        (
            {"action": "resume", "id": 2, "channels": {"copies": 12, "trades": 0}},
            Resume(id=2, channels={"copies": 12, "trades": 0}),
        ),
        (
            {"action": "replay", "channel": "trades", "since_ms": 1, "until_ms": 2, "next": "x"},
            Replay(channel="trades", since_ms=1, until_ms=2, next="x"),
        ),
        # As the product's document on its real-time API shows them.
        (
            {"action": "subscribe_ticker", "symbol": "BTCUSDT"},
            SubscribeTicker(symbol="BTCUSDT"),
        ),
        (
            {"action": "unsubscribe_ticker", "symbol": "BTCUSDT"},
            UnsubscribeTicker(symbol="BTCUSDT"),
        ),
        ({"action": "get_positions"}, GetPositions()),
        ({"action": "get_portfolio"}, GetPortfolio()),
    ],
)
def test_commands(frame: dict[str, Any], command: object) -> None:
    assert parse(json.dumps(frame)) == command


def test_prices_are_asked_for_by_symbol_and_venue() -> None:
    several = Subscribe(channel="price_updates", symbols=("BTCUSDT", "A/B:B"), venue="okx")

    names = [channel.name for channel in channels_of(several)]

    assert names == ["price_updates:BTCUSDT@okx", "price_updates:A/B:B@okx"]
    channel = parse_channel(names[1])
    assert (channel.subject, channel.venue, channel.of_states) == ("A/B:B", "okx", True)


@pytest.mark.parametrize("symbols", [{}, {"symbol": ""}, {"symbols": []}])
def test_prices_of_nothing_are_refused(symbols: dict[str, Any]) -> None:
    frame = {"action": "subscribe", "channel": "price_updates", "id": 4, **symbols}

    def asked() -> object:
        command = parse(json.dumps(frame))
        assert isinstance(command, Subscribe)
        return channels_of(command)

    with pytest.raises(BadCommand) as refused:
        asked()
    assert refused.value.command_id == 4


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
        (
            '{"action": "subscribe", "channel": "price_updates", "symbols": "A"}',
            "bad_command",
            None,
        ),
        (
            '{"action": "subscribe", "channel": "price_updates", "symbols": [1]}',
            "bad_command",
            None,
        ),
        ('{"action": "subscribe_ticker", "id": 3}', "bad_command", 3),
        ('{"action": "subscribe_ticker", "symbol": 1}', "bad_command", None),
        ('{"action": "subscribe_ticker", "symbol": "A", "venue": 1}', "bad_command", None),
        ('{"action": "resume"}', "bad_command", None),
        ('{"action": "resume", "channels": []}', "bad_command", None),
        ('{"action": "resume", "channels": {}}', "too_many_at_once", None),
        ('{"action": "resume", "channels": {"copies": "1"}}', "bad_command", None),
        ('{"action": "resume", "channels": {"copies": -1}}', "bad_command", None),
        ('{"action": "resume", "channels": {"copies": 1e3}}', "bad_command", None),
        ('{"action": "resume", "channels": {"copies": ' + "9" * 30 + "}}", "bad_command", None),
        (
            '{"action": "replay", "channel": "trades", "since_ms": 2, "until_ms": 1}',
            "bad_command",
            None,
        ),
        (
            '{"action": "replay", "channel": "trades", "since_ms": true, "until_ms": 1}',
            "bad_command",
            None,
        ),
        ('{"action": "ping", "x": "' + "é" * (MESSAGE_BYTES // 2) + '"}', "too_long", None),
        ("x" * 33_000, "too_long", None),
        ("\ud800", "bad_json", None),
    ],
)
def test_everything_else_is_refused_by_name(body: str, code: str, command_id: object) -> None:
    with pytest.raises(BadCommand) as refused:
        parse(body)
    assert (refused.value.code, refused.value.command_id) == (code, command_id)
    assert str(refused.value)


def test_the_limit_that_was_hit_is_named() -> None:
    many = {str(number): 1 for number in range(CHANNELS_AT_ONCE + 1)}
    for body, limit in [
        ("x" * (MESSAGE_BYTES + 1), MESSAGE_BYTES),
        (json.dumps({"action": "resume", "channels": many}), CHANNELS_AT_ONCE),
    ]:
        with pytest.raises(BadCommand) as refused:
            parse(body)
        assert refused.value.limit == limit


@pytest.mark.parametrize(
    "name",
    [
        "",
        "all",
        "user:eve",
        "copies|eve",
        "copies|*",
        "copies:eve",
        "trader:",
        "trader:a b",
        "trader:a\n",
        "trader:\ud800",
        "trader:" + "x" * 65,
        "ticket#0",
        "demand",
        "connections",
        "price_updates",
        "price_updates:",
        "price_updates:A|B",
        "price_updates:BTCUSDT@",
        "price_updates:BTCUSDT@OKX",
        "price_updates:BTCUSDT@okx@okx",
    ],
)
def test_there_are_no_other_channels(name: str) -> None:
    with pytest.raises(UnknownChannel):
        parse_channel(name)


def test_whose_channel_it_is_is_decided_by_who_listens() -> None:
    copies, positions = parse_channel("copies"), parse_channel("positions")
    ada, root = Viewer("ada"), Viewer("root", operator=True)

    assert copies.topic(ada) == "copies|ada"
    assert copies.topic(root) == "copies|*"
    assert positions.topic(root) == "positions|root"
    assert parse_channel("trader:x").topic(ada) == parse_channel("trader:x").topic(root)
