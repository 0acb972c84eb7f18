"""A market's price as it is shown to clients."""

from dataclasses import dataclass
from decimal import Decimal

# Older than this a price is shown as stale.
STALE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Quote:
    """Quote units; `volume` in base units over 24 hours, as `change`, `high` and `low` are.

    `mark` is what the venue values positions at, where it says so. `at_ms` is the venue's time.
    """

    venue: str
    symbol: str
    last: Decimal
    at_ms: int
    mark: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None

    @property
    def value(self) -> Decimal:
        """What a unit is worth, by which a venue reckons profit and loss."""
        return self.last if self.mark is None else self.mark

    def stale(self, now_ms: int) -> bool:
        """Whether it is too old to rely on."""
        return now_ms - self.at_ms > STALE_MS
