"""An account's past fills, one request at a time; a text says how to go on, in any process.

The lists of the venue are read one after the other, those that need a symbol symbol by symbol.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from pilotfish.domain.asides import Aside, Report
from pilotfish.domain.fills import Fill
from pilotfish.ports import HistoryPage
from pilotfish_venues import trades
from pilotfish_venues.paging import Ask
from pilotfish_venues.reports import in_order

Build = Callable[[Any], Report]
Place = tuple[int, str]


async def page(
    exchange: Any,
    since_ms: int,
    until_ms: int,
    symbols: Iterable[str],
    token: str | None,
    build: Build,
) -> HistoryPage:
    """The page that `token` names; a list whose symbol the venue has no more is passed over."""
    asks = trades.asks_of(exchange, symbols, since_ms, until_ms)
    place, after = _read(token)
    left = [ask for ask in asks if _place(exchange, ask) >= place]
    if not left:
        return HistoryPage([], None)
    ask = left[0]
    found = await trades.page(exchange, ask, after if _place(exchange, ask) == place else None)
    told = in_order(map(build, found.rows))
    fills = [report for report in told if isinstance(report, Fill)]
    asides = [report for report in told if isinstance(report, Aside)]
    if found.after is not None:
        return HistoryPage(fills, _token(exchange, ask, found.after), asides)
    return HistoryPage(fills, _token(exchange, left[1], None) if left[1:] else None, asides)


def _place(exchange: Any, ask: Ask) -> Place:
    return exchange.shared.spec.fills.index(ask.listed), ask.symbol or ""


def _token(exchange: Any, ask: Ask, after: str | None) -> str:
    number, symbol = _place(exchange, ask)
    return json.dumps({"list": number, "symbol": symbol, "page": after})


def _read(token: str | None) -> tuple[Place, str | None]:
    if token is None:
        return (0, ""), None
    told = json.loads(token)
    return (told["list"], told["symbol"]), told["page"]
