"""Which markets moved most within a day."""

from collections.abc import Iterable
from dataclasses import dataclass

from pilotfish.domain.quotes import Quote


@dataclass(frozen=True, slots=True)
class Movers:
    """The most first; `ranked` is among how many."""

    gainers: tuple[Quote, ...]
    losers: tuple[Quote, ...]
    ranked: int


def movers(quotes: Iterable[Quote], now_ms: int, oldest_ms: int, most: int) -> Movers:
    """By the change of 24 hours in percent, of quotes no older than `oldest_ms` (milliseconds).

    What did not move is neither; a market whose venue tells no change is not ranked.
    """
    young = [q for q in quotes if q.change_percent is not None and now_ms - q.at_ms <= oldest_ms]
    ranked = sorted(young, key=lambda q: (q.change_percent or 0, q.venue, q.symbol))
    losers = [q for q in ranked if (q.change_percent or 0) < 0]
    gainers = [q for q in reversed(ranked) if (q.change_percent or 0) > 0]
    return Movers(tuple(gainers[:most]), tuple(losers[:most]), len(ranked))
