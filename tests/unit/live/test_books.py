"""What is held, what it cost and what it earned, as venues reckon it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.books import Book, Execution, Holding, of_leader, of_order
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.messages import encode
from pilotfish.domain.orders import Event, Reason, State
from pilotfish.domain.quotes import STALE_MS, Quote
from pilotfish.domain.valuing import MOST, Valued
from tests.unit.live.orders import T0, order

D = Decimal
MARKET = ("binanceusdm", "BTC/USDT:USDT")


def done(change: str, price: str | None, at_ms: int = T0, **more: Any) -> Execution:
    return Execution(
        place="fol",
        account_id="acc",
        leader_id="lead",
        venue=MARKET[0],
        symbol=MARKET[1],
        position_side=PositionSide.NET,
        change=D(change),
        price=None if price is None else D(price),
        at_ms=at_ms,
        **more,
    )


def book(*executions: Execution) -> Book:
    made = Book()
    made.add(executions)
    return made


def held(*executions: Execution) -> tuple[str, str | None, str]:
    (one,) = book(*executions).holdings.values()
    entry = None if one.entry_price is None else str(one.entry_price)
    return str(one.quantity), entry, str(one.realized)


@pytest.mark.parametrize(
    ("executions", "expected"),
    [
        ([("1", "100")], ("1", "100", "0")),
        ([("1", "100"), ("1", "110")], ("2", "105", "0")),
        ([("2", "105"), ("-1", "120")], ("1", "105", "15")),
        ([("-2", "105"), ("1", "100")], ("-1", "105", "5")),
        ([("1", "100"), ("-1", "90")], ("0", None, "-10")),
        ([("1", "100"), ("-3", "110")], ("-2", "110", "10")),
        ([("-1", "100"), ("3", "90")], ("2", "90", "10")),
        ([("1", "100"), ("-1", None)], ("0", None, "0")),
        ([("1", None), ("1", "100"), ("-2", "200")], ("0", None, "0")),
    ],
)
def test_average_price_and_what_closing_earned(
    executions: list[tuple[str, str | None]], expected: tuple[str, str | None, str]
) -> None:
    quantity, entry, realized = held(*(done(*each) for each in executions))
    assert (quantity, entry and D(entry), D(realized)) == (
        expected[0],
        expected[1] and D(expected[1]),
        D(expected[2]),
    )


@given(
    st.lists(
        st.tuples(st.integers(-5, 5).filter(bool), st.integers(50, 150)), min_size=1, max_size=30
    )
)
def test_what_was_paid_and_got_is_all_in_the_profit(trades: list[tuple[int, int]]) -> None:
    made = book(*(done(str(quantity), str(price)) for quantity, price in trades))
    quote = Quote(*MARKET, last=D(100), at_ms=T0)

    total = Valued(made, {MARKET: quote}, T0).total

    cash = sum((-D(quantity) * price for quantity, price in trades), D(0))
    left = sum(quantity for quantity, _ in trades)
    assert abs(total - (cash + left * 100)) < D("1e-15")


def test_an_order_counts_at_its_end_with_what_was_filled() -> None:
    end = (Event(T0 + 9, State.COPIED, ""),)
    copied = order(
        state=State.COPIED,
        side=Side.SELL,
        filled_quantity=D("0.4"),
        average_price=D("99.5"),
        history=end,
    )
    execution = of_order(copied)
    assert execution is not None
    assert (execution.change, execution.price, execution.at_ms) == (D("-0.4"), D("99.5"), T0 + 9)
    partly = replace(copied, state=State.EXPIRED, side=Side.BUY, fee_in_base=D("0.001"))
    assert of_order(partly).change == D("0.399")  # type: ignore[union-attr]
    for nothing in (replace(copied, state=State.SENT), replace(copied, filled_quantity=D(0))):
        assert of_order(nothing) is None


def test_what_no_venue_gave_a_price_for_was_not_for_nothing() -> None:
    end = (Event(T0 + 9, State.COPIED, ""),)
    untold = order(state=State.COPIED, filled_quantity=D(1), history=end)
    execution = of_order(untold)
    assert execution is not None
    assert (execution.change, execution.price) == (1, None)


def test_what_was_closed_elsewhere_is_not_held_any_more() -> None:
    gone = order(state=State.SKIPPED, reason=Reason.CLOSED_ELSEWHERE, side=Side.SELL)
    execution = of_order(gone)
    assert execution is not None
    assert (execution.change, execution.price) == (-gone.quantity, None)


def test_a_leaders_positions_are_those_that_its_fills_left() -> None:
    held = Held(D(2), D(100), D(120), D(30), T0, "binanceusdm")
    holdings = Holdings({"BTC/USDT:USDT#net": held, "ETH/USDT:USDT#net": Held(D(5), D(9))})
    (one,) = of_leader("acc-lead", holdings)
    assert (one.name, one.account_id) == ("acc-lead/BTC/USDT:USDT#net", "acc-lead")
    assert (one.venue, one.symbol, one.leader_id) == ("binanceusdm", "BTC/USDT:USDT", "")
    assert (one.quantity, one.entry_price, one.realized, one.opened_ms) == (2, 100, 30, T0)


def quote(last: str, **more: Any) -> Quote:
    return Quote(*MARKET, last=D(last), at_ms=T0, **more)


def test_positions_are_valued_at_the_mark() -> None:
    made = book(done("2", "100"), done("1", "130"), done("-1", "140"))
    valued = Valued(made, {MARKET: quote("119", mark=D("120"))}, T0 + 5)

    (position,) = valued.positions(7).positions
    assert (position.type, position.quantity, position.entry_price) == ("buy", 2.0, 110.0)
    assert (position.current_price, position.current_pnl) == (120.0, 20.0)
    assert (position.realized_pnl, position.stale, position.priced_ms) == (30.0, False, T0)
    assert position.timestamp == "2025-11-21T12:00:00"

    portfolio = valued.portfolio(8).portfolio
    assert (portfolio.total_pnl, portfolio.realized_pnl) == (50.0, 30.0)
    assert (portfolio.unrealized_pnl, portfolio.positions_count) == (20.0, 1)

    risk = valued.risk(9, D(90)).risk
    assert (risk.gross_exposure, risk.net_exposure, risk.concentration) == (240.0, 240.0, 1.0)
    assert risk.drawdown == 40.0


def test_a_short_position_earns_when_prices_fall() -> None:
    valued = Valued(book(done("-2", "100")), {MARKET: quote("90")}, T0)
    (position,) = valued.positions(1).positions
    assert (position.type, position.quantity, position.current_pnl) == ("sell", 2.0, 20.0)
    assert valued.risk(1, D(0)).risk.net_exposure == -180.0


def test_what_has_no_price_or_an_old_one_is_said_to_be_stale() -> None:
    made = book(done("1", "100"))
    nothing = Valued(made, {}, T0)
    (position,) = nothing.positions(1).positions
    assert (position.current_price, position.current_pnl, position.stale) == (None, None, True)
    assert nothing.portfolio(1).portfolio.stale is True
    old = Valued(made, {MARKET: quote("90")}, T0 + STALE_MS + 1)
    (position,) = old.positions(1).positions
    assert (position.current_pnl, position.stale) == (-10.0, True)
    assert old.risk(1, D(0)).risk.stale is True


def test_more_positions_than_a_frame_holds_are_counted_and_the_largest_told() -> None:
    many = [
        replace(done(str(number + 1), "100"), symbol=f"C{number}/USDT:USDT")
        for number in range(MOST + 50)
    ]
    update = Valued(book(*many), {}, T0).positions(1)
    assert (len(update.positions), update.left_out) == (MOST, 50)
    assert min(position.quantity for position in update.positions) == 51.0
    assert len(encode(update)) < 128 * 1024
    assert Valued(book(*many), {}, T0).portfolio(1).portfolio.positions_count == MOST + 50
    assert Valued(book(*many[:MOST]), {}, T0).positions(1).left_out is None


def test_what_is_on_paper_is_shown_at_the_real_price_and_in_no_sum() -> None:
    real = done("1", "100")
    paper = replace(real, place="fol-paper", venue=f"paper:{MARKET[0]}", change=D(3))
    closed = replace(paper, change=D(-1), price=D(120))
    made = book(real, paper, closed)
    assert made.markets == {MARKET}
    valued = Valued(made, {MARKET: quote("110")}, T0)
    shown = {position.id: position for position in valued.positions(1).positions}
    assert [shown[name].paper for name in sorted(shown)] == [True, None]
    assert {position.current_price for position in shown.values()} == {110.0}
    told = valued.portfolio(1).portfolio
    assert (told.total_pnl, told.positions_count) == (10.0, 1)
    assert told.paper is not None
    assert (told.paper.realized_pnl, told.paper.unrealized_pnl) == (20.0, 20.0)
    assert (told.paper.total_pnl, told.paper.positions_count) == (40.0, 1)
    assert valued.risk(1, valued.total).risk.gross_exposure == 110.0
    assert Valued(book(real), {}, T0).portfolio(1).portfolio.paper is None


def test_inverse_contracts_are_worth_what_they_are_a_number_of() -> None:
    market = ("bybit", "BTC/USD:BTC")
    opened = replace(done("10", "100"), venue=market[0], symbol=market[1])
    made = book(opened, replace(opened, change=D("-2.5"), price=D(200)))
    valued = Valued(made, {market: Quote(*market, last=D(125), at_ms=T0)}, T0)
    (position,) = valued.positions(1).positions
    # A thousand dollars of contracts; half are left: 500 * (1/100 - 1/125) coins at 125.
    assert (position.quantity, position.entry_price, position.current_pnl) == (5.0, 100.0, 125.0)
    assert position.realized_pnl == 500.0
    assert valued.risk(1, D(0)).risk.gross_exposure == 500.0


def test_a_position_older_than_what_we_know_has_no_date() -> None:
    held = Holding("acc/k", "acc", "", *MARKET, quantity=D(1), entry_price=D(1))
    (position,) = Valued(Book({held.name: held}), {}, T0).positions(1).positions
    assert position.timestamp is None
