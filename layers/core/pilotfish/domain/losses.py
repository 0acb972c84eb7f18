"""How much a follow may lose, and what then: judged now and then, by what it earned until now.

The result of a follow is what its copies are worth now, less what was paid for them (dollars): what
it earned and what is open, since it first began, without fees that are not paid in the coin itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from pilotfish.domain.limits import in_dollars
from pilotfish.domain.netting import Booked, symbol_of
from pilotfish.domain.rule_choices import OnLoss
from pilotfish.domain.rules import Rules
from pilotfish.domain.wallets import PriceOf

ZERO = Decimal(0)


class Period(StrEnum):
    """What a loss is counted over; weeks begin on Monday, all in UTC."""

    DAY = "daily"
    WEEK = "weekly"
    MONTH = "monthly"
    LIFE = "lifetime"


@dataclass(frozen=True, slots=True)
class Start:
    """How a period began (UTC ms): the follow's result then, and own equity (dollars)."""

    begins_ms: int
    result: Decimal
    capital: Decimal


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of a follow whose losses are limited, as of `at_ms` (UTC).

    `high` is its best result and `high_capital` own equity then. A follow that was paused at
    `version` goes on at `resume_ms`; 0: a person says when.
    """

    at_ms: int
    result: Decimal
    high: Decimal
    high_capital: Decimal
    starts: Mapping[Period, Start] = field(default_factory=dict)
    version: int = 0
    resume_ms: int = 0


@dataclass(frozen=True, slots=True)
class Breach:
    """Which limit was reached, and when its period is over (UTC ms; 0: never)."""

    limit: str
    ends_ms: int = 0


def result_of(booked: Mapping[str, Booked], price_of: PriceOf) -> Decimal | None:
    """By `position_key`; None where a position has no known worth in dollars."""
    result = ZERO
    for key, books in booked.items():
        if not (books.copied or books.spent or books.written_off):
            continue
        price = price_of(symbol_of(key)) if books.copied else ZERO
        if price is None or not in_dollars(symbol_of(key)):
            return None
        result += books.copied * price + books.written_off - books.spent
    return result


def reached(rules: Rules, books: Booked, price: Decimal) -> str:
    """Which of its levels a position is at or beyond, from the price of its last entry."""
    if not books.copied or not books.entered:
        return ""
    move = (price / books.entered - 1) * (1 if books.copied > ZERO else -1)
    if rules.stop_loss is not None and move <= -rules.stop_loss:
        return "stop_loss"
    if rules.take_profit is not None and move >= rules.take_profit:
        return "take_profit"
    return ""


def looked(before: Watch | None, result: Decimal, capital: Decimal, now_ms: int) -> Watch:
    """The watch after a look; a period that began since the last one begins as things are now.

    The follow's life began with nothing earned.
    """
    if before is None:
        before = Watch(now_ms, result, max(ZERO, result), capital)
    starts = {}
    for period in Period:
        begins_ms = begins(period, now_ms)
        start = before.starts.get(period)
        if start is None or start.begins_ms != begins_ms:
            start = Start(begins_ms, ZERO if period is Period.LIFE else result, capital)
        starts[period] = start
    after = replace(before, at_ms=now_ms, result=result, starts=starts)
    return replace(after, high=result, high_capital=capital) if result > before.high else after


def breach_of(rules: Rules, watch: Watch) -> Breach | None:
    """The first limit that was reached."""
    for name, (period, relative) in _LIMITS.items():
        limit, start = getattr(rules, name), watch.starts[period]
        if limit is None:
            continue
        most = limit * start.capital if relative else limit
        if start.result - watch.result >= most:
            return Breach(name, ends(period, watch.at_ms))
    for name in _DRAWDOWNS:
        limit = getattr(rules, name)
        if limit is not None:
            most = limit * watch.high_capital if name.endswith("_share") else limit
            if watch.high - watch.result >= most:
                return Breach(name)
    if rules.max_profit is not None and watch.result >= rules.max_profit:
        return Breach(MAX_PROFIT)
    return None


def begun_anew(watch: Watch, capital: Decimal) -> Watch:
    """After a person let the follow go on: what was lost before is not counted again."""
    starts = {
        period: replace(start, result=watch.result, capital=capital)
        for period, start in watch.starts.items()
    }
    return replace(watch, starts=starts, high=watch.result, high_capital=capital, resume_ms=0)


def resumes_ms(rules: Rules, breach: Breach) -> int:
    """When a follow goes on that is paused by a breach; 0: when a person says so."""
    return breach.ends_ms if rules.on_loss is OnLoss.PAUSE else 0


def begins(period: Period, at_ms: int) -> int:
    """When the period began that a time (UTC ms) is in."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    day = at.replace(hour=0, minute=0, second=0)
    match period:
        case Period.DAY:
            begun = day
        case Period.WEEK:
            begun = day - timedelta(days=day.weekday())
        case Period.MONTH:
            begun = day.replace(day=1)
        case Period.LIFE:
            return 0
    return int(begun.timestamp()) * 1000


def ends(period: Period, at_ms: int) -> int:
    """When the next one begins; 0: never."""
    begun = datetime.fromtimestamp(begins(period, at_ms) // 1000, UTC)
    match period:
        case Period.DAY:
            following = begun + timedelta(days=1)
        case Period.WEEK:
            following = begun + timedelta(days=7)
        case Period.MONTH:
            following = (begun + timedelta(days=32)).replace(day=1)
        case Period.LIFE:
            return 0
    return int(following.timestamp()) * 1000


MAX_PROFIT = "max_profit"
_LIMITS: Mapping[str, tuple[Period, bool]] = {
    "max_daily_loss": (Period.DAY, False),
    "max_daily_loss_share": (Period.DAY, True),
    "max_weekly_loss": (Period.WEEK, False),
    "max_weekly_loss_share": (Period.WEEK, True),
    "max_monthly_loss": (Period.MONTH, False),
    "max_monthly_loss_share": (Period.MONTH, True),
    "max_loss": (Period.LIFE, False),
    "max_loss_share": (Period.LIFE, True),
}
_DRAWDOWNS = ("max_drawdown", "max_drawdown_share")
