"""What is asked of DynamoDB on the way to an answer, and how many items are looked at for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")

GETS = ("GetItem", "BatchGetItem", "TransactGetItems")
SCANS = ("Scan", "ExecuteStatement", "BatchExecuteStatement")  # PartiQL may scan.


@dataclass(frozen=True, slots=True)
class Reads:
    """Calls by kind; `looked` are the items that they were charged for, given back or not."""

    queries: int = 0
    gets: int = 0
    scans: int = 0
    looked: int = 0


def counted(client: Any, work: Callable[[], T]) -> tuple[T, Reads]:
    """What the work gives back, and what it read through a boto3 client."""
    reads = Reads()

    def count(parsed: Any, model: Any, **_: Any) -> None:
        nonlocal reads
        reads = replace(
            reads,
            queries=reads.queries + (model.name == "Query"),
            gets=reads.gets + (model.name in GETS),
            scans=reads.scans + (model.name in SCANS),
            looked=reads.looked + _looked(parsed),
        )

    events = client.meta.events
    events.register("after-call.dynamodb", count)
    try:
        answer = work()
    finally:
        events.unregister("after-call.dynamodb", count)
    return answer, reads


def _looked(parsed: Any) -> int:
    """A query says how many it looked at before its filter; a batch gives back all of them."""
    if "ScannedCount" in parsed:
        return int(parsed["ScannedCount"])
    responses = parsed.get("Responses", {})
    return sum(len(items) for items in responses.values()) + ("Item" in parsed)
