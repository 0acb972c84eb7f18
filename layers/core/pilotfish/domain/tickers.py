"""What a market is worth now."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Ticker:
    """Prices in quote units, None where the venue tells none; `at_ms` is UTC, the venue's time.

    Where the venue tells no time, `at_ms` is when we asked.
    """

    symbol: str
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    mark: Decimal | None
    at_ms: int
