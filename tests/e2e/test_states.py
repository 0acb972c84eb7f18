"""Prices, positions and portfolio reach who listens, and agree with the venue."""

import asyncio

import pytest

from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer

from .conftest import USDM_BTC, Scene
from .listening import client


async def test_the_documented_commands_and_updates(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules()], owners=["polly"])
    await asyncio.to_thread(scene.trade, ("buy", "0.02", USDM_BTC), ("buy", "0.03", USDM_BTC))
    await asyncio.to_thread(scene.settle)

    async with client(scene.local, Viewer("polly")) as polly:
        await polly.say(action="subscribe_ticker", symbol="BTCUSDT", id=1)
        for number, channel in enumerate(
            ["positions", "portfolio_updates", "risk_metrics_updates"]
        ):
            await polly.say(action="subscribe", channel=channel, id=10 + number)
        await polly.say(action="get_positions", id=2)
        await polly.say(action="get_portfolio", id=3)
        prices = await polly.until(6, "MARKET_UPDATE")
        positions = await polly.until(4, "POSITION_UPDATE")
        portfolios = await polly.until(3, "PORTFOLIO_UPDATE")
        await polly.until(1, "RISK_UPDATE")

    assert {message["symbol"] for message in prices} == {"BTCUSDT"}
    assert all(message["price"] > 0 for message in prices)
    assert sorted(message["id"] for message in polly.of("ACK")) == [1, 10, 11, 12]
    assert [message["id"] for message in positions if "id" in message] == [2]
    assert [message["id"] for message in portfolios if "id" in message] == [3]
    (position,) = positions[-1]["positions"]
    assert (position["type"], position["quantity"]) == ("buy", 0.05)
    for kind in ("MARKET_UPDATE", "POSITION_UPDATE", "PORTFOLIO_UPDATE"):
        seqs = [message["seq"] for message in polly.of(kind) if "id" not in message]
        assert seqs == sorted(set(seqs))

    wallets = scene.local.invoke("WalletsFunction", {"shard": "0"})
    assert wallets["read"] >= 1
    async with client(scene.local, Viewer("polly")) as polly:
        await polly.say(action="get_portfolio", id=4)
        (portfolio,) = await polly.until(1, "PORTFOLIO_UPDATE")

    (account,) = scene.local.exchange.accounts(account=follower.name)
    (state,) = portfolio["portfolio"]["wallets"]
    assert (state["account"], state["stale"]) == (follower.name, False)
    told, has = portfolio["portfolio"], float(account["balances"]["USDT"]["total"])
    assert told["balance"] == pytest.approx(has)
    assert told["equity"] == pytest.approx(has + position["current_pnl"], abs=50)
    (bought,) = [p for p in account["positions"] if p["symbol"] == "BTCUSDT"]
    assert position["entry_price"] == pytest.approx(float(bought["entry"]))
    pnl = (position["current_price"] - position["entry_price"]) * 0.05
    assert position["current_pnl"] == pytest.approx(pnl)
