"""LedgersTable: the mapper's books, one item for each position and shard of follows."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    n,
    s,
    transact,
)
from pilotfish.adapters.dynamo.order_items import planned_item
from pilotfish.domain.netting import Ledger, Line, Misses
from pilotfish.domain.orders import CopyOrder
from pilotfish.ports import LedgerConflict, LedgerKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoLedgers:
    """Keeps the ledgers it wrote last in memory: a stale one only costs a second try."""

    def __init__(self, client: "DynamoDBClient", table: str, orders_table: str) -> None:
        self._client = client
        self._table = table
        self._orders_table = orders_table
        self._seen: dict[LedgerKey, Ledger] = {}

    def load(self, key: LedgerKey, *, fresh: bool) -> Ledger | None:
        """The ledger as last seen by this worker, or as stored when `fresh`."""
        if not fresh and key in self._seen:
            return self._seen[key]
        item = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True).get(
            "Item"
        )
        return None if item is None else _decode(item)

    def commit(self, key: LedgerKey, ledger: Ledger, orders: Sequence[CopyOrder]) -> bool:
        """Write the next ledger and its decisions, all or none.

        False when the fill was decided before; raises `LedgerConflict` when `ledger.revision`
        is not the one after the stored ledger's.
        """
        self._seen.pop(key, None)
        items = [
            ledger_put(self._table, key, ledger),
            *(order_put(self._orders_table, order) for order in orders),
        ]
        try:
            transact(self._client, items)
        except TransactionCanceled as canceled:
            if CONDITION_FAILED in canceled.codes[1:]:
                return False
            raise LedgerConflict(str(key)) from canceled
        self._seen[key] = ledger
        return True


def ledger_put(table: str, key: LedgerKey, ledger: Ledger) -> Item:
    """The conditional write of the next ledger."""
    return {
        "Put": {
            "TableName": table,
            "Item": _key(key) | _encode(ledger),
            "ConditionExpression": "attribute_not_exists(pk) OR revision = :before",
            "ExpressionAttributeValues": {":before": n(ledger.revision - 1)},
        }
    }


def order_put(table: str, order: CopyOrder) -> Item:
    """The write of a new order; a decision is made once."""
    return {
        "Put": {
            "TableName": table,
            "Item": planned_item(order),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def _key(key: LedgerKey) -> Item:
    return {
        "pk": s(f"{key.leader_id}#{key.symbol}#{key.position_side}"),
        "sk": s(f"{key.shard:04d}"),
    }


def _encode(ledger: Ledger) -> Item:
    lines = {follow: s(_line(line)) for follow, line in ledger.lines.items()}
    return {"revision": n(ledger.revision), "newest": n(ledger.newest), "lines": {"M": lines}}


def _line(line: Line) -> str:
    """A few numbers in one string: a hundred lines stay a small item."""
    words: list[Decimal | int] = [line.target, line.ordered, line.missed.entry, line.missed.exit]
    if line.round_trip or line.kept != 1 or line.lapsed or line.waiting:
        words += [line.round_trip, line.kept, line.lapsed]
    if line.waiting:
        words.append(line.waiting)
    return " ".join(map(str, words))


def _decode(item: Any) -> Ledger:
    lines = {}
    for follow, text in item["lines"]["M"].items():
        target, ordered, entry, exit_, *more = map(Decimal, text["S"].split())
        line = Line(target, ordered, Misses(entry, exit_))
        if more:
            round_trip, kept, lapsed, *waiting = more
            line = replace(line, round_trip=int(round_trip), kept=kept, lapsed=lapsed)
            line = replace(line, waiting=waiting[0]) if waiting else line
        lines[follow] = line
    return Ledger(lines, int(item["revision"]["N"]), int(item["newest"]["N"]))
