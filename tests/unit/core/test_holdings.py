"""What a leader holds, fill by fill."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.holdings import Held, Holdings, stamp
from pilotfish.domain.opened import TOLD_APART
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, SPOT, a_fill

NET, SPOT_NET = f"{PERPETUAL}#net", f"{SPOT}#net"


def holding(**quantities: str) -> Holdings:
    return Holdings({key: Held(Decimal(quantity)) for key, quantity in quantities.items()})


def stamped(held: Holdings, *fills: Fill) -> list[Decimal]:
    return [fill.position_before for fill in stamp(fills, held)]


def quantities(held: Holdings) -> dict[str, Decimal]:
    return {key: position.quantity for key, position in held.positions.items()}


def test_positions_move_with_the_fills() -> None:
    held = holding(**{NET: "2"})
    assert stamped(held, a_fill("1"), a_fill("-5")) == [2, 3]
    assert quantities(held) == {f"{PERPETUAL}#net": Decimal(-2)}


def test_sides_of_a_hedged_account_are_apart() -> None:
    held = Holdings()
    long, short = PositionSide.LONG, PositionSide.SHORT
    fills = a_fill("3", position_side=long), a_fill("-2", position_side=short)
    assert stamped(held, *fills, a_fill("-1", position_side=long)) == [0, 0, 3]
    assert quantities(held) == {f"{PERPETUAL}#long": Decimal(2), f"{PERPETUAL}#short": Decimal(-2)}


def test_symbols_are_apart() -> None:
    held = holding(**{NET: "5"})
    assert stamped(held, a_fill("1", symbol="ETH/USDT:USDT")) == [0]
    assert quantities(held)[NET] == 5


def test_a_spot_holding_does_not_go_below_zero() -> None:
    held = holding(**{SPOT_NET: "1"})
    assert stamped(held, a_fill("-3", symbol=SPOT), a_fill("1", symbol=SPOT)) == [1, 0]


def test_fills_are_counted_over_all_positions() -> None:
    held = Holdings(fills=4)
    fills = stamp([a_fill("1"), a_fill("1", symbol="ETH/USDT:USDT")], held)
    assert [fill.number for fill in fills] == [5, 6]
    assert held.fills == 6


@pytest.mark.parametrize(
    ("trades", "entry"),
    [
        ([("1", 100), ("3", 200)], 175),
        ([("-1", 100), ("-3", 200)], 175),
        ([("1", 100), ("3", 200), ("-2", 500)], 175),
        ([("1", 100), ("3", 200), ("-2", 500), ("2", 225)], 200),
        ([("1", 100), ("-3", 200)], 200),
        ([("1", 100), ("-1", 200)], None),
        ([("1", 100), ("-1", 200), ("1", 300)], 300),
    ],
)
def test_an_entry_price_is_the_average_of_what_opened(
    trades: list[tuple[str, int]], entry: int | None
) -> None:
    held = Holdings()
    stamp([a_fill(quantity, price=Decimal(price)) for quantity, price in trades], held)
    assert held.positions[NET].entry_price == entry
    assert held.positions[NET].last_price == trades[-1][1]


def test_an_entry_price_that_is_not_known_stays_so_until_the_position_is_closed() -> None:
    held = holding(**{NET: "1"})
    stamp([a_fill("1", order_id=""), a_fill("-1.5")], held)
    assert held.positions[NET] == Held(Decimal("0.5"), None, Decimal(100), venue="model")
    stamp([a_fill("-0.5"), a_fill("2")], held)
    assert held.positions[NET].entry_price == 100


def test_what_closing_earned_adds_up_and_a_position_is_as_old_as_its_first_fill() -> None:
    held, at = Holdings(), EPOCH_MS
    stamp(
        [a_fill("2", price=Decimal(100)), a_fill("1", price=Decimal(130), traded_ms=at + 5)], held
    )
    assert (held.positions[NET].realized, held.positions[NET].opened_ms) == (0, at)
    stamp([a_fill("-1", price=Decimal(140), traded_ms=at + 6)], held)
    assert (held.positions[NET].realized, held.positions[NET].opened_ms) == (30, at)
    stamp([a_fill("-3", price=Decimal(100), traded_ms=at + 7)], held)
    assert (held.positions[NET].realized, held.positions[NET].opened_ms) == (10, at + 7)
    assert held.positions[NET].venue == "model"


def test_what_a_spot_account_sells_beyond_what_we_knew_earned_nothing_that_we_know() -> None:
    held = Holdings({SPOT_NET: Held(Decimal(1), Decimal(100))})
    stamp([a_fill("-3", symbol=SPOT, price=Decimal(150))], held)
    assert (held.positions[SPOT_NET].quantity, held.positions[SPOT_NET].realized) == (0, 50)


def test_inverse_contracts_are_taken_off_as_contracts() -> None:
    inverse, held = "BTC/USD:BTC", Holdings()
    stamp([a_fill("10", symbol=inverse, price=Decimal(100))], held)
    stamp([a_fill("-2.5", symbol=inverse, price=Decimal(200))], held)
    left = held.positions[f"{inverse}#net"]
    assert (left.quantity, left.entry_price, left.realized) == (5, 100, 500)


def test_an_entry_price_of_the_venue_goes_on() -> None:
    held = Holdings({NET: Held(Decimal(1), Decimal(200))})
    stamp([a_fill("1")], held)
    assert held.positions[NET].entry_price == 150


@pytest.mark.parametrize(
    ("symbol", "currency", "change"),
    [
        (SPOT, "BTC", "0.9"),
        (SPOT, "USDT", "1"),
        (PERPETUAL, "BTC", "1"),
        ("BTC/USD:BTC", "BTC", "1"),
    ],
)
def test_only_on_spot_a_fee_comes_off_the_holding(symbol: str, currency: str, change: str) -> None:
    paid: dict[str, Any] = {"fee": Decimal("0.1"), "fee_currency": currency}
    assert a_fill("1", symbol=symbol, **paid).position_change == Decimal(change)


def test_fill_ids_sort_by_the_venues_time() -> None:
    early, late = a_fill(traded_ms=999), a_fill(traded_ms=EPOCH_MS)
    assert early.fill_id < late.fill_id
    assert a_fill(trade_id="2").fill_id != a_fill(trade_id="1").fill_id


def opened_before(held: Holdings, *fills: Fill) -> list[Decimal]:
    return [fill.opened_before for fill in stamp(fills, held)]


def test_a_fill_knows_what_its_order_opened_before_it() -> None:
    first, second = {"order_id": "a"}, {"order_id": "b"}
    fills = a_fill("1", **first), a_fill("2", **second), a_fill("4", **first), a_fill("1", **second)
    assert opened_before(Holdings(), *fills) == [0, 0, 1, 2]


def test_what_an_order_closed_is_not_opened() -> None:
    held = holding(**{NET: "-3"})
    fills = [a_fill("2"), a_fill("2"), a_fill("2")]
    assert opened_before(held, *fills) == [0, 0, 1]


def test_fills_without_an_order_are_orders_of_their_own() -> None:
    fills = [a_fill("2", order_id=""), a_fill("2", order_id="")]
    assert opened_before(Holdings(), *fills) == [0, 0]


def test_so_many_orders_are_told_apart_while_they_are_filled_at_the_same_time() -> None:
    held = Holdings()
    fills = [a_fill("1", order_id=str(number % TOLD_APART)) for number in range(3 * TOLD_APART)]
    assert opened_before(held, *fills)[-TOLD_APART:] == [2] * TOLD_APART
    assert len(held.positions[NET].orders) == TOLD_APART
