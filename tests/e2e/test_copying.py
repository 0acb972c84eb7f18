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


def test_a_leader_selling_what_it_held_before_the_follow_sells_nobodys(scene: Scene) -> None:
    scene.trade(("buy", "0.1", USDM_BTC))
    scene.fills = 0
    (follower,) = scene.add_followers([Rules()])

    scene.trade(("sell", "0.05", USDM_BTC))
    (order,) = scene.settle()

    assert (order.state, order.reason) == (State.SKIPPED, "nothing_copied")
    assert scene.position(follower) == 0
