"""What each venue checks of an order beyond the filters of its symbol."""

import re
from dataclasses import dataclass

from pilotfish_local.exchange.engine.instruments import BYBIT, OKX

ANY_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")


@dataclass(frozen=True, slots=True)
class Rules:
    """How client ids and reduce-only are treated.

    `ids_once`: an id is taken for ever, not only while its order is open. `hedge_reduce_only`:
    the flag may be sent in hedge mode. `closing_is_cut`: an order that closes more than there
    is in hedge mode closes what there is, instead of being refused.
    """

    client_id: re.Pattern[str] = ANY_CLIENT_ID
    ids_once: bool = False
    hedge_reduce_only: bool = False
    closing_is_cut: bool = False


_DEFAULT = Rules()
_RULES = {
    # "A max of 36 characters … numbers, letters, dashes, and underscores … always unique"
    BYBIT: Rules(re.compile(r"[A-Za-z0-9_-]{1,36}"), True, True, True),
    # "case-sensitive alphanumerics … up to 32 characters"; of two orders with one id the latest
    # is returned, so a closed order's id is free.
    OKX: Rules(re.compile(r"[A-Za-z0-9]{1,32}"), hedge_reduce_only=True),
}


def rules_of(venue: str) -> Rules:
    """The rules of a venue; most are Binance's."""
    return _RULES.get(venue, _DEFAULT)
