"""What was recorded of a venue, and what it has to become; docs/adding-a-venue.md explains it."""

import json
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from pilotfish.domain.conditions import Attached, Trigger, TriggerKind
from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.payments import Payment
from pilotfish.domain.venues import OrderRequest, Position, VenueOrder
from pilotfish.domain.wallets import Contents

HERE = Path(__file__).parent / "recorded"
Json = dict[str, Any]

FILL = (
    "symbol", "trade_id", "order_id", "side", "position_side", "price", "quantity", "traded_ms",
    "fee", "fee_currency", "client_order_id", "liquidity", "order_kind",
)  # fmt: skip

PAYMENT = "key", "kind", "at_ms", "symbol", "amount", "currency", "size"


class Recording:
    """One venue's file. Whatever is taken out of it is a copy."""

    def __init__(self, venue: str) -> None:
        self.venue = venue
        self._file: Json = json.loads((HERE / f"{venue}.json").read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> Any:
        return deepcopy(self._file[name])

    def get(self, name: str, default: Any = None) -> Any:
        return deepcopy(self._file.get(name, default))

    def whole(self) -> Json:
        return deepcopy(self._file)

    @property
    def now_s(self) -> float:
        """When all of it happened."""
        return float(self._file["now_ms"]) / 1000

    def answers(self, case: Json) -> list[Json]:
        """Those of the case, and then those that hold for all."""
        return deepcopy(case.get("answers", [])) + self.get("answers", [])

    def with_holdings(self, case: Json) -> Json:
        """Coins on spot and positions are told as those that the account holds."""
        return {**case, "answers": [*case["answers"], *self["holdings"]["answers"]]}

    def volatile(self) -> set[str]:
        """Fields of requests that change from one to the next: signatures, times."""
        return set(self._file.get("volatile", ()))


def recorded() -> list[str]:
    """The venues that have a file."""
    return sorted(path.stem for path in HERE.glob("*.json"))


def order_of(case: Json) -> OrderRequest:
    """The request of a case; what it leaves out is the plainest."""
    return OrderRequest(
        client_order_id=case["client_order_id"],
        symbol=case["symbol"],
        side=Side(case["side"]),
        position_side=PositionSide(case.get("position_side", "net")),
        quantity=Decimal(case["quantity"]),
        reduce_only=case.get("reduce_only", False),
        claimed_ms=case["claimed_ms"],
        limit_price=Decimal(case["limit"]) if "limit" in case else None,
        order_id=case.get("order_id", ""),
    )


def trigger_of(case: Json) -> Trigger | None:
    found = case.get("trigger")
    return Trigger(TriggerKind(found["kind"]), Decimal(found["price"])) if found else None


def attached_of(case: Json) -> Attached | None:
    found = case.get("attached")
    if not found:
        return None
    return Attached(**{name: Decimal(level) for name, level in found.items()})


def margin_in(case: Json) -> Margin:
    """What a case sets; what it leaves out stays as it is."""
    leverage, mode = case.get("leverage"), case.get("mode")
    return Margin(Decimal(leverage) if leverage else None, MarginMode(mode) if mode else None)


def told(found: Fill | Position | VenueOrder | Margin | Payment, names: Iterable[str] = ()) -> Json:
    """A model as the files write it: numbers as plain text; a fee where one is told."""
    names = names or [field.name for field in fields(found)]
    row = {name: _plain(getattr(found, name)) for name in names}
    if isinstance(found, VenueOrder) and found.fee is None:
        return {name: value for name, value in row.items() if name not in {"fee", "fee_currency"}}
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    return str(value) if isinstance(value, str) else value


def told_fills(fills: Iterable[Fill]) -> list[Json]:
    return [told(fill, FILL) for fill in fills]


def told_wallet(found: Contents) -> Json:
    return {
        "coins": {code: _plain(amount) for code, amount in sorted(found.coins.items())},
        "positions": [told(position) for position in found.positions],
    }
