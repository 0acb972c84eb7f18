"""Lists that are sorted by a column: paging through one gives every record once, in order."""

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.places import BadCursor, Page, Place, cursor
from pilotfish.domain.sorting import Column, Sorting, sorted_page

QUESTION = {"of": "rows"}


@dataclass(frozen=True)
class Row:
    name: str
    number: Decimal | None
    share: float | None
    text: str


rows = st.lists(
    st.builds(
        Row,
        name=st.text("ab~-", min_size=1, max_size=4),
        number=st.none() | st.decimals(-3, 3, places=1),
        share=st.none() | st.sampled_from([-0.1, 0.0, 1 / 3, 0.1 + 0.2, 0.3]),
        text=st.text("abä ", max_size=80),
    ),
    unique_by=lambda row: row.name,
    max_size=12,
)
columns = st.sampled_from(["number", "share", "text"])


def page(found: list[Row], asked: Sorting, after: str = "", limit: int = 3) -> Page[Row]:
    column = Column(lambda row: getattr(row, asked.by), lambda row: row.name)
    return sorted_page(found, column, asked, QUESTION, after, limit)


def paged(found: list[Row], asked: Sorting, limit: int) -> list[Row]:
    seen: list[Row] = []
    after: str | None = ""
    while after is not None:
        told = page(found, asked, after, limit)
        assert len(told.items) == limit or told.next is None
        seen += told.items
        assert len(seen) <= len(found), "a record came again"
        after = told.next
    return seen


@given(rows, columns, st.booleans(), st.integers(1, 5))
def test_every_record_comes_once_and_in_order(
    found: list[Row], by: str, descending: bool, limit: int
) -> None:
    seen = paged(found, Sorting(by, descending), limit)

    assert sorted(row.name for row in seen) == sorted(row.name for row in found)
    values = [getattr(row, by) for row in seen]
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known, "those without a value come last"
    if by != "text":  # A long text is sorted by its beginning alone.
        assert known == sorted(known, reverse=descending)
    for one, next_one in pairwise(seen):
        assert getattr(one, by) != getattr(next_one, by) or one.name < next_one.name


@given(rows.filter(lambda found: len(found) > 3), columns, st.booleans(), st.data())
def test_what_comes_and_goes_meanwhile_moves_nothing_else(
    found: list[Row], by: str, descending: bool, data: st.DataObject
) -> None:
    asked = Sorting(by, descending)
    first = page(found, asked)
    gone = data.draw(st.sampled_from(found))
    came = replace(data.draw(st.sampled_from(found)), name="new")

    then = paged_from([row for row in found if row != gone] + [came], asked, first.next)

    told = [row.name for row in [*first.items, *then] if row not in (gone, came)]
    assert sorted(told) == sorted(row.name for row in found if row != gone)


def paged_from(found: list[Row], asked: Sorting, after: str | None) -> list[Row]:
    seen: list[Row] = []
    while after is not None:
        told = page(found, asked, after)
        seen += told.items
        assert len(seen) <= len(found), "a record came again"
        after = told.next
    return seen


@given(st.text(min_size=1, max_size=20).filter(str.isprintable), st.booleans())
def test_a_forged_place_is_refused_or_moves_within_the_list(value: str, descending: bool) -> None:
    found = [Row("a", Decimal(1), 0.5, "x"), Row("b", None, None, "y")]
    asked = Sorting("number", descending)
    question = {**QUESTION, "sort": "number", "descending": descending}
    for text in (value, f"text:{value}", f"number:{value}"):
        try:
            told = page(found, asked, cursor(question, Place(text, "a")))
        except BadCursor:
            continue
        assert set(told.items) <= set(found)


def test_a_cursor_is_of_one_column_and_one_direction() -> None:
    found = [Row(name, Decimal(1), 0.5, "x") for name in "abcd"]
    after = page(found, Sorting("number")).next
    assert after is not None
    for other in (Sorting("share"), Sorting("number", descending=False)):
        with pytest.raises(BadCursor):
            page(found, other, after)
