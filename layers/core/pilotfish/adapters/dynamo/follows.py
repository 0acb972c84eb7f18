"""FollowsTable: who follows a leader, how far, and by which rules."""

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.follow_items import (
    ENDING,
    changing,
    follow_from_item,
    follow_to_item,
    names,
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
from pilotfish.domain.follows import FOLLOWS_PER_SHARD, Follow
from pilotfish.ports import Roll

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoFollows:
    """Every change of a follow raises its leader's `follows_revision`, which readers go by."""

    def __init__(self, client: "DynamoDBClient", table: str, accounts_table: str) -> None:
        self._client = client
        self._table = table
        self._accounts_table = accounts_table
        self._seen: dict[str, tuple[int, list[Follow]]] = {}

    def of_leader(self, leader_id: str) -> list[Follow]:
        """The follows that are not stopped, as of now."""
        revision = self._revision(leader_id)
        seen, follows = self._seen.get(leader_id, (-1, []))
        if seen != revision:
            follows = [follow for follow in self._read(leader_id) if follow.live]
            self._seen[leader_id] = (revision, follows)
        return follows

    def ever_of_leader(self, leader_id: str) -> Roll:
        """The stopped ones too; the revision was read before them."""
        revision = self._revision(leader_id)
        return Roll(revision, self._read(leader_id))

    def save(self, follow: Follow) -> None:
        """Write a follow and make every mapper read its leader's follows again."""
        put = follow_put(self._table, follow)
        transact(self._client, [put, self._touch(follow.leader_id)])

    def save_all(self, follows: list[Follow]) -> None:
        """Write many follows of one leader, filling its shards one after another."""
        for start in range(0, len(follows), FOLLOWS_PER_SHARD):
            batch = follows[start : start + FOLLOWS_PER_SHARD]
            puts = [follow_put(self._table, follow) for follow in batch]
            transact(self._client, [*puts, self._touch(batch[0].leader_id)])

    def pin(self, leader_id: str, revision: int, pinned: Mapping[str, Mapping[str, str]]) -> bool:
        """Write what is pinned to follows; False when one of the leader's changed meanwhile."""
        pins = [
            {
                "Update": {
                    "TableName": self._table,
                    "Key": {"pk": s(leader_id), "sk": s(follow_id)},
                    "UpdateExpression": "SET pinned = :pinned",
                    "ConditionExpression": "attribute_exists(pk)",
                    "ExpressionAttributeValues": {":pinned": names(found)},
                }
            }
            for follow_id, found in pinned.items()
        ]
        try:
            transact(
                self._client, [*pins, follows_changed(self._accounts_table, leader_id, revision)]
            )
        except TransactionCanceled as canceled:
            if CONDITION_FAILED in canceled.codes:
                return False
            raise
        return True

    def get(self, leader_id: str, follow_id: str) -> Follow | None:
        """A follow as it is now, stopped or not."""
        key = {"pk": s(leader_id), "sk": s(follow_id)}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return follow_from_item(answer["Item"]) if "Item" in answer else None

    def change(self, before: Follow, after: Follow) -> bool:
        """Write status, rules and what is to be closed, as `before.version + 1`.

        False, and nothing is written, when somebody else changed it since `before`. What is pinned
        to it meanwhile stays.
        """
        touch = self._touch(before.leader_id)
        try:
            transact(self._client, [self._changed(before, after), touch])
        except TransactionCanceled as canceled:
            if canceled.codes[0] == CONDITION_FAILED:
                return False
            raise
        return True

    def ending(self, before_ms: int, limit: int) -> list[Follow]:
        """Follows on their way to an end, those first that were not looked at for longest."""
        answer = self._client.query(
            TableName=self._table,
            IndexName=ENDING,
            KeyConditionExpression="#ending = :one AND look_ms <= :before",
            ExpressionAttributeNames={"#ending": ENDING},
            ExpressionAttributeValues={":one": s("1"), ":before": n(before_ms)},
            Limit=limit,
        )
        return readable(answer["Items"], follow_from_item)

    def look_again(self, follow: Follow, at_ms: int) -> None:
        """It is not `ending` before that; nothing happens to one that has ended meanwhile."""
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key={"pk": s(follow.leader_id), "sk": s(follow.follow_id)},
                UpdateExpression="SET look_ms = :at",
                ConditionExpression="attribute_exists(#ending)",
                ExpressionAttributeNames={"#ending": ENDING},
                ExpressionAttributeValues={":at": n(at_ms)},
            )

    def _changed(self, before: Follow, after: Follow) -> Item:
        attributes = changing(after) | {"version": n(before.version + 1)}
        if after.ending:
            attributes |= {ENDING: s("1"), "look_ms": n(after.changed_ms)}
        sets = ", ".join(f"#{name} = :{name}" for name in attributes)
        removes = "" if after.ending else " REMOVE #ending, look_ms"
        first = "attribute_not_exists(#version) OR " if before.version == 0 else ""
        values = {f":{name}": value for name, value in attributes.items()}
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"pk": s(before.leader_id), "sk": s(before.follow_id)},
                "UpdateExpression": f"SET {sets}{removes}",
                "ConditionExpression": f"attribute_exists(pk) AND ({first}#version = :seen)",
                "ExpressionAttributeNames": {f"#{name}": name for name in {*attributes, ENDING}},
                "ExpressionAttributeValues": values | {":seen": n(before.version)},
            }
        }

    def _touch(self, leader_id: str) -> Item:
        return follows_changed(self._accounts_table, leader_id)

    def _revision(self, leader_id: str) -> int:
        item = self._client.get_item(
            TableName=self._accounts_table,
            Key={"pk": s(leader_id)},
            ProjectionExpression="follows_revision",
            ConsistentRead=True,
        ).get("Item", {})
        return int(item["follows_revision"]["N"]) if "follows_revision" in item else 0

    def _read(self, leader_id: str) -> list[Follow]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :leader",
            ExpressionAttributeValues={":leader": s(leader_id)},
            ConsistentRead=True,
        )
        return readable((item for page in pages for item in page["Items"]), follow_from_item)


def follow_put(table: str, follow: Follow) -> Item:
    """The write of a follow; `follows_changed` goes with it."""
    return {"Put": {"TableName": table, "Item": follow_to_item(follow)}}


def follows_changed(accounts_table: str, leader_id: str, revision: int | None = None) -> Item:
    """The write that tells a leader's readers; fails when `revision` is not the last one."""
    update: Item = {
        "TableName": accounts_table,
        "Key": {"pk": s(leader_id)},
        "UpdateExpression": "ADD follows_revision :one",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": {":one": n(1)},
    }
    if revision is not None:
        update["ConditionExpression"] += f" AND {_at_revision(revision)}"
        update["ExpressionAttributeValues"][":seen"] = n(revision)
    return {"Update": update}


def follows_are(accounts_table: str, leader_id: str, revision: int) -> Item:
    """The check that no follow of an account changed since `revision`."""
    return {
        "ConditionCheck": {
            "TableName": accounts_table,
            "Key": {"pk": s(leader_id)},
            "ConditionExpression": f"attribute_exists(pk) AND {_at_revision(revision)}",
            "ExpressionAttributeValues": {":seen": n(revision)},
        }
    }


def _at_revision(revision: int) -> str:
    first = "attribute_not_exists(follows_revision) OR " if revision == 0 else ""
    return f"({first}follows_revision = :seen)"
