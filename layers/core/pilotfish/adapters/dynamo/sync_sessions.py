"""SyncSessionsTable: back-fills by account, and a lock for the one of each type that runs."""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Codec,
    Item,
    TransactionCanceled,
    n,
    readable,
    s,
    transact,
)
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus
from pilotfish.ports import AlreadyRunning

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BY_STATUS = "by_status"
LOCK = "running#"  # Sorts after every session, whose ids begin with a time.

_codec = Codec(SyncSession, {"account_id": "pk", "session_id": "sk"})


def session_from_item(item: Item) -> SyncSession:
    """A session from its stored item or its stream image."""
    return _codec.decode(item)


class DynamoSyncSessions:
    """A session that runs holds the lock of its account and type, from the same transaction on."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def begin(self, session: SyncSession) -> None:
        """Write a new session and take the lock; raises `AlreadyRunning`."""
        try:
            transact(
                self._client,
                [
                    self._put(session, "attribute_not_exists(pk)"),
                    *_locks(self._table, None, session),
                ],
            )
        except TransactionCanceled as canceled:
            raise self._already_running(session) from canceled

    def move(self, before: SyncSession, after: SyncSession) -> bool:
        """One transaction from a known revision; raises `AlreadyRunning`."""
        put = self._put(after, "revision = :before", {":before": n(before.revision)})
        try:
            transact(self._client, [put, *_locks(self._table, before, after)])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return False
            if CONDITION_FAILED in canceled.codes:
                raise self._already_running(after) from canceled
            raise
        return True

    def get(self, account_id: str, session_id: str) -> SyncSession | None:
        """The session as stored now."""
        item = self._client.get_item(
            TableName=self._table,
            Key={"pk": s(account_id), "sk": s(session_id)},
            ConsistentRead=True,
        ).get("Item")
        return None if item is None else _codec.decode(item)

    def of_account(self, account_id: str, limit: int) -> list[SyncSession]:
        """The last `limit` sessions of an account, the latest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :account AND sk < :locks",
            ExpressionAttributeValues={":account": s(account_id), ":locks": s(LOCK)},
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=limit,
        )
        return readable(answer["Items"], _codec.decode)

    def in_status(self, status: SyncStatus, limit: int) -> list[SyncSession]:
        """The last `limit` sessions in a status, the latest first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=BY_STATUS,
            KeyConditionExpression="#status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": s(status)},
            ScanIndexForward=False,
            Limit=limit,
        )
        return readable(answer["Items"], _codec.decode)

    def _put(self, session: SyncSession, condition: str, values: Item | None = None) -> Item:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": _codec.encode(session),
            "ConditionExpression": condition,
        }
        if values:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}

    def _already_running(self, session: SyncSession) -> AlreadyRunning:
        lock = self._client.get_item(
            TableName=self._table, Key=_lock_key(session), ConsistentRead=True
        ).get("Item", {})
        return AlreadyRunning(lock.get("session_id", s("another session"))["S"])


def _lock_key(session: SyncSession) -> Item:
    return {"pk": s(session.account_id), "sk": s(LOCK + session.sync_type)}


def _locks(table: str, before: SyncSession | None, after: SyncSession) -> list[Item]:
    """The transaction item that takes the lock or lets it go, where that changes."""
    ran = before is not None and before.status.active
    if ran == after.status.active:
        return []
    key = _lock_key(after)
    if ran:
        release = {
            "TableName": table,
            "Key": key,
            "ConditionExpression": "session_id = :own",
            "ExpressionAttributeValues": {":own": s(after.session_id)},
        }
        return [{"Delete": release}]
    lock = {
        "TableName": table,
        "Item": key | {"session_id": s(after.session_id)},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    return [{"Put": lock}]
