"""What comes over the wire is what the server's own models are."""

import json
from typing import Any

import pytest

from pilotfish.client.reading import Unreadable, read
from pilotfish.domain.messages import (
    Ack,
    Alert,
    AlertNote,
    Behind,
    Error,
    History,
    MarketUpdate,
    OrderState,
    OrderUpdate,
    Pong,
    Portfolio,
    PortfolioUpdate,
    Position,
    PositionUpdate,
    Severity,
    Snapshot,
    TradeUpdate,
    encode,
)
from tests.fakes.live_server import price, trade

ON = {"channel": "c", "seq": 3, "timestamp": 5}
NOTE = AlertNote(
    id="a", kind="drift", severity=Severity.WARNING, message="m", account="x", symbol="s", about="o"
)
HELD = Position(
    id="p",
    symbol="BTCUSDT",
    type="buy",
    quantity=0.5,
    entry_price=None,
    current_price=1.5,
    current_pnl=None,
    timestamp="2026-01-01T00:00:00Z",
)
TRADE = read(trade("trades", 7))
WHOLE = Portfolio(balance=1.0, total_pnl=-0.5, positions_count=1, realized_pnl=0.0)

MESSAGES = [
    TRADE,
    read(price("BTCUSDT", 4, 1.5)),
    Alert(**ON, alert=NOTE),
    OrderUpdate(**ON, orderType="market", order=OrderState(id="o", symbol="s", status="filled")),
    PositionUpdate(**ON, positions=(HELD,)),
    PositionUpdate(**ON, positions=(), id="mine"),
    PortfolioUpdate(**ON, portfolio=WHOLE),
    Snapshot(**ON, complete=False, messages=(TRADE, {"type": "ODD", "seq": 1})),  # type: ignore[arg-type]
    Behind(timestamp=1, channels={"trades": 4}),
    Ack(id=1, timestamp=1, channels={"trades": 4}, snapshots=("trades",)),
    Pong(id=None, timestamp=1, channels={}),
    History(id="h", timestamp=1, messages=(TRADE,), next=None),  # type: ignore[arg-type]
    Error(id="e", timestamp=1, code="too_long", message="too long", limit=4096),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_told_is_read_as_it_was(message: Any) -> None:
    assert read(json.loads(encode(message))) == message


def test_what_a_newer_server_adds_is_not_looked_at() -> None:
    assert isinstance(read(trade("trades", 1) | {"colour": "red"}), TradeUpdate)


def test_a_whole_number_is_a_price_too() -> None:
    message = read(price("BTCUSDT", 1, 60_000))
    assert isinstance(message, MarketUpdate)
    assert type(message.price) is float


@pytest.mark.parametrize(
    "change",
    [
        {"price": 100},
        {"seq": "1"},
        {"seq": True},
        {"seq": 1.0},
        {"type": "MARKET"},
        {"type": None},
        {"channel": None},
    ],
)
def test_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(trade("trades", 1) | change)


def test_what_lacks_a_member_is_refused() -> None:
    message = trade("trades", 1)
    del message["fill"]
    with pytest.raises(Unreadable, match="fill"):
        read(message)
