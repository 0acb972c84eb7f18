"""A client of the stack's WebSocket hears of each fill and of each change of a copy order."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from pilotfish.clock import utc_ms
from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish_local.demo.watch import ticket_url
from pilotfish_local.local_stack import LocalStack

from .conftest import USDM_BTC, Scene
from .listening import client

Message = dict[str, Any]


async def test_each_fill_and_each_change_of_each_order_is_told_in_order(scene: Scene) -> None:
    scene.add_followers([Rules()] * 3)
    (shaken,) = scene.add_followers([Rules()])
    rule = {"kind": "reset", "when": "after", "endpoint": "order_create", "times": 1}
    scene.local.exchange.add_faults([{**rule, "account": shaken.name}])

    async with _client(scene.local, Viewer("operator", operator=True)) as messages:
        orders = [("buy", "0.02", USDM_BTC)] * 3 + [("sell", "0.03", USDM_BTC)]
        await asyncio.to_thread(scene.trade, *orders)
        records = await asyncio.to_thread(scene.settle)
        expected = {
            record.order_id: [str(event.state) for event in record.history] for record in records
        }
        await _until(lambda: _states_told(messages, scene) == expected)

    assert len(expected) == 16
    assert _states_told(messages, scene) == expected
    assert ["PLANNED", "SENT", "UNKNOWN", "COPIED"] in expected.values()
    fills = [m for m in messages if m["type"] == "TRADE_UPDATE"]
    told = {m["fill"]: m["quantity"] for m in fills if m["leader"] == scene.leader.name}
    assert [told[fill] for fill in sorted(told)] == ["0.02", "0.02", "0.02", "0.03"]


async def test_a_user_hears_of_its_own_accounts_alone(scene: Scene) -> None:
    mine, other = scene.add_followers([Rules()] * 2, owners=["me", "somebody"])

    async with _client(scene.local, Viewer("me")) as messages:
        await asyncio.to_thread(scene.trade, ("buy", "0.02", USDM_BTC))
        records = await asyncio.to_thread(scene.settle)
        await _until(lambda: any(m["state"] == "COPIED" for m in messages))

    assert {record.account_id for record in records} == {mine.name, other.name}
    assert {(m["type"], m["account"]) for m in messages} == {("COPY_UPDATE", mine.name)}


@pytest.mark.parametrize("ticket", ["", "?ticket=", "?ticket=guessed"])
async def test_nobody_connects_without_a_ticket(local: LocalStack, ticket: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"{local.socket_url}{ticket}")

    assert refusal.value.status in (401, 403)


@asynccontextmanager
async def _client(local: LocalStack, viewer: Viewer) -> AsyncIterator[list[Message]]:
    """A connected client; the list grows with every message, in the order of arrival."""
    url = ticket_url(local, viewer)
    messages: list[Message] = []

    async def listen(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            message = frame.json()
            messages.extend(message["messages"] if message["type"] == "BATCH" else [message])

    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        listening = asyncio.create_task(listen(socket))
        yield messages
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _until(arrived: Callable[[], bool]) -> None:
    """A moment for the last messages; what is missing then is for the assertions to say."""
    for _ in range(100):
        if arrived():
            return
        await asyncio.sleep(0.1)


def _states_told(messages: list[Message], scene: Scene) -> dict[str, list[str]]:
    """Of each order the states in the order in which they were first told."""
    told: dict[str, dict[int, str]] = defaultdict(dict)
    for message in messages:
        if message["type"] == "COPY_UPDATE" and message["leader"] == scene.leader.name:
            told[message["order"]].setdefault(message["revision"], message["state"])
    return {order: list(states.values()) for order, states in told.items()}


async def test_a_socket_ends_with_the_session_that_opened_it(scene: Scene) -> None:
    """Nothing is told after that, and the next minute closes it."""
    local = scene.local
    scene.add_followers([Rules()], owners=["brief"])
    until_ms = utc_ms() + 4_000
    async with (
        client(local, Viewer("brief", until_ms=until_ms), "copies") as brief,
        client(local, Viewer("brief"), "copies") as long,
    ):
        await asyncio.to_thread(scene.trade, ("buy", "0.02", USDM_BTC))
        await brief.until(1, "COPY_UPDATE")
        while utc_ms() <= until_ms:  # noqa: ASYNC110 - the session's own end is waited for
            await asyncio.sleep(0.1)
        heard = len(brief.heard)
        await asyncio.to_thread(scene.trade, ("sell", "0.02", USDM_BTC))
        await asyncio.to_thread(scene.settle)
        await long.until(6, "COPY_UPDATE")
        assert len(brief.of("COPY_UPDATE")) <= heard
        assert not any(m["timestamp"] > until_ms for _, m in brief.heard)
        await asyncio.to_thread(local.invoke, "MarketFunction", {})
        await brief.closed(10)
        await long.say(action="ping", id=1)
        await long.until(1, "PONG")


async def test_pages_from_elsewhere_are_sent_away(local: LocalStack) -> None:
    url = ticket_url(local, Viewer("ada"), ())
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url, headers={"Origin": "https://evil.example"})
