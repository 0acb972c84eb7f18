"""Copies that are gone leave the books: ledger, position and history in one transaction."""

from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    CONFLICT,
    Item,
    TransactionCanceled,
    n,
    s,
    transact,
)
from pilotfish.adapters.dynamo.ledgers import ledger_put, order_put
from pilotfish.domain.netting import Ledger
from pilotfish.domain.orders import CopyOrder, paid
from pilotfish.ports import LedgerKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDrifts:
    """What was decided meanwhile shows in the ledger, what was filled in the position."""

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

    def accept(
        self,
        key: LedgerKey,
        ledger: Ledger,
        copied: Decimal,
        record: CopyOrder,
        restored: CopyOrder | None = None,
    ) -> bool:
        """Take the record's quantity off what its follow holds, on the ledger's next revision.

        `restored` is planned with it, to get it back. False, and nothing is written, when the
        ledger or `copied`, which is what the follow held (signed base units), has moved meanwhile,
        or when an exit of it is in flight.
        """
        items = [
            ledger_put(self._ledgers_table, key, ledger),
            self._taken_off(copied, record),
            order_put(self._orders_table, record),
            *([order_put(self._orders_table, restored)] if restored else []),
        ]
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if {CONDITION_FAILED, CONFLICT} & set(canceled.codes):
                return False
            raise
        return True

    def _taken_off(self, copied: Decimal, record: CopyOrder) -> Item:
        change = record.side.sign * record.quantity
        worth = paid(-change, record.reference_price) or Decimal(0)
        added = "copied :change, closable :change, exposed :change, written_off :worth"
        return {
            "Update": {
                "TableName": self._positions_table,
                "Key": {"pk": s(record.follow_id), "sk": s(record.position_key)},
                "UpdateExpression": f"ADD {added}",
                "ConditionExpression": "copied = :seen AND closable = :seen",
                "ExpressionAttributeValues": {
                    ":change": n(change),
                    ":worth": n(worth),
                    ":seen": n(copied),
                },
            }
        }
