"""See follows to their end that were stopped: their copies closed, or their leader's exits done."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.closing import holds
from pilotfish.domain.drift import Copy
from pilotfish.domain.follows import Follow, Status
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import symbol_of
from pilotfish.domain.syncing import Remainder
from pilotfish.ports import Clock, Instruments, Positions
from pilotfish.usecases.close_copies import CloseCopies
from pilotfish.usecases.end_sight import EndSight

AT_ONCE = 50

# By then an order that was planned or sent before the stop shows among those under way.
SETTLED_MS = 60_000
# Closing is looked at again so long after it began: 1 min, 2, 4 … and a person after an hour.
PATIENCE_MS = 60 * 60_000
# A leader may stay in a position for weeks.
EXITS_MS = 10 * 60_000

logger = logging.getLogger(__name__)


class EndingFollows(Protocol):
    """Follows on their way to an end."""

    def ending(self, before_ms: int, limit: int) -> list[Follow]:
        """Those first that were not looked at for longest."""

    def look_again(self, follow: Follow, at_ms: int) -> None:
        """It is not `ending` before that."""

    def change(self, before: Follow, after: Follow) -> bool:
        """False, and nothing is written, when somebody else changed it since `before`."""


class Unclosed(Protocol):
    """Tells its owner what a follow still holds."""

    def unclosed(self, follow: Follow, left: Sequence[Remainder]) -> None: ...


@dataclass(frozen=True, slots=True)
class Ended:
    """How many follows were looked at, came to their end, and could not be looked at."""

    looked_at: int = 0
    ended: int = 0
    failed: int = 0


class EndFollows:
    """Running it beside itself and beside a stop is harmless."""

    def __init__(
        self,
        *,
        follows: EndingFollows,
        close: CloseCopies,
        positions: Positions,
        instruments: Instruments,
        alerts: Unclosed,
        end_sight: EndSight,
        clock: Clock,
    ) -> None:
        self._follows = follows
        self._close = close
        self._positions = positions
        self._instruments = instruments
        self._alerts = alerts
        self._end_sight = end_sight
        self._clock = clock

    def __call__(self) -> Ended:
        """One pass; one follow that cannot be looked at holds up no other."""
        found = self._follows.ending(self._clock(), AT_ONCE)
        ended = failed = 0
        for follow in found:
            try:
                ended += self._see_to(follow)
            except Exception:
                failed += 1
                logger.exception("not ended: %s", follow.follow_id)
                self._follows.look_again(follow, self._next(follow))
        return Ended(len(found), ended, failed)

    def _see_to(self, follow: Follow) -> bool:
        """Whether it came to its end."""
        now_ms = self._clock()
        left = self._close(follow) if follow.closing else []
        after = follow
        if follow.closing and not left and self._settled(follow, now_ms):
            after = replace(after, closing=(), closing_ms=0)
        elif follow.closing and now_ms - follow.closing_ms > PATIENCE_MS:
            self._alerts.unclosed(follow, left)
            after = replace(after, closing=(), closing_ms=0)
        if after.status is Status.CLOSE_ONLY and self._left_nothing(follow, now_ms):
            after = replace(after, status=Status.STOPPED)
        if after != follow and self._follows.change(follow, replace(after, changed_ms=now_ms)):
            if follow.live and not after.live:
                self._end_sight(follow.owner, follow.leader_id)
            return not after.ending
        self._follows.look_again(follow, self._next(follow))
        return False

    def _settled(self, follow: Follow, now_ms: int) -> bool:
        return now_ms - follow.changed_ms >= SETTLED_MS

    def _left_nothing(self, follow: Follow, now_ms: int) -> bool:
        if not self._settled(follow, now_ms) or self._close.under_way(follow):
            return False
        booked = self._positions.of_follow(follow.follow_id)
        copies = [Copy(follow, key, books) for key, books in booked.items() if books.copied]
        own: Mapping[str, Instrument] = {}
        if copies:
            own = self._instruments.of_venue(follow.venue)
        return not any(holds(copy, own.get(symbol_of(copy.key))) for copy in copies)

    def _next(self, follow: Follow) -> int:
        """When to look again: as long from now as closing has taken until now."""
        now_ms = self._clock()
        if not follow.closing:
            return now_ms + EXITS_MS
        return now_ms + min(max(now_ms - follow.closing_ms, 0), PATIENCE_MS // 4)
