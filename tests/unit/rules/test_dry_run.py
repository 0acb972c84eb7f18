"""What a follow would have made of its leader's past."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import OrderKind
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.rehearsing import Costs
from pilotfish.domain.rules import rules_from
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases.dry_run import DryRun, NoCapital, Rehearsed, Supposed
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene

DAY_S = 86_400
FREE = Costs(Decimal(0), Decimal(0))


class Past:
    """A leader who traded, and nobody followed."""

    def __init__(self) -> None:
        self.scene = Scene()
        scene = self.scene
        self.run = DryRun(
            fills=scene.fills,
            instruments=scene.instruments,
            wallets=scene.wallets,
            clock=scene.clock,
        )

    def trade(self, quantity: str, price: int = 100, **more: Any) -> None:
        self.scene.clock.advance(60)
        number = len(self.scene.tables.fills) + 1
        self.scene.fill(quantity, price=Decimal(price), order_id=f"o{number}", **more)

    def rehearse(self, capital: int | None = 1000, costs: Costs = FREE, **rules: Any) -> Rehearsed:
        return self.run(
            Supposed(
                leader_id="leader",
                account_id="follower-1",
                owner="ben",
                venue="model",
                rules=rules_from(rules),
                since_ms=EPOCH_MS,
                capital=None if capital is None else Decimal(capital),
                costs=costs,
            )
        )


@pytest.fixture
def past() -> Past:
    return Past()


def said(rehearsed: Rehearsed) -> list[tuple[Leg, Decimal, str]]:
    return [(o.leg, o.side.sign * o.filled_quantity, o.reason) for o in rehearsed.orders]


def test_it_earns_what_the_leader_earned_times_its_size(past: Past) -> None:
    past.trade("2", 100)
    past.trade("-1", 110)
    past.trade("-1", 130)
    found = past.rehearse(multiplier="0.5")
    assert [q for _, q, _ in said(found)] == [Decimal(1), Decimal("-0.5"), Decimal("-0.5")]
    assert [point.equity for point in found.curve] == [1000, 1010, 1020]
    assert (found.result, found.drawdown, found.copied, found.skipped) == (20, 0, 3, {})


def test_slippage_and_fees_cost(past: Past) -> None:
    past.trade("1", 100)
    past.trade("-1", 100)
    found = past.rehearse(costs=Costs(fee=Decimal("0.001"), slippage=Decimal("0.01")))
    assert found.fees == (Decimal(101) + Decimal(99)) * Decimal("0.001")
    assert found.result == -2 - found.fees


def test_a_gate_lets_nothing_by_that_slips_further(past: Past) -> None:
    past.trade("1")
    past.trade("-1")
    found = past.rehearse(costs=Costs(Decimal(0), Decimal("0.01")), max_slippage="0.001")
    assert found.skipped == {Reason.SLIPPAGE: 1, Reason.NOTHING_COPIED: 1}


def test_each_skip_says_why(past: Past) -> None:
    past.trade("0.0001")
    past.trade("1", symbol="DOGE/USDT:USDT")
    past.trade("-1", symbol="ETH/USDT:USDT")
    found = past.rehearse(direction="long")
    assert found.skipped == {
        Reason.BELOW_LOT: 1,
        Reason.UNKNOWN_SYMBOL: 1,
        Reason.DIRECTION_NOT_COPIED: 1,
    }


def test_kinds_of_orders_are_told_apart_here_too(past: Past) -> None:
    past.trade("1", order_kind=OrderKind.MARKET)
    past.trade("1", order_kind=OrderKind.LIMIT)
    past.trade("1")
    found = past.rehearse(order_kinds=["market"])
    assert found.copied == 1
    assert found.skipped == {Reason.ORDER_KIND_NOT_COPIED: 1, Reason.ORDER_KIND_UNKNOWN: 1}


def test_limits_over_all_hold_here_too(past: Past) -> None:
    past.trade("5")
    past.trade("5", symbol="ETH/USDT:USDT")
    past.trade("-5")
    past.trade("1", symbol="ETH/USDT:USDT")
    found = past.rehearse(max_total_notional=700)
    assert [q for _, q, _ in said(found)] == [5, 2, -5, 1]
    found = past.rehearse(max_open_positions=1)
    assert found.skipped == {Reason.OVER_OPEN_POSITIONS: 1}
    found = past.rehearse(max_trades_per_day=2)
    assert found.skipped == {Reason.OVER_TRADES_PER_DAY: 1}


def test_what_it_earns_is_what_it_can_risk(past: Past) -> None:
    past.trade("1", 100)
    past.trade("-1", 200)
    past.trade("1", 100)
    found = past.rehearse(size="margin", margin_share="0.1", leverage=1)
    assert [q for _, q, _ in said(found)] == [Decimal(1), Decimal(-1), Decimal("1.1")]


def test_a_loss_pauses_it_until_the_day_is_over(past: Past) -> None:
    past.trade("1", 100)
    past.trade("1", 80)
    past.trade("1", 85)
    past.scene.clock.advance(DAY_S)
    past.trade("1", 85)
    found = past.rehearse(max_daily_loss=15, on_loss="pause")
    assert [o.state for o in found.orders] == [
        State.COPIED,
        State.COPIED,
        State.SKIPPED,
        State.COPIED,
    ]
    assert [breach.limit for _, breach in found.breaches] == ["max_daily_loss"]


def test_a_loss_that_closes_closes_at_the_last_price(past: Past) -> None:
    past.trade("1", 100)
    past.trade("1", 80)
    past.trade("-2", 10)
    found = past.rehearse(max_loss=15, on_loss="close")
    assert [q for _, q, _ in said(found)] == [1, 1, -2]
    assert found.orders[-1].reference_price == 80
    assert found.result == -20


def test_a_position_is_closed_at_its_stop_and_not_entered_again_by_an_exit(past: Past) -> None:
    past.trade("1", 100)
    past.trade("1", 89, symbol="ETH/USDT:USDT")
    past.trade("-0.5", 89)
    past.trade("-0.5", 80)
    found = past.rehearse(stop_loss="0.1")
    legs = [(o.symbol, o.side.sign * o.filled_quantity) for o in found.orders if o.filled_quantity]
    assert legs == [(PERPETUAL, 1), ("ETH/USDT:USDT", 1), (PERPETUAL, -1)]
    assert found.orders[-1].reason == Reason.NOTHING_COPIED


def test_it_reverses(past: Past) -> None:
    past.trade("1", 100)
    past.trade("-1", 110)
    found = past.rehearse(reverse=True)
    assert [q for _, q, _ in said(found)] == [-1, 1]
    assert found.result == -10


def test_what_the_leader_held_before_is_not_exited(past: Past) -> None:
    past.trade("4", 100)
    past.trade("-1", 110)
    fills = past.scene.fills.of_account("leader", 0, 10)
    later = [fill for fill in fills if fill.position_before]
    past.scene.fills.of_account = lambda *_: later  # type: ignore[method-assign]
    assert said(past.rehearse()) == [(Leg.EXIT, 0, Reason.NOTHING_COPIED)]


def test_fills_of_the_past_have_no_stamp_and_are_put_in_their_order(past: Past) -> None:
    past.trade("4", 100)
    past.trade("-1", 110)
    fills = past.scene.fills.of_account("leader", 0, 10)
    bare = {"position_before": Decimal(0), "number": 0, "history": True}
    found = [replace(fill, **bare) for fill in reversed(fills)]
    past.scene.fills.of_account = lambda *_: found  # type: ignore[method-assign]
    assert [q for _, q, _ in said(past.rehearse())] == [4, -1]


def test_without_a_word_it_begins_with_what_the_account_has(past: Past) -> None:
    past.trade("1")
    with pytest.raises(NoCapital):
        past.rehearse(capital=None)
    coins = {"USDT": Decimal(50)}
    past.scene.wallets.save(Wallet("follower-1", "model", past.scene.clock(), coins))
    assert past.rehearse(capital=None).capital == 50


def test_nothing_is_kept(past: Past) -> None:
    past.trade("1")
    before = past.scene.contents()
    past.rehearse()
    assert past.scene.contents() == before


async def test_it_decides_what_a_follow_decides(past: Past) -> None:
    """The same orders as a follow that was there, on a venue that fills at the leader's price."""
    rules = {
        "size": "notional",
        "fixed_notional": "150",
        "max_position_notional": "400",
        "max_trades_per_day": 3,
        "below_minimum": "skip",
        "rounding": "nearest",
        "never": ["ETH"],
    }
    scene = past.scene
    scene.follower(rules=rules_from(rules))
    real: list[CopyOrder] = []
    symbols = [PERPETUAL, PERPETUAL, "ETH/USDT:USDT", PERPETUAL, PERPETUAL, PERPETUAL]
    for number, (quantity, symbol) in enumerate(
        zip(["1", "2", "1", "-1", "3", "-9"], symbols, strict=True)
    ):
        scene.clock.advance(60)
        real += await scene.copy(quantity, symbol=symbol, order_id=f"o{number}")
    found = past.rehearse(**rules)
    told = [(o.leg, o.side, o.state, o.filled_quantity) for o in found.orders]
    assert told == [(o.leg, o.side, o.state, o.filled_quantity) for o in real]
    assert [o.reason for o in found.orders] == [o.reason for o in real]


def test_a_better_price_is_had_once_the_leader_trades_there(past: Past) -> None:
    past.trade("2", 100)
    past.trade("1", 98)
    past.trade("-3", 110)
    found = past.rehearse(better_by="0.02", wait_s=90)
    assert said(found) == [
        (Leg.ENTRY, 2, ""),
        (Leg.EXIT, -2, ""),
        (Leg.ENTRY, 0, Reason.CLOSED_SINCE),
    ]
    assert [order.average_price for order in found.orders[:2]] == [98, 110]
    assert found.result == 24


def test_a_better_price_that_nobody_heard_of_in_time_was_not_reached(past: Past) -> None:
    past.trade("2", 100)
    past.trade("2", 99)
    past.trade("-2", 90)
    past.trade("1", 80)
    found = past.rehearse(better_by="0.02", wait_s=100)
    assert said(found) == [
        (Leg.ENTRY, 0, Reason.PRICE_NOT_REACHED),
        (Leg.ENTRY, 2, ""),
        (Leg.EXIT, -1, ""),
        (Leg.ENTRY, 0, Reason.PRICE_NOT_REACHED),
    ]


def test_it_is_taken_at_the_last_price_when_its_time_is_up(past: Past) -> None:
    past.trade("2", 100)
    past.trade("1", 101)
    past.trade("1", 120)
    gates = {"max_slippage": "0.02", "after_wait": "market"}
    found = past.rehearse(better_by="0.01", wait_s=90, **gates)
    assert said(found) == [
        (Leg.ENTRY, 2, ""),
        (Leg.ENTRY, 0, Reason.SLIPPAGE),
        (Leg.ENTRY, 1, ""),
    ]
    assert [order.average_price for order in found.orders] == [101, 0, 120]


def test_an_exit_takes_its_part_of_what_waits(past: Past) -> None:
    past.trade("2", 100)
    past.trade("-1", 100)
    past.trade("-0.5", 98)
    found = past.rehearse(better_by="0.02")
    assert said(found) == [
        (Leg.EXIT, 0, Reason.NOTHING_COPIED),
        (Leg.ENTRY, 1, ""),
        (Leg.EXIT, Decimal("-0.5"), ""),
    ]
