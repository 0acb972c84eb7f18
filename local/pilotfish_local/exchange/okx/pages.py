"""OKX's lists: newest first, `after` an id for older rows, `before` one for newer ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.errors import problem
from pilotfish_local.exchange.paging import Span, between, newest

DAY_MS = 86_400_000
LARGEST_PAGE = 100
Row = TypeVar("Row")


def since(
    exchange: Exchange, call: Call, rows: Sequence[Row], days: int, at_ns: Callable[[Row], int]
) -> Span:
    """The places of the rows within `begin` and `end`, and at most so many days old."""
    clock = exchange.clock
    now = clock.now_ms(OKX)
    begin, end = call.integer("begin", 0) or 0, call.integer("end", now)
    first = max(begin, now - days * DAY_MS)
    return between(rows, first, now if end is None else end, lambda r: clock.to_ms(OKX, at_ns(r)))


def page(
    call: Call,
    rows: Sequence[Row],
    span: Span,
    wanted: Callable[[Row], bool],
    number_of: Callable[[Row], int],
    number: Callable[[str], int],
) -> list[Row]:
    """Up to 100 wanted rows of a span; `number` reads an id, `number_of` tells a row's."""
    size = call.integer("limit", LARGEST_PAGE) or LARGEST_PAGE
    first, last = span
    if call.params.get("after"):
        last = min(last, bisect_left(rows, _read(call, "after", number), key=number_of))
    if call.params.get("before"):
        first = max(first, bisect_right(rows, _read(call, "before", number), key=number_of))
    found, _ = newest(rows, (first, last), wanted, max(1, min(size, LARGEST_PAGE)))
    return found


def _read(call: Call, name: str, number: Callable[[str], int]) -> int:
    text = call.params[name]
    if not text.isdigit():
        raise problem("51000", name)
    return number(text)
