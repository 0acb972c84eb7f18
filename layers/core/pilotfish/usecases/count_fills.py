"""An account's fills, into days: each is read once, unless something of its day is news."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pilotfish.domain.corrections import Correction, corrected
from pilotfish.domain.fills import Fill
from pilotfish.domain.payments import Reading, paid_by_day
from pilotfish.domain.performance.counting import Counted, Counting, Head, advanced
from pilotfish.domain.performance.days import DAY_MS, Day, Paid, day_of, start_ms
from pilotfish.domain.performance.deals import deal_of_fill
from pilotfish.ports import (
    Clock,
    Corrections,
    Executed,
    Payments,
    Positions,
    SyncSessions,
    TrackRecords,
)
from pilotfish.usecases.counted_again import counted_until

PAGE = 5_000
# Keys of fills that were written since the last time, at most so many in a run.
WRITTEN = 20_000
SESSIONS = 20
# What somebody said is in the index of corrections by then.
SAID_MS = 60_000
# A number that is missing for so long was never given to a fill.
MISSING_MS = 15 * 60_000


class CountFills:
    """Late fills, back-fills and corrections have the days since theirs counted again."""

    def __init__(
        self,
        *,
        executed: Executed,
        corrections: Corrections,
        sessions: SyncSessions,
        positions: Positions,
        records: TrackRecords,
        payments: Payments,
        clock: Clock,
    ) -> None:
        self._executed = executed
        self._corrections = corrections
        self._sessions = sessions
        self._positions = positions
        self._records = records
        self._payments = payments
        self._clock = clock

    def __call__(self, account_id: str, until_ms: int) -> Counted | None:
        """None when the time is up before all are in, or another run was faster."""
        now_ms = self._clock()
        stored = self._records.head(account_id)
        reading = self._payments.readings([account_id]).get(account_id, Reading(account_id))
        numbers: dict[int, int] = {}
        if stored is None:
            # What is written by now is read below.
            written = self._positions.fills_written(account_id)
            head = self._marked(Head(account_id, number=written), now_ms)
        else:
            head = self._news(stored, reading, numbers, now_ms)
        first_day = head.day.day if head.day else ""
        paid = self._paid(account_id, first_day, now_ms)
        known = self._records.days(account_id, first_day)
        while True:
            fills = self._executed.fills(account_id, head.through, PAGE)
            numbers |= {fill.number: fill.traded_ms for fill in fills if fill.number > head.number}
            counting = self._count(head, fills, known, paid)
            whole = len(fills) < PAGE
            if whole and counting.journal.day is not None:
                counting.turn_to(day_of(now_ms))
            head = advanced(head, counting, fills[-1].fill_id if fills else head.through)
            if whole:
                number = _reached(head.number, numbers, now_ms)
                head = replace(head, number=number, paid=reading.revision)
                return Counted(head, counting.ended)
            if not self._records.save(head, counting.ended) or self._clock() > until_ms:
                return None

    def _news(self, stored: Head, reading: Reading, numbers: dict[int, int], now_ms: int) -> Head:
        """The head, gone back to before the first day of which there is news."""
        written = self._executed.written_after(stored.place, stored.number, WRITTEN)
        numbers |= {number: int(fill_id[:13]) for number, fill_id in written}
        head = self._marked(stored, now_ms)
        head = replace(head, number=_reached(stored.number, numbers, now_ms))
        news = [fill_id for _, fill_id in written if fill_id <= stored.through]
        news += self._corrections.said_between(stored.place, stored.corrected_ms, head.corrected_ms)
        days = [day_of(int(fill_id[:13])) for fill_id in news if fill_id <= stored.through]
        days += self._back_filled(stored)
        paid = reading.news(stored.paid)
        if paid and stored.day is not None and paid < stored.day.day:
            days.append(paid)  # What was paid on the day that runs is summed up afresh anyway.
        if stored.day is None or not days or min(days) > stored.day.day:
            return head
        day = min(days)
        return counted_until(self._records, head, day, f"{start_ms(day):013d}")

    def _marked(self, head: Head, now_ms: int) -> Head:
        """What is news until now is none from now on: it is counted before the head is written."""
        sessions = tuple(name for name, _ in self._ended(head.place))
        return replace(head, sessions=sessions, corrected_ms=now_ms - SAID_MS)

    def _back_filled(self, stored: Head) -> list[str]:
        """First days of the back-fills that have ended since."""
        return [
            day_of(max(0, since_ms))
            for name, since_ms in self._ended(stored.place)
            if name not in stored.sessions
        ]

    def _ended(self, account_id: str) -> Iterator[tuple[str, int]]:
        """Back-fills that wrote something and rest, each as it stands, and where they began."""
        for session in self._sessions.of_account(account_id, SESSIONS):
            wrote = session.trades_synced + session.trades_updated
            if wrote and not session.status.active:
                yield f"{session.session_id}#{session.revision}", session.since_ms

    def _paid(self, account_id: str, first_day: str, now_ms: int) -> Mapping[str, Paid]:
        since_ms = start_ms(first_day) if first_day else 0
        return paid_by_day(self._payments.between(account_id, since_ms, now_ms + DAY_MS))

    def _count(
        self,
        head: Head,
        fills: Sequence[Fill],
        known: Mapping[str, Day],
        paid: Mapping[str, Paid],
    ) -> Counting:
        counting = Counting(head.journal, known, paid)
        said = self._said(head.place, fills) if fills else {}
        for fill in fills:
            counting.add(deal_of_fill(corrected(fill, said.get(fill.fill_id, ()))))
        return counting

    def _said(self, account_id: str, fills: Sequence[Fill]) -> Mapping[str, list[Correction]]:
        said: dict[str, list[Correction]] = defaultdict(list)
        first, last = fills[0].fill_id, fills[-1].fill_id
        for each in self._corrections.between(account_id, first, last):
            said[each.fill_id].append(each)
        return said


def _reached(number: int, traded_ms: Mapping[int, int], now_ms: int) -> int:
    """The last number before the first that is missing, and may only be late in the index."""
    for each in sorted(traded_ms):
        if each > number + 1 and now_ms - traded_ms[each] < MISSING_MS:
            break
        number = max(number, each)
    return number
