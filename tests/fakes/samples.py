"""Domain objects with every field filled in; a test names only what it is about."""

from decimal import Decimal
from typing import Any

from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument, Kind
from pilotfish.domain.orders import CopyOrder, Leg
from pilotfish.domain.rules import Rules
from pilotfish.domain.sync_sessions import DAY_MS, SyncSession
from tests.fakes.clock import EPOCH_MS

PERPETUAL = "BTC/USDT:USDT"
SPOT = "BTC/USDT"


def a_fill(quantity: str | Decimal = "1", **more: Any) -> Fill:
    """A leader's fill; a negative quantity is a sell."""
    signed = Decimal(quantity)
    fields: dict[str, Any] = {
        "account_id": "leader",
        "venue": "model",
        "symbol": PERPETUAL,
        "trade_id": "1",
        "order_id": "o1",
        "side": Side.BUY if signed > 0 else Side.SELL,
        "position_side": PositionSide.NET,
        "price": Decimal(100),
        "quantity": abs(signed),
        "traded_ms": EPOCH_MS,
        "seen_ms": EPOCH_MS,
    }
    return Fill(**fields | more)


def a_follow(number: int = 1, **more: Any) -> Follow:
    """The number-th follow of the leader; keyword arguments of `Rules` go there."""
    rules = {name: more.pop(name) for name in list(more) if name in Rules.__dataclass_fields__}
    fields: dict[str, Any] = {
        "follow_id": f"follow-{number}",
        "leader_id": "leader",
        "account_id": f"follower-{number}",
        "owner": f"user-{number}",
        "venue": "model",
        "started_ms": EPOCH_MS - 60_000,
        "rules": Rules(**rules),
    }
    return Follow(**fields | more)


def an_account(account_id: str = "follower-1", **more: Any) -> Account:
    fields: dict[str, Any] = {"owner": "user-1", "venue": "model", "sealed_key": b"sealed"}
    return Account(account_id, **fields | more)


def an_instrument(symbol: str = PERPETUAL, **more: Any) -> Instrument:
    kind = Kind.LINEAR if ":" in symbol else Kind.SPOT
    fields: dict[str, Any] = {
        "kind": kind,
        "lot": Decimal("0.001"),
        "tick": Decimal("0.1"),
        "min_quantity": Decimal("0.001"),
        "min_notional": Decimal(0),
    }
    return Instrument(symbol, **fields | more)


def a_session(**more: Any) -> SyncSession:
    """A back-fill of the leader's last 30 days that has just begun."""
    fields: dict[str, Any] = {
        "account_id": "leader",
        "session_id": f"{EPOCH_MS:013d}-5e551044",
        "owner": "user-1",
        "venue": "model",
        "since_ms": EPOCH_MS - 30 * DAY_MS,
        "until_ms": EPOCH_MS,
        "started_ms": EPOCH_MS,
        "moved_ms": EPOCH_MS,
    }
    return SyncSession(**fields | more)


def an_order(quantity: str | Decimal = "1", **more: Any) -> CopyOrder:
    """A planned entry; a negative quantity is a sell."""
    signed = Decimal(quantity)
    fields: dict[str, Any] = {
        "follow_id": "follow-1",
        "leader_id": "leader",
        "fill_id": f"{EPOCH_MS:013d}-{PERPETUAL}-1",
        "leg": Leg.ENTRY,
        "account_id": "follower-1",
        "owner": "user-1",
        "venue": "model",
        "symbol": PERPETUAL,
        "side": Side.BUY if signed > 0 else Side.SELL,
        "position_side": PositionSide.NET,
        "quantity": abs(signed),
        "reference_price": Decimal(100),
        "traded_ms": EPOCH_MS,
        "seen_ms": EPOCH_MS,
        "decided_ms": EPOCH_MS,
        "expires_ms": EPOCH_MS + 120_000,
    }
    return CopyOrder(**fields | more)
