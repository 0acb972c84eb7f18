"""The control plane: accounts in bulk, the book, prices, reset, and the process itself."""

import asyncio
import json
import os
import signal
import sys
import time
import urllib.request

import pytest

from pilotfish_local.exchange import endpoints, launch

BTC = "BTC/USDT:USDT"


async def test_a_thousand_accounts_in_one_call(control):
    accounts = [
        {"name": f"f{n}", "venue": "binanceusdm", "key": f"k{n}", "secret": "s"}
        for n in range(1000)
    ]
    assert (await control.post("accounts", accounts=accounts))["opened"] == 1000
    assert (await control.seen("f999"))["balances"]["USDT"]["total"] == "100000"


async def test_the_book_by_account_venue_time_and_client_id(connect, control):
    ann, dee = await connect("binanceusdm", "ann"), await connect("delta", "dee")
    await ann.create_order(BTC, "market", "buy", 0.01, None, {"newClientOrderId": "a1"})
    since = time.time_ns()
    await ann.create_order(BTC, "market", "buy", 0.02)
    await dee.create_order("BTC/USD:USD", "market", "buy", 1)
    assert len(await control.orders()) == 3
    assert len(await control.orders(account="ann")) == 2
    assert len(await control.orders(venue="delta")) == 1
    assert len(await control.orders(since=str(since))) == 2
    assert [o["qty"] for o in await control.orders(client_id="a1")] == ["0.01"]
    summary = await control.call("GET", "summary")
    assert (summary["orders"], summary["fills"], summary["rejected"]) == (3, 3, 0)
    assert summary["by_account"] == {"ann": 2, "dee": 1}


async def test_what_the_book_says_of_an_order(connect, control):
    ann = await connect("binanceusdm", "ann", hedge=True)
    params = {"positionSide": "SHORT", "newClientOrderId": "x"}
    await ann.create_order(BTC, "limit", "sell", 0.01, 61000, params)
    (order,) = await control.orders()
    assert order.pop("accepted_at") <= time.time_ns()
    assert order.pop("order_id").isdigit()
    assert order == {
        "client_id": "x",
        "account": "ann",
        "venue": "binanceusdm",
        "symbol": "BTCUSDT",
        "unified": "BTC/USDT:USDT",
        "side": "SELL",
        "type": "LIMIT",
        "qty": "0.01",
        "price": "61000",
        "reduce_only": False,
        "position_side": "SHORT",
        "status": "NEW",
        "filled": "0",
        "fills": [],
    }


async def test_balances_and_positions_of_an_account(connect, control):
    ann = await connect("binanceusdm", "ann", balances={"USDT": "500"})
    await ann.create_order(BTC, "market", "buy", 0.01)
    seen = await control.seen("ann")
    assert seen["positions"][0]["amount"] == "0.01"
    assert seen["positions"][0]["entry"] == "60000.1"
    await control.call("PATCH", "accounts/ann", {"balances": {"USDT": "9"}})
    assert (await control.seen("ann"))["balances"]["USDT"]["total"] == "9"


async def test_pin_release_and_tick(control):
    async def last():
        markets = (await control.call("GET", "markets"))["markets"]
        return {(m["venue"], m["symbol"]): m["last"] for m in markets}["binance", "BTCUSDT"]

    await control.post("tick", count=5)
    assert await last() == "60000"
    await control.post("price", venue="binance", symbol="BTCUSDT", release=True)
    await control.post("tick", count=5)
    assert await last() != "60000"


async def test_reset(connect, control):
    ann = await connect("binanceusdm", "ann")
    await ann.create_order(BTC, "market", "buy", 0.01)
    await control.fault("reset")
    await control.post("reset", keep_accounts=True)
    assert await control.orders() == []
    assert (await control.seen("ann"))["positions"] == []
    assert (await control.call("GET", "faults"))["faults"] == []
    await control.post("reset")
    assert (await control.call("GET", "accounts"))["accounts"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "accounts", {"accounts": [{"name": "x"}]}, 400),
        ("POST", "accounts", {"account": []}, 400),
        ("POST", "price", {"venue": "binance", "symbol": "NOPE", "price": "1"}, 404),
        ("POST", "clock", {"venue": "mtgox", "offset_ms": 1}, 400),
        ("PATCH", "accounts/nobody", {"enabled": False}, 404),
        ("DELETE", "faults/99", None, 404),
        ("GET", "nothing", None, 404),
    ],
)
async def test_what_makes_no_sense_is_said_so(control, method, path, body, status):
    url = f"{control.base}/_control/{path}"
    async with control.session.request(method, url, json=body) as response:
        assert response.status == status
        assert "error" in await response.json()


async def test_names_and_keys_are_unique(connect, control):
    await connect("binance", "ann")
    account = {"name": "ann", "venue": "delta", "key": "other", "secret": "s"}
    url = f"{control.base}/_control/accounts"
    async with control.session.post(url, json={"accounts": [account]}) as response:
        assert response.status == 400


def test_endpoints():
    assert endpoints("http://127.0.0.1:9")["binanceusdm"] == {
        "rest": "http://127.0.0.1:9/binanceusdm",
        "ws": "ws://127.0.0.1:9/binanceusdm",
        "addresses": 1000,
    }


def test_it_runs_as_a_process():
    with launch("--tick-ms", "10", seed=5) as url:
        with urllib.request.urlopen(f"{url}/_control/health") as response:
            assert json.load(response)["seed"] == 5
        with urllib.request.urlopen(f"{url}/binance/api/v3/time") as response:
            assert abs(json.load(response)["serverTime"] - time.time() * 1000) < 2000


async def test_it_ends_cleanly_on_sigterm():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pilotfish_local.exchange",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    url = json.loads(await process.stdout.readline())["url"]
    assert url.startswith("http://127.0.0.1:")
    os.kill(process.pid, signal.SIGTERM)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
