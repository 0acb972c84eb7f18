"""Twin of what a follow begins with, and follows as operators ask for them."""

from collections.abc import Sequence
from dataclasses import replace

from pilotfish.domain.consents import RISKS
from pilotfish.domain.follows import Follow
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.invitations import Invitation
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, Event
from pilotfish.domain.rules import Rules
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock, LedgerKey, Roll
from pilotfish.usecases.admit_follower import AdmitFollower
from pilotfish.usecases.start_follow import Wanted
from tests.fakes.leading import MemoryInvitations, MemoryLeaders
from tests.fakes.tables import Tables
from tests.fakes.wallets import MemoryWallets

OPERATOR = Viewer("admin", operator=True)


def wanted(follow_id: str, account_id: str, rules: Rules) -> Wanted:
    """A follow of the leader's, by an operator, with consent."""
    return Wanted(follow_id, "leader", account_id, rules, OPERATOR, RISKS.version)


def admitting(tables: Tables, wallets: MemoryWallets, clock: Clock) -> AdmitFollower:
    """By what is in memory."""
    return AdmitFollower(
        leaders=MemoryLeaders(tables),
        invitations=MemoryInvitations(tables),
        wallets=wallets,
        clock=clock,
    )


class MemoryFollowStarts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(
        self,
        follow: Follow,
        rolls: Sequence[Roll],
        decided: Sequence[tuple[LedgerKey, Ledger, CopyOrder]],
        skipped: Sequence[CopyOrder],
        invitation: Invitation | None = None,
    ) -> bool:
        tables, leader_id = self._tables, follow.leader_id
        if tables.held.get(leader_id, Holdings()).fills != follow.first_fill - 1:
            return False
        for account_id, roll in zip((leader_id, follow.account_id), rolls, strict=True):
            seen = tables.follows_revision[account_id]
            if account_id not in tables.accounts or seen != roll.revision:
                return False
        for key, ledger, _ in decided:
            stored = tables.ledgers.get(key)
            if stored is not None and stored.revision != ledger.revision - 1:
                return False
        if invitation and not self._take(invitation, follow.started_ms):
            return False
        tables.follows[leader_id, follow.follow_id] = follow
        tables.follows_revision[leader_id] += 1
        tables.ledgers |= {key: ledger for key, ledger, _ in decided}
        for order in [*(order for _, _, order in decided), *skipped]:
            planned = Event(order.decided_ms, order.state, order.reason)
            stored_order = replace(order, history=(planned,))
            tables.orders[order.follow_id, order.order_key] = stored_order
        return True

    def _take(self, invitation: Invitation, now_ms: int) -> bool:
        key = invitation.leader_id, invitation.invitation_id
        stored = self._tables.invitations[key]
        if not stored.usable(now_ms):
            return False
        self._tables.invitations[key] = replace(stored, left=stored.left - 1)
        return True
