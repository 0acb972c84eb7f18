"""A follow's copies, into days: each is read once, and once more when its day is over."""

from collections.abc import Sequence

from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.performance.counting import Counted, Counting, Head, advanced
from pilotfish.domain.performance.days import day_of, start_ms
from pilotfish.domain.performance.deals import deal_of_order
from pilotfish.ports import Executed, TrackRecords
from pilotfish.usecases.counted_again import counted_until


class CountCopies:
    """A copy that had ended before, and was replayed, has the days since then counted again."""

    def __init__(self, *, executed: Executed, records: TrackRecords) -> None:
        self._executed = executed
        self._records = records

    def news(self, follow_id: str, through: str, until_ms: int) -> list[CopyOrder]:
        """What was executed since."""
        return self._executed.copies(follow_id, int(through or 0), until_ms)

    def __call__(self, follow_id: str, news: Sequence[CopyOrder], until_ms: int) -> Counted:
        """All that was executed until then, `news` since the head; it is yet to be written."""
        head = self._records.head(follow_id) or Head(follow_id)
        days = [day for order in news for day in _ended_before(order)]
        last = day_of(int(head.through or 0))
        if head.day is not None and head.day.day == last < day_of(until_ms):
            # The day is over; the index may have been behind when it was counted.
            days.append(head.day.day)
        if head.day is not None and days and min(days) <= head.day.day:
            first = min(days)
            through = f"{start_ms(first) - 1:013d}"
            head = counted_until(self._records, head, first, through)
            news = self.news(follow_id, through, until_ms)
        return self._counted(head, news, until_ms)

    def _counted(self, head: Head, news: Sequence[CopyOrder], until_ms: int) -> Counted:
        first = head.day.day if head.day else ""
        known = self._records.days(head.place, first)
        counting = Counting(head.journal, known)
        for order in news:
            if (deal := deal_of_order(order)) is not None:
                counting.add(deal)
        # What was known of a day counts again, though all its copies may be gone.
        day = counting.journal.day
        if known and (day is None or day.day < max(known)):
            counting.turn_to(max(known))
        if any(held.quantity for held in counting.journal.open.values()):
            counting.turn_to(day_of(until_ms))
        return Counted(advanced(head, counting, f"{until_ms:013d}"), counting.ended)


def _ended_before(order: CopyOrder) -> list[str]:
    """Days at which the order came to an end before its last one."""
    return [day_of(event.at_ms) for event in order.history[:-1] if event.state.terminal]
