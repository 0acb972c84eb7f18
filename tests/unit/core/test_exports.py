"""Files of records: what is in them, and what must not work in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.exports import (
    LONGEST_MS,
    Export,
    Format,
    Kind,
    Status,
    filter_from,
    question_of,
    written,
)
from pilotfish.domain.fills import Side
from pilotfish.domain.filters import CopyFilter, Filter, Order, TradeFilter
from pilotfish.domain.orders import State
from tests.fakes.samples import a_fill, an_order


@pytest.mark.parametrize(
    "asked",
    [
        TradeFilter(),
        TradeFilter(1, 2, "BTC/USDT", Side.SELL, "ann-1", "x", Order.OLDEST_FIRST),
        CopyFilter(),
        CopyFilter(states=frozenset({State.SKIPPED, State.COPIED}), reason="late", leader_id="l"),
    ],
)
def test_a_filter_is_stored_and_read_as_it_was(asked: Filter) -> None:
    kind = Kind.COPIES if isinstance(asked, CopyFilter) else Kind.TRADES
    assert filter_from(kind, json.loads(question_of(asked))) == asked


def rows(kind: Kind, *records: object) -> list[dict[str, str]]:
    text = b"".join(written(kind, Format.CSV, records)).decode()
    return [*csv.DictReader(io.StringIO(text))]


def test_money_is_written_out() -> None:
    [row] = rows(Kind.TRADES, a_fill(price=Decimal("1E-8"), quantity=Decimal("5E+3")))
    assert (row["price"], row["quantity"], row["notional"]) == ("0.00000001", "5000", "0.00005")


@pytest.mark.parametrize("words", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_venue_s_words_are_no_formula(words: str) -> None:
    [row] = rows(Kind.COPIES, an_order(reason=words))
    assert row["reason"] == f"'{words}"


def test_a_negative_amount_is_a_number() -> None:
    [row] = rows(Kind.TRADES, a_fill(fee=Decimal("-0.5")))
    assert row["fee"] == "-0.5"


def test_commas_quotes_and_lines_stay_within_their_cell() -> None:
    words = 'no, "really"\nnot'
    [row] = rows(Kind.COPIES, an_order(reason=words, limit_price=None))
    assert (row["reason"], row["limit_price"], row["paper"]) == (words, "", "False")


def test_json_is_one_list() -> None:
    pieces = written(Kind.COPIES, Format.JSON, [an_order(), an_order("-2")])
    found = json.loads(b"".join(pieces))
    assert [(row["side"], row["quantity"]) for row in found] == [("buy", "1"), ("sell", "2")]
    assert found[0]["limit_price"] is None


def test_one_that_was_not_heard_of_has_failed() -> None:
    export = Export("ann", "1", Kind.TRADES, Format.CSV, "{}", created_ms=5)
    assert export.as_of(5 + LONGEST_MS) == export
    assert export.as_of(6 + LONGEST_MS).status is Status.FAILED
    done = replace(export, status=Status.DONE)
    assert done.as_of(10 * LONGEST_MS) == done
