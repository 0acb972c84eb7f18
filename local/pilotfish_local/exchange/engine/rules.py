"""What each venue checks of an order beyond the filters of its symbol."""

import re
from dataclasses import dataclass

from pilotfish_local.exchange.engine.instruments import BYBIT, KRAKEN, LINEAR, OKX, SPOT, Instrument

ANY_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")


@dataclass(frozen=True, slots=True)
class Rules:
    """How client ids and reduce-only are treated.

    `ids_once`: an id is taken for ever, not only while its order is open. `hedge_reduce_only`:
    the flag may be sent in hedge mode. `closing_is_cut`: an order that closes more than there
    is in hedge mode closes what there is, instead of being refused. `taker_ends`: on these kinds
    of market a post-only order that would take is accepted, and ends at once. `fee_in_quote`:
    on spot a purchase, too, pays its fee in the quote currency.
    """

    client_id: re.Pattern[str] = ANY_CLIENT_ID
    ids_once: bool = False
    hedge_reduce_only: bool = False
    closing_is_cut: bool = False
    taker_ends: tuple[str, ...] = ()
    fee_in_quote: bool = False

    def post_only_ends(self, instrument: Instrument) -> bool:
        """Whether a post-only order that would take is accepted and then ends."""
        return instrument.kind in self.taker_ends


_DEFAULT = Rules()
_RULES = {
    # "A max of 36 characters … numbers, letters, dashes, and underscores … always unique"
    BYBIT: Rules(
        client_id=re.compile(r"[A-Za-z0-9_-]{1,36}"),
        ids_once=True,
        hedge_reduce_only=True,
        closing_is_cut=True,
        taker_ends=(LINEAR,),
    ),
    # "case-sensitive alphanumerics … up to 32 characters"; of two orders with one id the latest
    # is returned, so a closed order's id is free.
    OKX: Rules(
        client_id=re.compile(r"[A-Za-z0-9]{1,32}"),
        hedge_reduce_only=True,
        taker_ends=(SPOT, LINEAR),
    ),
    # A UUID with or without its dashes, or "free text" of up to 18 characters.
    KRAKEN: Rules(
        client_id=re.compile(r"[ -~]{1,18}|[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}"),
        fee_in_quote=True,
    ),
}


def rules_of(venue: str) -> Rules:
    """The rules of a venue; most are Binance's."""
    return _RULES.get(venue, _DEFAULT)
