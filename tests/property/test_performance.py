"""Whatever is traded: money is neither made nor lost by counting it."""

from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fees import Terms, month_of, result_at, statements
from pilotfish.domain.performance.curve import stretch
from pilotfish.domain.performance.days import DAY_MS, Day, day_of, together
from pilotfish.domain.performance.deals import Deal
from tests.fakes import EPOCH_MS
from tests.unit.performance.deals import a_deal, counted

SYMBOLS = ("BTC/USDT:USDT", "ETH/USDC:USDC", "SOL/USD:USD")
CLOSE = Decimal("1e-12")


@st.composite
def deals(draw: st.DrawFn) -> list[Deal]:
    """Up to forty, over some weeks, on perpetuals that were flat before."""
    at_ms, found = EPOCH_MS, []
    for _ in range(draw(st.integers(1, 40))):
        at_ms += draw(st.sampled_from([1, 60_000, 3_600_000, DAY_MS // 2, 3 * DAY_MS]))
        quantity = draw(st.integers(-50, 50).filter(bool))
        price = draw(st.integers(1, 1000))
        fee = Decimal(draw(st.integers(-20, 100))) / 10
        symbol = draw(st.sampled_from(SYMBOLS))
        found.append(
            a_deal(str(quantity), price, at_ms, fee=fee, fee_currency="USDT", symbol=symbol)
        )
    return found


@given(deals())
def test_profit_is_what_came_in_less_what_went_out_and_what_is_left(made: list[Deal]) -> None:
    days = counted(*made)
    whole = stretch(days, "0001-01-01", max(days))
    cash = sum(-each.change * (each.price or 0) - each.fee for each in made)
    left: Decimal = Decimal(0)
    for symbol in SYMBOLS:
        own = [each for each in made if each.symbol == symbol]
        left += sum(each.change for each in own) * (own[-1].price or 0) if own else Decimal(0)
    assert abs(whole.curve().pnl - (cash + left)) < CLOSE


@given(deals())
def test_the_base_carries_every_position(made: list[Deal]) -> None:
    days = counted(*made)
    whole = stretch(days, "0001-01-01", max(days))
    earned = accumulate((day.net for day in whole.days), initial=Decimal(0))
    for before, day in zip(earned, whole.days, strict=False):
        assert whole.capital + before + CLOSE >= day.need
    assert whole.capital > 0


@given(deals())
def test_the_profits_of_a_window_are_those_of_its_days_in_all(made: list[Deal]) -> None:
    days = counted(*made)
    whole = stretch(days, "0001-01-01", max(days))
    cut = whole.days[len(whole.days) // 2].day
    window = stretch(days, cut, max(days))
    assert window.profits == whole.profits[len(whole.days) // 2 :]


@given(deals(), deals())
def test_two_places_together_earn_what_both_do(one: list[Deal], other: list[Deal]) -> None:
    first, second = counted(*one), counted(*other)
    last = max(*first, *second)
    both = stretch(together([first, second]), "0001-01-01", last).curve()
    apart = [stretch(days, "0001-01-01", last).curve() for days in (first, second)]
    assert abs(both.pnl - sum(curve.pnl for curve in apart)) < CLOSE
    assert both.base <= sum(curve.base for curve in apart) + CLOSE


results = st.lists(st.integers(-1000, 1000).map(Decimal), min_size=1, max_size=30)
TERMS = Terms("follow-1", "leader", "follower-1", "user-1", Decimal("0.1"))


@given(results, st.data())
def test_no_profit_is_charged_twice_and_losses_are_made_up_first(
    earned: list[Decimal], data: st.DataObject
) -> None:
    """However often and whenever the statements are made."""
    days = {}
    for number, realized in enumerate(earned):
        day = day_of(EPOCH_MS + number * 12 * DAY_MS)
        days[day] = Day(day, realized=realized)
    made: dict[str, object] = {}
    closed = []
    for day in sorted(days):
        if data.draw(st.booleans()):
            for each in statements(TERMS, {d: days[d] for d in days if d <= day}, closed, day, 1):
                if each.closed:
                    assert each.month not in made
                    made[each.month] = each
                    closed.append(each)
    months = sorted({month_of(day) for day in days})
    ends = [result_at(days, f"{month}-31") for month in months if month in made]
    highest = max([Decimal(0), *ends])
    assert sum(each.profit for each in closed) == highest
    assert sum(each.fee for each in closed) <= highest * TERMS.share


@given(results)
def test_what_is_above_the_mark_is_charged_in_whole_cents(earned: list[Decimal]) -> None:
    days = {"2026-01-31": Day("2026-01-31", realized=sum(earned, Decimal(0)) / 7)}
    [statement] = statements(TERMS, days, [], "2026-01-31", 1)
    assert statement.fee == statement.fee.quantize(Decimal("0.01"))
    assert 0 <= statement.profit * TERMS.share - statement.fee < Decimal("0.01")


def test_an_open_gain_waits_and_an_open_loss_counts() -> None:
    gain = {"2026-01-31": Day("2026-01-31", realized=Decimal(10), unrealized=Decimal(5))}
    loss = {"2026-01-31": Day("2026-01-31", realized=Decimal(10), unrealized=Decimal(-4))}
    assert result_at(gain, "2026-01-31") == 10
    assert result_at(loss, "2026-01-31") == 6
