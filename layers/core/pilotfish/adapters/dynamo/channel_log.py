"""ChannelLogTable: what each channel of events told, under numbers without a gap.

A topic is a partition: its head (the highest sort key there is) with the last number, and below it
chunks, each under the number of its first message. One transaction moves the head on from the
number that the writer knows and puts the chunk, so numbers neither repeat nor skip, whoever writes:

    worker A                               worker B
    ────────                               ────────
    knows head 7                           knows head 7
    head 7→9, chunk 8 [x, y]   ✓
                                           head 7→8, chunk 8 [y]   ✗ the head is 9
                                           reads what came after 7: y is there, as 9
    posts 8, 9                             posts 9 (again), writes nothing

An event is looked for among what was written since it happened: it cannot have been told before.
A worker that stays warm knows what it wrote, and pays one transaction for a batch of a topic.

Nobody writes while nobody listens. `begin` skips a number then, so that whoever comes back from
before that is not told that it has missed nothing.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.batching import MAX_ITEMS
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    CONFLICT,
    Item,
    TransactionCanceled,
    n,
    s,
    transact,
)
from pilotfish.domain.channels import EVERYBODY, SCOPED
from pilotfish.domain.logs import Entry, Missed, Numbered, subject_of
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

HEAD = 10**16
KEEP_S = 3_600
CHUNK = 200
ATTEMPTS = 12
PAUSE_S = 0.01
# Of two machines' clocks, and of the second to which a stream tells when something happened.
SKEW_MS = 10_000
# How far back a worker goes on remembering what it wrote.
REMEMBER_MS = 300_000
KEPT_TOPICS = 5_000
# Who comes within this time of the first one comes together with it.
TOGETHER_MS = 30_000
TOPICS_TOGETHER = MAX_ITEMS // 2


class LogBusy(Exception):
    """Others wrote to the same topics all the time: the stream delivers again."""


@dataclass(slots=True)
class Tail:
    """The end of a topic's log as a worker knows it: all that was written since `since_ms`."""

    head: int
    since_ms: int
    names: dict[str, tuple[int, int]] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=dict)

    def learn(self, names: Iterable[str], first: int, at_ms: int) -> None:
        """A chunk that was written."""
        for seq, name in enumerate(names, start=first):
            self.names.setdefault(name, (seq, at_ms))
            if change := subject_of(name):
                subject, revision = change
                self.latest[subject] = max(revision, self.latest.get(subject, revision))

    def overtaken(self, name: str) -> bool:
        """Whether a later change of the same thing was told."""
        change = subject_of(name)
        return change is not None and self.latest.get(change[0], -1) > change[1]

    def forget(self, before_ms: int) -> None:
        """What is too old to be delivered again leaves the memory."""
        if self.since_ms < before_ms - REMEMBER_MS:
            self.since_ms = before_ms
            self.names = {k: v for k, v in self.names.items() if v[1] >= before_ms}
            subjects = {change[0] for name in self.names if (change := subject_of(name))}
            self.latest = {k: v for k, v in self.latest.items() if k in subjects}


@dataclass(frozen=True, slots=True)
class Step:
    """What a topic is to be told anew, after its head."""

    topic: str
    tail: Tail
    first: int
    names: tuple[str, ...]
    bodies: tuple[bytes, ...]
    last: bool

    @property
    def numbered(self) -> dict[int, bytes]:
        """The messages by their numbers."""
        return dict(enumerate(self.bodies, start=self.first))


class DynamoChannelLog:
    """Appends are safe among workers that know nothing of each other."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._tails: dict[str, Tail] = {}

    def append(self, entries: Mapping[str, Sequence[Entry]]) -> dict[str, list[Numbered]]:
        """The entries by topic under their numbers, in the order of the numbers, each once.

        One that was told before has the number that it got then. Raises `LogBusy`.
        """
        done: dict[str, dict[int, bytes]] = {topic: {} for topic in entries}
        left = {topic: list(some) for topic, some in entries.items() if some}
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE_S * attempt)
            steps = [self._step(topic, some, done[topic]) for topic, some in left.items()]
            written = [
                step
                for group in _groups([step for step in steps if step.names])
                if self._written(group)
                for step in group
            ]
            for step in written:
                done[step.topic] |= step.numbered
            settled = {step.topic for step in steps if not step.names}
            settled |= {step.topic for step in written if step.last}
            left = {topic: some for topic, some in left.items() if topic not in settled}
            if not left:
                return {
                    topic: [Numbered(seq, bodies[seq]) for seq in sorted(bodies)]
                    for topic, bodies in done.items()
                }
        raise LogBusy(", ".join(left))

    def begin(self, topic: str) -> int:
        """Somebody listens after a time in which nobody did; the last number until now.

        Of several who come at once, one skips a number: nothing was told since.
        """
        now_ms = self._clock()
        try:
            answer: Any = self._client.update_item(
                TableName=self._table,
                Key=_key(topic, HEAD),
                UpdateExpression="SET begun_ms = :now ADD seq :one",
                ConditionExpression="attribute_not_exists(begun_ms) OR begun_ms < :lately",
                ExpressionAttributeValues={
                    ":now": n(now_ms),
                    ":one": n(1),
                    ":lately": n(now_ms - TOGETHER_MS),
                },
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.heads([topic])[topic]
        return int(answer["Attributes"]["seq"]["N"])

    def heads(self, topics: Iterable[str]) -> dict[str, int]:
        """The last number of each topic; 0 where nothing was ever told."""
        wanted = sorted(set(topics))
        found = dict.fromkeys(wanted, 0)
        for start in range(0, len(wanted), MAX_ITEMS):
            unread = [_key(topic, HEAD) for topic in wanted[start : start + MAX_ITEMS]]
            while unread:
                request: Any = {self._table: {"Keys": unread, "ConsistentRead": True}}
                answer: Any = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._table, []):
                    found[item["pk"]["S"]] = int(item["seq"]["N"])
                unread = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return found

    def missed(self, topic: str, after: int, limit: int) -> Missed:
        """What was told after a number; no messages when that is more, or not kept so far back."""
        head = self.heads([topic])[topic]
        if after > head or head - after > limit:
            return Missed(head, None)
        if after == head:
            return Missed(head, ())
        messages, expected = [], after + 1
        for item in self._items(topic, after - CHUNK + 1, head):
            first = int(item["sk"]["N"])
            bodies = item["bodies"]["S"].split("\n")
            if first + len(bodies) <= expected:
                continue
            if first > expected:
                break
            messages += [body.encode() for body in bodies[expected - first :]]
            expected = first + len(bodies)
        return Missed(head, messages[: head - after] if expected > head else None)

    def latest(self, topic: str, limit: int) -> list[bytes]:
        """The newest that is kept, oldest first."""
        found: list[bytes] = []
        for item in self._newest_first(topic):
            if len(found) >= limit:
                break
            if "bodies" in item:
                found[:0] = [body.encode() for body in item["bodies"]["S"].split("\n")]
        return found[-limit:]

    def _items(self, topic: str, first: int, last: int) -> Iterable[Any]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :topic AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":topic": s(topic), ":first": n(first), ":last": n(last)},
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def _step(self, topic: str, entries: Sequence[Entry], done: dict[int, bytes]) -> Step:
        happened_ms = min(entry.happened_ms for entry in entries)
        tail = self._tail(topic, happened_ms - SKEW_MS)
        fresh: dict[str, Entry] = {}
        for entry in entries:
            if entry.name not in tail.names:
                if not tail.overtaken(entry.name):
                    fresh[entry.name] = entry
            elif (seq := tail.names[entry.name][0]) not in done:
                done[seq] = entry.told(seq)
        some = _in_order(list(fresh.values()))[:CHUNK]
        bodies = tuple(entry.told(tail.head + 1 + i) for i, entry in enumerate(some))
        names = tuple(entry.name for entry in some)
        return Step(topic, tail, tail.head + 1, names, bodies, last=len(fresh) <= CHUNK)

    def _tail(self, topic: str, since_ms: int) -> Tail:
        """All that was written since then, with the head; read unless it is known."""
        known = self._tails.get(topic)
        if known is not None and known.since_ms <= since_ms:
            known.forget(min(since_ms, self._clock() - REMEMBER_MS))
            return known
        if len(self._tails) >= KEPT_TOPICS:
            self._tails.pop(next(iter(self._tails)))
        self._tails[topic] = self._read(topic, since_ms)
        return self._tails[topic]

    def _read(self, topic: str, since_ms: int) -> Tail:
        tail = Tail(0, since_ms)
        for item in self._newest_first(topic):
            if "names" not in item:
                tail.head = int(item["seq"]["N"])
                continue
            at_ms = int(item["at_ms"]["N"])
            if at_ms < since_ms:
                break
            tail.learn(item["names"]["S"].split("\n"), int(item["sk"]["N"]), at_ms)
        return tail

    def _newest_first(self, topic: str) -> Iterable[Any]:
        """The head, then chunks."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :topic",
            ExpressionAttributeValues={":topic": s(topic)},
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"PageSize": 10},
        )
        return (item for page in pages for item in page["Items"])

    def _written(self, steps: Sequence[Step]) -> bool:
        """All of them or none; who was overtaken forgets what it knew."""
        now_ms = self._clock()
        items = [item for step in steps for item in self._items_of(step, now_ms)]
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if not {CONDITION_FAILED, CONFLICT} & set(canceled.codes):
                raise
            for step, code in zip(steps, canceled.codes[::2], strict=True):
                if code == CONDITION_FAILED:
                    self._tails.pop(step.topic, None)
            return False
        for step in steps:
            step.tail.learn(step.names, step.first, now_ms)
            step.tail.head += len(step.names)
        return True

    def _items_of(self, step: Step, now_ms: int) -> list[Item]:
        head = step.first - 1
        move = {
            "TableName": self._table,
            "Key": _key(step.topic, HEAD),
            "UpdateExpression": "SET seq = :after",
            "ConditionExpression": "seq = :before" if head else "attribute_not_exists(seq)",
            "ExpressionAttributeValues": {":after": n(head + len(step.names))}
            | ({":before": n(head)} if head else {}),
        }
        chunk = {
            **_key(step.topic, step.first),
            "names": s("\n".join(step.names)),
            "bodies": s(b"\n".join(step.bodies).decode()),
            "at_ms": n(now_ms),
            "expires_at": n(now_ms // 1000 + KEEP_S),
        }
        return [{"Update": move}, {"Put": {"TableName": self._table, "Item": chunk}}]


def _in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Without those that come after a later change of the same thing."""
    latest: dict[str, int] = {}
    kept = []
    for entry in entries:
        subject, revision = subject_of(entry.name) or (entry.name, 0)
        if revision >= latest.get(subject, revision):
            latest[subject] = revision
            kept.append(entry)
    return kept


def _groups(steps: Sequence[Step]) -> Iterable[Sequence[Step]]:
    """What many write to goes alone, so that it holds up nobody else's."""
    own = [step for step in steps if SCOPED in step.topic and not _shared(step.topic)]
    yield from ([step] for step in steps if step not in own)
    for start in range(0, len(own), TOPICS_TOGETHER):
        yield own[start : start + TOPICS_TOGETHER]


def _shared(topic: str) -> bool:
    return topic.endswith(SCOPED + EVERYBODY)


def _key(topic: str, seq: int) -> Item:
    return {"pk": s(topic), "sk": n(seq)}
