"""What a client of the stack's WebSocket has seen of a run."""

import statistics
from collections import Counter, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pilotfish.domain.orders import CopyOrder

RECENT_LATENCIES = 1000

Json = dict[str, Any]


@dataclass(slots=True)
class SeenLeader:
    """What is known of one leader."""

    fills: int = 0
    last: Json | None = None


@dataclass(slots=True)
class SeenFollow:
    """What is known of one follow: how many copy orders are in which state."""

    states: Counter[str] = field(default_factory=Counter)
    last: Json | None = None
    latencies: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT_LATENCIES))

    @property
    def typical_ms(self) -> int | None:
        """The median of fill to copy."""
        return round(statistics.median(self.latencies)) if self.latencies else None


class Seen:
    """Every message moves it on; messages of leaders that do not belong to the run are not ours.

    News may come twice and late, so fills count by id and copies by their highest revision.
    """

    def __init__(self, leaders: Collection[str]) -> None:
        self.leaders = {name: SeenLeader() for name in leaders}
        self.follows: dict[str, SeenFollow] = {}
        self.fills: dict[tuple[str, str], Json] = {}
        self.changes: set[tuple[str, int]] = set()
        self._shown: dict[str, tuple[int, str]] = {}

    def tell(self, message: Json) -> None:
        """Take in one message."""
        if message.get("leader") not in self.leaders:
            return
        if message["type"] == "TRADE_UPDATE":
            self._fill(message)
        elif message["type"] == "COPY_UPDATE":
            self._copy(message)

    def _fill(self, fill: Json) -> None:
        key = (fill["leader"], fill["fill"])
        if key not in self.fills:
            self.leaders[fill["leader"]].fills += 1
            self.leaders[fill["leader"]].last = fill
        self.fills[key] = fill

    def _copy(self, copy: Json) -> None:
        order, revision, state = copy["order"], copy["revision"], copy["state"]
        self.changes.add((order, revision))
        row = self.follows.setdefault(copy["follow"], SeenFollow())
        highest, before = self._shown.get(order, (-1, ""))
        if revision <= highest:
            return
        self._shown[order] = (revision, state)
        row.states[before] -= bool(before)
        row.states[state] += 1
        if state == "COPIED":
            row.last = copy
            row.latencies.append(copy["latency_ms"])

    @property
    def copies(self) -> int:
        """Copy orders that ended COPIED."""
        return sum(row.states["COPIED"] for row in self.follows.values())

    @property
    def latencies(self) -> list[int]:
        """Milliseconds from fill to copy of the latest copies, ascending."""
        return sorted(ms for row in self.follows.values() for ms in row.latencies)

    def prices(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Of each symbol the lowest and the highest price that a leader paid."""
        paid: dict[str, list[Decimal]] = {}
        for fill in self.fills.values():
            paid.setdefault(fill["symbol"], []).append(Decimal(fill["price"]))
        return {symbol: (min(prices), max(prices)) for symbol, prices in paid.items()}

    def unseen(self, records: Iterable[CopyOrder]) -> set[tuple[str, int]]:
        """Changes of state, as (order, revision), that the records have and no message told."""
        happened = {
            (record.order_id, revision)
            for record in records
            for revision in range(record.revision + 1)
        }
        return happened - self.changes
