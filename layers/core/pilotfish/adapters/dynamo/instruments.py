"""InstrumentsTable: what can be traded on a venue, a compressed item for each venue."""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.items import n, s
from pilotfish.domain.errors import NotReady
from pilotfish.domain.instruments import Instrument, Kind
from pilotfish.domain.venue_ids import market_venue
from pilotfish.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEPT_MS = 60_000
COMPRESSION = 6


class PublishedInstruments(Mapping[str, Instrument]):
    """Parses only what is asked for: a venue has thousands, a fill needs one."""

    def __init__(self, rows: dict[str, list[str]]) -> None:
        self._rows = rows
        self._parsed: dict[str, Instrument] = {}

    def __getitem__(self, symbol: str) -> Instrument:
        if symbol not in self._parsed:
            kind, lot, tick, quantity, notional, is_open, *size = self._rows[symbol]
            self._parsed[symbol] = Instrument(
                symbol=symbol,
                kind=Kind(kind),
                lot=Decimal(lot),
                tick=Decimal(tick),
                min_quantity=Decimal(quantity),
                min_notional=Decimal(notional),
                open=is_open == "1",
                contract_size=Decimal(size[0]) if size else Decimal(1),
            )
        return self._parsed[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class DynamoInstruments:
    """Keeps what it read for a minute: markets change rarely, and the venue has the last word."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._kept: dict[str, tuple[int, PublishedInstruments]] = {}

    def of_venue(self, venue: str) -> Mapping[str, Instrument]:
        """By symbol; raises `NotReady` while the venue was never published.

        A paper venue has those of the real one.
        """
        venue = market_venue(venue)
        kept = self._kept.get(venue)
        if kept is not None and self._clock() - kept[0] < KEPT_MS:
            return kept[1]
        item = self._client.get_item(TableName=self._table, Key={"pk": s(venue)}).get("Item")
        if item is None:
            raise NotReady(f"the instruments of {venue} are not published yet")
        published = PublishedInstruments(json.loads(zlib.decompress(bytes(item["rows"]["B"]))))
        self._kept[venue] = (self._clock(), published)
        return published

    def published_ms(self, venue: str) -> int:
        """When a venue's instruments were published last (UTC ms); 0 for never."""
        answer = self._client.get_item(
            TableName=self._table, Key={"pk": s(venue)}, ProjectionExpression="published_ms"
        )
        return int(answer["Item"]["published_ms"]["N"]) if "Item" in answer else 0

    def publish(self, venue: str, instruments: Sequence[Instrument], now_ms: int) -> None:
        """Replace what can be traded on a venue."""
        rows = {i.symbol: _row(i) for i in instruments}
        packed = zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), COMPRESSION)
        self._client.put_item(
            TableName=self._table,
            Item={"pk": s(venue), "published_ms": n(now_ms), "rows": {"B": packed}},
        )


def _row(instrument: Instrument) -> list[str]:
    numbers = (
        instrument.lot,
        instrument.tick,
        instrument.min_quantity,
        instrument.min_notional,
    )
    row = [instrument.kind, *map(str, numbers), "1" if instrument.open else "0"]
    return [*row, str(instrument.contract_size)]
