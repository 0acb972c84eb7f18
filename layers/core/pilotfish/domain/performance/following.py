"""What those who follow a leader have of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.performance.days import Quality
from pilotfish.domain.performance.deals import ZERO
from pilotfish.domain.performance.records import WINDOWS, Followers, TrackRecord

# The capital that a follow takes is what it needed in this window.
NEEDED = "30d"


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow as its leader's record counts it; `live` is one that was not stopped.

    Money in dollars, by window. What is on `paper` is nobody's money and is not counted.
    `through` and `marked_ms` say how far it is counted; `counted_day` is when it was, and
    `paid` the revision up to which the account's payments are in.
    """

    follow_id: str
    leader_id: str
    account_id: str
    owner: str
    live: bool
    paper: bool
    pnl: Mapping[str, Decimal] = field(default_factory=dict)
    base: Mapping[str, Decimal] = field(default_factory=dict)
    quality: Quality = field(default_factory=Quality)
    employed: Decimal = ZERO
    through: str = ""
    marked_ms: int = 0
    counted_day: str = ""
    paid: int = 0


def copies_of(account_id: str) -> str:
    """Where the record is of all that was copied to an account."""
    return f"copied|{account_id}"


def by_window(record: TrackRecord) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """P&L and base of each window."""
    windows = record.windows.items()
    return {name: w.pnl for name, w in windows}, {name: w.base for name, w in windows}


def followers(rows: Iterable[Followed]) -> Followers:
    """Those with money in it, together."""
    real = [row for row in rows if not row.paper]
    live = [row for row in real if row.live]
    pnl = {name: _sum(row.pnl.get(name, ZERO) for row in real) for name in WINDOWS}
    base = {name: _sum(row.base.get(name, ZERO) for row in real) for name in WINDOWS}
    return Followers(
        count=len(live),
        aum=_sum(row.base.get(NEEDED, ZERO) for row in live),
        pnl=pnl,
        roi={name: float(pnl[name] / base[name]) if base[name] else None for name in WINDOWS},
        in_profit=sum(row.pnl.get("all", ZERO) > ZERO for row in real),
    )


def quality(rows: Iterable[Followed]) -> Quality:
    """How near all copies came."""
    whole = Quality()
    for row in rows:
        if not row.paper:
            whole.add_all(row.quality)
    return whole


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
