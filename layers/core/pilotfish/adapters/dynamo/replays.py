"""A failed order comes back to life: order, position and ledger in one transaction."""

from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import CONDITION_FAILED, TransactionCanceled, transact
from pilotfish.adapters.dynamo.ledgers import ledger_put
from pilotfish.adapters.dynamo.orders import move
from pilotfish.adapters.dynamo.positions import effect_item
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, advanced
from pilotfish.ports import LedgerConflict, LedgerKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoReplays:
    """The ledger's revision is what lets an exit and a replay not pass each other unseen."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        ledgers_table: str,
        orders_table: str,
        positions_table: str,
    ) -> None:
        self._client = client
        self._ledgers_table = ledgers_table
        self._orders_table = orders_table
        self._positions_table = positions_table

    def reopen(
        self, key: LedgerKey, ledger: Ledger, before: CopyOrder, after: CopyOrder
    ) -> CopyOrder | None:
        """Move the order on and take back what its end did, on the next revision of the ledger.

        None when the order has moved on meanwhile; raises `LedgerConflict`.
        """
        after = advanced(before, after, after.answered_ms)
        items = [
            move(self._orders_table, before, after),
            ledger_put(self._ledgers_table, key, ledger),
            *effect_item(self._positions_table, before, after),
        ]
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return None
            raise LedgerConflict(str(key)) from canceled
        return after
