"""What a position costs and earned, linear and inverse."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.averaging import Averaged, notional, open_profit

D = Decimal
INVERSE = "BTC/USD:BTC"
LINEAR = "BTC/USDT:USDT"


def contracts(*trades: tuple[int, str]) -> Averaged:
    """A position in contracts of one dollar, each trade as it is told: in coin at its price."""
    held = Averaged()
    for number, price in trades:
        held = held.after(INVERSE, D(number) / D(price), D(price))
    return held


def test_buying_more_adds_coin_to_coin() -> None:
    held = contracts((100, "100"), (100, "200"))
    assert held.quantity == D("1.5")
    assert held.entry_price is not None
    assert abs(held.entry_price - D("133.3333333333")) < D("1e-9")


def test_closing_takes_contracts_off_whatever_coin_they_are_worth_now() -> None:
    held = contracts((1000, "100"), (-500, "200"))
    assert (held.quantity, held.entry_price) == (D(5), 100)
    # 5 of the 10 coins, 1000 dollars now: 500 contracts won 2.5 coins at 200.
    assert held.realized == 500


def test_all_contracts_closed_leave_nothing() -> None:
    held = contracts((100, "3"), (50, "7"), (-70, "11"), (-80, "13"))
    assert (held.quantity, held.entry_price) == (0, None)


def test_a_short_one_earns_as_prices_fall() -> None:
    held = contracts((-1000, "100"), (500, "80"))
    assert (held.quantity, held.entry_price, held.realized) == (-5, 100, 100)


def test_one_that_turns_starts_anew_at_the_price() -> None:
    held = contracts((1000, "100"), (-1500, "200"))
    assert (held.quantity, held.entry_price, held.realized) == (D("-2.5"), 200, 1000)


def test_open_profit_of_contracts_is_their_profit_in_coin_at_the_mark() -> None:
    held = contracts((1000, "100"))
    mark = D(125)
    in_coin = D(1000) * (1 / D(100) - 1 / mark)
    assert open_profit(INVERSE, held.quantity, held.entry_price, mark) == in_coin * mark == 250


def test_contracts_stay_what_they_are_a_number_of() -> None:
    held = contracts((1000, "100"))
    assert notional(INVERSE, held.quantity, held.entry_price, D(400)) == 1000
    assert notional(LINEAR, D(-2), D(100), D(400)) == 800
    assert notional(LINEAR, D(-2), D(100), None) == 200
    assert notional(LINEAR, D(-2), None, None) == 0


def test_what_settles_in_a_third_currency_has_no_known_profit() -> None:
    assert open_profit("ETH/USD:BTC", D(1), D(100), D(200)) is None
    assert open_profit(LINEAR, D(1), None, D(200)) is None


@given(
    st.lists(
        st.tuples(st.integers(-500, 500).filter(bool), st.integers(50, 150)),
        min_size=1,
        max_size=30,
    )
)
def test_the_profit_in_coin_of_a_closed_position_is_all_that_came_in_and_went_out(
    trades: list[tuple[int, int]],
) -> None:
    """Each trade of N contracts at p pays N/p coin; closing leaves the sum of those."""
    held, in_coin, before = Averaged(), D(0), D(0)
    for number, price in trades:
        after = held.after(INVERSE, D(number) / price, D(price))
        in_coin += (after.realized - before) / price
        held, before = after, after.realized
    left = sum(number for number, _ in trades)
    cost = held.quantity * (held.entry_price or 0)
    assert abs(cost - left) < D("1e-9")
    in_coin += D(0) if not left else held.quantity - D(left) / 100
    expected = sum((D(number) / price for number, price in trades), D(0)) - D(left) / 100
    assert abs(in_coin - expected) < D("1e-9")
