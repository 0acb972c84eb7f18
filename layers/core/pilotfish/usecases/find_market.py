"""The market behind a price channel."""

from collections.abc import Sequence

from pilotfish.domain.errors import NotReady
from pilotfish.domain.markets import market_of
from pilotfish.ports import Instruments


class FindMarket:
    """`venues` are the deployment's, in the order in which a symbol is looked for."""

    def __init__(self, *, instruments: Instruments, venues: Sequence[str]) -> None:
        self._instruments = instruments
        self._venues = venues

    def __call__(self, spelling: str, venue: str = "") -> tuple[str, str] | None:
        """Venue and unified symbol; None: there is no such market, or not yet."""
        for each in [venue] if venue else self._venues:
            try:
                symbols = self._instruments.of_venue(each)
            except NotReady:
                continue
            if found := market_of(spelling, symbols):
                return each, found
        return None
