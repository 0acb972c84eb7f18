"""Pages of rows that grow at one end only, told apart by their place in the whole list."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")
Span = tuple[int, int]


def between(rows: Sequence[Row], start: int, end: int, at: Callable[[Row], int]) -> Span:
    """The places of the rows whose time lies in [start, end]; `rows` are in order of time."""
    return bisect_left(rows, start, key=at), bisect_right(rows, end, key=at)


def newest(
    rows: Sequence[Row], span: Span, wanted: Callable[[Row], bool], size: int
) -> tuple[list[Row], int | None]:
    """The newest rows of a span that are wanted, newest first, up to `size`.

    Also the place of the oldest of them when the page is full: the next page ends before it.
    """
    chosen: list[Row] = []
    for place in range(span[1] - 1, span[0] - 1, -1):
        if wanted(rows[place]):
            chosen.append(rows[place])
            if len(chosen) == size:
                return chosen, place
    return chosen, None
