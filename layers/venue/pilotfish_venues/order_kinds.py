"""What kind of order a fill came from, out of the fields in which its venue says so."""

from collections.abc import Mapping
from typing import Any

from pilotfish.domain.fills import OrderKind
from pilotfish_venues.spec import OrderKindFields

# In the venues' words, the first that fits: a stop order that became a limit order had waited.
_WORDS = (
    (OrderKind.CONDITIONAL, ("stop", "take", "profit", "trail", "trigger", "touched")),
    # Of OKX: "market order with immediate-or-cancel order".
    (OrderKind.MARKET, ("market", "optimal")),
    (OrderKind.LIMIT, ("limit", "lmt", "post", "maker", "ioc", "fok", "iceberg")),
)
# What stands where nothing was waited for; OKX's source is a number where something sent it.
_NOTHING = frozenset({"", "0", "unknown", "none"})


def order_kind(fields: OrderKindFields, info: Mapping[str, Any]) -> OrderKind:
    """By the venue's own fields of a fill; NOT_TOLD where they are not there."""
    if any(_said(info, name) not in _NOTHING for name in fields.waited):
        return OrderKind.CONDITIONAL
    text = next((said for name in fields.names if (said := _said(info, name))), "")
    for kind, words in _WORDS:
        if any(word in text for word in words):
            return kind
    return OrderKind.NOT_TOLD


def _said(info: Any, path: str) -> str:
    """In lower case; a dot goes into an object."""
    for name in path.split("."):
        info = info.get(name) if isinstance(info, Mapping) else None
    return "" if info is None else str(info).lower()
