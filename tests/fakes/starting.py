"""Twin of what a follow begins with."""

from collections.abc import Sequence
from dataclasses import replace

from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, Event
from pilotfish.ports import LedgerKey, Roll
from tests.fakes.tables import Tables


class MemoryFollowStarts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(
        self,
        follow: Follow,
        roll: Roll,
        decided: Sequence[tuple[LedgerKey, Ledger, CopyOrder]],
        skipped: Sequence[CopyOrder],
    ) -> bool:
        tables, leader_id = self._tables, follow.leader_id
        if tables.held.get(leader_id, Holdings()).fills != follow.first_fill - 1:
            return False
        if leader_id not in tables.accounts or tables.follows_revision[leader_id] != roll.revision:
            return False
        for key, ledger, _ in decided:
            stored = tables.ledgers.get(key)
            if stored is not None and stored.revision != ledger.revision - 1:
                return False
        tables.follows[leader_id, follow.follow_id] = follow
        tables.follows_revision[leader_id] += 1
        tables.ledgers |= {key: ledger for key, ledger, _ in decided}
        for order in [*(order for _, _, order in decided), *skipped]:
            planned = Event(order.decided_ms, order.state, order.reason)
            stored_order = replace(order, history=(planned,))
            tables.orders[order.follow_id, order.order_key] = stored_order
        return True
