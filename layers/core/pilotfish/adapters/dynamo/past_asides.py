"""AsidesTable as a back-fill writes it: in one transaction with a look at the session's row."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.asides import (
    PAST,
    aside_from_item,
    aside_to_item,
    corrected_aside,
    moved,
    waiting,
)
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    n,
    readable,
    s,
    transact,
)
from pilotfish.adapters.dynamo.past_fills import past_put
from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, AsideState
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import Overtaken, SyncSession, SyncStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

AT_ONCE = 100


class DynamoPastAsides:
    """No position moves, and what is settled is a fill of the past."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, fills_table: str, sessions_table: str
    ) -> None:
        self._client = client
        self._table = table
        self._fills_table = fills_table
        self._sessions_table = sessions_table

    def keep(self, account: Account, session: SyncSession, aside: Aside) -> bool:
        """Write one that is new; raises `Overtaken`."""
        kept = replace(aside, session_id=session.session_id)
        put = {
            "TableName": self._table,
            "Item": aside_to_item(kept, account),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return CONDITION_FAILED not in self._transact(session, [{"Put": put}])

    def settle(self, account: Account, session: SyncSession, aside: Aside, fill: Fill) -> bool:
        """Write the fill of the past that it turned out to be; raises `Overtaken`.

        False when it was dropped, and when the fill is there already.
        """
        done = {"Update": moved(self._table, aside, AsideState.SETTLED, "")}
        put = past_put(self._fills_table, fill, account, session.session_id)
        codes = self._transact(session, [done, put])
        if codes[1:] == [CONDITION_FAILED] and codes[0] != CONDITION_FAILED:
            self._transact(session, [done])
        return CONDITION_FAILED not in codes

    def open(self, account_id: str) -> list[Aside]:
        """What back-fills were told of an account and nobody has judged."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :account AND begins_with(sk, :past)",
            ExpressionAttributeValues={":account": s(account_id), ":past": s("past-")},
            ConsistentRead=True,
        )
        found = readable((item for page in pages for item in page["Items"]), aside_from_item)
        return [aside for aside in found if aside.state is AsideState.OPEN]

    def released(self, account_id: str) -> list[tuple[Aside, Fill]]:
        """What a person has corrected, maybe a moment old."""
        items = waiting(self._client, self._table, PAST + account_id, AT_ONCE)
        return readable(items, corrected_aside)

    def _transact(self, session: SyncSession, items: list[Item]) -> list[str]:
        """Codes of the items, empty where all are written; raises `Overtaken`."""
        check = {
            "TableName": self._sessions_table,
            "Key": {"pk": s(session.account_id), "sk": s(session.session_id)},
            "ConditionExpression": "attempt = :attempt AND #status IN (:running, :stopping)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":attempt": n(session.attempt),
                ":running": s(SyncStatus.RUNNING),
                ":stopping": s(SyncStatus.STOPPING),
            },
        }
        try:
            transact(self._client, [{"ConditionCheck": check}, *items])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                raise Overtaken(session.session_id) from canceled
            if CONDITION_FAILED not in canceled.codes:
                raise
            return list(canceled.codes[1:])
        return []
