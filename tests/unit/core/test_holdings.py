"""What a leader holds, fill by fill."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.holdings import stamp
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, SPOT, a_fill


def stamped(held: dict[str, Decimal], *fills: Fill) -> list[Decimal]:
    return [fill.position_before for fill in stamp(fills, held)]


def test_positions_move_with_the_fills() -> None:
    held = {f"{PERPETUAL}#net": Decimal(2)}
    assert stamped(held, a_fill("1"), a_fill("-5")) == [2, 3]
    assert held == {f"{PERPETUAL}#net": Decimal(-2)}


def test_sides_of_a_hedged_account_are_apart() -> None:
    held: dict[str, Decimal] = {}
    long, short = PositionSide.LONG, PositionSide.SHORT
    fills = a_fill("3", position_side=long), a_fill("-2", position_side=short)
    assert stamped(held, *fills, a_fill("-1", position_side=long)) == [0, 0, 3]
    assert held == {f"{PERPETUAL}#long": Decimal(2), f"{PERPETUAL}#short": Decimal(-2)}


def test_symbols_are_apart() -> None:
    held = {"BTC/USDT:USDT#net": Decimal(5)}
    assert stamped(held, a_fill("1", symbol="ETH/USDT:USDT")) == [0]
    assert held["BTC/USDT:USDT#net"] == 5


def test_a_spot_holding_does_not_go_below_zero() -> None:
    held = {f"{SPOT}#net": Decimal(1)}
    assert stamped(held, a_fill("-3", symbol=SPOT), a_fill("1", symbol=SPOT)) == [1, 0]


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
