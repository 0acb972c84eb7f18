"""Markets that a user keeps an eye on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST_LISTS = 20
MOST_MARKETS = 50
LONGEST_NAME = 60

_MARKET = re.compile(r"[A-Za-z0-9/:._-]{1,40}(@[a-z0-9]{1,30})?", re.ASCII)


class BadWatchlist(ValueError):
    """`field` makes no sense; the message says what it may be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Watchlist:
    """`markets` as they are looked up: `BTC/USDT`, `BTCUSDT@okx`; times are UTC milliseconds.

    `revision` grows with every change.
    """

    owner: str
    watchlist_id: str
    name: str
    markets: tuple[str, ...]
    created_ms: int
    changed_ms: int
    revision: int = 1

    def changed(self, name: str | None, markets: Sequence[str] | None, now_ms: int) -> "Watchlist":
        """The next revision; None leaves a field as it is. Raises `BadWatchlist`."""
        return replace(
            self,
            name=self.name if name is None else checked_name(name),
            markets=self.markets if markets is None else checked_markets(markets),
            changed_ms=now_ms,
            revision=self.revision + 1,
        )


def checked_name(name: str) -> str:
    """One line that can be read; raises `BadWatchlist`."""
    text = " ".join(name.split())
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        raise BadWatchlist("name", f"a name has 1 to {LONGEST_NAME} characters that can be read")
    return text


def checked_markets(markets: Sequence[str]) -> tuple[str, ...]:
    """Each once, in their order; raises `BadWatchlist`."""
    unique = tuple(dict.fromkeys(markets))
    if len(unique) > MOST_MARKETS:
        raise BadWatchlist("markets", f"a list has {MOST_MARKETS} markets at most")
    for market in unique:
        if not _MARKET.fullmatch(market):
            text = f"a market is like BTC/USDT, BTC/USDT:USDT or BTCUSDT@okx, not {market[:60]!r}"
            raise BadWatchlist("markets", text)
    return unique
