"""The twin of what is set aside."""

from dataclasses import replace

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, AsideState, Review, counted, settled
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.ports import Lease
from tests.fakes.listening import MemoryFills
from tests.fakes.tables import Tables

OPEN, RELEASED = AsideState.OPEN, AsideState.RELEASED


class MemoryAsides:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._rows = tables.asides

    def keep(
        self, account: Account, holdings: Holdings, aside: Aside, lease: Lease
    ) -> Aside | None:
        self._tables.require(lease)
        if _key(aside) in self._rows:
            return None
        after = holdings.copy()
        kept = counted(aside, after)
        self._rows[_key(kept)] = kept
        self._take(account, holdings, after)
        return kept

    def settle(
        self, account: Account, holdings: Holdings, aside: Aside, fill: Fill, lease: Lease
    ) -> Fill | None:
        self._tables.require(lease)
        if self._rows[_key(aside)].state not in (OPEN, RELEASED):
            return None
        self._rows[_key(aside)] = replace(aside, state=AsideState.SETTLED)
        self._tables.corrected.pop(_key(aside), None)
        fills = MemoryFills(self._tables)
        if fills.get(fill.account_id, fill.fill_id) is not None:
            return None
        after = holdings.copy()
        stamped = settled(aside, fill, after)
        self._tables.fills[fill.account_id, fill.fill_id] = stamped
        self._tables.undecided.add((fill.account_id, fill.fill_id))
        self._take(account, holdings, after)
        return stamped

    def release(self, aside: Aside, fill: Fill, review: Review) -> bool:
        if self._rows[_key(aside)].state is not OPEN:
            return False
        self._rows[_key(aside)] = replace(aside, state=RELEASED)
        self._tables.corrected[_key(aside)] = fill
        return True

    def drop(self, aside: Aside, review: Review) -> bool:
        if self._rows[_key(aside)].state is not OPEN:
            return False
        self._rows[_key(aside)] = replace(aside, state=AsideState.DROPPED)
        return True

    def released(self, account_id: str) -> list[tuple[Aside, Fill]]:
        return [
            (self._rows[key], fill)
            for key, fill in self._tables.corrected.items()
            if key[0] == account_id and not self._rows[key].session_id
        ]

    def open(self, limit: int = 100) -> list[Aside]:
        waiting = [aside for aside in self._rows.values() if aside.state is OPEN]
        return sorted(waiting, key=lambda aside: aside.seen_ms)[:limit]

    def of_account(self, account_id: str) -> list[Aside]:
        return [aside for aside in self._rows.values() if aside.account_id == account_id]

    def get(self, account_id: str, aside_id: str) -> Aside | None:
        return self._rows.get((account_id, aside_id))

    def _take(self, account: Account, holdings: Holdings, after: Holdings) -> None:
        holdings.take(after)
        self._tables.held[account.account_id] = after.copy()


def _key(aside: Aside) -> tuple[str, str]:
    return aside.account_id, aside.aside_id
