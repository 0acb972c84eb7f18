"""Delta's lists: newest first, in pages with cursors."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pilotfish_local.exchange.api import Call
from pilotfish_local.exchange.delta.products import Json
from pilotfish_local.exchange.engine.instruments import DELTA
from pilotfish_local.exchange.exchange import Exchange

Row = TypeVar("Row")
PAGE = 50
LARGEST_PAGE = 100


def page(
    exchange: Exchange,
    call: Call,
    rows: Sequence[Row],
    at_ns: Callable[[Row], int],
    product_of: Callable[[Row], int],
) -> tuple[list[Row], Json]:
    """Newest first; `after` leads to older rows and is null on the last page."""
    products = {part for part in call.params.get("product_ids", "").split(",") if part}
    start, end = call.integer("start_time"), call.integer("end_time")
    clock = exchange.clock
    wanted = [
        (index, row)
        for index, row in enumerate(rows)
        if (not products or str(product_of(row)) in products)
        and (start is None or clock.to_us(DELTA, at_ns(row)) >= start)
        and (end is None or clock.to_us(DELTA, at_ns(row)) <= end)
    ]
    after, before = call.integer("after"), call.integer("before")
    older = [pair for pair in wanted if after is None or pair[0] < after]
    newest = [pair for pair in older if before is None or pair[0] > before][::-1]
    size = min(call.integer("page_size", PAGE) or PAGE, LARGEST_PAGE)
    chosen = newest[:size]
    meta: Json = {
        "after": str(chosen[-1][0]) if len(newest) > size else None,
        "before": str(chosen[0][0]) if chosen and (after or before) is not None else None,
        "limit": size,
        "total_count": len(wanted),
    }
    return [row for _, row in chosen], meta
