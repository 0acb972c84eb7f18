"""The shapes that are documented, byte by byte where a document shows bytes."""

import json
from dataclasses import fields
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from pilotfish.domain import messages
from pilotfish.domain.messages import (
    Alert,
    AlertNote,
    MarketUpdate,
    OrderState,
    OrderUpdate,
    Portfolio,
    PortfolioUpdate,
    Position,
    PositionUpdate,
    Severity,
    encode,
)

# As the product's document on its real-time API shows them.
MARKET = """{
  "type": "MARKET_UPDATE",
  "symbol": "BTCUSDT",
  "price": 43250.50,
  "priceChange": 125.30,
  "priceChangePercent": 0.29,
  "high": 43500.00,
  "low": 42800.00,
  "volume": 12345.67,
  "timestamp": 1702210800000
}"""
POSITIONS = """{
  "type": "POSITION_UPDATE",
  "positions": [
    {
      "id": "pos-123",
      "symbol": "BTCUSDT",
      "type": "buy",
      "quantity": 0.1,
      "entry_price": 43000.00,
      "current_price": 43250.50,
      "current_pnl": 25.05,
      "timestamp": "2025-12-10T09:00:00",
      "status": "open"
    }
  ],
  "timestamp": 1702210800000
}"""
PORTFOLIO = """{
  "type": "PORTFOLIO_UPDATE",
  "portfolio": {
    "balance": 10250.50,
    "total_pnl": 250.50,
    "positions_count": 3,
    "realized_pnl": 150.25
  },
  "timestamp": 1702210800000
}"""
ORDER = """{
  "type": "ORDER_UPDATE",
  "orderType": "TRAILING_STOP",
  "order": {
    "id": "order-456",
    "symbol": "ETHUSDT",
    "status": "FILLED",
    "current_stop_price": 2245.50,
    "peak_price": 2250.00
  },
  "timestamp": 1702210800000
}"""

AT = 1_702_210_800_000
OURS: dict[str, Any] = {
    MARKET: MarketUpdate(
        channel="price_updates:BTCUSDT",
        seq=7,
        timestamp=AT,
        symbol="BTCUSDT",
        price=43250.50,
        priceChange=125.30,
        priceChangePercent=0.29,
        high=43500.00,
        low=42800.00,
        volume=12345.67,
    ),
    POSITIONS: PositionUpdate(
        channel="positions",
        seq=7,
        timestamp=AT,
        positions=(
            Position(
                id="pos-123",
                symbol="BTCUSDT",
                type="buy",
                quantity=0.1,
                entry_price=43000.0,
                current_price=43250.5,
                current_pnl=25.05,
                timestamp="2025-12-10T09:00:00",
            ),
        ),
    ),
    PORTFOLIO: PortfolioUpdate(
        channel="portfolio_updates",
        seq=7,
        timestamp=AT,
        portfolio=Portfolio(
            balance=10250.5, total_pnl=250.5, positions_count=3, realized_pnl=150.25
        ),
    ),
    ORDER: OrderUpdate(
        channel="orders",
        seq=7,
        timestamp=AT,
        orderType="TRAILING_STOP",
        order=OrderState(
            id="order-456",
            symbol="ETHUSDT",
            status="FILLED",
            current_stop_price=2245.5,
            peak_price=2250.0,
        ),
    ),
}


@pytest.mark.parametrize("document", OURS, ids=lambda text: json.loads(text)["type"])
def test_a_documented_message_is_told_byte_by_byte_with_channel_and_number_behind(
    document: str,
) -> None:
    ours = OURS[document]
    told = encode(ours)
    documented = json.dumps(json.loads(document), separators=(",", ":")).encode()

    assert told == documented[:-1] + f',"channel":"{ours.channel}","seq":7}}'.encode()


def test_what_is_known_beyond_the_documents_stands_beside() -> None:
    told = json.loads(
        encode(
            Position(
                id="p",
                symbol="BTC/USDT",
                type="sell",
                quantity=1.0,
                entry_price=None,
                current_price=None,
                current_pnl=None,
                timestamp="2025-12-10T09:00:00",
                venue="binance",
                stale=True,
            )
        )
    )

    assert told["entry_price"] is None
    assert told["stale"] is True
    assert "leader" not in told


def test_an_answer_to_a_command_repeats_its_id_and_what_is_told_has_none() -> None:
    ours = OURS[POSITIONS]
    answer = PositionUpdate(**{f.name: getattr(ours, f.name) for f in fields(ours)} | {"id": 5})

    assert json.loads(encode(answer))["id"] == 5
    assert "id" not in json.loads(encode(ours))


def test_an_enum_is_its_word() -> None:
    note = AlertNote(
        id="a",
        kind="drift",
        severity=Severity.WARNING,
        message="m",
        account="acc",
        symbol="s",
        about="x",
    )
    told = json.loads(encode(Alert(channel="alerts", seq=1, timestamp=AT, alert=note)))

    assert told["alert"]["severity"] == "warning"


@pytest.mark.parametrize("kind", get_args(messages.Message), ids=lambda kind: kind.__name__)
def test_every_message_says_its_type_channel_number_and_time(kind: type) -> None:
    names = {field.name for field in fields(kind)}

    assert {"type", "channel", "seq", "timestamp"} <= names


@pytest.mark.parametrize("ours", OURS.values(), ids=lambda ours: ours.type)
def test_what_is_told_reads_back_as_what_it_was(ours: Any) -> None:
    assert TypeAdapter(type(ours)).validate_json(encode(ours)) == ours
