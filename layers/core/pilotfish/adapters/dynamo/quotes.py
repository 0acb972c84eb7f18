"""ChannelLogTable, partitions `quotes|<venue>`: the last prices that were shown to anybody."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pilotfish.adapters.dynamo.items import Item, n, s
from pilotfish.domain.quotes import Quote

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEEP_S = 86_400
# An item has 400 kB; packed, so many are a fifth of that.
MOST = 2_000
_FIGURES = ("mark", "change", "change_percent", "high", "low", "volume")

Rows = dict[str, list[Any]]


class DynamoQuotes:
    """One compressed item for each venue, written by whoever tells prices: one at a time."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._written: dict[str, Rows] = {}

    def save(self, quotes: Iterable[Quote], now_ms: int) -> None:
        """What is told no longer stays for a day, with its time."""
        fresh: dict[str, Rows] = defaultdict(dict)
        for quote in quotes:
            fresh[quote.venue][quote.symbol] = _row(quote)
        for venue, some in fresh.items():
            if venue not in self._written:
                self._written[venue] = self._read(venue)
            rows = _kept(self._written[venue] | some, now_ms)
            self._written[venue] = rows
            packed = zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)
            item = {"rows": {"B": packed}, "expires_at": n(now_ms // 1000 + KEEP_S)}
            self._client.put_item(TableName=self._table, Item=_key(venue) | item)

    def close(self) -> None:
        """Others may write from now on: what was written is read again before the next write."""
        self._written.clear()

    def of(self, markets: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Quote]:
        """By venue and symbol; what nobody looked at lately is missing."""
        wanted = set(markets)
        venues = sorted({venue for venue, _ in wanted})
        found = {(venue, symbol): q for venue in venues for symbol, q in self.at(venue).items()}
        return {market: quote for market, quote in found.items() if market in wanted}

    def at(self, venue: str) -> Mapping[str, Quote]:
        """All that is known of a venue, by symbol."""
        return {symbol: _quote(venue, symbol, row) for symbol, row in self._read(venue).items()}

    def _read(self, venue: str) -> Rows:
        item = self._client.get_item(TableName=self._table, Key=_key(venue)).get("Item", {})
        packed = item.get("rows", {}).get("B")
        rows: Rows = json.loads(zlib.decompress(bytes(packed))) if packed else {}
        return rows


def _row(quote: Quote) -> list[Any]:
    figures = [getattr(quote, name) for name in _FIGURES]
    return [str(quote.last), quote.at_ms, *(None if v is None else str(v) for v in figures)]


def _quote(venue: str, symbol: str, row: list[Any]) -> Quote:
    last, at_ms, *figures = row
    told = [None if text is None else Decimal(text) for text in figures]
    return Quote(venue, symbol, Decimal(last), at_ms, **dict(zip(_FIGURES, told, strict=True)))


def _kept(rows: Rows, now_ms: int) -> Rows:
    """The newest ones of a day."""
    oldest_ms = now_ms - KEEP_S * 1000
    young = {symbol: row for symbol, row in rows.items() if row[1] >= oldest_ms}
    if len(young) <= MOST:
        return young
    newest = sorted(young, key=lambda symbol: young[symbol][1], reverse=True)[:MOST]
    return {symbol: young[symbol] for symbol in newest}


def _key(venue: str) -> Item:
    return {"pk": s(f"quotes|{venue}"), "sk": n(0)}
