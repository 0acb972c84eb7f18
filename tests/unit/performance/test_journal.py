"""Days out of deals: what was earned, what it took, and what nobody knows."""

from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.corrections import CorrectedFill
from pilotfish.domain.orders import Event, State
from pilotfish.domain.performance.days import DAY_MS, day_of
from pilotfish.domain.performance.deals import deal_of_fill, deal_of_order
from pilotfish.domain.performance.journal import Journal
from tests.fakes import EPOCH_MS
from tests.fakes.samples import SPOT, a_fill, an_order
from tests.unit.performance.deals import a_deal, counted

TODAY = day_of(EPOCH_MS)
TOMORROW = day_of(EPOCH_MS + DAY_MS)


def test_a_round_trip_is_one_trade_after_fees() -> None:
    day = counted(
        a_deal("2", 100, fee=Decimal(1), fee_currency="USDT"),
        a_deal("-1", 110, EPOCH_MS + 1000, fee=Decimal(1), fee_currency="USDT"),
        a_deal("-1", 120, EPOCH_MS + 3000, fee=Decimal(1), fee_currency="USDT"),
    )[TODAY]
    assert (day.realized, day.fees, day.net) == (30, 3, 27)
    assert (day.trades, day.wins, day.won, day.lost, day.held_ms) == (1, 1, 27, 0, 3000)
    assert (day.deals, day.volume) == (3, 430)
    assert (day.unrealized, day.employed) == (0, 0)


def test_need_is_the_most_that_was_employed_less_what_was_earned_before() -> None:
    days = counted(
        a_deal("1", 100),
        a_deal("-1", 150, EPOCH_MS + 1),
        a_deal("1", 150, EPOCH_MS + 2),
    )
    assert days[TODAY].need == 100


def test_a_turn_ends_one_trade_and_begins_another() -> None:
    day = counted(
        a_deal("1", 100),
        a_deal("-3", 110, EPOCH_MS + 1000, fee=Decimal(3), fee_currency="USDT"),
        a_deal("2", 100, EPOCH_MS + 5000),
    )[TODAY]
    assert day.realized == 10 + 20
    assert (day.trades, day.wins) == (2, 2)
    assert day.won == (10 - 1) + (20 - 2)
    assert day.held_ms == 1000 + 4000


def test_a_loss_that_is_open_counts_on_its_day() -> None:
    journal = Journal()
    journal.turn_to(TODAY)
    journal.add(a_deal("1", 100))
    journal.value({"BTC/USDT:USDT#net": Decimal(60)}, EPOCH_MS + 5)
    day = journal.turn_to(TOMORROW)
    assert day is not None
    assert (day.unrealized, day.employed, day.marked_ms) == (-40, 100, EPOCH_MS + 5)
    assert journal.day is not None
    assert (journal.day.unrealized, journal.day.need) == (-40, 100)


def test_what_was_held_before_the_first_fill_counts_from_its_price() -> None:
    day = counted(a_deal("-2", 100, number=7, position_before=Decimal(5)))[TODAY]
    assert (day.realized, day.unrealized, day.unknown) == (0, 0, 0)
    assert day.employed == 300


def test_what_comes_or_goes_without_a_trade_is_no_gain_and_is_told() -> None:
    came = counted(
        a_deal("1", 100, number=1),
        a_deal("1", 200, EPOCH_MS + 1, number=3, trade_id="2", position_before=Decimal(2)),
    )[TODAY]
    assert (came.unknown, came.realized, round(came.unrealized, 9)) == (1, 0, 100)
    went = counted(
        a_deal("2", 100, number=1),
        a_deal("1", 200, EPOCH_MS + 1, number=3, trade_id="2", position_before=Decimal(1)),
    )[TODAY]
    assert (went.unknown, went.realized, went.unrealized) == (1, 100, 100)


def test_a_fill_that_was_told_late_does_not_say_what_was_held() -> None:
    late = a_deal("1", 100, number=2, position_before=Decimal(1), seen_ms=EPOCH_MS + 3_600_000)
    in_time = a_deal("1", 100, EPOCH_MS + 1, number=1)
    after = a_deal("-2", 110, EPOCH_MS + 2, number=3, position_before=Decimal(2))
    day = counted(late, in_time, after)[TODAY]
    assert (day.unknown, day.realized, day.trades) == (0, 20, 1)


def test_fills_of_one_moment_may_be_written_in_another_order() -> None:
    day = counted(
        a_deal("1", 100, number=2, position_before=Decimal(1)),
        a_deal("1", 100, EPOCH_MS + 1, number=1),
        a_deal("-2", 110, EPOCH_MS + 2, number=3, position_before=Decimal(2)),
    )[TODAY]
    assert day.realized == 20


def test_spot_sold_beyond_what_is_known_is_unknown_and_dust_is_not() -> None:
    sold = counted(a_deal("-1", 100, symbol=SPOT))[TODAY]
    assert (sold.unknown, sold.realized, sold.trades, sold.deals) == (1, 0, 0, 1)
    dust = counted(a_deal("1", 100, symbol=SPOT), a_deal("-1.001", 110, symbol=SPOT))[TODAY]
    assert (dust.unknown, dust.realized, dust.trades) == (0, 10, 1)


def test_a_fee_in_the_coin_leaves_dust_and_the_trade_ends() -> None:
    bought = a_deal("1", 100, symbol=SPOT, fee=Decimal("0.001"), fee_currency="BTC")
    day = counted(bought, a_deal("-0.995", 100, EPOCH_MS + 9, symbol=SPOT))[TODAY]
    assert day.fees == Decimal("0.1")
    assert (day.trades, day.wins, day.lost) == (1, 0, Decimal("0.1"))
    assert day.employed == Decimal("0.4")


def test_a_fee_in_a_coin_without_a_price_is_told_and_not_guessed() -> None:
    day = counted(a_deal("1", 100, fee=Decimal("0.01"), fee_currency="BNB"))[TODAY]
    assert (day.fees, day.fees_elsewhere) == (0, {"BNB": Decimal("0.01")})


def test_what_is_not_in_dollars_is_left_out_and_told() -> None:
    day = counted(
        a_deal("1", 100, symbol="ETH/BTC"),
        a_deal("1", 100, symbol="BTC/USD:ETH"),
        a_deal("1", 100, symbol="BTC/EUR"),
        a_deal("1", 100, symbol="BTC/USDC:USDC"),
    )[TODAY]
    assert day.left_out == {"BTC": 1, "ETH": 1, "EUR": 1}
    assert (day.deals, day.volume) == (1, 100)


def test_what_a_person_excluded_is_not_counted_and_moves_nothing() -> None:
    fill = a_fill("5", number=1)
    excluded = deal_of_fill(CorrectedFill(fill, fill, excluded=True))
    after = a_deal("1", 100, EPOCH_MS + 1, number=2, position_before=Decimal(5))
    day = counted(excluded, after)[TODAY]
    assert (day.deals, day.volume, day.employed, day.unknown) == (1, 100, 100, 0)


def test_a_corrected_price_counts_and_the_position_goes_by_what_was_told() -> None:
    told = a_fill("1", number=1, price=Decimal(1))
    read = deal_of_fill(CorrectedFill(replace(told, price=Decimal(100)), told))
    sold = a_deal("-1", 110, EPOCH_MS + 1, number=2, position_before=Decimal(1))
    assert counted(read, sold)[TODAY].realized == 10


def test_a_copy_tells_its_latency_and_its_slippage() -> None:
    order = an_order(
        "2",
        state=State.COPIED,
        attempts=1,
        filled_quantity=Decimal(2),
        average_price=Decimal(101),
        history=(Event(EPOCH_MS + 80, State.COPIED, ""),),
    )
    deal = deal_of_order(order)
    assert deal is not None
    day = counted(deal)[TODAY]
    assert (day.quality.copies, day.quality.latency_ms) == (1, 80)
    assert (day.quality.slippage, day.quality.notional) == (2, 200)
    assert day.quality.latency_below(0.95) == 100
    assert deal_of_order(replace(order, filled_quantity=Decimal(0))) is None


def test_a_day_without_deals_carries_what_is_open() -> None:
    days = counted(a_deal("1", 100), a_deal("1", 130, EPOCH_MS + 2 * DAY_MS))
    assert sorted(days) == [TODAY, day_of(EPOCH_MS + 2 * DAY_MS)]
    assert days[day_of(EPOCH_MS + 2 * DAY_MS)].unrealized == 30


def test_an_inverse_contract_earns_by_its_coin() -> None:
    """Ten contracts of 100 dollars, from 100 to 200: what 1,000 dollars of coin gained."""
    day = counted(
        a_deal("10", 100, symbol="BTC/USD:BTC"),
        a_deal("-5", 200, EPOCH_MS + 1, symbol="BTC/USD:BTC"),
    )[TODAY]
    assert (day.realized, day.unrealized, day.trades) == (1000, 0, 1)
