"""Track records: what a window of days comes to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pilotfish.domain.payments import Reading
from pilotfish.domain.performance import ratios
from pilotfish.domain.performance.curve import Basis, Stretch, stretch
from pilotfish.domain.performance.days import Day, Quality, added, day_after, day_of
from pilotfish.domain.performance.deals import ZERO

# Days in each window, today included; `all` goes back to the first trade that we know.
WINDOWS: Mapping[str, int | None] = {"7d": 7, "30d": 30, "90d": 90, "180d": 180, "all": None}

NO_FUNDING = "funding"
NO_FEES = "fees"


@dataclass(frozen=True, slots=True)
class Figures:
    """A window of UTC days; money in dollars, ratios as floats, None where there is no figure.

    `pnl` is what was realized after `fees`, and what open positions gained; `roi` its fraction of
    `base`, which `basis` says the kind of.
    """

    since: str
    until: str
    pnl: Decimal
    basis: Basis
    base: Decimal
    roi: float | None
    drawdown: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    win_rate: float | None
    profit_factor: float | None
    average_hold_ms: int | None
    trades: int
    deals: int
    days_active: int
    volume: Decimal
    fees: Decimal
    realized: Decimal
    unrealized: Decimal
    best_day: Decimal
    worst_day: Decimal
    unknown: int
    left_out: Mapping[str, int]
    fees_elsewhere: Mapping[str, Decimal]
    fees_unknown: int = 0
    funding: Decimal = ZERO
    funding_elsewhere: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every deal, fee and payment that is known of is in the figures."""
        elsewhere = self.fees_elsewhere or self.funding_elsewhere
        return not (self.unknown or self.left_out or elsewhere or self.fees_unknown)


@dataclass(frozen=True, slots=True)
class Copying:
    """How copies compare with what was copied; `slippage` a fraction of it, worse is positive."""

    copies: int
    average_latency_ms: int | None
    median_latency_below_ms: int | None
    slow_latency_below_ms: int | None
    slippage: float | None
    slippage_cost: Decimal


@dataclass(frozen=True, slots=True)
class Followers:
    """Those who follow a leader now, and what all who ever did have earned, by window."""

    count: int
    aum: Decimal
    pnl: Mapping[str, Decimal] = field(default_factory=dict)
    roi: Mapping[str, float | None] = field(default_factory=dict)
    in_profit: int = 0


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How an account or a follow did, as of `computed_ms` (UTC ms).

    `priced_ms` is when open positions were looked at last, 0 for never. `not_counted` names what is
    in no figure, because nobody tells it. It is on `paper` where any of it is play money.
    """

    place: str
    computed_ms: int
    windows: Mapping[str, Figures]
    copying: Copying
    quality: Quality
    since: str = ""
    priced_ms: int = 0
    unrealized: Decimal = ZERO
    employed: Decimal = ZERO
    not_counted: tuple[str, ...] = (NO_FUNDING,)
    followers: Followers | None = None
    paper: bool = False


def first_day(window: str, today: str) -> str:
    """Where a window begins; `all` at the beginning of time."""
    days = WINDOWS[window]
    return "0001-01-01" if days is None else day_after(today, 1 - days)


def track_record(
    place: str,
    days: Mapping[str, Day],
    now_ms: int,
    not_counted: tuple[str, ...] = (NO_FUNDING,),
    followers: Followers | None = None,
    copies: Quality | None = None,
    *,
    paper: bool = False,
) -> TrackRecord:
    """Out of all days of an account or a follow, as of `now_ms` (UTC ms).

    `copies` are those that are told of; the place's own where none are given.
    """
    today = day_of(now_ms)
    known = sorted(day for day in days if day <= today)
    last = days[known[-1]] if known else Day(today)
    if copies is None:
        copies = Quality()
        for day in known:
            copies.add_all(days[day].quality)
    return TrackRecord(
        place=place,
        computed_ms=now_ms,
        windows={
            name: figures(stretch(days, first_day(name, today), today), today) for name in WINDOWS
        },
        copying=copying(copies),
        quality=copies,
        since=known[0] if known else "",
        priced_ms=max((days[day].marked_ms for day in known), default=0),
        unrealized=last.unrealized,
        employed=last.employed,
        not_counted=(*_no_fees(days), *not_counted),
        followers=followers,
        paper=paper,
    )


def not_counted(reading: Reading, days: Mapping[str, Day], now_ms: int) -> tuple[str, ...]:
    """Funding, unless all of it was read since the first of the days."""
    return () if reading.counted(min(days, default=""), now_ms) else (NO_FUNDING,)


def _no_fees(days: Mapping[str, Day]) -> tuple[str, ...]:
    return (NO_FEES,) if any(day.fees_unknown for day in days.values()) else ()


def figures(window: Stretch, today: str) -> Figures:
    """What a stretch of days comes to."""
    curve, days = window.curve(), window.days
    returns = curve.returns
    trades, wins = sum(day.trades for day in days), sum(day.wins for day in days)
    lost = sum((day.lost for day in days), ZERO)
    left_out: Counter[str] = Counter()
    unpriced = added(days, today)
    for day in days:
        left_out.update(day.left_out)
    profits = [point.pnl for point in curve.points]
    return Figures(
        since=days[0].day if days else today,
        until=today,
        pnl=curve.pnl,
        basis=curve.basis,
        base=curve.base,
        roi=curve.roi,
        drawdown=curve.drawdown,
        volatility=None if returns is None else ratios.volatility(returns),
        sharpe=None if returns is None else ratios.sharpe(returns),
        sortino=None if returns is None else ratios.sortino(returns),
        win_rate=wins / trades if trades else None,
        profit_factor=float(sum((day.won for day in days), ZERO) / lost) if lost else None,
        average_hold_ms=sum(day.held_ms for day in days) // trades if trades else None,
        trades=trades,
        deals=sum(day.deals for day in days),
        days_active=sum(day.active for day in days),
        volume=sum((day.volume for day in days), ZERO),
        fees=sum((day.fees + day.coin_fees for day in days), ZERO),
        funding=sum((day.funded for day in days), ZERO),
        realized=sum((day.realized for day in days), ZERO),
        unrealized=days[-1].unrealized if days else ZERO,
        best_day=max(profits, default=ZERO),
        worst_day=min(profits, default=ZERO),
        unknown=sum(day.unknown for day in days),
        left_out=dict(left_out),
        fees_elsewhere=unpriced.fees_elsewhere,
        funding_elsewhere=unpriced.funding_elsewhere,
        fees_unknown=sum(day.fees_unknown for day in days),
    )


def copying(quality: Quality) -> Copying:
    """Latency from the leader's trade to the copy's execution, and what the copies cost more."""
    n = quality.copies
    return Copying(
        copies=n,
        average_latency_ms=quality.latency_ms // n if n else None,
        median_latency_below_ms=quality.latency_below(0.5) if n else None,
        slow_latency_below_ms=quality.latency_below(0.95) if n else None,
        slippage=float(quality.slippage / quality.notional) if quality.notional else None,
        slippage_cost=quality.slippage,
    )
