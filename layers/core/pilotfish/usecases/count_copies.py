"""A follow's copies, into days: each is read once, and once more when its day is over."""

from collections.abc import Sequence
from dataclasses import replace

from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.payments import HOUR_MS, Reading, fees_by_order, paid_by_day
from pilotfish.domain.performance.counting import Counted, Counting, Head, advanced
from pilotfish.domain.performance.days import DAY_MS, day_of, start_ms
from pilotfish.domain.performance.deals import deal_of_order
from pilotfish.ports import Executed, Payments, TrackRecords
from pilotfish.usecases.counted_again import counted_until


class CountCopies:
    """A copy that had ended before, and was replayed, has the days since then counted again."""

    def __init__(self, *, executed: Executed, records: TrackRecords, payments: Payments) -> None:
        self._executed = executed
        self._records = records
        self._payments = payments

    def news(self, follow_id: str, through: str, until_ms: int) -> list[CopyOrder]:
        """What was executed since."""
        return self._executed.copies(follow_id, int(through or 0), until_ms)

    def __call__(
        self, follow_id: str, news: Sequence[CopyOrder], until_ms: int, reading: Reading
    ) -> Counted:
        """All that was executed until then, `news` since the head; it is yet to be written.

        What the account was paid is in as it was read: a day that got another payment is counted
        again.
        """
        head = self._records.head(follow_id) or Head(follow_id)
        days = [day for order in news for day in _ended_before(order)]
        days += [day for day in [reading.news(head.paid)] if day]
        last = day_of(int(head.through or 0))
        if head.day is not None and head.day.day == last < day_of(until_ms):
            # The day is over; the index may have been behind when it was counted.
            days.append(head.day.day)
        if head.day is not None and days and min(days) <= head.day.day:
            first = min(days)
            through = f"{start_ms(first) - 1:013d}"
            head = counted_until(self._records, head, first, through)
            news = self.news(follow_id, through, until_ms)
        return self._counted(replace(head, paid=reading.revision), news, until_ms, reading)

    def _counted(
        self, head: Head, news: Sequence[CopyOrder], until_ms: int, reading: Reading
    ) -> Counted:
        first = head.day.day if head.day else ""
        known = self._records.days(head.place, first)
        # A trade is told by its venue's clock, some time before the answer that counts.
        since_ms = start_ms(first) - HOUR_MS if first else 0
        payments = self._payments.between(reading.account_id, since_ms, until_ms + DAY_MS)
        fees = fees_by_order(payments)
        paid = paid_by_day(payments, head.place)
        paid = {day: each for day, each in paid.items() if first <= day <= day_of(until_ms)}
        counting = Counting(head.journal, known, paid)
        for order in news:
            told = fees.get((order.symbol, order.venue_order_id), ())
            if (deal := deal_of_order(order, told)) is not None:
                counting.add(deal)
        # What was known of a day counts again, though all its copies may be gone.
        day = counting.journal.day
        if known and (day is None or day.day < max(known)):
            counting.turn_to(max(known))
        day = counting.journal.day
        if paid and day is not None and day.day < max(paid):
            counting.turn_to(max(paid))
        if any(held.quantity for held in counting.journal.open.values()):
            counting.turn_to(day_of(until_ms))
        return Counted(advanced(head, counting, f"{until_ms:013d}"), counting.ended)


def _ended_before(order: CopyOrder) -> list[str]:
    """Days at which the order came to an end before its last one."""
    return [day_of(event.at_ms) for event in order.history[:-1] if event.state.terminal]
