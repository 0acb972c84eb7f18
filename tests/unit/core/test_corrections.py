"""Corrections are on top of a fill: the last word counts, and the fill stays as it was told."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.corrections import BadCorrection, Correction, Verb, checked, corrected
from pilotfish.domain.fills import Side
from pilotfish.usecases.review import CorrectTrade, NotThere, Overtaken, ReadTrades, Said
from tests.fakes import EPOCH_MS, ManualClock, MemoryFills, Tables
from tests.fakes.corrections import MemoryCorrections
from tests.fakes.samples import a_fill

FILL = a_fill("2")


def said(number: int, verb: Verb, note: str = "why", **changes: str) -> Correction:
    return Correction("leader", FILL.fill_id, number, verb, "ann", EPOCH_MS, note, changes)


def test_the_last_word_on_each_field_counts() -> None:
    read = corrected(
        FILL,
        [
            said(3, Verb.OVERRIDE, price="98", side="sell"),
            said(1, Verb.OVERRIDE, price="99", fee="0.5"),
            said(2, Verb.ANNOTATE, "a hedge"),
        ],
    )
    assert (read.fill.price, read.fill.fee, read.fill.side) == (98, Decimal("0.5"), Side.SELL)
    assert read.told == FILL
    assert read.notes == ("why", "a hedge", "why")
    assert not read.excluded


def test_what_was_left_out_may_be_taken_in_again() -> None:
    out = [said(1, Verb.EXCLUDE)]
    assert corrected(FILL, out).excluded
    assert not corrected(FILL, [*out, said(2, Verb.INCLUDE, "")]).excluded


@pytest.mark.parametrize(
    ("correction", "complaint"),
    [
        (said(1, Verb.OVERRIDE, quantity="-1"), "it would be no fill: no_quantity"),
        (said(1, Verb.OVERRIDE), "an override changes something"),
        (said(1, Verb.ANNOTATE, price="1"), "nothing else does"),
        (said(1, Verb.EXCLUDE, ""), "say why"),
        (said(1, Verb.OVERRIDE, trade_id="9"), "trade_id cannot be corrected"),
    ],
)
def test_a_correction_has_to_make_sense(correction: Correction, complaint: str) -> None:
    with pytest.raises(BadCorrection, match=complaint):
        checked(FILL, [], correction)


class Busy(MemoryCorrections):
    """Somebody else is always a little quicker."""

    def append(self, correction: Correction) -> bool:
        super().append(correction)
        return False


def correcting(kind: type[MemoryCorrections] = MemoryCorrections) -> Any:
    tables = Tables()
    tables.fills["leader", FILL.fill_id] = FILL
    fills, store = MemoryFills(tables), kind(tables)
    correct = CorrectTrade(fills=fills, corrections=store, clock=ManualClock())
    return correct, ReadTrades(fills=fills, corrections=store)


def test_a_second_correction_comes_on_top_of_the_first() -> None:
    correct, read = correcting()
    correct("leader", FILL.fill_id, Said(Verb.OVERRIDE, "ann", "page", {"price": "99"}))
    correct("leader", FILL.fill_id, Said(Verb.EXCLUDE, "ben", "a transfer"))
    [trade] = read("leader", 0, 10)
    assert (trade.fill.price, trade.excluded, trade.told) == (99, True, FILL)
    assert [(each.number, each.by) for each in trade.corrections] == [(1, "ann"), (2, "ben")]
    assert read("leader", EPOCH_MS + 1, 10) == []


def test_who_is_always_overtaken_is_told() -> None:
    correct, _ = correcting(Busy)
    with pytest.raises(Overtaken):
        correct("leader", FILL.fill_id, Said(Verb.EXCLUDE, "ann", "why"))


def test_a_fill_that_is_not_there_cannot_be_corrected() -> None:
    correct, _ = correcting()
    with pytest.raises(NotThere):
        correct("leader", "none", Said(Verb.EXCLUDE, "ann", "why"))
