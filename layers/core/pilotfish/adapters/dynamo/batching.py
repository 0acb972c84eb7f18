"""Many small reads and conditional writes as few calls, without any of them waiting for a clock."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    MAX_ITEMS,
    Item,
    TransactionCanceled,
    batch_get,
    s,
    transact,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Waiting(Generic[Request, Answer]):
    """A coroutine that waits for the answer to its request."""

    request: Request
    items: int
    answer: "asyncio.Future[Answer]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, answer: Answer) -> None:
        """Answer from the thread that called AWS."""
        self.answer.get_loop().call_soon_threadsafe(self._set, answer)

    def _set(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Gathered(ABC, Generic[Request, Answer]):
    """While calls are under way the next requests gather.

    So a lone request leaves at once, and a thousand leave in a few calls.
    """

    def __init__(self, client: "DynamoDBClient", lanes: int = 2) -> None:
        self._client = client
        self._lanes = lanes
        self._waiting: list[Waiting[Request, Answer]] = []
        self._flushing: set[asyncio.Task[None]] = set()

    @abstractmethod
    def _call(self, batch: list[Waiting[Request, Answer]]) -> None:
        """Settle every request of a batch; runs in a thread."""

    async def _ask(self, request: Request, items: int) -> Answer:
        waiting: Waiting[Request, Answer] = Waiting(request, items)
        self._waiting.append(waiting)
        if len(self._flushing) < self._lanes:
            self._flushing.add(asyncio.create_task(self._flush()))
        return await waiting.answer

    async def _flush(self) -> None:
        """Send what waits until nothing does.

        Between the last look at `_waiting` and leaving `_flushing` nobody else may run: who asks
        then would take this lane for one that still works, and wait for ever.
        """
        try:
            await self._flush_waiting()
        finally:
            self._flushing.discard(asyncio.current_task())

    async def _flush_waiting(self) -> None:
        await asyncio.sleep(0)  # Let the requests of the same instant gather.
        while self._waiting:
            batch = self._take()
            try:
                await asyncio.to_thread(self._call, batch)
            except Exception as error:  # noqa: BLE001  Whoever waits has to hear of it.
                for waiting in batch:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)

    def _touched(self, request: Request) -> set[Hashable]:
        """What a request must have to itself within its batch."""
        return set()

    def _take(self) -> list[Waiting[Request, Answer]]:
        items = taken = 0
        touched: set[Hashable] = set()
        for waiting in self._waiting:
            items += waiting.items
            own = self._touched(waiting.request)
            if items > MAX_ITEMS or own & touched:
                break
            touched |= own
            taken += 1
        batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batch


class BatchedWrites(Gathered[Sequence[Any], list[str]]):
    """Each `write` is a small transaction of its own, standing or falling alone.

    When a batch is cancelled, the writes that failed their condition are told so and the rest
    is written without them.
    """

    async def write(self, items: Sequence[Any]) -> list[str]:
        """All of `items` or none; returns [] when written, else a code for each item."""
        return await self._ask(items, len(items))

    def _touched(self, request: Sequence[Any]) -> set[Hashable]:
        """A transaction must not touch an item twice."""
        return {_place(item) for item in request}

    def _call(self, batch: list[Waiting[Sequence[Any], list[str]]]) -> None:
        while batch:
            try:
                transact(self._client, [item for waiting in batch for item in waiting.request])
            except TransactionCanceled as canceled:
                batch = self._without_failed(batch, canceled)
                continue
            for waiting in batch:
                waiting.settle([])
            return

    def _without_failed(
        self, batch: list[Waiting[Sequence[Any], list[str]]], canceled: TransactionCanceled
    ) -> list[Waiting[Sequence[Any], list[str]]]:
        if CONDITION_FAILED not in canceled.codes:
            raise canceled
        left = []
        start = 0
        for waiting in batch:
            codes = list(canceled.codes[start : start + waiting.items])
            start += waiting.items
            if CONDITION_FAILED in codes:
                waiting.settle(codes)
            else:
                left.append(waiting)
        return left


class BatchedReads(Gathered[Item, Item | None]):
    """Strongly consistent reads of one table by key."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        super().__init__(client)
        self._table = table

    async def get(self, key: Item) -> Item | None:
        """The item with this key."""
        return await self._ask(key, 1)

    def _call(self, batch: list[Waiting[Item, Item | None]]) -> None:
        keys = {_name(waiting.request): waiting.request for waiting in batch}
        names = list(batch[0].request)
        found = {
            _name({name: item[name] for name in names}): item
            for item in batch_get(self._client, self._table, keys.values())
        }
        for waiting in batch:
            waiting.settle(found.get(_name(waiting.request)))


def _place(item: Any) -> Hashable:
    """The table and key that a transaction's item is about."""
    [operation] = item.values()
    key = operation.get("Key") or operation["Item"]
    return operation["TableName"], key["pk"]["S"], key.get("sk", s(""))["S"]


def _name(key: Item) -> tuple[str, ...]:
    return tuple(attribute["S"] for attribute in key.values())
