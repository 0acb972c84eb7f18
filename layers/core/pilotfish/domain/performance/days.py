"""What happened on one UTC day, in sums that can be added up over days and over accounts."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from pilotfish.domain.performance.deals import ZERO, Copied, Deal

DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()

# Upper bounds of the classes that latencies are counted in (ms); what is above is in a last one.
LATENCIES_MS = (25, 50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000)


def day_of(at_ms: int) -> str:
    """`2026-11-21`, in UTC."""
    return _name(at_ms // DAY_MS)


@lru_cache(maxsize=1_000)
def _name(days: int) -> str:
    return date.fromordinal(_EPOCH + days).isoformat()


def start_ms(day: str) -> int:
    """When a day begins (UTC ms)."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def day_after(day: str, days: int = 1) -> str:
    """So many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@dataclass(frozen=True, slots=True)
class Paid:
    """Of one day: what holding perpetuals earned, in dollars, and in other coins."""

    funding: Decimal = ZERO
    elsewhere: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class Quality:
    """How near copies came to what their leader did; `slippage` and `notional` in dollars."""

    copies: int = 0
    latency_ms: int = 0
    slippage: Decimal = ZERO
    notional: Decimal = ZERO
    by_latency: Counter[int] = field(default_factory=Counter)

    def add(self, copied: Copied) -> None:
        """One more."""
        self.copies += 1
        self.latency_ms += copied.latency_ms
        self.slippage += copied.slippage
        self.notional += copied.notional
        self.by_latency[bisect_left(LATENCIES_MS, copied.latency_ms)] += 1

    def add_all(self, other: "Quality") -> None:
        """All of another's."""
        self.copies += other.copies
        self.latency_ms += other.latency_ms
        self.slippage += other.slippage
        self.notional += other.notional
        self.by_latency.update(other.by_latency)

    def latency_below(self, share: float) -> int | None:
        """The bound (ms) that `share` (0–1) of the copies kept; None: none, or above the last."""
        wanted, found = share * self.copies, 0
        for bound, count in sorted(self.by_latency.items()):
            found += count
            if found >= wanted:
                return LATENCIES_MS[bound] if bound < len(LATENCIES_MS) else None
        return None


@dataclass(slots=True)
class Day:
    """One UTC day of an account or a follow, in dollars; a journal fills it in.

    `realized` is what closing earned before `fees`; `unrealized` what was open at the day's last
    price, and `brought` what had been when it began; `employed` what that had cost, and `need` the
    most that was employed at any moment, less what the day had earned until then. A *trade* is a
    position from flat to flat, with its fees. `unknown` counts closings of what nobody knows the
    cost of, `left_out` deals that are not counted, by currency; `fees_elsewhere` are fees in coins,
    and `fees_unknown` deals whose fee nobody told. `funding` is what holding perpetuals earned,
    `funding_elsewhere` the same in coins; `coins` are prices of those in dollars, as they were
    known then. `marks` are prices that were looked at. `equity` is what the account was worth when
    the day began; None: nobody looked.
    """

    day: str
    realized: Decimal = ZERO
    fees: Decimal = ZERO
    brought: Decimal = ZERO
    unrealized: Decimal = ZERO
    employed: Decimal = ZERO
    need: Decimal = ZERO
    volume: Decimal = ZERO
    deals: int = 0
    trades: int = 0
    wins: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO
    held_ms: int = 0
    unknown: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    fees_elsewhere: dict[str, Decimal] = field(default_factory=dict)
    fees_unknown: int = 0
    quality: Quality = field(default_factory=Quality)
    funding: Decimal = ZERO
    funding_elsewhere: dict[str, Decimal] = field(default_factory=dict)
    coins: dict[str, Decimal] = field(default_factory=dict)
    marks: dict[str, Decimal] = field(default_factory=dict)
    marked_ms: int = 0
    equity: Decimal | None = None

    @property
    def traded(self) -> Decimal:
        """What closing earned, after fees in dollars."""
        return self.realized - self.fees

    @property
    def coin_fees(self) -> Decimal:
        """Fees in coins whose price was known."""
        return _worth(self.fees_elsewhere, self.coins)

    @property
    def funded(self) -> Decimal:
        """Funding, in dollars and in coins whose price was known."""
        return self.funding + _worth(self.funding_elsewhere, self.coins)

    @property
    def beside(self) -> Decimal:
        """What was earned beside trades: the same whenever in the day it was told."""
        return self.funded - self.coin_fees

    @property
    def net(self) -> Decimal:
        """What closing earned, after fees, and what was paid for holding."""
        return self.traded + self.beside

    @property
    def unpriced(self) -> frozenset[str]:
        """Coins that something was paid in, and whose price nobody knew."""
        return frozenset({*self.fees_elsewhere, *self.funding_elsewhere} - {*self.coins})

    def pay(self, paid: Paid) -> None:
        """All that was paid on the day, instead of what was known of it."""
        self.funding = paid.funding
        self.funding_elsewhere = dict(paid.elsewhere)

    @property
    def pnl(self) -> Decimal:
        """What was realized after fees, and what open positions gained."""
        return self.net + self.unrealized - self.brought

    @property
    def active(self) -> bool:
        """Whether anything was traded."""
        return self.deals > 0

    def count(self, deal: Deal) -> None:
        """A deal, before its effect on a position."""
        self.deals += 1
        self.fees += deal.fee
        self.fees_unknown += deal.fee_unknown
        self.volume += abs(deal.change) * (deal.price or ZERO)
        for coin, fee in deal.fee_elsewhere.items():
            self.fees_elsewhere[coin] = self.fees_elsewhere.get(coin, ZERO) + fee
        if deal.copied is not None:
            self.quality.add(deal.copied)

    def close(self, earned: Decimal, held_ms: int) -> None:
        """A trade, after fees."""
        self.trades += 1
        self.held_ms += held_ms
        if earned > ZERO:
            self.wins += 1
            self.won += earned
        else:
            self.lost -= earned


def _worth(amounts: Mapping[str, Decimal], coins: Mapping[str, Decimal]) -> Decimal:
    return sum((amount * coins[coin] for coin, amount in amounts.items() if coin in coins), ZERO)


SUMS = (
    *("realized", "fees", "brought", "unrealized", "employed", "need", "volume", "deals"),
    *("trades", "wins", "won", "lost", "held_ms", "unknown", "fees_unknown"),
)


def added(days: Iterable[Day], day: str) -> Day:
    """One day of several places as if they were one; together they needed no more than the sum."""
    total = Day(day)
    for each in days:
        for name in SUMS:
            setattr(total, name, getattr(total, name) + getattr(each, name))
        total.left_out.update(each.left_out)
        total.fees += each.coin_fees
        total.funding += each.funded
        for coin in each.unpriced:
            _add(total.fees_elsewhere, coin, each.fees_elsewhere)
            _add(total.funding_elsewhere, coin, each.funding_elsewhere)
        total.quality.add_all(each.quality)
        total.marked_ms = max(total.marked_ms, each.marked_ms)
    return total


def _add(total: dict[str, Decimal], coin: str, amounts: Mapping[str, Decimal]) -> None:
    if coin in amounts:
        total[coin] = total.get(coin, ZERO) + amounts[coin]


def together(places: Iterable[Mapping[str, Day]]) -> dict[str, Day]:
    """The days of several places; where one has none, what was open there is open still."""
    places = list(places)
    known: list[Day | None] = [None] * len(places)
    sums = {}
    for day in sorted({day for days in places for day in days}):
        here = []
        for number, days in enumerate(places):
            before = known[number]
            found = days.get(day)
            if found is None and before is not None:
                found = carried(before, day)
            if found is not None:
                here.append(found)
                known[number] = found
        sums[day] = added(here, day)
    return sums


def carried(before: Day, day: str) -> Day:
    """A day without any deal, at the prices of the one before."""
    return Day(
        day,
        brought=before.unrealized,
        unrealized=before.unrealized,
        employed=before.employed,
        need=before.employed,
        marked_ms=before.marked_ms,
    )
