"""A leader's fill reaches every follower, in the right size, or says why not."""

from decimal import Decimal

import pytest

from pilotfish.domain.fills import is_spot
from pilotfish.domain.orders import State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack

from .conftest import USDM_BTC, Scene, new_scene

SPOT_BTC = "BTC/USDT"
MARKETS = [
    ("binance", SPOT_BTC),
    ("binanceusdm", USDM_BTC),
    ("bybit", SPOT_BTC),
    ("bybit", USDM_BTC),
    ("okx", SPOT_BTC),
    ("okx", USDM_BTC),
    ("kraken", "BTC/USD"),
    ("delta", "BTC/USD:USD"),
]


@pytest.mark.parametrize(("venue", "symbol"), MARKETS)
def test_entry_partial_exit_and_close_reach_every_follower(
    local: LocalStack, venue: str, symbol: str
) -> None:
    scene = new_scene(local, venue)
    scene.add_followers([Rules(multiplier=Decimal(scale)) for scale in ("0.5", "1", "2")])

    scene.trade(*[(side, "0.02", symbol) for side in ("buy", "buy", "sell", "sell")])
    records = scene.settle()

    verdict = scene.verdict(records)
    assert (verdict.fills, verdict.copies, verdict.doubled) == (4, 12, 0), records
    assert verdict.clean, verdict


@pytest.mark.parametrize(
    ("leads", "symbol", "follows", "own"),
    [
        ("binanceusdm", USDM_BTC, "bybit", USDM_BTC),
        ("bybit", USDM_BTC, "okx", USDM_BTC),
        ("okx", USDM_BTC, "delta", "BTC/USD:USD"),
        ("delta", "BTC/USD:USD", "binanceusdm", USDM_BTC),
        ("kraken", "BTC/USD", "binance", SPOT_BTC),
        ("binance", SPOT_BTC, "kraken", SPOT_BTC),
    ],
)
def test_leader_and_follower_may_be_on_different_exchanges(
    local: LocalStack, leads: str, symbol: str, follows: str, own: str
) -> None:
    """In contracts or coins, by lots of its own: what closes the leader closes the follower."""
    scene = new_scene(local, leads)
    scene.add_followers([Rules(quotes=("USDT", "USD"))], follows)

    scene.trade(("buy", "0.03", symbol), ("sell", "0.01", symbol), ("sell", "0.02", symbol))
    records = scene.settle()

    assert {record.state for record in records} == {State.COPIED}, records
    assert {record.symbol for record in records} == {own}
    if not is_spot(symbol):  # There a fee comes off the coin, and one of before is held besides.
        filled = [record.filled_quantity for record in records]
        assert filled == [Decimal("0.03"), Decimal("0.01"), Decimal("0.02")]
    verdict = scene.verdict(records)
    assert verdict.clean, verdict
    assert (verdict.fills, verdict.copies) == (3, 3), verdict


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
