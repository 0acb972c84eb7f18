"""The venues that we speak, as data: what differs between them is a field here, not a branch.

One module for each family of venues has its `ROWS`. The figures were read from ccxt 4.5.90's own
`describe()` and from what it puts on the wire; each quirk says where it was learned.
"""

from collections.abc import Mapping

from pilotfish.domain.errors import Rejected
from pilotfish_venues.spec import DAY_MS, RECEIVE_WINDOW_MS, VenueSpec
from pilotfish_venues.table import (
    binance,
    bitget,
    bybit,
    coinbase,
    delta,
    gate,
    htx,
    kana,
    kraken,
    kucoin,
    mexc,
    okx,
)

__all__ = ["DAY_MS", "RECEIVE_WINDOW_MS", "VENUES", "UnknownVenue", "VenueSpec", "id_of", "spec_of"]

_FAMILIES = (binance, bitget, bybit, coinbase, delta, kana, kraken, kucoin, okx, htx, gate, mexc)

VENUES: Mapping[str, VenueSpec] = {row.venue: row for family in _FAMILIES for row in family.ROWS}

_ALIASES = {alias: row.venue for row in VENUES.values() for alias in row.aliases}


class UnknownVenue(Rejected):
    """No venue of that name is in the table."""

    def __init__(self, venue: str) -> None:
        super().__init__(f"unknown venue {venue!r}; known are {', '.join(VENUES)}")


def spec_of(venue: str) -> VenueSpec:
    """The row of a venue; raises `UnknownVenue`."""
    try:
        return VENUES[venue]
    except KeyError:
        raise UnknownVenue(venue) from None


def id_of(name: str) -> str:
    """The id of the venue that a person means; raises `UnknownVenue`."""
    plain = name.strip().lower().replace(" ", "").replace("-", "").replace(".", "")
    return spec_of(_ALIASES.get(plain, plain)).venue
