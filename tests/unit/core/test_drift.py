"""Who lost how much, and what is left of a line whose copies are gone."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.drift import Copy, Shortfall, closed_elsewhere, shares, without
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.netting import Booked, Line, Misses
from pilotfish.domain.orders import Reason, State
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_follow

NET = f"{PERPETUAL}#net"
LOT = Decimal("0.1")
ZERO = Decimal(0)


def shortfall(held: Decimal | str, *copied: Decimal | str) -> Shortfall:
    copies = [
        Copy(a_follow(number), NET, Booked(Decimal(amount))) for number, amount in enumerate(copied)
    ]
    total = sum((copy.booked.copied for copy in copies), ZERO)
    return Shortfall(NET, tuple(copies), total, Decimal(held), LOT)


def lost(found: Shortfall) -> dict[str, Decimal]:
    return {copy.follow.follow_id: part for copy, part in shares(found)}


def test_whole_lots_are_lost_in_proportion_and_the_rest_by_whoever_has_some() -> None:
    assert lost(shortfall("0.5", "0.5", "0.5", "0.5")) == {
        "follow-0": Decimal("0.4"),
        "follow-1": Decimal("0.3"),
        "follow-2": Decimal("0.3"),
    }
    assert lost(shortfall("1", "0.7", "0.6")) == {
        "follow-0": Decimal("0.2"),
        "follow-1": Decimal("0.1"),
    }


def test_who_is_on_the_other_side_lost_nothing() -> None:
    assert lost(shortfall("0", "3", "-1")) == {"follow-0": Decimal(2)}
    assert lost(shortfall("0", "1", "-3")) == {"follow-1": Decimal(-2)}


amounts = st.decimals("-20", "20", places=3)


@given(st.lists(amounts, min_size=1, max_size=5), amounts)
def test_nobody_loses_more_than_was_copied_and_together_what_is_missing(
    copied: list[Decimal], held: Decimal
) -> None:
    found = shortfall(held, *copied)
    parts = shares(found)
    assert sum((part for _, part in parts), ZERO) == found.missing
    assert all(ZERO <= part / copy.booked.copied <= 1 for copy, part in parts)


@given(st.lists(amounts, min_size=1, max_size=5), amounts)
def test_what_is_left_in_the_books_is_there(copied: list[Decimal], held: Decimal) -> None:
    found = shortfall(held, *copied)
    rest = found.copied - found.missing
    assert rest == ZERO or abs(rest) <= abs(held)
    assert not shortfall(held, *(copied if found.missing == ZERO else [rest])).missing


@pytest.mark.parametrize(
    ("target", "ordered", "gone", "left"),
    [
        ("2", "2", "0.5", ("1.5", "1.5")),
        ("-2", "-2", "-0.5", ("-1.5", "-1.5")),
        ("2.04", "2", "2", ("0.04", "0")),
        ("1", "2", "2", ("0", "0")),  # An exit was missed, and its position closed by hand.
        ("-1", "2", "2", ("-1", "0")),  # The leader flipped meanwhile.
        ("0", "2", "1", ("0", "1")),
    ],
)
def test_what_is_gone_is_neither_held_nor_wanted(
    target: str, ordered: str, gone: str, left: tuple[str, str]
) -> None:
    line = without(Line(Decimal(target), Decimal(ordered)), Booked(), Decimal(gone))
    assert (line.target, line.ordered) == tuple(map(Decimal, left))


def test_what_was_missed_is_taken_in_first() -> None:
    """Three were ordered, one of them never came, and of the two that did a half is gone."""
    booked = Booked(Decimal(2), Misses(entry=Decimal(1)), {0: Decimal(1)})
    line = without(Line(Decimal(3), Decimal(3)), booked, Decimal("0.5"))
    assert line == Line(Decimal("1.5"), Decimal("1.5"), booked.misses, lapsed=Decimal(1))
    assert line.settled(booked).ordered == booked.copied - Decimal("0.5")


def test_the_line_of_history_names_the_leader_s_symbol_and_the_ledger_s_revision() -> None:
    copy = Copy(a_follow(symbols={PERPETUAL: "ETH/USDT:USDT"}), "ETH/USDT:USDT#short", Booked())
    record = closed_elsewhere(copy, Decimal(-2), LOT, Decimal(90), 7, EPOCH_MS)
    assert record.fill_id == f"{EPOCH_MS}-{PERPETUAL}-closed_elsewhere~7"
    assert (record.symbol, record.position_side) == ("ETH/USDT:USDT", PositionSide.SHORT)
    assert (record.side, record.quantity) == (Side.BUY, 2)
    assert (record.state, record.reason) == (State.SKIPPED, Reason.CLOSED_ELSEWHERE)
