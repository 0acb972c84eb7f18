"""Going back to the end of a day that was counted, because something of a later one is news."""

from dataclasses import replace

from pilotfish.domain.performance.counting import Head
from pilotfish.ports import TrackRecords


def counted_until(records: TrackRecords, head: Head, day: str, through: str) -> Head:
    """The head as it was before `day`; what comes after the key `through` is to be counted."""
    before = records.ended_before(head.place, day)
    if before is None:
        return replace(head, day=None, open={}, through=through)
    return replace(head, day=before.day, open=before.open, through=through)
