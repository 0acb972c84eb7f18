"""Settle, once and before anything is copied into it, what stands for a leader's symbol."""

from collections.abc import Iterable
from dataclasses import replace

from pilotfish.domain.counterparts import pinned, wants_pin
from pilotfish.domain.errors import NotReady
from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.follows import Follow
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.planning import InstrumentsByVenue
from pilotfish.ports import Follows, LedgerKey, Ledgers
from pilotfish.usecases.shards import Shards

ATTEMPTS = 5
AT_ONCE = 90  # In one transaction, with the leader's revision.


class PinCounterparts:
    """Of the leader's symbols, the first to be entered takes one of the follower's; it keeps it."""

    def __init__(self, follows: Follows, ledgers: Ledgers) -> None:
        self._follows = follows
        self._ledgers = ledgers

    def __call__(self, fill: Fill, shards: Shards, instruments: InstrumentsByVenue) -> Shards:
        """The same follows, with their pins; raises `NotReady` while they change without pause."""
        wanting = [
            follow
            for members in shards.values()
            for follow in members
            if wants_pin(follow, fill.symbol)
        ]
        settled: dict[str, Follow] = {}
        for start in range(0, len(wanting), AT_ONCE):
            settled |= self._settled(fill, wanting[start : start + AT_ONCE], instruments)
        if not settled:
            return shards
        return {
            shard: [settled.get(follow.follow_id, follow) for follow in members]
            for shard, members in shards.items()
        }

    def _settled(
        self, fill: Fill, wanting: Iterable[Follow], instruments: InstrumentsByVenue
    ) -> dict[str, Follow]:
        for _ in range(ATTEMPTS):
            roll = self._follows.ever_of_leader(fill.account_id)
            now = {follow.follow_id: follow for follow in roll.follows}
            after = {
                follow.follow_id: self._pinned(fill, now[follow.follow_id], instruments)
                for follow in wanting
                if follow.follow_id in now
            }
            found = {name: f.pinned for name, f in after.items() if f.pinned != now[name].pinned}
            if not found or self._follows.pin(fill.account_id, roll.revision, found):
                return after
        raise NotReady(f"the follows of {fill.account_id} change without a pause")

    def _pinned(self, fill: Fill, follow: Follow, instruments: InstrumentsByVenue) -> Follow:
        """A symbol that is copied as itself already, from before the rules looked further, is."""
        own = instruments[follow.venue]
        while True:
            after = pinned(follow, fill.symbol, own)
            found = after.pinned.get(fill.symbol, fill.symbol)
            if found == fill.symbol or not self._in_use(follow, found):
                return after
            follow = replace(follow, pinned={**follow.pinned, found: found})

    def _in_use(self, follow: Follow, symbol: str) -> bool:
        for side in PositionSide:
            key = LedgerKey(follow.leader_id, symbol, side, follow.shard)
            ledger = self._ledgers.load(key, fresh=True) or Ledger()
            line = ledger.lines.get(follow.follow_id, Line())
            if line.target or line.ordered:
                return True
        return False
