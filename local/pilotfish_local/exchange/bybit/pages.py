"""Bybit's lists: newest first, in pages with a cursor, over seven days at most."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import unquote

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.bybit.errors import bad
from pilotfish_local.exchange.engine.instruments import BYBIT
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.paging import Span, newest

WEEK_MS = 7 * 86_400_000
Row = TypeVar("Row")


def window(exchange: Exchange, call: Call) -> tuple[int, int]:
    """From when to when a history is asked for: seven days, wherever they are put."""
    start, end = call.integer("startTime"), call.integer("endTime")
    if start is not None and end is not None and end - start > WEEK_MS:
        raise bad("The time range between startTime and endTime cannot exceed 7 days")
    if start is not None:
        return start, start + WEEK_MS if end is None else end
    until = exchange.clock.now_ms(BYBIT) if end is None else end
    return until - WEEK_MS, until


def page(
    call: Call,
    rows: Sequence[Row],
    wanted: Callable[[Row], bool],
    sizes: tuple[int, int],
    span: Span | None = None,
) -> tuple[list[Row], str]:
    """A page of the wanted rows, and the cursor of the next one, empty when it was not full.

    `rows` is a whole list that only grows, so that a cursor stays right as rows are added;
    `sizes` are the usual and the largest number of rows on a page.
    """
    usual, largest = sizes
    size = max(1, min(call.integer("limit", usual) or usual, largest))
    first, last = span or (0, len(rows))
    chosen, oldest = newest(rows, (first, min(last, _place(call, last))), wanted, size)
    return chosen, "" if oldest is None else f"{oldest}%3A0%2C{oldest}%3A0"


def _place(call: Call, last: int) -> int:
    cursor = unquote(call.params.get("cursor", ""))
    if not cursor:
        return last
    place = cursor.partition(":")[0]
    if not place.isdigit():
        raise bad("params error: Cursor is invalid")
    return int(place)
