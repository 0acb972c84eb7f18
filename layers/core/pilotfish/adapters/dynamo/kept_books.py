"""ChannelLogTable, partitions `book|<follow>`: a follow's book as of some order."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, batch_get, n, readable, s
from pilotfish.domain.books import Book, Holding
from pilotfish.domain.folding import Folded
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 90 * 86_400
# An item holds 400 KB; a follow of more markets is read from its orders.
LARGEST = 350_000
BOOK = "book|"


class DynamoKeptBooks:
    """Whoever reads a book may keep it: one that is wrong shows, and is not used."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def of(self, follow_ids: Iterable[str]) -> dict[str, Folded]:
        """By follow; what was never kept is missing."""
        keys = [_key(follow) for follow in dict.fromkeys(follow_ids)]
        found = batch_get(self._client, self._table, keys, consistent=False)
        return {folded.follow_id: folded for folded in readable(found, _decode)}

    def save(self, folded: Folded) -> None:
        """The last one that is saved counts."""
        document = _encode(folded)
        if len(document) > LARGEST:
            return
        self._client.update_item(
            TableName=self._table,
            Key=_key(folded.follow_id),
            UpdateExpression="SET folded = :folded, expires_at = :expires",
            ExpressionAttributeValues={
                ":folded": s(document),
                ":expires": n(self._clock() // 1000 + KEEP_S),
            },
        )


def _key(follow_id: str) -> Item:
    return {"pk": s(f"{BOOK}{follow_id}"), "sk": n(0)}


def _encode(folded: Folded) -> str:
    rows = [_row(held) for held in folded.book.holdings.values()]
    sums = {name: [str(held), str(spent)] for name, (held, spent) in folded.sums.items()}
    document = {"until": folded.until, "last_ms": folded.last_ms, "rows": rows, "sums": sums}
    return json.dumps(document, separators=(",", ":"))


def _decode(item: Any) -> Folded:
    document = json.loads(item["folded"]["S"])
    return Folded(
        follow_id=item["pk"]["S"].removeprefix(BOOK),
        until=document["until"],
        last_ms=document["last_ms"],
        book=Book({row[0]: _holding(*row) for row in document["rows"]}),
        sums={name: (Decimal(h), Decimal(spent)) for name, (h, spent) in document["sums"].items()},
    )


def _row(held: Holding) -> list[str | int | None]:
    entry = None if held.entry_price is None else str(held.entry_price)
    names = [held.name, held.account_id, held.leader_id, held.venue, held.symbol]
    return [*names, str(held.quantity), entry, str(held.realized), held.opened_ms]


def _holding(
    name: str,
    account_id: str,
    leader_id: str,
    venue: str,
    symbol: str,
    quantity: str,
    entry: str | None,
    realized: str,
    opened_ms: int,
) -> Holding:
    price = None if entry is None else Decimal(entry)
    amounts = Decimal(quantity), price, Decimal(realized)
    return Holding(name, account_id, leader_id, venue, symbol, *amounts, opened_ms)
