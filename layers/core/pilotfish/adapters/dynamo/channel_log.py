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
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    CONFLICT,
    MAX_ITEMS,
    Item,
    TransactionCanceled,
    n,
    s,
    transact,
)
from pilotfish.adapters.dynamo.log_reads import CHUNK, HEAD, LogReads, log_key
from pilotfish.adapters.dynamo.log_tail import REMEMBER_MS, Step, Tail, in_order
from pilotfish.domain.channels import EVERYBODY, SCOPED
from pilotfish.domain.logs import Entry, Numbered
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 3_600
ATTEMPTS = 12
PAUSE_S = 0.01
# Of two machines' clocks, and of the second to which a stream tells when something happened.
SKEW_MS = 10_000
KEPT_TOPICS = 5_000
TOPICS_TOGETHER = MAX_ITEMS // 2


class LogBusy(Exception):
    """Others wrote to the same topics all the time: the stream delivers again."""


class DynamoChannelLog(LogReads):
    """Appends are safe among workers that know nothing of each other."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        super().__init__(client, table, clock)
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
        some = in_order(list(fresh.values()))[:CHUNK]
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
            "Key": log_key(step.topic, HEAD),
            "UpdateExpression": "SET seq = :after",
            "ConditionExpression": "seq = :before" if head else "attribute_not_exists(seq)",
            "ExpressionAttributeValues": {":after": n(head + len(step.names))}
            | ({":before": n(head)} if head else {}),
        }
        chunk = {
            **log_key(step.topic, step.first),
            "names": s("\n".join(step.names)),
            "bodies": s(b"\n".join(step.bodies).decode()),
            "at_ms": n(now_ms),
            "expires_at": n(now_ms // 1000 + KEEP_S),
        }
        return [{"Update": move}, {"Put": {"TableName": self._table, "Item": chunk}}]


def _groups(steps: Sequence[Step]) -> Iterable[Sequence[Step]]:
    """What many write to goes alone, so that it holds up nobody else's."""
    own = [step for step in steps if SCOPED in step.topic and not _shared(step.topic)]
    yield from ([step] for step in steps if step not in own)
    for start in range(0, len(own), TOPICS_TOGETHER):
        yield own[start : start + TOPICS_TOGETHER]


def _shared(topic: str) -> bool:
    return topic.endswith(SCOPED + EVERYBODY)
