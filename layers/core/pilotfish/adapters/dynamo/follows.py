"""FollowsTable: who follows a leader, and by which rules."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

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
from pilotfish.domain.rules import Rules, rules_from
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
        """The active follows, as of now."""
        revision = self._revision(leader_id)
        seen, follows = self._seen.get(leader_id, (-1, []))
        if seen != revision:
            follows = [follow for follow in self._read(leader_id) if follow.active]
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
                    "ExpressionAttributeValues": {":pinned": _map(found)},
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
        return readable((item for page in pages for item in page["Items"]), _decode)


def follow_put(table: str, follow: Follow) -> Item:
    """The write of a follow; `follows_changed` goes with it."""
    return {"Put": {"TableName": table, "Item": _encode(follow)}}


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
        first = "attribute_not_exists(follows_revision) OR " if revision == 0 else ""
        update["ConditionExpression"] += f" AND ({first}follows_revision = :seen)"
        update["ExpressionAttributeValues"][":seen"] = n(revision)
    return {"Update": update}


def _map(names: Mapping[str, str]) -> Item:
    return {"M": {name: s(own) for name, own in names.items()}}


def _encode(follow: Follow) -> Item:
    rules = {name: value for name, value in asdict(follow.rules).items() if value is not None}
    return {
        "pk": s(follow.leader_id),
        "sk": s(follow.follow_id),
        "account_id": s(follow.account_id),
        "owner": s(follow.owner),
        "venue": s(follow.venue),
        "started_ms": n(follow.started_ms),
        "shard": n(follow.shard),
        "active": {"BOOL": follow.active},
        "first_fill": n(follow.first_fill),
        "pinned": _map(follow.pinned),
        "rules": s(json.dumps(rules, default=str)),
    }


def _decode(item: Any) -> Follow:
    return Follow(
        follow_id=item["sk"]["S"],
        leader_id=item["pk"]["S"],
        account_id=item["account_id"]["S"],
        owner=item["owner"]["S"],
        venue=item["venue"]["S"],
        started_ms=int(item["started_ms"]["N"]),
        shard=int(item["shard"]["N"]),
        active=item["active"]["BOOL"],
        rules=_rules(json.loads(item["rules"]["S"])),
        first_fill=int(item.get("first_fill", n(0))["N"]),
        pinned={name: own["S"] for name, own in item.get("pinned", {"M": {}})["M"].items()},
    )


def _rules(stored: dict[str, Any]) -> Rules:
    """What another version wrote beside the rules that we know is left out."""
    known = {field.name for field in fields(Rules)}
    return rules_from({name: value for name, value in stored.items() if name in known})
