"""ChannelLogTable, partitions `quotes|<venue>`: the last prices that were shown to anybody."""

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.domain.quotes import Quote

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 86_400


class DynamoQuotes:
    """One item for each venue, written by whoever tells prices."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def save(self, quotes: Iterable[Quote], now_ms: int) -> None:
        """Replace what is known of their venues."""
        rows: dict[str, dict[str, list[str | int | None]]] = defaultdict(dict)
        for quote in quotes:
            mark = None if quote.mark is None else str(quote.mark)
            rows[quote.venue][quote.symbol] = [str(quote.last), mark, quote.at_ms]
        for venue, some in rows.items():
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(venue),
                    "rows": s(json.dumps(some)),
                    "expires_at": n(now_ms // 1000 + KEEP_S),
                },
            )

    def of(self, markets: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Quote]:
        """By venue and symbol; what nobody looked at lately is missing."""
        found = {}
        wanted = set(markets)
        for venue in {venue for venue, _ in wanted}:
            item = self._client.get_item(TableName=self._table, Key=_key(venue)).get("Item")
            rows = json.loads(item["rows"]["S"]) if item else {}
            for symbol, (last, mark, at_ms) in rows.items():
                if (venue, symbol) in wanted:
                    value = None if mark is None else Decimal(mark)
                    found[venue, symbol] = Quote(venue, symbol, Decimal(last), at_ms, value)
        return found


def _key(venue: str) -> Item:
    return {"pk": s(f"quotes|{venue}"), "sk": n(0)}
