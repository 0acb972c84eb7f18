"""KeysTable: sealed keys until they are tried, and which account holds which key.

A candidate is `candidate#<id>` and expires; a key that is held is `held#<venue>#<fingerprint>`;
what an account's key was sealed with is in `data_keys`.
"""

from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo import data_keys
from pilotfish.adapters.dynamo.items import Codec, Item, TransactionCanceled, n, s, transact
from pilotfish.adapters.dynamo.register import LOOKED_AT, at_revision
from pilotfish.adapters.dynamo.register import codec as connections
from pilotfish.adapters.keys import parted
from pilotfish.domain.keys import ANSWER_KEPT_MS, Candidate
from pilotfish.domain.managing import Connection
from pilotfish.ports import KeyTaken, Superseded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# Not of a connection that is new: it is not deleted, and has no shard unless it leads.
ABSENT = ("deleted_ms",)
WITH_A_KEY = ("problem", "checked_ms", "due_ms", "refusals", "held_as")
GONE_WITH_THE_KEY = ("sealed_key", "held_as", "listen_shard", "check_shard", "due_ms")

_candidates = Codec(Candidate, {"candidate_id": "pk"})


class DynamoKeyring:
    """Every step is one transaction: a key is with its candidate, or with its account, or gone."""

    def __init__(self, client: "DynamoDBClient", table: str, accounts_table: str) -> None:
        self._client = client
        self._table = table
        self._accounts_table = accounts_table

    def offer(self, candidate: Candidate) -> None:
        """Keep a key until it is tried; what nobody comes to try expires."""
        expires_s = (candidate.offered_ms + ANSWER_KEPT_MS) // 1000
        item = _candidates.encode(candidate) | {
            "pk": _place(candidate.candidate_id),
            "expires_at": n(expires_s),
        }
        self._client.put_item(TableName=self._table, Item=item)

    def get(self, candidate_id: str) -> Candidate | None:
        """As of now."""
        item: Any = self._client.get_item(
            TableName=self._table, Key={"pk": _place(candidate_id)}, ConsistentRead=True
        ).get("Item")
        return None if item is None else _candidates.decode(item | {"pk": s(candidate_id)})

    def take(self, candidate: Candidate, connection: Connection, answer: str) -> None:
        """Raises `KeyTaken` and `Superseded`."""
        held_as = f"{connection.venue}#{candidate.fingerprint}"
        hold = {
            "TableName": self._table,
            "Item": {"pk": s(f"held#{held_as}"), "account_id": s(candidate.account_id)},
            "ConditionExpression": "attribute_not_exists(pk) OR account_id = :account",
            "ExpressionAttributeValues": {":account": s(candidate.account_id)},
        }
        account = self._new if candidate.new else self._another_key
        wrapped, sealed_key = parted(candidate.sealed_key)
        account_id, version = candidate.account_id, candidate.version
        items = [{"Put": hold}, self._end(candidate, answer)]
        items.append(account(connection, sealed_key, held_as))
        items.append(data_keys.kept(self._table, account_id, version, wrapped))
        if not candidate.new:
            items.append(data_keys.destroyed(self._table, account_id, version - 1))
        if connection.held_as not in ("", held_as):
            items.append(self._let_go(connection))
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if canceled.codes[0] == "ConditionalCheckFailed":
                raise KeyTaken(self._holder(held_as)) from canceled
            raise Superseded(candidate.account_id) from canceled

    def refuse(self, candidate: Candidate, answer: str) -> None:
        """Nothing happens to one that was tried already."""
        try:
            transact(self._client, [self._end(candidate, answer)])
        except TransactionCanceled:
            return

    def destroy(self, connection: Connection, now_ms: int) -> bool:
        """False when the connection is not at its revision any more."""
        gone = {
            "TableName": self._accounts_table,
            "Key": {"pk": s(connection.account_id)},
            "UpdateExpression": "SET enabled = :off, deleted_ms = :now, problem = :none "
            f"ADD revision :one REMOVE {', '.join(GONE_WITH_THE_KEY)}",
            "ConditionExpression": at_revision(connection),
            "ExpressionAttributeValues": {
                ":off": {"BOOL": False},
                ":now": n(now_ms),
                ":none": s(""),
                ":one": n(1),
                ":seen": n(connection.revision),
            },
        }
        data_key = connection.account_id, connection.key_version
        items: list[Item] = [{"Update": gone}, data_keys.destroyed(self._table, *data_key)]
        if connection.held_as:
            items.append(self._let_go(connection))
        try:
            transact(self._client, items)
        except TransactionCanceled:
            return False
        return True

    def _end(self, candidate: Candidate, answer: str) -> Item:
        """The candidate's key goes, and the answer stays until it expires."""
        update = {
            "TableName": self._table,
            "Key": {"pk": _place(candidate.candidate_id)},
            "UpdateExpression": "SET answer = :answer REMOVE sealed_key",
            "ConditionExpression": "attribute_exists(sealed_key)",
            "ExpressionAttributeValues": {":answer": s(answer)},
        }
        return {"Update": update}

    def _new(self, connection: Connection, sealed_key: bytes, held_as: str) -> Item:
        item = connections.encode(connection) | LOOKED_AT
        item |= {"sealed_key": {"B": sealed_key}, "held_as": s(held_as), "revision": n(1)}
        absent = ABSENT if connection.leads else (*ABSENT, "listen_shard")
        put = {
            "TableName": self._accounts_table,
            "Item": {name: value for name, value in item.items() if name not in absent},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        return {"Put": put}

    def _another_key(self, connection: Connection, sealed_key: bytes, held_as: str) -> Item:
        new = connections.encode(connection)
        values = {name: new[name] for name in WITH_A_KEY} | LOOKED_AT
        values |= {"held_as": s(held_as), "sealed_key": {"B": sealed_key}}
        values |= {"key_version": new["key_version"]}
        update = {
            "TableName": self._accounts_table,
            "Key": {"pk": s(connection.account_id)},
            "UpdateExpression": "SET "
            + ", ".join(f"#{name} = :{name}" for name in values)
            + " ADD revision :one",
            "ConditionExpression": at_revision(connection),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}
            | {":one": n(1), ":seen": n(connection.revision)},
        }
        return {"Update": update}

    def _let_go(self, connection: Connection) -> Item:
        """Another account may have the key now."""
        delete = {
            "TableName": self._table,
            "Key": {"pk": s(f"held#{connection.held_as}")},
            "ConditionExpression": "attribute_not_exists(pk) OR account_id = :account",
            "ExpressionAttributeValues": {":account": s(connection.account_id)},
        }
        return {"Delete": delete}

    def _holder(self, held_as: str) -> str:
        item: Any = self._client.get_item(
            TableName=self._table, Key={"pk": s(f"held#{held_as}")}, ConsistentRead=True
        ).get("Item", {})
        return str(item.get("account_id", s(""))["S"])


def _place(candidate_id: str) -> Item:
    return s(f"candidate#{candidate_id}")
