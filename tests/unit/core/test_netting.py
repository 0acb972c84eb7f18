"""From the leader's fill to a follower's lots."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.netting import (
    Booked,
    Decision,
    Line,
    Misses,
    Sized,
    Skipped,
    Split,
    apply_fill,
    close,
    open_,
    split,
)
from pilotfish.domain.orders import Leg, Reason
from pilotfish.domain.rules import Rules
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, an_instrument

ONE = Decimal(1)
PRICE = Decimal(100)
WHOLE = an_instrument(lot=Decimal(1), min_quantity=Decimal(1))


def line(target: str, ordered: str, **missed: str) -> Line:
    books = booked(**missed)
    return Line(Decimal(target), Decimal(ordered), books.misses, lapsed=books.lapsed[0])


def booked(**missed: str) -> Booked:
    """What was missed by leg, all of it in the first round trip and before any exit."""
    misses = Misses(**{leg: Decimal(quantity) for leg, quantity in missed.items()})
    return Booked(misses=misses, lapsed={0: misses.entry})


@pytest.mark.parametrize(
    ("position", "delta", "expected"),
    [
        ("0", "5", ("0", "5")),
        ("0", "-5", ("0", "-5")),
        ("5", "1", ("0", "1")),
        ("-5", "-1", ("0", "-1")),
        ("5", "-2", ("0.4", "0")),
        ("-5", "2", ("0.4", "0")),
        ("5", "-5", ("1", "0")),
        ("5", "-7", ("1", "-2")),
        ("-5", "7", ("1", "2")),
    ],
)
def test_a_fill_closes_a_fraction_and_opens_the_rest(
    position: str, delta: str, expected: tuple[str, str]
) -> None:
    closes, opens = expected
    assert split(Decimal(position), Decimal(delta)) == Split(Decimal(closes), Decimal(opens))


def test_an_entry_rounds_down_to_lots_and_keeps_the_rest() -> None:
    after, decision = open_(line("0", "0"), Decimal("12.5"), WHOLE, PRICE)
    assert decision == Sized(Decimal(12))
    assert after == line("12.5", "12")


def test_what_rounding_left_goes_with_the_next_entry() -> None:
    before = line("12.5", "12")
    after, decision = open_(before, Decimal("12.5"), WHOLE, PRICE)
    assert decision == Sized(Decimal(13))
    assert after == line("25", "25")


def test_ten_small_fills_at_half_scale_are_not_lost() -> None:
    instrument, rules = an_instrument(), Rules(multiplier=Decimal("0.5"))
    held, decisions = Line(), []
    for _ in range(10):
        parts = Split(Decimal(0), Decimal("0.001"))
        held, made = apply_fill(held, a_fill("0.001"), parts, rules, instrument)
        decisions += [decision for _, decision in made]
    assert held == line("0.005", "0.005")
    assert [d for d in decisions if isinstance(d, Skipped)] == [Skipped(Reason.BELOW_LOT)] * 5
    assert [d for d in decisions if isinstance(d, Sized)] == [Sized(Decimal("0.001"))] * 5


def test_below_the_minimum_is_skipped_and_kept_for_later() -> None:
    instrument = an_instrument(min_notional=Decimal(10))
    held, decision = open_(Line(), Decimal("0.06"), instrument, PRICE)
    assert decision == Skipped(Reason.BELOW_MINIMUM)
    held, decision = open_(held, Decimal("0.06"), instrument, PRICE)
    assert decision == Sized(Decimal("0.12"))


def test_below_the_minimum_quantity_is_skipped() -> None:
    instrument = an_instrument(min_quantity=Decimal("0.01"))
    assert open_(Line(), Decimal("0.009"), instrument, PRICE)[1] == Skipped(Reason.BELOW_MINIMUM)


def test_nothing_is_opened_while_the_market_is_closed_nor_later() -> None:
    closed = an_instrument(open=False)
    after, decision = open_(line("1", "1"), Decimal(1), closed, PRICE)
    assert decision == Skipped(Reason.MARKET_CLOSED)
    assert after == line("1", "1")


def test_nothing_is_sold_short_on_spot() -> None:
    after, decision = open_(Line(), Decimal(-1), an_instrument(SPOT), PRICE)
    assert decision == Skipped(Reason.SHORT_ON_SPOT)
    assert after == Line()


def test_an_exit_takes_its_fraction() -> None:
    after, decision = close(line("10", "10"), Decimal("0.4"), WHOLE, PRICE)
    assert decision == Sized(Decimal(-4))
    assert after == replace(line("6", "6"), kept=Decimal("0.6"))


def test_an_exit_of_a_short_buys() -> None:
    assert close(line("-10", "-10"), Decimal("0.4"), WHOLE, PRICE)[1] == Sized(Decimal(4))


def test_an_exit_of_what_was_never_copied_is_skipped() -> None:
    after, decision = close(line("0.4", "0"), Decimal("0.5"), WHOLE, PRICE)
    assert decision == Skipped(Reason.NOTHING_COPIED)
    assert (after.target, after.ordered) == (Decimal("0.2"), 0)


def test_a_leader_who_goes_flat_takes_every_lot_along() -> None:
    after, decision = close(line("12.9", "12"), Decimal(1), WHOLE, PRICE)
    assert decision == Sized(Decimal(-12))
    assert after == Line(round_trip=1)


def test_an_exit_keeps_what_is_less_than_a_lot_for_the_next_one() -> None:
    held, decision = close(line("1", "1"), Decimal("0.5"), WHOLE, PRICE)
    assert decision == Skipped(Reason.BELOW_LOT)
    held, decision = close(held, Decimal("0.5"), WHOLE, PRICE)
    assert decision == Skipped(Reason.BELOW_LOT)
    assert close(held, Decimal(1), WHOLE, PRICE)[1] == Sized(Decimal(-1))


def test_an_exit_below_the_notional_minimum_is_sent_where_reduce_only_exempts_it() -> None:
    dear = {"min_notional": Decimal(1000)}
    held = line("1", "1")
    assert close(held, Decimal(1), an_instrument(PERPETUAL, **dear), PRICE)[1] == Sized(Decimal(-1))
    spot = an_instrument(SPOT, **dear)
    left, decision = close(held, Decimal(1), spot, PRICE)
    assert decision == Skipped(Reason.BELOW_MINIMUM)
    assert (left.target, left.ordered) == (0, 1)


def thirds() -> list[Decimal]:
    """A leader who holds 3 closes 1 at a time."""
    return [split(Decimal(3 - done), Decimal(-1)).exit_fraction for done in range(3)]


def test_fractions_without_an_exact_decimal_strand_no_lot() -> None:
    held, sold = line("3", "3"), []
    for fraction in thirds():
        held, decision = close(held, fraction, WHOLE, PRICE)
        sold.append(decision)
    assert sold == [Sized(Decimal(-1))] * 3
    assert held == Line(round_trip=1)


def test_an_order_is_never_above_the_cap() -> None:
    rules = Rules(max_order_notional=Decimal(250))
    parts = Split(Decimal(0), Decimal(10))
    held, [(leg, decision)] = apply_fill(Line(), a_fill("10"), parts, rules, WHOLE)
    assert (leg, decision) == (Leg.ENTRY, Sized(Decimal(2)))
    assert held == line("2", "2")


def test_what_earlier_fills_left_over_does_not_break_the_cap() -> None:
    rules = Rules(max_order_notional=Decimal(110))
    instrument = an_instrument(min_notional=Decimal(100))
    held, decisions = Line(), []
    for _ in range(2):
        parts = Split(Decimal(0), Decimal("0.6"))
        held, [(_, decision)] = apply_fill(held, a_fill("0.6"), parts, rules, instrument)
        decisions.append(decision)
    assert decisions == [Skipped(Reason.BELOW_MINIMUM), Sized(Decimal("1.1"))]
    assert held == line("1.2", "1.1")


def flip(before: Line, rules: Rules | None = None) -> tuple[Line, list[tuple[Leg, Decision]]]:
    parts = split(Decimal(10), Decimal(-15))
    return apply_fill(before, a_fill("-15"), parts, rules or Rules(), WHOLE)


def test_a_flip_closes_all_and_opens_the_other_side() -> None:
    after, decisions = flip(line("10", "10"))
    assert decisions == [(Leg.EXIT, Sized(Decimal(-10))), (Leg.ENTRY, Sized(Decimal(-5)))]
    assert after == replace(line("-5", "-5"), round_trip=1)


def test_a_flip_of_what_was_not_copied_only_opens() -> None:
    after, decisions = flip(Line())
    assert decisions == [
        (Leg.EXIT, Skipped(Reason.NOTHING_COPIED)),
        (Leg.ENTRY, Sized(Decimal(-5))),
    ]
    assert after == line("-5", "-5")


def test_a_missed_entry_is_not_wanted_any_more() -> None:
    after = line("10", "10").settled(booked(entry="4"))
    assert after == line("6", "6", entry="4")


def test_a_missed_exit_still_is() -> None:
    after = line("4", "4").settled(booked(exit="-6"))
    assert after == line("4", "10", exit="-6")
    assert close(after, Decimal("0.5"), WHOLE, PRICE)[1] == Sized(Decimal(-8))


def test_misses_are_taken_in_once() -> None:
    once = line("10", "10").settled(booked(entry="4"))
    assert once.settled(booked(entry="4")) == once
    assert once.settled(booked(entry="5")) == line("5", "5", entry="5")


@pytest.mark.parametrize("entry", ["4", "-4"])
def test_a_missed_entry_of_a_position_that_was_closed_wants_nothing(entry: str) -> None:
    """The exit was decided before anybody knew that the entry had failed."""
    missed = {"entry": entry, "exit": str(-Decimal(entry))}
    assert line("0", "0").settled(booked(**missed)) == line("0", "0", **missed)


def test_what_an_exit_took_of_an_entry_is_not_taken_off_again_when_that_lapses() -> None:
    """Ten were copied and ten are in flight; the leader closes a half, and then those lapse."""
    after, _ = close(line("20", "20"), Decimal("0.5"), WHOLE, PRICE)
    lapsed = after.settled(booked(entry="10"))
    assert (lapsed.target, lapsed.ordered) == (5, 0)


def test_what_lapsed_in_one_round_trip_is_none_of_the_next() -> None:
    """The leader closed and opened again before anybody knew that the first entry had lapsed."""
    flat, _ = close(line("5", "5"), Decimal(1), WHOLE, PRICE)
    again, decision = open_(flat, Decimal(3), WHOLE, PRICE)
    assert decision == Sized(Decimal(3))
    settled = again.settled(booked(entry="5", exit="-5"))
    assert (settled.target, settled.ordered) == (3, 3)
    late = Booked(misses=Misses(entry=Decimal(7), exit=Decimal(-5)), lapsed={0: Decimal(5), 1: ONE})
    assert again.settled(late).target == 2


def test_entries_that_lapse_on_both_sides_of_a_flip_do_not_cancel_out() -> None:
    after, _ = flip(line("10", "10"))
    both = Booked(
        misses=Misses(entry=Decimal(5), exit=Decimal(-10)),
        lapsed={0: Decimal(10), 1: Decimal(-5)},
    )
    assert after.settled(both).target == 0


def test_a_missed_entry_never_turns_the_target_over() -> None:
    after = line("1", "4").settled(booked(entry="4"))
    assert after.target == 0
    assert line("-3", "-3").settled(booked(entry="4")).target == -3
