"""What windows of days come to, and what a return is a fraction of."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.performance.curve import Basis, stretch
from pilotfish.domain.performance.days import (
    DAY_MS,
    Day,
    Quality,
    carried,
    day_after,
    day_of,
    start_ms,
)
from pilotfish.domain.performance.deals import Copied
from pilotfish.domain.performance.records import Figures, copying, track_record
from tests.fakes import EPOCH_MS
from tests.unit.performance.deals import a_deal, counted

TODAY = day_of(EPOCH_MS)
FIRST = day_after(TODAY, -9)


def at(days_ago: int) -> int:
    return EPOCH_MS - days_ago * DAY_MS


def windows(*days: Day) -> dict[str, Figures]:
    by_day = {day.day: day for day in days}
    return dict(track_record("leader", by_day, EPOCH_MS).windows)


def a_day(days_ago: int, realized: int = 0, **more: Any) -> Day:
    said = {name: Decimal(value) if type(value) is int else value for name, value in more.items()}
    return Day(day_after(TODAY, -days_ago), realized=Decimal(realized), **said)


def test_who_invests_everything_again_has_the_return_of_the_account() -> None:
    days = counted(
        a_deal("1", 100, at(5), symbol="BTC/USDT"),
        a_deal("-1", 150, at(4), symbol="BTC/USDT"),
        a_deal("1", 150, at(3), symbol="BTC/USDT"),
        a_deal("-1", 120, at(2), symbol="BTC/USDT"),
    )
    figures = track_record("leader", days, EPOCH_MS).windows["7d"]
    assert (figures.base, figures.pnl, figures.roi) == (100, 20, 0.2)
    assert figures.drawdown == pytest.approx(0.2)
    assert (figures.trades, figures.win_rate, figures.days_active) == (2, 0.5, 4)
    assert figures.profit_factor == pytest.approx(50 / 30)


def test_a_small_win_does_not_hide_a_large_loss() -> None:
    """The days' returns compounded would be +80 %."""
    days = counted(
        a_deal("1", 1, at(5)),
        a_deal("-1", 2, at(5) + 1),
        a_deal("1000", 100, at(4)),
        a_deal("-1000", 90, at(4) + 1),
    )
    figures = track_record("leader", days, EPOCH_MS).windows["all"]
    assert figures.pnl == -9_999
    assert figures.roi is not None
    assert figures.roi < -0.09


def test_a_loss_that_is_held_open_is_in_every_figure() -> None:
    days = counted(a_deal("1", 100, at(3)))
    last = day_of(at(3))
    days[last].unrealized = Decimal(-60)
    figures = track_record("leader", days, EPOCH_MS).windows["30d"]
    assert (figures.pnl, figures.roi, figures.drawdown) == (-60, -0.6, 0.6)
    assert figures.win_rate is None


def test_a_window_begins_with_what_was_open_before_it() -> None:
    found = windows(
        a_day(8, employed=1000, need=1000, unrealized=50),
        a_day(2, realized=80, brought=50, need=1000),
    )
    assert (found["7d"].pnl, found["7d"].base) == (30, 1000)
    assert (found["30d"].pnl, found["all"].pnl) == (80, 80)


def test_windows_are_utc_days_with_today() -> None:
    found = windows(a_day(7, 1, need=9), a_day(6, 2, need=9), a_day(0, 4, need=9))
    assert found["7d"].pnl == 6
    assert found["7d"].since == day_after(TODAY, -6)
    assert found["30d"].since == day_after(TODAY, -7)
    assert found["30d"].until == TODAY


def test_more_lost_than_employed_has_no_ratios_and_says_how_much() -> None:
    found = windows(
        a_day(3, need=100),
        a_day(2, unrealized=-150, need=100),
        a_day(1, 155, brought=-150, need=100),
    )
    assert found["7d"].drawdown == 1.5
    assert found["7d"].roi is not None
    assert (found["7d"].sharpe, found["7d"].sortino, found["7d"].volatility) == (None, None, None)


def test_on_equity_money_that_comes_is_no_gain_and_money_that_goes_no_loss() -> None:
    days = [
        a_day(4, 100, equity=1_000),
        a_day(3, 0, equity=11_100),
        a_day(2, 111, equity=11_100),
        a_day(1, 0, equity=211),
        a_day(0, 0, equity=211),
    ]
    figures = windows(*days)["7d"]
    assert (figures.basis, figures.pnl) == (Basis.EQUITY, 211)
    assert figures.base == 1_000 + 10_000 * Decimal(4) / 5 - 11_000 * Decimal(2) / 5
    assert figures.drawdown == 0
    assert figures.roi == pytest.approx(211 / 4_600)


def test_one_day_whose_equity_nobody_knows_leaves_the_capital() -> None:
    days = [a_day(2, 5, equity=100, need=50), a_day(1, 5, need=50), a_day(0, equity=100)]
    assert windows(*days)["7d"].basis is Basis.CAPITAL
    assert windows(*days)["7d"].base == 50


def test_nothing_traded_is_no_figure() -> None:
    record = track_record("leader", {}, EPOCH_MS)
    figures = record.windows["all"]
    assert (figures.roi, figures.drawdown, figures.sharpe, figures.win_rate) == (None,) * 4
    assert (figures.pnl, figures.trades, record.since) == (0, 0, "")
    assert figures.complete


def test_what_is_not_in_the_figures_is_told_beside_them() -> None:
    found = windows(a_day(1, unknown=1), a_day(9, fees_elsewhere={"BNB": Decimal(1)}))
    assert not found["7d"].complete
    assert found["7d"].unknown == 1
    assert found["30d"].fees_elsewhere == {"BNB": Decimal(1)}
    assert track_record("leader", {}, EPOCH_MS).not_counted == ("funding",)


def test_a_stretch_has_no_holes() -> None:
    days = {FIRST: a_day(9, unrealized=7, employed=3), TODAY: a_day(0, brought=7, unrealized=7)}
    found = stretch(days, "0001-01-01", TODAY)
    assert [day.day for day in found.days] == [day_after(FIRST, n) for n in range(10)]
    assert found.days[5] == carried(days[FIRST], day_after(FIRST, 5))
    assert [sum(found.profits[:n]) for n in (1, 9, 10)] == [7, 7, 7]


def test_copying_tells_the_middle_and_the_slow() -> None:
    quality = Quality()
    for latency_ms in [40] * 90 + [900] * 9 + [10_000_000]:
        quality.add(Copied(latency_ms, Decimal("0.1"), Decimal(100)))
    told = copying(quality)
    assert (told.copies, told.median_latency_below_ms, told.slow_latency_below_ms) == (
        100,
        50,
        1000,
    )
    assert told.slippage == pytest.approx(0.001)
    assert told.slippage_cost == 10
    assert copying(Quality()).average_latency_ms is None


def test_days_begin_at_midnight_utc() -> None:
    assert start_ms("2026-01-01") == 1_767_225_600_000
    assert day_of(1_767_225_600_000 - 1) == "2025-12-31"
