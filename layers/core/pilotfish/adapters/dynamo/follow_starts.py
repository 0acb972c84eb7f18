"""A follow begins: follow, orders and ledgers in one transaction, at one moment of its leader's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.follows import follow_put, follows_are, follows_changed
from pilotfish.adapters.dynamo.invitations import taken
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    CONFLICT,
    TransactionCanceled,
    transact,
)
from pilotfish.adapters.dynamo.ledgers import ledger_put, order_put
from pilotfish.adapters.dynamo.positions import count_is
from pilotfish.domain.follows import Follow
from pilotfish.domain.invitations import Invitation
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder
from pilotfish.ports import LedgerKey, Roll

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoFollowStarts:
    """What makes a fill be in the joined position or be copied, and never both.

        poller                    this transaction                mapper
        fill 7, count = 7
                                  count is 7; follow from 8 on
        fill 8, count = 8
                                                                  fill 7: none of its business
                                                                  fill 8: reads the follows

    A mapper reads the follows after the fill was written: who begins before a fill is among them.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        accounts_table: str,
        follows_table: str,
        leaders_table: str,
        ledgers_table: str,
        orders_table: str,
        positions_table: str,
    ) -> None:
        self._client = client
        self._accounts_table = accounts_table
        self._follows_table = follows_table
        self._leaders_table = leaders_table
        self._ledgers_table = ledgers_table
        self._orders_table = orders_table
        self._positions_table = positions_table

    def begin(
        self,
        follow: Follow,
        rolls: Sequence[Roll],
        decided: Sequence[tuple[LedgerKey, Ledger, CopyOrder]],
        skipped: Sequence[CopyOrder],
        invitation: Invitation | None = None,
    ) -> bool:
        """Write the follow, its orders and their ledgers; False when something moved meanwhile."""
        of_leader, of_account = rolls
        items = [
            count_is(self._positions_table, follow.leader_id, follow.first_fill - 1),
            follows_changed(self._accounts_table, follow.leader_id, of_leader.revision),
            follows_are(self._accounts_table, follow.account_id, of_account.revision),
            follow_put(self._follows_table, follow),
            *(ledger_put(self._ledgers_table, key, ledger) for key, ledger, _ in decided),
            *(order_put(self._orders_table, order) for _, _, order in decided),
            *(order_put(self._orders_table, order) for order in skipped),
            *([taken(self._leaders_table, invitation, follow.started_ms)] if invitation else []),
        ]
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if {CONDITION_FAILED, CONFLICT} & set(canceled.codes):
                return False
            raise
        return True
