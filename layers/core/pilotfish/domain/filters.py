"""What a person looks for among trades and copies."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pilotfish.domain.fills import Fill, Side
from pilotfish.domain.orders import CopyOrder, State

FAR_MS = 10**13 - 1  # Sort keys begin with thirteen digits of milliseconds: the year 2286.
LAST = "~"  # Sorts after all that goes on from there.


class Order(StrEnum):
    """Lists are in the order of the leaders' trades."""

    NEWEST_FIRST = "newest_first"
    OLDEST_FIRST = "oldest_first"


@dataclass(frozen=True, slots=True)
class Filter:
    """What trades and copies have in common; what is empty or None is not asked for.

    From `since_ms` to `until_ms`, both included, the leader's venue's time. `search` is a part of
    a symbol or of an id that the venue or we gave, in small or capital letters.
    """

    since_ms: int = 0
    until_ms: int = FAR_MS
    symbol: str = ""
    side: Side | None = None
    account_id: str = ""
    search: str = ""
    order: Order = Order.NEWEST_FIRST

    @property
    def span(self) -> tuple[str, str]:
        """The sort keys of the period."""
        return f"{self.since_ms:013d}", f"{min(self.until_ms, FAR_MS):013d}{LAST}"

    @property
    def question(self) -> Mapping[str, Any]:
        """All of it, for a cursor to remember."""
        return {"of": type(self).__name__, **asdict(self)}

    def _found(self, *texts: str) -> bool:
        wanted = self.search.lower()
        return not wanted or any(wanted in text.lower() for text in texts)


@dataclass(frozen=True, slots=True)
class TradeFilter(Filter):
    """Trades on connected accounts, the back-filled ones too."""

    def takes(self, fill: Fill) -> bool:
        """Whether it is one of those."""
        return (
            self.account_id in ("", fill.account_id)
            and self.symbol in ("", fill.symbol)
            and self.side in (None, fill.side)
            and Filter._found(self, fill.symbol, fill.trade_id, fill.order_id, fill.client_order_id)
        )


@dataclass(frozen=True, slots=True)
class CopyFilter(Filter):
    """What became of leaders' trades: copies, skips and failures, each an order."""

    states: frozenset[State] = frozenset()
    reason: str = ""
    leader_id: str = ""
    follow_id: str = ""

    @property
    def question(self) -> Mapping[str, Any]:
        """Sets have no order of their own."""
        return {"of": type(self).__name__, **asdict(self), "states": sorted(self.states)}

    def takes(self, order: CopyOrder) -> bool:
        """Whether it is one of those."""
        if self.states and order.state not in self.states:
            return False
        return (
            self.account_id in ("", order.account_id)
            and self.leader_id in ("", order.leader_id)
            and self.follow_id in ("", order.follow_id)
            and self.symbol in ("", order.symbol)
            and self.side in (None, order.side)
            and self.reason in ("", order.reason, order.reason.partition(": ")[0])
            and Filter._found(
                self,
                order.symbol,
                order.fill_id,
                order.client_order_id,
                order.venue_order_id,
                order.reason,
            )
        )
