"""What entries of each kind of rule come to, from the leader's fill to the follower's venue."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.rules import rules_from
from pilotfish.domain.wallets import Wallet
from tests.fakes.samples import PERPETUAL, SPOT, an_instrument
from tests.fakes.scene import Scene

PRICE = 100


def following(leader: int = 10_000, own: int = 1_000, **rules: Any) -> Scene:
    """A follower by these rules; both accounts were read just now."""
    scene = Scene()
    scene.follower(rules=rules_from(rules))
    for name, dollars in (("leader", leader), ("follower-1", own)):
        coins = {"USDT": Decimal(dollars)}
        scene.wallets.save(Wallet(name, "model", scene.clock(), coins))
    return scene


def said(orders: list[CopyOrder]) -> list[tuple[Decimal, str]]:
    return [(order.side.sign * order.quantity, order.reason) for order in orders]


@pytest.mark.parametrize(
    ("rules", "quantity"),
    [
        ({}, "2"),
        ({"size": "exact"}, "2"),
        ({"multiplier": "0.25"}, "0.5"),
        ({"size": "quantity", "fixed_quantity": "0.7"}, "0.7"),
        ({"size": "notional", "fixed_notional": 50}, "0.5"),
        ({"size": "equity"}, "0.2"),
        ({"size": "equity", "multiplier": 3}, "0.6"),
        ({"size": "margin", "margin_share": "0.1", "leverage": 5}, "5"),
        ({"size": "risk", "risk_share": "0.01", "stop_loss": "0.02"}, "5"),
        (
            {"size": "expression", "expression": "equity / 500", "max_order_notional": 10**6},
            "2",
        ),
        (
            {"size": "expression", "expression": "quantity * 9", "max_order_notional": 300},
            "3",
        ),
        ({"reverse": True}, "-2"),
        ({"lot_size": "0.3"}, "1.8"),
        ({"multiplier": "0.3333", "lot_size": "0.1", "rounding": "nearest"}, "0.7"),
        ({"multiplier": "0.3333", "lot_size": "0.1", "rounding": "up"}, "0.7"),
        ({"multiplier": "0.3333", "lot_size": "0.1", "rounding": "down"}, "0.6"),
    ],
)
async def test_an_entry_is_as_large_as_its_rule_says_and_goes_with_the_leader(
    rules: dict[str, Any], quantity: str
) -> None:
    scene = following(**rules)
    assert said(scene.decide("2")) == [(Decimal(quantity), "")]
    for order in scene.stored_orders():
        await scene.execute(order)
    [exit_] = await scene.copy("-2")
    assert (exit_.leg, exit_.state) == (Leg.EXIT, State.COPIED)
    assert scene.venues.of["follower-1"].holding(PERPETUAL) == 0


async def test_an_order_in_many_fills_is_one_order() -> None:
    scene = following(size="quantity", fixed_quantity="0.7")
    sizes = [said(scene.decide("0.1", order_id="one"))[0][0] for _ in range(5)]
    assert sizes == [Decimal("0.7"), 0, 0, 0, 0]
    assert said(scene.decide("0.1", order_id="two")) == [(Decimal("0.7"), "")]


@pytest.mark.parametrize("size", [{"size": "equity"}, {"max_leverage": 3}, {"min_equity": 10}])
@pytest.mark.parametrize("age_s", [60, 901, None])
def test_an_equity_that_is_not_known_or_old_is_not_gone_by(
    size: dict[str, Any], age_s: int | None
) -> None:
    scene = following(**size)
    if age_s is None:
        scene.wallets.saved.pop("follower-1")
    else:
        scene.clock.advance(age_s)
    [order] = scene.decide("2")
    assert (order.reason == Reason.EQUITY_UNKNOWN) is (age_s != 60)


def test_below_its_floor_nothing_is_entered() -> None:
    [order] = following(min_equity=1001).decide("2")
    assert (order.state, order.reason) == (State.SKIPPED, Reason.BELOW_EQUITY_FLOOR)
    [order] = following(min_equity=1000).decide("2")
    assert order.state is State.PLANNED


async def test_leverage_is_counted_over_all_positions() -> None:
    scene = following(max_leverage=2)
    [first] = await scene.copy("15")
    [second] = await scene.copy("15", symbol="ETH/USDT:USDT")
    [third] = await scene.copy("1")
    assert [o.filled_quantity for o in (first, second, third)] == [15, 5, 0]
    assert third.reason == Reason.OVER_TOTAL_CAP


async def test_what_is_not_quoted_in_dollars_has_no_place_below_a_cap_in_dollars() -> None:
    symbol = "ETH/BTC:BTC"
    scene = Scene(instruments=[an_instrument(symbol)])
    scene.follower(max_total_notional=Decimal(1000))
    [order] = await scene.copy("1", symbol=symbol)
    assert (order.state, order.reason) == (State.SKIPPED, Reason.NOT_IN_DOLLARS)


def test_an_expression_that_makes_no_sense_of_an_order_skips_it() -> None:
    rules = {"size": "expression", "expression": "1 / (quantity - 2)", "max_order_notional": 900}
    [order] = following(**rules).decide("2")
    assert (order.state, order.reason) == (State.SKIPPED, Reason.EXPRESSION_FAILED)


@pytest.mark.parametrize(
    ("rules", "first", "second"),
    [
        ({}, (0, "below_minimum"), (Decimal("0.12"), "")),
        ({"below_minimum": "skip"}, (0, "below_minimum"), (0, "below_minimum")),
        (
            {"below_minimum": "lift", "max_lift_notional": 10},
            (Decimal("0.1"), ""),
            (Decimal("0.1"), ""),
        ),
        (
            {"below_minimum": "lift", "max_lift_notional": 9},
            (0, "below_minimum"),
            (0, "below_minimum"),
        ),
    ],
)
def test_what_is_too_small_is_kept_dropped_or_lifted(
    rules: dict[str, Any], first: tuple[Decimal, str], second: tuple[Decimal, str]
) -> None:
    market = an_instrument(min_notional=Decimal(10))
    scene = Scene(instruments=[market])
    scene.follower(rules=rules_from(rules))
    assert said(scene.decide("0.06", order_id="one")) == [first]
    assert said(scene.decide("0.06", order_id="two")) == [second]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"sides": "sell"}, "side_not_copied"),
        ({"sides": "buy"}, ""),
        ({"direction": "short"}, "direction_not_copied"),
        ({"direction": "short", "reverse": True}, ""),
        ({"hours": ["00:00-24:00"]}, ""),
        ({"blackouts": ["2020-01-01T00:00Z/2120-01-01T00:00Z"]}, "blackout"),
        ({"blackouts": ["2020-01-01T00:00Z/2020-01-02T00:00Z"]}, ""),
    ],
)
async def test_what_is_not_to_be_entered_says_why_and_is_never_exited(
    rules: dict[str, Any], reason: str
) -> None:
    scene = following(**rules)
    [entry] = await scene.copy("2")
    assert entry.reason == reason
    [exit_] = await scene.copy("-2")
    assert exit_.reason == ("nothing_copied" if reason else "")


async def test_outside_its_hours_it_enters_nothing_and_still_exits() -> None:
    scene = following()
    minute = scene.clock() // 60_000 % 1440
    later = f"{(minute + 60) // 60 % 24:02}:{minute % 60:02}"
    now = f"{minute // 60:02}:{minute % 60:02}"
    scene.follower(rules=rules_from({"hours": [f"{now}-{later}"]}))
    [entry] = await scene.copy("2")
    scene.clock.advance(3600)
    [late] = await scene.copy("1")
    assert (entry.state, late.reason) == (State.COPIED, Reason.OUTSIDE_HOURS)
    [exit_] = await scene.copy("-1")
    assert exit_.filled_quantity == Decimal(2) / 3 // Decimal("0.001") * Decimal("0.001")


async def test_the_mirror_of_a_hedged_leader_is_on_the_other_side() -> None:
    scene = following(reverse=True)
    long = {"position_side": PositionSide.LONG}
    [entry] = await scene.copy("2", **long)
    assert (entry.position_side, entry.side.value) == (PositionSide.SHORT, "sell")
    [exit_] = await scene.copy("-1", **long)
    assert (exit_.leg, exit_.position_side) == (Leg.EXIT, PositionSide.SHORT)
    assert exit_.filled_quantity == 1
    look = await scene.sync(scene.fills.of_account("leader", 0, 9)[-1])
    assert look.remainders == []


async def test_on_spot_there_is_no_mirror() -> None:
    scene = following(reverse=True)
    [order] = await scene.copy("2", symbol=SPOT)
    assert order.reason == Reason.SHORT_ON_SPOT
