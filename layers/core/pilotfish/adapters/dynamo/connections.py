"""ConnectionsTable: who listens to what on the WebSocket, and the tickets that let clients in.

A topic is a partition: one row for each connection that listens, and a marker (sort key `-`)
whose `revision` changes with each listener that comes, and with each that unsubscribes. The
broadcaster reads the markers of all its topics in one strongly consistent call and keeps what it
read of a topic for as long as the marker says the same, so a topic that nobody listens to costs no
query and a busy one costs one query per newcomer.

    socket ($connect)                          broadcaster
    ─────────────────                          ───────────
    put row                                    reads the marker, then (if it changed) the rows
    put marker (a new revision)
    return ── connected ──► something happens ─► stream ─► reads the marker …

The row of a connection that a session's end cuts short says so, and nothing is told to it after
that. A topic's log is kept while its marker lives (`is_kept`), a little longer by those who write.

What happens after `add` returned is broadcast by a reader that sees the new marker, which was
written after the row: so everything after `$connect` completed reaches the connection. Rows that
a reader keeps too long only cost a 410.
"""

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, batch_get, n, s
from pilotfish.domain.channels import channel_of, parse_channel
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

MARKER = "-"
BY_CONNECTION = "by_connection"
# The gateway closes every connection after two hours; the rest is for clocks that differ.
LIFETIME_S = 2 * 3600 + 600
# A post answers 410 until `$connect` has returned, which it has to do within 29 seconds.
CONNECTING_MS = 30_000
KEPT_TOPICS = 10_000
# A marker counts for so much longer with who writes a log: clocks differ.
GRACE_S = 60
DEMAND = "demand"
CONNECTIONS = "connections"
NO_END = 2**53


@dataclass(frozen=True, slots=True)
class Listening:
    """Since when, and until when (UTC ms)."""

    since_ms: int
    until_ms: int


Listeners = dict[str, Listening]
"""The connections of a topic, and when each began to listen."""


class DynamoConnections:
    """Subscriptions by topic, for the socket (which writes) and the broadcaster (which reads)."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept: dict[str, tuple[str, Listeners]] = {}

    def add(self, connection_id: str, viewer: Viewer, topics: Iterable[str], now_ms: int) -> bool:
        """Whatever happens after this returns reaches the connection; again does no harm.

        Returns whether states are demanded that nobody demanded before.
        """
        expires_at = n(now_ms // 1000 + LIFETIME_S)
        new, woken = 0, False
        for topic in topics:
            row = {
                **_key(topic, connection_id),
                "connection_id": s(connection_id),
                "user": s(viewer.user),
                "since_ms": n(now_ms),
                "until_ms": n(viewer.until_ms or NO_END),
                "expires_at": expires_at,
            }
            new += self._put(row)
            self.keep([topic], now_ms)
            if parse_channel(channel_of(topic)).of_states:
                woken |= self.demand([topic], now_ms)
        self._count(connection_id, new)
        return woken

    def demand(self, topics: Iterable[str], now_ms: int) -> bool:
        """Have states told for a while, listened to or not; whether one was not told before."""
        expires_at = n(now_ms // 1000 + LIFETIME_S)
        new = [self._put({**_key(DEMAND, topic), "expires_at": expires_at}) for topic in topics]
        return any(new)

    def keep(self, topics: Iterable[str], now_ms: int) -> None:
        """Have their logs kept, though nobody listens."""
        for topic in topics:
            marker = {
                **_key(topic, MARKER),
                "revision": s(uuid.uuid4().hex),
                "expires_at": n(now_ms // 1000 + LIFETIME_S),
            }
            self._put(marker)

    def is_kept(self, topics: Iterable[str], now_ms: int) -> set[str]:
        """The topics that somebody listens to, or did lately."""
        markers = self._markers(sorted(set(topics)))
        return {item["pk"]["S"] for item in markers if int(item["expires_at"]["N"]) * 1000 > now_ms}

    def demanded(self) -> list[str]:
        """Topics of states that somebody may listen to."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :demand",
            ExpressionAttributeValues={":demand": s(DEMAND)},
            ConsistentRead=True,
        )
        return [item["sk"]["S"] for page in pages for item in page["Items"]]

    def undemand(self, topic: str, before_ms: int) -> bool:
        """Nobody listens to the topic; False: somebody asked for it since then."""
        latest = n(before_ms // 1000 + LIFETIME_S)
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=_key(DEMAND, topic),
                ConditionExpression="expires_at < :latest",
                ExpressionAttributeValues={":latest": latest},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def remove(self, connection_id: str, topic: str) -> None:
        """Whoever keeps the topic's listeners reads them again; nothing happens a second time."""
        before = self._client.delete_item(
            TableName=self._table, Key=_key(topic, connection_id), ReturnValues="ALL_OLD"
        )
        if not before.get("Attributes"):
            return
        self._count(connection_id, -1)
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(topic, MARKER),
                UpdateExpression="SET revision = :other",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":other": s(uuid.uuid4().hex)},
            )

    def topics_of(self, connection_id: str) -> frozenset[str]:
        """What it listens to, perhaps without what was added in the last second (an index)."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_CONNECTION,
            KeyConditionExpression="connection_id = :connection",
            ExpressionAttributeValues={":connection": s(connection_id)},
        )
        return frozenset(item["pk"]["S"] for page in pages for item in page["Items"])

    def of_user(self, user: str, topic: str) -> list[str]:
        """A user's connections that listen to a topic."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :topic",
            FilterExpression="#user = :user",
            ExpressionAttributeNames={"#user": "user"},
            ExpressionAttributeValues={":topic": s(topic), ":user": s(user)},
            ConsistentRead=True,
        )
        return [item["sk"]["S"] for page in pages for item in page["Items"]]

    def drop(self, connection_id: str) -> None:
        """The connection has ended; who tells it something hears a 410."""
        for topic in self.topics_of(connection_id):
            self._client.delete_item(TableName=self._table, Key=_key(topic, connection_id))

    def of_topics(self, topics: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Connection ids by topic, of the topics whose log is kept, listened to or not."""
        now_ms = self._clock()
        return {
            topic: frozenset(
                who
                for who, each in self._listeners(topic, revision).items()
                if each.until_ms > now_ms
            )
            for topic, revision in self._revisions(sorted(set(topics)), now_ms)
        }

    def forget(self, connection_id: str) -> None:
        """The connection is gone, unless it is so new that its `$connect` may be under way."""
        settled_ms = self._clock() - CONNECTING_MS
        for _, kept in self._kept.values():
            if connection_id in kept and kept[connection_id].since_ms < settled_ms:
                del kept[connection_id]
        for topic in self.topics_of(connection_id):
            with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.delete_item(
                    TableName=self._table,
                    Key=_key(topic, connection_id),
                    ConditionExpression="since_ms < :settled",
                    ExpressionAttributeValues={":settled": n(settled_ms)},
                )

    def _put(self, item: Item) -> bool:
        """Whether it was not there before."""
        before = self._client.put_item(TableName=self._table, Item=item, ReturnValues="ALL_OLD")
        return "Attributes" not in before

    def _count(self, connection_id: str, more: int) -> None:
        """How many subscriptions an open connection has, for those who watch over all."""
        if not more:
            return
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=_key(CONNECTIONS, connection_id),
                UpdateExpression="ADD subscriptions :more",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":more": n(more)},
            )

    def _revisions(self, topics: list[str], now_ms: int) -> Iterator[tuple[str, str]]:
        """Of the topics that have a marker."""
        for item in self._markers(topics):
            if (int(item["expires_at"]["N"]) + GRACE_S) * 1000 > now_ms:
                yield item["pk"]["S"], item["revision"]["S"]

    def _markers(self, topics: list[str]) -> list[Any]:
        return batch_get(self._client, self._table, [_key(topic, MARKER) for topic in topics])

    def _listeners(self, topic: str, revision: str) -> Listeners:
        read_at, kept = self._kept.get(topic, ("", {}))
        if read_at == revision:
            return kept
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :topic",
            ExpressionAttributeValues={":topic": s(topic)},
            ConsistentRead=True,
        )
        items = [item for page in pages for item in page["Items"] if item["sk"]["S"] != MARKER]
        if len(self._kept) >= KEPT_TOPICS:
            self._kept.clear()
        listeners = {
            item["sk"]["S"]: Listening(int(item["since_ms"]["N"]), int(item["until_ms"]["N"]))
            for item in items
        }
        self._kept[topic] = (revision, listeners)
        return listeners


def _key(topic: str, sort: str) -> Item:
    return {"pk": s(topic), "sk": s(sort)}
