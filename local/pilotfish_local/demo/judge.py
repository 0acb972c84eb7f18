"""Counts a run in the venue's own order book, not in our tables."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import CopyOrder, Leg, client_order_id

NS_PER_MS = 1e6
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from the venue's acceptance of the leader's order to the follower's."""

    p50: float
    p95: float
    max: float

    @classmethod
    def of(cls, values_ns: Iterable[int]) -> "Latency | None":
        """None when nothing was copied."""
        ordered = sorted(value / NS_PER_MS for value in values_ns)
        if not ordered:
            return None
        return cls(percentile(ordered, 0.50), percentile(ordered, 0.95), round(ordered[-1], 1))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the ascending values lie below, to a tenth."""
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of every pair of a leader fill and a follow.

    `excused` counts, by state and reason, the pairs without a venue order whose record says why.
    """

    fills: int
    copies: int
    missing: int
    doubled: int
    excused: Mapping[str, int]
    first_ms: Latency | None
    last_ms: Latency | None

    @property
    def clean(self) -> bool:
        """Nothing missing and nothing doubled."""
        return not self.missing and not self.doubled


def judge(
    book: Sequence[Json], follows: Sequence[Follow], records: Sequence[CopyOrder] = ()
) -> Verdict:
    """Hold the book against what should be in it.

    `records` are our copy orders: they can excuse a pair, never count as a copy.
    """
    accepted: dict[tuple[str, str], list[int]] = defaultdict(list)
    for order in book:
        if order["filled"] != "0":
            accepted[order["account"], order["client_id"]].append(order["accepted_at"])
    excuses = {
        (record.follow_id, record.fill_id): f"{record.state} {record.reason}".strip()
        for record in records
        if record.state.terminal and record.state != "COPIED"
    }
    counted = Counter[str]()
    excused = Counter[str]()
    first: list[int] = []
    last: list[int] = []
    leaders: dict[str, list[Follow]] = defaultdict(list)
    for follow in follows:
        leaders[follow.leader_id].append(follow)
    for order in book:
        for fill in order["fills"] if order["account"] in leaders else ():
            counted["fills"] += 1
            fill_id = _fill_id(order, fill)
            delays = []
            for follow in leaders[order["account"]]:
                times = _orders_of(follow, fill_id, accepted)
                delays += [time - order["accepted_at"] for time in times[:1]]
                counted["copies"] += min(1, len(times))
                counted["doubled"] += _doubled(follow, fill_id, accepted)
                if not times:
                    excuse = excuses.get((follow.follow_id, fill_id))
                    excused.update([excuse] if excuse else [])
                    counted["missing"] += excuse is None
            first += [min(delays)] if delays else []
            last += [max(delays)] if delays else []
    return Verdict(
        fills=counted["fills"],
        copies=counted["copies"],
        missing=counted["missing"],
        doubled=counted["doubled"],
        excused=dict(excused),
        first_ms=Latency.of(first),
        last_ms=Latency.of(last),
    )


def _fill_id(order: Json, fill: Json) -> str:
    return f"{fill['at_ns'] // 1_000_000:013d}-{order['unified']}-{fill['trade_id']}"


def _legs(
    follow: Follow, fill_id: str, accepted: Mapping[tuple[str, str], list[int]]
) -> list[list[int]]:
    return [
        accepted.get((follow.account_id, client_order_id(follow.follow_id, fill_id, leg)), [])
        for leg in Leg
    ]


def _orders_of(
    follow: Follow, fill_id: str, accepted: Mapping[tuple[str, str], list[int]]
) -> list[int]:
    return sorted(time for times in _legs(follow, fill_id, accepted) for time in times)


def _doubled(follow: Follow, fill_id: str, accepted: Mapping[tuple[str, str], list[int]]) -> int:
    return sum(max(0, len(times) - 1) for times in _legs(follow, fill_id, accepted))
