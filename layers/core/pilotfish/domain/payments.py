"""What venues pay and take beside trades: funding of perpetuals, and fees that no order told.

A payment is written once, by the venue's name of it, and never changed: figures are sums of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.performance.days import Paid, day_of
from pilotfish.domain.wallets import DOLLARS

ZERO = Decimal(0)

HOUR_MS = 60 * 60_000
DAY_MS = 24 * HOUR_MS
# Venues settle on the hour, and tell it within minutes.
TOLD_MS = 3 * 60_000
# The first reading goes back so far.
FIRST_MS = 30 * DAY_MS
# Payments that are written at once.
MOST = 90
# Each reading begins so long before the end of the one before: what was told late is found.
AGAIN_MS = 2 * HOUR_MS


class Kind(StrEnum):
    """What was paid."""

    FUNDING = "funding"
    FEE = "fee"


class Tells(StrEnum):
    """Whether a venue tells funding; NONE: nothing there is funded."""

    YES = "yes"
    NO = "no"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Payment:
    """What an account got, negative where it paid; `key` is the venue's name of it.

    A fee is that of a trade of `order_id`. `size` is how much of `symbol` the account held then
    (base units, never negative), None where the venue does not tell. `shares` are the parts of
    it that are of follows: how much of the position they held.
    """

    key: str
    kind: Kind
    at_ms: int
    symbol: str
    amount: Decimal
    currency: str
    order_id: str = ""
    size: Decimal | None = None
    shares: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique in the account; names sort by time."""
        return f"{self.at_ms:013d}#{self.kind}#{self.key}"


@dataclass(frozen=True, slots=True)
class Funded:
    """Funding as it was read, complete until `through_ms`; `whole` is whether that is now."""

    payments: tuple[Payment, ...]
    through_ms: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """How far an account's payments were read.

    Funding is complete from `since_ms` to `through_ms`, and was asked for at `asked_ms`; fees were
    at `fees_ms`. `days` says at which revision a day got its last payment. The account `held`
    something that is funded when it was looked at last.
    """

    account_id: str
    tells: Tells = Tells.YES
    since_ms: int = 0
    through_ms: int = 0
    asked_ms: int = 0
    fees_ms: int = 0
    held: bool = False
    whole: bool = True
    days: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0

    def due(self, now_ms: int, *, holds: bool) -> bool:
        """Once an hour while anything is held, after the hour; once a day otherwise."""
        if self.tells is not Tells.YES:
            return False
        if not self.whole:
            return True
        hour = (now_ms - TOLD_MS) // HOUR_MS
        after_the_hour = hour > (self.asked_ms - TOLD_MS) // HOUR_MS
        held_since = holds or self.held or now_ms - self.asked_ms >= DAY_MS
        return after_the_hour and held_since

    def begin_ms(self, now_ms: int) -> int:
        """Where the next reading begins."""
        if not self.through_ms:
            return now_ms - FIRST_MS
        return max(self.since_ms, self.through_ms - AGAIN_MS)

    def after(self, payments: Iterable[Payment]) -> "Reading":
        """The next one, once these were written."""
        revision = self.revision + 1
        days = dict(self.days) | {day_of(each.at_ms): revision for each in payments}
        return replace(self, days=days, revision=revision)

    def news(self, revision: int) -> str:
        """The first day that got a payment since that revision; empty: none did."""
        return min((day for day, at in self.days.items() if at > revision), default="")

    def counted(self, first_day: str, now_ms: int) -> bool:
        """Whether all funding since that day was read."""
        if self.tells is Tells.NONE:
            return True
        current = now_ms - self.asked_ms < 2 * DAY_MS and self.whole
        begins = not first_day or day_of(self.since_ms) <= first_day
        return self.tells is Tells.YES and bool(self.through_ms) and current and begins

    def up_to_the_hour(self, at_ms: int) -> bool:
        """Whether all that was paid before a moment is known."""
        owed = self.tells is Tells.YES and self.held and self.through_ms
        return not owed or self.asked_ms >= at_ms - at_ms % HOUR_MS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Copies of a follow whose fees nobody told: how much each filled, by the venue's order id."""

    follow_id: str
    since_ms: int
    asked_ms: int
    filled: Mapping[str, Decimal]
    symbols: tuple[str, ...]


def share_of(payment: Payment, held: Mapping[str, Decimal]) -> Payment:
    """With the part of each follow, by what follows held then (base units).

    What the account held beside them is its owner's own: nobody gets more than his part of that.
    """
    together = sum((abs(each) for each in held.values()), ZERO)
    whole = max(together, payment.size or ZERO)
    parts = {name: abs(each) / whole for name, each in held.items() if each}
    return replace(payment, shares=parts)


def paid_by_day(payments: Iterable[Payment], follow_id: str = "") -> dict[str, Paid]:
    """Funding of each day, of the account or of one of the follows that it has."""
    funding: dict[str, Decimal] = defaultdict(Decimal)
    elsewhere: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for each in payments:
        if each.kind is not Kind.FUNDING:
            continue
        amount = each.amount * (each.shares.get(follow_id, ZERO) if follow_id else 1)
        day = day_of(each.at_ms)
        if not amount:
            continue
        if each.currency in DOLLARS:
            funding[day] += amount
        else:
            elsewhere[day][each.currency] += amount
    days = {*funding, *elsewhere}
    return {day: Paid(funding[day], dict(elsewhere[day])) for day in days}


def fees_by_order(
    payments: Iterable[Payment],
) -> dict[tuple[str, str], list[tuple[Decimal, str]]]:
    """What each order cost, by its symbol and the venue's id of it: amounts and their coins."""
    fees: dict[tuple[str, str], list[tuple[Decimal, str]]] = defaultdict(list)
    for each in payments:
        if each.kind is Kind.FEE:
            fees[each.symbol, each.order_id].append((-each.amount, each.currency))
    return fees


def fees_wanted(
    follow_id: str, orders: Sequence[CopyOrder], before: Iterable[Wanted], asked_ms: int
) -> Wanted:
    """What is to be looked for: these orders, and those that were wanted before and not found."""
    filled = {order.venue_order_id: order.filled_quantity for order in orders}
    symbols = {order.symbol for order in orders}
    since_ms = min(order.sent_ms or order.traded_ms for order in orders) - TOLD_MS
    for each in before:
        filled = {**each.filled, **filled}
        symbols |= {*each.symbols}
        since_ms = min(since_ms, each.since_ms)
    return Wanted(follow_id, since_ms, asked_ms, filled, tuple(sorted(symbols)))
