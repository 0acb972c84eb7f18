"""Whatever a client says, it is answered, the connection lives, and nobody else's is heard."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url
from pilotfish_local.local_stack import LocalStack
from tests.stage import USDM_BTC, Scene
from tests.unit.live.test_connect import COMMANDS, JSON

CONNECTIONS = 4
MESSAGES = 10  # What a connection may say within a second.
EXAMPLES = 250 if int(os.environ.get("PROPERTY_EXAMPLES", "0")) >= 300 else 6
ANSWER_S = 20.0
VICTIM = "fuzz-victim"
ANSWERS = {"ACK", "PONG", "ERROR", "HISTORY", "POSITION_UPDATE", "PORTFOLIO_UPDATE"}

NOISE = st.one_of(
    COMMANDS.map(json.dumps),
    JSON.map(json.dumps),
    st.text(max_size=200),
    st.integers(33_000, 40_000).map(lambda size: "x" * size),
    st.sampled_from(["", "{", "[" * 3_000, '{"action": "subscribe", "channel": "copies|*"}']),
).map(lambda text: text.encode(errors="replace").decode())


def well_formed(*others: str) -> st.SearchStrategy[str]:
    """Commands that are understood, and ask for what is another's too."""
    own = ["copies", "orders", "trades", "alerts", "sync", "positions", "price_updates:BTCUSDT"]
    channel = st.sampled_from([*own, *(f"trader:{name}" for name in others), "trader:nobody"])
    number = st.integers(0, 2**53 - 1)
    given = {"id": st.integers(0, 9)}
    by_action = [
        {"action": st.sampled_from(["subscribe", "unsubscribe"]), "channel": channel},
        {"action": st.just("resume"), "channels": st.dictionaries(channel, number, min_size=1)},
        {
            "action": st.just("replay"),
            "channel": channel,
            "since_ms": st.just(0),
            "until_ms": number,
        },
        {"action": st.sampled_from(["get_positions", "get_portfolio", "ping"])},
        {
            "action": st.sampled_from(["subscribe_ticker", "unsubscribe_ticker"]),
            "symbol": st.sampled_from(["BTCUSDT", "ETH/USDT", *others]),
        },
    ]
    return st.one_of(*(st.fixed_dictionaries(each | given) for each in by_action)).map(json.dumps)


async def _converse(local: LocalStack, frames: list[str]) -> list[Any]:
    """Everything that is heard until each message was answered and a last one too."""
    url = ticket_url(local, Viewer("fuzz-eve"), ("copies", "alerts"))
    heard: list[Any] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for frame in frames:
            await socket.send_str(frame)
        async with asyncio.timeout(ANSWER_S):
            while sum(message["type"] in ANSWERS for message in heard) < len(frames):
                heard += _messages(await socket.receive())
        await asyncio.sleep(1.0)
        await socket.send_str('{"action": "ping", "id": "last"}')
        async with asyncio.timeout(ANSWER_S):
            while not any(message.get("id") == "last" for message in heard):
                heard += _messages(await socket.receive())
    return heard


def _messages(frame: aiohttp.WSMessage) -> list[Any]:
    assert frame.type is aiohttp.WSMsgType.TEXT, f"the connection died: {frame}"
    message = json.loads(frame.data)
    return list(message["messages"]) if message["type"] == "BATCH" else [message]


@pytest.fixture
def victim(scene: Scene) -> str:
    """Somebody who follows a leader, and whose news would be worth hearing."""
    (account,) = scene.add_followers([Rules()], owners=[VICTIM])
    scene.trade(*[("buy", "0.01", USDM_BTC)] * 3)
    scene.settle()
    return account.name


def test_ten_thousand_messages_are_answered_and_open_nothing(
    local: LocalStack, scene: Scene, victim: str, closing_line: Callable[[str], None]
) -> None:
    said: Counter[str] = Counter()
    secret = {victim, VICTIM, scene.leader.name}

    frames = st.one_of(NOISE, well_formed(*secret), well_formed(*secret))
    lines = st.lists(frames, min_size=MESSAGES, max_size=MESSAGES)
    talks = st.lists(lines, min_size=CONNECTIONS, max_size=CONNECTIONS)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(talk=talks)
    def fuzz(talk: list[list[str]]) -> None:
        async def all_at_once() -> list[list[Any]]:
            return await asyncio.gather(*(_converse(local, frames) for frames in talk))

        for heard in asyncio.run(all_at_once()):
            for message in heard:
                said[message.get("code", message["type"])] += 1
                if message["type"] != "ERROR":
                    told = json.dumps(message)
                    assert not any(f'"{name}"' in told for name in secret), told

    fuzz()
    said_in_all = sum(said.values())
    closing_line(
        f"live fuzz: {said_in_all:,} answers; "
        f"{', '.join(f'{name} {count}' for name, count in said.most_common())}"
    )
    assert said_in_all >= EXAMPLES * CONNECTIONS * MESSAGES
