"""Where counting stands, and days that are counted again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pilotfish.domain.performance.days import Day, day_of
from pilotfish.domain.performance.deals import ZERO, Deal
from pilotfish.domain.performance.journal import Journal, Open


@dataclass(frozen=True, slots=True)
class Head:
    """How far an account's or a follow's deals are counted, and what is open there.

    `through` is the key of the last deal that is in. Of an account, all fills up to `number` (in
    the order of writing) are in, back-fills that had ended so (`sessions`), and what people said
    until `corrected_ms`. A follow's leader gets `share` of its profit. `revision` grows by one.
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
    `known`, and counts again: it cannot be looked at any more.
    """

    def __init__(self, journal: Journal, known: Mapping[str, Day]) -> None:
        self.journal = journal
        self.ended: list[Ended] = []
        self._known = known

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
        for each in sorted(known for known in self._known if first < known < day):
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
