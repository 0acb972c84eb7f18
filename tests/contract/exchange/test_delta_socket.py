"""Delta's private socket, in the words of its documentation."""

import asyncio
import hashlib
import hmac
import time

import aiohttp
import pytest

from pilotfish_local.exchange.delta import sockets

BTC, ETH = "BTC/USD:USD", "ETH/USD:USD"


def signed(name="dee", secret="secret-dee", kind="key-auth", at=0):
    stamp = int(time.time()) + at
    text = f"GET{stamp}/live".encode()
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    payload = {"api-key": f"key-{name}", "signature": signature, "timestamp": stamp}
    return {"type": kind, "payload": payload}


def channels(*names, symbols=("all",), kind="subscribe"):
    found = [{"name": name, "symbols": list(symbols)} for name in names]
    return {"type": kind, "payload": {"channels": found}}


@pytest.fixture
async def dee(connect):
    return await connect("delta", "dee")


@pytest.fixture
async def socket(stack, dee, control):
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return await stack.enter_async_context(session.ws_connect(f"{control.base}/delta"))


async def asked(socket, message):
    await socket.send_json(message)
    return await asyncio.wait_for(socket.receive_json(), 3)


async def messages(socket, quiet=0.1):
    found = []
    while True:
        try:
            found.append(await asyncio.wait_for(socket.receive_json(), quiet))
        except TimeoutError:
            return found


async def test_a_signature_is_accepted(socket):
    accepted = {"type": "key-auth", "success": True, "status_code": 200, "status": "authenticated"}
    assert await asked(socket, signed()) == accepted


@pytest.mark.parametrize(
    ("wrong", "code", "status"),
    [
        (None, 400, "incomplete_payload"),
        ({"at": -60}, 408, "request_expired"),
        ({"name": "nobody"}, 404, "api_key_not_found"),
        ({"secret": "another"}, 401, "invalid_signature"),
    ],
)
async def test_a_refusal_says_why(socket, wrong, code, status):
    """Signed when the test runs: a signature lives for five seconds."""
    empty = {"type": "key-auth", "payload": {}}
    answer = await asked(socket, empty if wrong is None else signed(**wrong))
    assert (answer["success"], answer["status_code"], answer["status"]) == (False, code, status)
    assert answer["message"]


async def test_an_address_that_is_not_allowed(socket, control):
    await control.call("PATCH", "accounts/dee", {"allowed_ips": ["10.0.0.1"]})
    answer = await asked(socket, signed())
    assert (answer["status"], "127.0.0.1" in answer["message"]) == ("ip_not_whitelisted", True)


async def test_nothing_is_told_before_a_signature_or_after_it_was_taken_back(socket, dee):
    answer = await asked(socket, channels("v2/user_trades"))
    assert "Unauthorized user" in answer["channels"][0]["error"]
    await asked(socket, signed())
    await asked(socket, channels("v2/user_trades"))
    await dee.create_order(BTC, "market", "buy", 1)
    assert len(await messages(socket)) == 1
    await socket.send_json({"type": "unauth", "payload": {}})
    await dee.create_order(BTC, "market", "buy", 1)
    assert await messages(socket) == []


async def test_a_snapshot_comes_for_symbols_that_are_named(socket, dee):
    await dee.create_order(BTC, "market", "buy", 3)
    await dee.create_order(ETH, "market", "buy", 1)
    await asked(socket, signed())
    await socket.send_json(channels("positions", symbols=["BTCUSD"]))
    answer, snapshot = await messages(socket)
    assert answer["type"] == "subscriptions"
    assert [p["size"] for p in snapshot["result"]] == [3]
    await socket.send_json(channels("positions"))
    assert [m["type"] for m in await messages(socket)] == ["subscriptions"]


async def test_fills_are_numbered_for_each_symbol(socket, dee):
    await asked(socket, signed())
    await asked(socket, channels("v2/user_trades", "orders"))
    for symbol in (BTC, BTC, ETH):
        await dee.create_order(symbol, "market", "buy", 1)
    told = [m for m in await messages(socket) if m["type"] == "v2/user_trades"]
    assert [(m["sy"], m["se"]) for m in told] == [("BTCUSD", 1), ("BTCUSD", 2), ("ETHUSD", 1)]
    assert all("commission" not in m for m in told)


async def test_a_channel_without_symbols_sends_nothing(socket, dee):
    await asked(socket, signed())
    await asked(socket, {"type": "subscribe", "payload": {"channels": [{"name": "orders"}]}})
    await dee.create_order(BTC, "market", "buy", 1)
    assert await messages(socket) == []


async def test_leaving_a_channel_without_naming_symbols_leaves_it_whole(socket, dee):
    await asked(socket, signed())
    await asked(socket, channels("v2/user_trades", symbols=["BTCUSD", "ETHUSD"]))
    leave = {"type": "unsubscribe", "payload": {"channels": [{"name": "v2/user_trades"}]}}
    await asked(socket, leave)
    await dee.create_order(BTC, "market", "buy", 1)
    assert await messages(socket) == []


async def test_heartbeats_come_while_they_are_wanted(socket, monkeypatch):
    monkeypatch.setattr(sockets, "HEARTBEAT_S", 0.02)
    assert await asked(socket, {"type": "enable_heartbeat"}) == {"type": "heartbeat"}
    assert await asked(socket, {"type": "ping"}) in ({"type": "pong"}, {"type": "heartbeat"})
    await socket.send_json({"type": "disable_heartbeat"})
    await messages(socket)
    assert await messages(socket) == []
