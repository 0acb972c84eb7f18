"""Track records, curves, calendars and statements as the API tells them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from pilotfish.api.shapes import Amount, Page, Time, Told
from pilotfish.domain.fees import Statement
from pilotfish.domain.performance.curve import Basis, Curve
from pilotfish.domain.performance.days import Day
from pilotfish.domain.performance.records import WINDOWS, Copying, Figures, TrackRecord
from pilotfish.usecases.read_records import Standing

Window = StrEnum("Window", {name.upper(): name for name in WINDOWS})  # type: ignore[misc]
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
Fraction = Annotated[float | None, Field(description="0.1 is 10 %; null where there is none.")]
Day_ = Annotated[str, Field(description="A UTC day, `2026-11-21`.")]


class ToldFigures(Told):
    """A window of UTC days, today included; money in dollars, after the fees that are known."""

    since: Day_
    until: Day_
    pnl: Amount
    roi: Fraction
    basis: Annotated[Basis, Field(description="What `base`, and so `roi`, is made of.")]
    base: Amount
    drawdown: Fraction
    volatility: Fraction
    sharpe: float | None
    sortino: float | None
    win_rate: Fraction
    profit_factor: float | None
    average_hold_ms: int | None
    trades: Annotated[int, Field(description="Positions from flat to flat.")]
    deals: Annotated[int, Field(description="Executions.")]
    days_active: int
    volume: Amount
    fees: Amount
    realized: Amount
    unrealized: Amount
    best_day: Amount
    worst_day: Amount
    complete: Annotated[bool, Field(description="Whether every deal and fee is in the figures.")]
    unknown: Annotated[int, Field(description="Deals of which it is not known what they earned.")]
    left_out: Annotated[dict[str, int], Field(description="Deals not in dollars, by currency.")]
    fees_elsewhere: Annotated[dict[str, Amount], Field(description="Fees paid in other coins.")]
    funding: Annotated[Amount, Field(description="What holding perpetuals earned; in `pnl`.")]
    funding_elsewhere: Annotated[dict[str, Amount], Field(description="The same in other coins.")]
    fees_unknown: Annotated[int, Field(description="Copies whose fee no venue told yet.")]


class ToldCopying(Told):
    """How copies came out beside what was copied; latency from the leader's trade on."""

    copies: int
    average_latency_ms: int | None
    median_latency_below_ms: int | None
    slow_latency_below_ms: Annotated[int | None, Field(description="95 of 100 are below it.")]
    slippage: Annotated[float | None, Field(description="A fraction of it; worse is positive.")]
    slippage_cost: Amount


class ToldFollowers(Told):
    """Those who follow with money, and what all who ever did have earned, by window."""

    count: int
    aum: Amount
    in_profit: int
    pnl: dict[str, Amount]
    roi: dict[str, float | None]


class ToldRecord(Told):
    """A track record."""

    place: str
    paper: Annotated[bool, Field(description="Whether any of it is play money.")]
    computed_ms: Time
    priced_ms: Annotated[int, Field(description="When open positions were priced last; 0: never.")]
    since: Annotated[str, Field(description="The first day that is known; empty: none.")]
    not_counted: Annotated[list[str], Field(description="What is in no figure.")]
    unrealized: Amount
    employed: Amount
    windows: dict[str, ToldFigures]
    copying: ToldCopying
    followers: ToldFollowers | None


class ToldPoint(Told):
    """The end of a day."""

    day: Day_
    pnl: Amount
    equity: Amount
    drawdown: float


class ToldCurve(Told):
    """An equity curve, day by day."""

    window: str
    computed_ms: Time
    basis: Basis
    base: Amount
    points: list[ToldPoint]


class ToldDay(Told):
    """A day of the calendar; days without a trade or an open position are not in it."""

    day: Day_
    pnl: Amount
    realized: Amount
    fees: Amount
    funding: Amount
    unrealized: Amount
    volume: Amount
    deals: int
    trades: int
    wins: int


class ToldCalendar(Told):
    """A month."""

    month: str
    computed_ms: Time
    pnl: Amount
    days: list[ToldDay]


class ToldStanding(Told):
    """An account beside others."""

    account_id: str
    label: str
    venue: str
    paper: bool
    leads: bool
    roi: Fraction
    pnl: Amount
    drawdown: Fraction
    unrealized: Amount
    employed: Amount
    exposure: Annotated[
        float | None, Field(description="What is open, at cost, by the base of the window.")
    ]
    risk: Annotated[float, Field(description="Drawdown and exposure together.")]
    equity: Amount | None
    equity_ms: Annotated[int, Field(description="When the venue told it; 0: never.")]


class ToldStatement(Told):
    """A month of a follow: its leader's share of profit above the high-water mark."""

    follow_id: str
    leader_id: str
    account_id: Annotated[str, Field(description="Empty for the leader.")]
    month: str
    closed: Annotated[bool, Field(description="The month is over, and nothing of it changes.")]
    share: Amount
    mark: Amount
    result: Amount
    profit: Amount
    fee: Amount
    made_ms: Time


class ToldStatements(Page):
    """The newest month first."""

    statements: list[ToldStatement]


def record_of(record: TrackRecord) -> ToldRecord:
    """As it is told."""
    followers = record.followers
    return ToldRecord(
        place=record.place,
        paper=record.paper,
        computed_ms=record.computed_ms,
        priced_ms=record.priced_ms,
        since=record.since,
        not_counted=list(record.not_counted),
        unrealized=record.unrealized,
        employed=record.employed,
        windows={name: figures_of(each) for name, each in record.windows.items()},
        copying=copying_of(record.copying),
        followers=None if followers is None else ToldFollowers.model_validate(followers),
    )


def figures_of(figures: Figures) -> ToldFigures:
    return ToldFigures.model_validate(figures)


def copying_of(copying: Copying) -> ToldCopying:
    return ToldCopying.model_validate(copying)


def curve_of(curve: Curve, window: str, now_ms: int) -> ToldCurve:
    """Day by day."""
    points = [ToldPoint.model_validate(point) for point in curve.points]
    return ToldCurve(
        window=window, computed_ms=now_ms, basis=curve.basis, base=curve.base, points=points
    )


def calendar_of(days: Mapping[str, Day], month: str, now_ms: int) -> ToldCalendar:
    """The days of a month of which there is something to tell."""
    own = [ToldDay.model_validate(days[day]) for day in sorted(days) if day.startswith(month)]
    pnl = sum((day.pnl for day in own), start=Day(month).pnl)
    return ToldCalendar(month=month, computed_ms=now_ms, pnl=pnl, days=own)


def standing_of(standing: Standing) -> ToldStanding:
    """An account's row."""
    row = standing.ranked
    return ToldStanding(
        account_id=standing.account_id,
        label=standing.label,
        venue=standing.venue,
        paper=standing.paper,
        leads=standing.leads,
        roi=row.figures.roi,
        pnl=row.figures.pnl,
        drawdown=row.figures.drawdown,
        unrealized=row.unrealized,
        employed=row.employed,
        exposure=row.exposure,
        risk=row.risk,
        equity=standing.equity,
        equity_ms=standing.at_ms,
    )


def statement_of(statement: Statement) -> ToldStatement:
    return ToldStatement.model_validate(statement)
