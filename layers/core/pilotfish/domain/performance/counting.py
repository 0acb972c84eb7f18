"""Where counting stands, and days that are counted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.performance.days import DAY_MS, Day, Paid, day_of, start_ms
from pilotfish.domain.performance.deals import ZERO, Deal
from pilotfish.domain.performance.journal import Journal, Open

NOTHING_PAID: Mapping[str, Paid] = {}
# A price that is older says less of what a coin was worth than nothing does.
OLD_MS = 60 * 60_000


@dataclass(frozen=True, slots=True)
class Head:
    """How far an account's or a follow's deals are counted, and what is open there.

    `through` is the key of the last deal that is in. Of an account, all fills up to `number` (in
    the order of writing) are in, back-fills that had ended so (`sessions`), and what people said
    until `corrected_ms`. Payments are in up to the revision `paid` of their reading. A follow's
    leader gets `share` of its profit. `revision` grows by one.
    """

    place: str
    through: str = ""
    day: Day | None = None
    open: Mapping[str, Open] = field(default_factory=dict)
    number: int = 0
    sessions: tuple[str, ...] = ()
    corrected_ms: int = 0
    share: Decimal | None = None
    revision: int = 0
    paid: int = 0

    @property
    def journal(self) -> Journal:
        """To count on from here."""
        employed = sum((each.cost for each in self.open.values()), ZERO)
        return Journal(dict(self.open), self.day, employed)


@dataclass(frozen=True, slots=True)
class Ended:
    """A day, and what was open at its end: counting can begin again after it."""

    day: Day
    open: Mapping[str, Open] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """A head that is yet to be written, and the days that ended since the one before it."""

    head: Head
    ended: Sequence[Ended] = ()


class Counting:
    """Deals go in, in the order of their days; days that ended come out.

    What was looked at on days that were counted before (prices, the account's equity) is in
    `known`, and counts again: it cannot be looked at any more. `paid` is all that is known of what
    was paid on the day that runs and later ones.
    """

    def __init__(
        self, journal: Journal, known: Mapping[str, Day], paid: Mapping[str, Paid] = NOTHING_PAID
    ) -> None:
        self.journal = journal
        self.ended: list[Ended] = []
        self._known = known
        self._paid = paid
        self._pay()

    def add(self, deal: Deal) -> None:
        """One more; raises `ValueError` for one of a day that is over."""
        self.turn_to(day_of(deal.at_ms))
        before = self._looked_at
        if before is not None and deal.at_ms > before.marked_ms:
            self.journal.value(before.marks, before.marked_ms)
        self.journal.add(deal)

    def turn_to(self, day: str) -> None:
        """Go on to a day, by way of all days that were known."""
        running = self.journal.day
        if running is not None and running.day > day:
            raise ValueError(f"{running.day} is counted already, and {day} is before it")
        first = "" if running is None else running.day
        # What was paid before the first deal was for what nobody saw.
        paid = self._paid if first else ()
        for each in sorted({known for known in (*self._known, *paid) if first < known < day}):
            self._enter(each)
        self._enter(day)

    def _enter(self, day: str) -> None:
        running = self.journal.day
        if running is not None and running.day == day:
            return
        if (before := self._looked_at) is not None:
            self.journal.value(before.marks, before.marked_ms)
        ended = self.journal.turn_to(day)
        if ended is not None:
            self.ended.append(Ended(ended, dict(self.journal.open)))
        if day in self._known and self.journal.day is not None:
            self.journal.day.equity = self._known[day].equity
            self.journal.day.coins = dict(self._known[day].coins)
        self._pay()

    def _pay(self) -> None:
        day = self.journal.day
        if day is not None and day.day in self._paid:
            day.pay(self._paid[day.day])

    @property
    def _looked_at(self) -> Day | None:
        """The day that runs as it was known, where prices of it are still to be counted."""
        running = self.journal.day
        known = None if running is None else self._known.get(running.day)
        if running is None or known is None or known.marked_ms <= running.marked_ms:
            return None
        return known


def advanced(head: Head, counting: Counting, through: str) -> Head:
    """The next head, with all that went into the counting."""
    journal = counting.journal
    return replace(
        head,
        through=through,
        day=journal.day,
        open=journal.open,
        revision=head.revision + 1,
    )


def coins_paid(counted: Counted) -> frozenset[str]:
    """Coins that something was paid in, of days of which that has no price."""
    days = [
        *(each.day for each in counted.ended),
        *([counted.head.day] if counted.head.day else []),
    ]
    return frozenset(coin for day in days for coin in day.unpriced)


def priced(counted: Counted, coins: Mapping[str, tuple[Decimal, int]]) -> Counted:
    """With what was paid in coins at these prices, each with its time, on days that they are of."""
    for day in (*(each.day for each in counted.ended), counted.head.day):
        if day is None:
            continue
        end_ms = start_ms(day.day) + DAY_MS
        for coin in day.unpriced & {*coins}:
            price, at_ms = coins[coin]
            if start_ms(day.day) <= at_ms < end_ms + OLD_MS:
                day.coins[coin] = price
    return counted


def looked_at(
    counted: Counted, prices: Mapping[str, Decimal], at_ms: int, equity: Decimal | None
) -> Counted:
    """With the day that runs at these prices (by position), and the equity that it began with.

    `at_ms` (UTC) is when the prices were. The day began with the first `equity` that is told on it,
    less what was earned until then.
    """
    head = counted.head
    if head.day is None:
        return counted
    journal = head.journal
    journal.value(prices, at_ms)
    day = journal.day
    if day is not None and day.equity is None and equity is not None:
        day.equity = equity - day.pnl
    return replace(counted, head=replace(head, day=journal.day, open=journal.open))
