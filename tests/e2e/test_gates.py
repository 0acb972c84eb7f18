"""What a follower's rules keep out, on the whole stack: the venue itself refuses a worse price."""

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.accounts import Account, Credentials
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import Trader
from pilotfish_venues.endpoints import parse_endpoints
from pilotfish_venues.pool import CcxtVenues

from .conftest import Scene, new_scene

LEADERS, OURS = "ETH/USDT:USDT", "ETH/USD:USD"
WITHIN = Decimal("0.01")


@pytest.fixture
def scene(local: LocalStack) -> Iterator[Scene]:
    """A leader who buys at 2,500; its followers' market is another one."""
    made = new_scene(local, "binanceusdm")
    local.exchange.pin_price("binanceusdm", "ETHUSDT", "2499.99")
    yield made
    markets = ("binanceusdm", "ETHUSDT"), ("bybit", "ETHUSDT"), ("delta", "ETHUSD")
    for venue, symbol in markets:
        local.exchange.release_price(venue, symbol)


def test_an_entry_at_a_worse_price_expires_and_an_exit_leaves_at_any(scene: Scene) -> None:
    exchange = scene.local.exchange
    rules = {"symbols": {LEADERS: OURS}}
    gated, free = scene.add_followers(
        [Rules(max_slippage=WITHIN, **rules), Rules(**rules)], "delta"
    )

    exchange.pin_price("delta", "ETHUSD", "2526")
    scene.trade(("buy", "1", LEADERS))
    scene.settle()
    exchange.pin_price("delta", "ETHUSD", "2524")
    scene.trade(("buy", "1", LEADERS))
    scene.settle()
    exchange.pin_price("delta", "ETHUSD", "2000")
    scene.trade(("sell", "1", LEADERS))
    scene.settle()

    assert [_end(order) for order in scene.records_of(free)] == [
        (State.COPIED, "", Decimal(1)),
        (State.COPIED, "", Decimal(1)),
        (State.COPIED, "", Decimal(1)),
    ]
    assert [_end(order) for order in scene.records_of(gated)] == [
        (State.EXPIRED, "slippage", Decimal(0)),
        (State.COPIED, "", Decimal(1)),
        (State.COPIED, "", Decimal("0.5")),
    ]
    asked = [(o["type"], o["status"]) for o in exchange.orders(account=gated.name)]
    assert asked == [("LIMIT", "EXPIRED"), ("LIMIT", "FILLED"), ("MARKET", "FILLED")]
    assert all(Decimal(o["price"]) == 2525 for o in exchange.orders(account=gated.name)[:2])


def test_a_position_stops_at_its_cap_and_leaves_by_fractions(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules(max_position_notional=Decimal(3750))])

    scene.trade(("buy", "1", LEADERS), ("buy", "1", LEADERS), ("buy", "1", LEADERS), pause_s=0)
    scene.settle()
    assert scene.position(follower, "ETHUSDT") == Decimal("1.5")
    scene.trade(("sell", "2", LEADERS))
    scene.settle()

    first, second, third, leave = (_end(order) for order in scene.records_of(follower))
    assert (first, second) == (
        (State.COPIED, "", Decimal(1)),
        (State.COPIED, "", Decimal("0.5")),
    )
    assert third == (State.SKIPPED, "over_position_cap", Decimal(0))
    assert leave == (State.COPIED, "", Decimal(1))


def _end(order: CopyOrder) -> tuple[State, str, Decimal]:
    return order.state, order.reason, order.filled_quantity


def test_limits_over_all_positions_hold_for_copies_of_the_same_moment(scene: Scene) -> None:
    capped, counted = scene.add_followers(
        [Rules(max_total_notional=Decimal(3000)), Rules(max_trades_per_day=1)]
    )
    buys = [("buy", "1", LEADERS), ("buy", "0.05", "BTC/USDT:USDT"), ("buy", "1", LEADERS)]
    scene.trade(*buys, pause_s=0)
    scene.settle()

    orders = scene.records_of(capped)
    spent = sum(order.filled_quantity * order.reference_price for order in orders)
    assert 2400 < spent <= 3000
    assert {order.reason for order in orders if not order.filled_quantity} <= {"over_total_cap"}
    states = sorted(_end(order)[:2] for order in scene.records_of(counted))
    assert states == [(State.COPIED, "")] + [(State.SKIPPED, "over_trades_per_day")] * 2
    held = abs(scene.position(counted, "ETHUSDT")) + abs(scene.position(counted))

    scene.trade(("sell", "2", LEADERS), ("sell", "0.05", "BTC/USDT:USDT"))
    scene.settle()
    assert held > 0
    for follower in (capped, counted):
        assert (scene.position(follower, "ETHUSDT"), scene.position(follower)) == (0, 0)


def test_a_loss_pauses_the_follow_and_a_stop_closes_the_position(scene: Scene) -> None:
    exchange = scene.local.exchange
    others = _watched(scene)["watched"]
    losing, stopped = scene.add_followers(
        [Rules(max_loss=Decimal(100)), Rules(stop_loss=Decimal("0.05"))]
    )
    assert _watched(scene)["watched"] == others + 2
    scene.trade(("buy", "1", LEADERS))
    scene.settle()

    exchange.pin_price("binanceusdm", "ETHUSDT", "2300")
    told = _watched_again(scene)
    assert (told["breached"], told["closed"], told["unknown"]) == (1, 1, 0)
    deadline = time.monotonic() + 20
    while scene.position(stopped, "ETHUSDT"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert scene.position(losing, "ETHUSDT") == 1
    scene.trade(("sell", "1", LEADERS))
    scene.settle()

    assert [_end(order)[:2] for order in scene.records_of(losing)] == [(State.COPIED, "")] * 2
    ends = {(order.leg, *_end(order)[:2]) for order in scene.records_of(stopped)}
    assert ends == {
        (Leg.ENTRY, State.COPIED, ""),
        (Leg.EXIT, State.COPIED, ""),
        (Leg.EXIT, State.SKIPPED, "nothing_copied"),
    }
    assert (scene.position(losing, "ETHUSDT"), scene.position(stopped, "ETHUSDT")) == (0, 0)


def test_copies_leave_at_the_leaders_stop_and_once_where_it_fires_too(scene: Scene) -> None:
    """On another venue the price is at it before the leader's own order is reached."""
    exchange, rules = scene.local.exchange, [Rules(copy_tp_sl=True)]
    others = _watched(scene)["watched"]
    (beside,) = scene.add_followers(rules)
    (apart,) = scene.add_followers(rules, venue="bybit")
    assert _watched(scene)["watched"] == others + 2
    scene.trade(("buy", "1", LEADERS))
    scene.settle()
    asyncio.run(_protect(scene))
    assert _watched_again(scene)["untold"] == 0

    exchange.pin_price("bybit", "ETHUSDT", "2300")
    assert _watched_again(scene)["closed"] == 1
    _until_flat(scene, apart)
    assert scene.position(beside, "ETHUSDT") == 1

    exchange.pin_price("binanceusdm", "ETHUSDT", "2300")
    scene.fills += 1
    _watched_again(scene)
    _until_flat(scene, beside)
    scene.settle()
    assert [_end(order)[2] for order in scene.records_of(beside)].count(Decimal(1)) == 2
    ends = [(order.leg, *_end(order)[:2]) for order in scene.records_of(apart)]
    assert ends.count((Leg.EXIT, State.COPIED, "")) == 1
    assert (Leg.EXIT, State.SKIPPED, "nothing_copied") in ends
    assert [scene.position(each, "ETHUSDT") for each in (beside, apart)] == [0, 0]


async def _protect(scene: Scene) -> None:
    """The leader leaves a stop order at its venue."""

    async def open_key(_: Account) -> Credentials:
        return scene.leader.credentials

    venues = CcxtVenues(parse_endpoints(scene.local.endpoints), open_key)
    try:
        leader = scene.leader
        account: Any = await venues.account(Account(leader.name, leader.owner, leader.venue, b""))
        # By hand: the markets of the model do not name the type, and ccxt would refuse it.
        await account._exchange.fapiPrivatePostAlgoOrder(
            {
                "symbol": "ETHUSDT",
                "side": "SELL",
                "algoType": "CONDITIONAL",
                "type": "STOP_MARKET",
                "triggerPrice": "2400",
                "closePosition": "true",
            }
        )
    finally:
        await venues.close()


def _until_flat(scene: Scene, follower: Trader) -> None:
    deadline = time.monotonic() + 20
    while scene.position(follower, "ETHUSDT"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _watched_again(scene: Scene) -> dict[str, int]:
    """A minute later, as far as the wallets know."""
    table = scene.local.name("WalletsTable")
    dynamodb = scene.local.aws.client("dynamodb")
    for name in {scene.leader.name, *(follow.account_id for follow in scene.follows)}:
        dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": name}},
            UpdateExpression="ADD at_ms :minute",
            ExpressionAttributeValues={":minute": {"N": "-60000"}},
        )
    return _watched(scene)


def _watched(scene: Scene) -> dict[str, int]:
    """What a run of the function says, of the follows of other tests too."""
    watched: dict[str, int] = scene.local.invoke("WalletsFunction", {"shard": "0"})
    return watched
