"""A fill and a copy order to start from."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.orders import CopyOrder, Leg

T0 = 1_763_726_400_000

FILL = Fill(
    account_id="acc-lead",
    venue="binanceusdm",
    symbol="BTC/USDT:USDT",
    trade_id="991",
    order_id="4711",
    side=Side.BUY,
    position_side=PositionSide.NET,
    price=Decimal("43250.50"),
    quantity=Decimal("0.00000001"),
    traded_ms=T0,
    seen_ms=T0 + 41,
    fee=Decimal("0.01730020"),
    fee_currency="USDT",
    position_before=Decimal("7.777"),
)

ORDER = CopyOrder(
    follow_id="fol-1",
    leader_id="acc-lead",
    fill_id=FILL.fill_id,
    leg=Leg.ENTRY,
    account_id="acc-ada",
    owner="ada",
    venue="binanceusdm",
    symbol="BTC/USDT:USDT",
    side=Side.BUY,
    position_side=PositionSide.NET,
    quantity=Decimal("0.0050"),
    reference_price=FILL.price,
    traded_ms=T0,
    seen_ms=T0 + 41,
    decided_ms=T0 + 50,
    expires_ms=T0 + 120_000,
)


def order(**changes: Any) -> CopyOrder:
    """`ORDER` with changes."""
    return replace(ORDER, **changes)
