"""A leader's stop orders on the model exchange: read, gone by, and fired beside that."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.fills import OrderKind, PositionSide, Side
from pilotfish.domain.levels import Level
from pilotfish.domain.orders import State
from pilotfish.domain.rules import rules_from
from pilotfish.usecases.read_wallets import ReadWallets
from tests.fakes.samples import a_follow, an_account
from tests.unit.rules.test_losses import Losing

BTC = "BTC/USDT:USDT"
STOP = Level(BTC, PositionSide.NET, Side.SELL, TriggerKind.STOP_LOSS, Decimal(59_000))
TARGET = Level(BTC, PositionSide.NET, Side.SELL, TriggerKind.TAKE_PROFIT, Decimal(66_000))


async def on_binance(exchange: Any) -> None:
    for kind, price in (("STOP_MARKET", "59000"), ("TAKE_PROFIT_MARKET", "66000")):
        await exchange.fapiPrivatePostAlgoOrder(
            {
                "symbol": "BTCUSDT",
                "side": "SELL",
                "algoType": "CONDITIONAL",
                "type": kind,
                "triggerPrice": price,
                "closePosition": "true",
            }
        )


async def on_bybit(exchange: Any) -> None:
    await exchange.privatePostV5PositionTradingStop(
        {
            "category": "linear",
            "symbol": "BTCUSDT",
            "stopLoss": "59000",
            "takeProfit": "66000",
            "tpslMode": "Full",
            "positionIdx": 0,
        }
    )


Protect = Callable[[Any], Awaitable[None]]
each_venue = pytest.mark.parametrize(
    ("venue", "protect"), [("binanceusdm", on_binance), ("bybit", on_bybit)]
)


def prices(level: Level) -> tuple[Any, ...]:
    return level.symbol, level.position_side, level.side, level.kind, level.price


@pytest.fixture(autouse=True)
async def at_60_000(exchange: Any) -> None:
    await exchange.post("price", venue="bybit", symbol="BTCUSDT", price="60000")


@each_venue
async def test_what_protects_a_position_is_read_and_fires_once(
    venue: str, protect: Protect, exchange: Any, opened: Any, order: Any, hear: Any
) -> None:
    account = await opened(venue)
    heard = await hear(account)
    await account.create_order(order(venue, "0.01", symbol=BTC))
    assert await account.levels([BTC]) == []
    await protect(account._exchange)

    found = await account.levels([BTC])
    assert sorted(map(prices, found)) == sorted(map(prices, [STOP, TARGET]))
    position = next(each for each in await account.positions() if each.symbol == BTC)
    assert all(level.closes(position) for level in found)

    await exchange.post("price", venue=venue, symbol="BTCUSDT", price="58900")
    entered, closed = await heard.until(2)
    assert (entered.order_kind, closed.order_kind) == (OrderKind.MARKET, OrderKind.CONDITIONAL)
    assert (closed.side, closed.quantity) == (Side.SELL, Decimal("0.01"))
    assert BTC not in {each.symbol for each in await account.positions()}


class Leader:
    """The account on the model exchange that the fake follow of a scene is led by."""

    def __init__(self, venue: str) -> None:
        self.found = an_account("leader", venue=venue, sealed_key=b"leader", listen_shard="0")

    async def get(self, account_id: str) -> Any:
        return self.found if account_id == "leader" else None

    def leaders(self, shard: str) -> list[Any]:
        return [self.found]

    def of_leader(self, leader_id: str) -> list[Any]:
        return [a_follow(1, copy_tp_sl=True)]

    def demanded(self) -> list[str]:
        return []


@each_venue
async def test_a_copy_is_closed_where_the_leaders_stop_is(
    venue: str, protect: Protect, opened: Any, order: Any, venues: Any
) -> None:
    losing = Losing(rules=rules_from({"copy_tp_sl": True}))
    scene, leader = losing.scene, Leader(venue)
    await scene.copy("0.01", price=Decimal(60_000))
    account = await opened(venue, "leader")
    await account.create_order(order(venue, "0.01", symbol=BTC))
    await protect(account._exchange)
    read = ReadWallets(
        accounts=leader,
        follows=leader,
        own=leader,  # type: ignore[arg-type]
        demand=leader,
        venues=venues,
        wallets=scene.wallets,
        clock=scene.clock,
    )

    async def look(price: int) -> int:
        await read("0")
        return (await asyncio.to_thread(losing.at, price)).closed

    assert await look(59_001) == 0
    assert await look(59_000) == 1
    [exit_] = [each for each in scene.stored_orders() if each.state is State.PLANNED]
    await scene.execute(exit_)
    assert scene.venues.of["follower-1"].holding(BTC) == 0
    assert await look(58_000) == 0
