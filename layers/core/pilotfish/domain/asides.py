"""What a venue reported as a trade and cannot be one: set aside, with what the venue sent.

It is not written as a fill and holds up none. A person sees it, and corrects or drops it; where the
venue itself reports the same trade properly later, that settles it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pilotfish.domain.fills import Fill, PositionSide, Side, is_spot
from pilotfish.domain.holdings import Held, Holdings, stamp
from pilotfish.domain.netting import position_key

# A clock that is corrected by the venue's own is never off by so much.
FUTURE_MS = 60_000
RAW_LIMIT = 8_000

_SECRET_NAME = re.compile(r"key|secret|sign|token|password|passphrase|email", re.IGNORECASE)


class Flaw(StrEnum):
    """Why a report cannot be a trade."""

    UNREADABLE = "unreadable"
    NO_ID = "no_id"
    NO_PRICE = "no_price"
    NO_QUANTITY = "no_quantity"
    NO_TIME = "no_time"
    FUTURE = "future"
    UNKNOWN_MARKET = "unknown_market"


class AsideState(StrEnum):
    """OPEN waits for a person; RELEASED for the poller, or for a back-fill if one had told it.

    SETTLED is a fill now, DROPPED none.
    """

    OPEN = "open"
    RELEASED = "released"
    SETTLED = "settled"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Review:
    """What a person did about something, when (UTC ms), and why."""

    by: str
    at_ms: int
    note: str = ""


def flaw_of(fill: Fill, now_ms: int, *, listed: bool = True) -> Flaw | None:
    """What is wrong with a fill at the venue's time `now_ms`; None: it can be true.

    `listed` is whether the venue has the market. A price or quantity that is missing is 0 here, a
    missing time 0, a missing id empty.
    """
    if not listed or "/" not in fill.symbol:
        return Flaw.UNKNOWN_MARKET
    if not fill.trade_id:
        return Flaw.NO_ID
    if not _positive(fill.quantity):
        return Flaw.NO_QUANTITY
    if not _positive(fill.price):
        return Flaw.NO_PRICE
    if fill.traded_ms <= 0:
        return Flaw.NO_TIME
    return Flaw.FUTURE if fill.traded_ms > now_ms + FUTURE_MS else None


def _positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0


@dataclass(frozen=True, slots=True)
class Aside:
    """A report that was set aside; `fill` is what could be read of it, `raw` what was sent.

    `position_before` is what the account held (signed base units) where the position moved with
    it, None where it did not. With a `session_id` that back-fill was told it: then it is of the
    past, moves nothing, and whatever becomes of it is never copied.
    """

    account_id: str
    venue: str
    flaw: Flaw
    seen_ms: int
    raw: str
    fill: Fill | None = None
    position_before: Decimal | None = None
    state: AsideState = AsideState.OPEN
    session_id: str = ""

    @property
    def aside_id(self) -> str:
        """Unique in the account; the same for the same trade, however often it is reported.

        What a back-fill was told has a name of its own, and so never stands for a live report.
        """
        name = _digest(self.raw) if self.fill is None else trade_name(self.fill)
        return f"past-{name}" if self.session_id else name

    @property
    def moves_position(self) -> bool:
        """Whether it surely changed what the account holds, and by how much."""
        return self.fill is not None and self.flaw in {Flaw.NO_PRICE, Flaw.NO_TIME, Flaw.FUTURE}

    @property
    def leaves_doubt(self) -> bool:
        """Whether only the venue can say what the account holds after it."""
        return not self.moves_position and self.flaw is not Flaw.UNKNOWN_MARKET


Report = Fill | Aside


def trade_name(fill: Fill) -> str:
    """Names a trade of an account by what its stream and its lists agree on."""
    if fill.trade_id:
        return f"{fill.symbol}-{fill.trade_id}"
    parts = fill.symbol, fill.order_id, fill.side, fill.quantity, fill.price, fill.traded_ms
    return _digest("/".join(str(part) for part in parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def checked(report: Report, now_ms: int) -> Report:
    """A fill that cannot be true as an aside, with all that is left of what was sent."""
    if isinstance(report, Aside):
        return report
    flaw = flaw_of(report, now_ms)
    if flaw is None:
        return report
    raw = f"{report!r}"[:RAW_LIMIT]
    return Aside(report.account_id, report.venue, flaw, report.seen_ms, raw, report)


def raw_of(payload: object, secrets: Iterable[str] = ()) -> str:
    """What a venue sent, as JSON without anything secret."""
    text = json.dumps(_without_secrets(payload), default=str, sort_keys=True)
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    return text[:RAW_LIMIT]


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            str(name): "…" if _SECRET_NAME.search(str(name)) else _without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value


def counted(aside: Aside, holdings: Holdings) -> Aside:
    """The aside with the position that it met; `holdings` move along where it surely moved them.

    What a unit cost on average is not known any more.
    """
    if aside.fill is None or not aside.moves_position:
        return aside
    key = position_key(aside.fill.symbol, aside.fill.position_side)
    before = holdings.positions.get(key, Held())
    quantity = before.after(aside.fill).quantity
    holdings.positions[key] = replace(before, quantity=quantity, entry_price=None)
    return replace(aside, position_before=before.quantity)


def settled(aside: Aside, fill: Fill, holdings: Holdings) -> Fill:
    """The fill that an aside turned out to be, as it is written down after all.

    It meets the position that the aside met. Where only the venue could say what was held after
    it, what is held now has it in; a market that was unknown was never counted.
    """
    if aside.position_before is None and not aside.leaves_doubt:
        return stamp([fill], holdings)[0]
    holdings.fills += 1
    before = aside.position_before
    if before is None:
        key = position_key(fill.symbol, fill.position_side)
        before = holdings.positions.get(key, Held()).quantity - fill.position_change
        before = max(Decimal(0), before) if is_spot(fill.symbol) else before
    return replace(fill, position_before=before, number=holdings.fills)


# What a person may say of a trade that was set aside.
CORRECTABLE = ("symbol", "trade_id", "side", "position_side", "price", "quantity", "traded_ms")


def released(aside: Aside, changes: Mapping[str, str], now_ms: int) -> Fill:
    """The fill that an aside is once corrected; raises `ValueError` for what is still wrong."""
    unknown = set(changes) - set(CORRECTABLE)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} cannot be corrected")
    values: dict[str, Any] = {name: _read(name, text) for name, text in changes.items()}
    if aside.fill is not None:
        fill = replace(aside.fill, **values)
    else:
        missing = {"symbol", "trade_id", "side", "price", "quantity", "traded_ms"} - set(values)
        if missing:
            raise ValueError(f"nothing could be read: say {', '.join(sorted(missing))} too")
        whose = {"account_id": aside.account_id, "venue": aside.venue, "seen_ms": aside.seen_ms}
        whole: dict[str, Any] = {"position_side": PositionSide.NET, "order_id": ""} | whose
        fill = Fill(**whole | values)
    flaw = flaw_of(fill, now_ms)
    if flaw is not None:
        raise ValueError(f"it is still no fill: {flaw}")
    return fill


def _read(name: str, text: str) -> Any:
    kinds: dict[str, Any] = {
        "side": Side,
        "position_side": PositionSide,
        "price": Decimal,
        "quantity": Decimal,
        "traded_ms": int,
    }
    try:
        return kinds.get(name, str)(text)
    except (ValueError, ArithmeticError):
        raise ValueError(f"{text!r} is no {name}") from None
