"""Lists of fills, page by page: one request at a time, and a text that says how to go on."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pilotfish.domain.errors import OutcomeUnknown
from pilotfish_venues.spec import Cursor, FillList

# A list whose end is fixed ends this far in the venue's future, for clocks that are apart.
_AHEAD_MS = 1_000


@dataclass(frozen=True, slots=True)
class Ask:
    """Fills wanted of one list, of one symbol where the list needs one.

    From `since_ms` to `until_ms` (the venue's time, both included); None: up to now.
    """

    listed: FillList
    symbol: str | None
    since_ms: int
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """ccxt's trades of one answer, and what to ask with for the next; None at the end."""

    rows: list[Any]
    after: str | None


Rows = Callable[[Any, Ask, int, int | None, str], Awaitable[tuple[list[Any], str]]]


async def windowed(exchange: Any, ask: Ask, token: str | None, read: Rows) -> Page:
    """The page that `token` names: windows of time one after the other, pages within each.

    The last window is left open, so that a clock of ours that is behind the venue's hides nothing.
    """
    start_ms, fixed_ms, cursor = json.loads(token) if token else (ask.since_ms, None, "")
    now_ms = exchange.shared.clock.now_ms()
    if fixed_ms is None and ask.listed.fixed_end:
        fixed_ms = now_ms + _AHEAD_MS if ask.until_ms is None else ask.until_ms
    limit_ms = ask.until_ms if fixed_ms is None else fixed_ms
    last = not ask.listed.window_ms or start_ms + ask.listed.window_ms > (limit_ms or now_ms)
    end_ms = limit_ms if last else start_ms + ask.listed.window_ms - 1
    rows, after = await read(exchange, ask, start_ms, end_ms, cursor)
    rows = oldest_first(ask.listed, rows)
    if after:
        return Page(rows, json.dumps([start_ms, fixed_ms, after]))
    if last:
        return Page(rows, None)
    return Page(rows, json.dumps([start_ms + ask.listed.window_ms, fixed_ms, ""]))


async def unified(
    exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
) -> tuple[list[Any], str]:
    """ccxt's own call; what is put before the rows of the page is the list's data."""
    listed = ask.listed
    params = dict(listed.params)
    if end_ms is not None:
        params[listed.until_param] = end_ms
    if cursor:
        params[listed.cursor_param] = int(cursor) if cursor.isdecimal() else cursor
    rows: list[Any] = await exchange.fetch_my_trades(ask.symbol, start_ms, listed.page, params)
    return rows, next_cursor(listed, rows, cursor)


def oldest_first(listed: FillList, rows: list[Any]) -> list[Any]:
    """By time; of one time, the other way round than a list that has the newest first."""
    turned = rows[::-1] if listed.newest_first else rows
    return sorted(turned, key=lambda row: int(row["timestamp"] or 0))


def next_cursor(listed: FillList, rows: list[Any], cursor: str) -> str:
    """How to ask for what follows a page; '' after one that was not full.

    Raises `OutcomeUnknown` where the venue has no way to show what is behind it.
    """
    if len(rows) < listed.page:
        return ""
    timed = [row for row in rows if row["timestamp"]]
    if not timed:
        raise OutcomeUnknown("the venue shows a full page of fills without a time")
    ends = min if listed.newest_first else max
    end = ends(int(row["timestamp"]) for row in timed)
    # Of several fills of one moment ccxt leaves the order as it was on the wire.
    last = [row for row in timed if int(row["timestamp"]) == end][-1]
    match listed.cursor:
        case Cursor.OFFSET:
            return str(int(cursor or 0) + len(rows))
        case Cursor.NUMBER:
            return str(int(cursor or 1) + 1)
        case Cursor.LAST_ID:
            return str(last["info"][listed.cursor_field])
        case Cursor.TIME if str(last["timestamp"]) != cursor:
            return str(last["timestamp"])
    raise OutcomeUnknown("the venue shows no fills behind a full page")
