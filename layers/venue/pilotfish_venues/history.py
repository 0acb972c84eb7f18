"""An account's past fills, one request at a time; a text says how to go on, in any process.

Where a venue lists fills by symbol only, what the account earned tells symbols first. Then its
lists are read one after the other, those that need a symbol symbol by symbol.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from pilotfish.domain.asides import Aside, Report
from pilotfish.domain.fills import Fill
from pilotfish.ports import HistoryPage
from pilotfish_venues import trades
from pilotfish_venues.paging import Ask
from pilotfish_venues.reports import in_order

Build = Callable[[Any], Report]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next page begins.

    `earned_ms` is None once symbols were looked for, and `found` has those; then it is a list, its
    symbol, and the venue's own way to say how that goes on (`after`).
    """

    earned_ms: int | None = None
    found: tuple[str, ...] = ()
    number: int = 0
    symbol: str = ""
    after: str | None = None

    def token(self) -> str:
        """The place as text."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, token: str) -> "Place":
        """The place that a text names."""
        told = json.loads(token)
        return cls(**told | {"found": tuple(told["found"])})


async def page(
    exchange: Any,
    since_ms: int,
    until_ms: int,
    symbols: Iterable[str],
    token: str | None,
    build: Build,
) -> HistoryPage:
    """The page that `token` names; a list whose symbol the venue has no more is passed over."""
    need_symbols = exchange.shared.spec.fills_need_symbol
    place = Place.of(token) if token else Place(earned_ms=since_ms if need_symbols else None)
    if place.earned_ms is not None:
        told = await exchange.shared.dialect.earned_page(exchange, place.earned_ms)
        if told is not None:
            found, next_ms = told
            return HistoryPage([], _after_earned(place, found, next_ms, until_ms).token())
    asks = trades.asks_of(exchange, {*symbols, *place.found}, since_ms, until_ms)
    here = place.number, place.symbol
    left = [ask for ask in asks if _of(exchange, ask) >= here]
    if not left:
        return HistoryPage([], None)
    ask = left[0]
    answer = await trades.page(exchange, ask, place.after if _of(exchange, ask) == here else None)
    reports = in_order(map(build, answer.rows))
    fills = [report for report in reports if isinstance(report, Fill)]
    asides = [report for report in reports if isinstance(report, Aside)]
    following = None
    if answer.after is not None:
        following = _at(exchange, place, ask, answer.after)
    elif left[1:]:
        following = _at(exchange, place, left[1], None)
    return HistoryPage(fills, following.token() if following else None, asides)


def _after_earned(place: Place, found: set[str], next_ms: int | None, until_ms: int) -> Place:
    over = next_ms is None or next_ms > until_ms
    symbols = tuple(sorted({*place.found, *found}))
    return replace(place, earned_ms=None if over else next_ms, found=symbols)


def _at(exchange: Any, place: Place, ask: Ask, after: str | None) -> Place:
    number, symbol = _of(exchange, ask)
    return Place(found=place.found, number=number, symbol=symbol, after=after)


def _of(exchange: Any, ask: Ask) -> tuple[int, str]:
    return exchange.shared.spec.fills.index(ask.listed), ask.symbol or ""
