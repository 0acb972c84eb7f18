"""A leader's fill reaches every follower, in the right size, or says why not."""

from decimal import Decimal

import pytest

from pilotfish.domain.follows import Rules
from pilotfish.domain.orders import State
from pilotfish_local.local_stack import LocalStack

from .conftest import USDM_BTC, Scene, new_scene

BY_VENUE = {
    "binance": ("BTC/USDT", "0.02"),
    "binanceusdm": (USDM_BTC, "0.02"),
    "delta": ("BTC/USD:USD", "0.02"),
}


@pytest.mark.parametrize("venue", BY_VENUE)
def test_entry_partial_exit_and_close_reach_every_follower(local: LocalStack, venue: str) -> None:
    symbol, quantity = BY_VENUE[venue]
    scene = new_scene(local, venue)
    scene.add_followers([Rules(multiplier=Decimal(scale)) for scale in ("0.5", "1", "2")])

    scene.trade(
        ("buy", quantity, symbol),
        ("buy", quantity, symbol),
        ("sell", quantity, symbol),
        ("sell", quantity, symbol),
    )
    records = scene.settle()

    verdict = scene.verdict(records)
    assert (verdict.fills, verdict.copies, verdict.doubled) == (4, 12, 0), records
    assert verdict.clean, verdict


def test_a_follower_on_another_venue_takes_its_own_symbol_and_lot(local: LocalStack) -> None:
    scene = new_scene(local, "binanceusdm")
    (follower,) = scene.add_followers([Rules(symbols={USDM_BTC: "BTC/USD:USD"})], "delta")

    scene.trade(("buy", "0.012", USDM_BTC), ("sell", "0.012", USDM_BTC))
    entry, leave = scene.settle()

    assert [entry.state, leave.state] == [State.COPIED, State.COPIED]
    assert entry.filled_quantity == Decimal("0.012")
    assert scene.position(follower, "BTCUSD") == 0


def test_a_target_between_lots_becomes_the_lots_below(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules(multiplier=Decimal("0.5"))])

    scene.trade(("buy", "125", "DOGE/USDT:USDT"))
    (order,) = scene.settle()

    assert order.state is State.COPIED
    assert order.filled_quantity == 62
    assert scene.position(follower, "DOGEUSDT") == 62


def test_what_rounding_leaves_is_carried_over(scene: Scene) -> None:
    scene.local.exchange.change_market("binanceusdm", "BTCUSDT", min_notional="5")
    (follower,) = scene.add_followers([Rules(multiplier=Decimal("0.5"))])

    scene.trade(*[("buy", "0.001", USDM_BTC)] * 10)
    records = scene.settle()

    assert scene.position(follower) == Decimal("0.005")
    assert {order.reason for order in records if order.state is State.SKIPPED} == {"below_lot"}


def test_buying_one_coin_leaves_every_other_alone(scene: Scene) -> None:
    (follower,) = scene.add_followers([Rules()])
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.settle()

    scene.trade(("buy", "2", "ETH/USDT:USDT"))
    scene.settle()

    assert scene.position(follower, "BTCUSDT") == Decimal("0.1")
    assert scene.position(follower, "ETHUSDT") == 2


def test_a_leader_selling_what_it_held_before_the_follow_sells_nobodys(scene: Scene) -> None:
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.fills = 0
    (follower,) = scene.add_followers([Rules()])

    scene.trade(("sell", "0.05", USDM_BTC))
    (order,) = scene.settle()

    assert (order.state, order.reason) == (State.SKIPPED, "nothing_copied")
    assert scene.position(follower) == 0
