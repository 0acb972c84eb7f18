"""Stop following: keep what was copied, have it closed, or see the leader's exits through."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from pilotfish.domain.follows import EVERYTHING, CannotFollow, Follow, Status
from pilotfish.domain.netting import symbol_of
from pilotfish.domain.syncing import Remainder
from pilotfish.ports import Clock, Positions
from pilotfish.usecases.change_follow import Changing, Named
from pilotfish.usecases.close_copies import CloseCopies
from pilotfish.usecases.end_sight import EndSight

logger = logging.getLogger(__name__)


class How(StrEnum):
    """What becomes of the copies.

    KEEP leaves them to the owner. CLOSE closes all of them now, CLOSE_SOME those that are named and
    leaves the others. CLOSE_ONLY goes on with the leader's exits until nothing is left.
    """

    KEEP = "keep"
    CLOSE = "close"
    CLOSE_SOME = "close_some"
    CLOSE_ONLY = "close_only"


@dataclass(frozen=True, slots=True)
class Stop:
    """`positions` are for CLOSE_SOME: symbols, or position keys where a symbol has two sides."""

    how: How
    positions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """The follow as it is now, and what is being closed of it."""

    follow: Follow
    left: list[Remainder]


class StopFollow:
    """What is to be closed is written down with the stop: a crash after that loses nothing.

    The first look is made here, so that exits leave at once; the sweep makes the others.
    """

    def __init__(
        self,
        changing: Changing,
        close: CloseCopies,
        positions: Positions,
        end_sight: EndSight,
        clock: Clock,
    ) -> None:
        self._change = changing
        self._close = close
        self._positions = positions
        self._end_sight = end_sight
        self._clock = clock

    def __call__(self, named: Named, stop: Stop) -> Stopped:
        """Raises `NoSuchFollow`, `Outdated`, and `CannotFollow` for positions that are not held."""
        follow = self._change(named, lambda before: self._stopped(before, stop))
        left = self._first_look(follow)
        if not follow.live:
            self._end_sight(follow.owner, follow.leader_id)
        return Stopped(follow, left)

    def _stopped(self, before: Follow, stop: Stop) -> Follow:
        if stop.positions and stop.how is not How.CLOSE_SOME:
            raise CannotFollow(f"{stop.how} takes no positions: close_some does")
        if stop.how is How.CLOSE_ONLY:
            if before.status is Status.STOPPED:
                raise CannotFollow("it is stopped already: exits are not followed any more")
            return replace(before, status=Status.CLOSE_ONLY)
        if stop.how is How.KEEP:
            return replace(before, status=Status.STOPPED, closing=(), closing_ms=0)
        closing = EVERYTHING if stop.how is How.CLOSE else self._named(before, stop.positions)
        if before.closing and stop.how is How.CLOSE_SOME:
            both = {*closing, *before.closing}
            closing = EVERYTHING if EVERYTHING[0] in both else tuple(sorted(both))
        return replace(before, status=Status.STOPPED, closing=closing, closing_ms=self._clock())

    def _named(self, follow: Follow, positions: Collection[str]) -> tuple[str, ...]:
        booked = self._positions.of_follow(follow.follow_id)
        held = {key for key, books in booked.items() if books.copied or follow.closes(key)}
        found = {key for key in held if {key, symbol_of(key)} & {*positions}}
        wrong = {*positions} - found - {symbol_of(key) for key in found}
        if wrong or not found:
            names = ", ".join(sorted(wrong)) or "nothing"
            raise CannotFollow(f"{names} is not held; {', '.join(sorted(held)) or 'nothing'} is")
        return tuple(sorted(found))

    def _first_look(self, follow: Follow) -> list[Remainder]:
        """The stop stands, whatever becomes of this: the sweep looks again."""
        if not follow.closing:
            return []
        try:
            return self._close(follow)
        except Exception:
            logger.exception("not closed yet: %s", follow.follow_id)
            return []
