"""An owner's records as a file: CSV for spreadsheets, JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pilotfish.domain.fills import Side
from pilotfish.domain.filters import CopyFilter, Filter, Order, TradeFilter
from pilotfish.domain.orders import State

MOST_RUNNING = 3
# The function that writes one has fifteen minutes; it is not heard of again after that.
LONGEST_MS = 20 * 60_000

TRADE_COLUMNS = (
    "traded_ms",
    "seen_ms",
    "account_id",
    "venue",
    "symbol",
    "side",
    "position_side",
    "price",
    "quantity",
    "notional",
    "fee",
    "fee_currency",
    "liquidity",
    "order_kind",
    "trade_id",
    "order_id",
    "fill_id",
    "history",
)
COPY_COLUMNS = (
    "traded_ms",
    "seen_ms",
    "decided_ms",
    "sent_ms",
    "answered_ms",
    "leader_id",
    "follow_id",
    "account_id",
    "venue",
    "paper",
    "symbol",
    "side",
    "position_side",
    "leg",
    "state",
    "reason",
    "quantity",
    "sent_quantity",
    "filled_quantity",
    "reference_price",
    "average_price",
    "limit_price",
    "attempts",
    "client_order_id",
    "venue_order_id",
    "fill_id",
)


class Kind(StrEnum):
    """What is exported."""

    TRADES = "trades"
    COPIES = "copies"


class Format(StrEnum):
    """As what."""

    CSV = "csv"
    JSON = "json"


class Status(StrEnum):
    """Where an export is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Export:
    """`question` is the filter as JSON; times are UTC milliseconds; `size` in bytes."""

    owner: str
    export_id: str
    kind: Kind
    form: Format
    question: str
    created_ms: int
    status: Status = Status.RUNNING
    ended_ms: int = 0
    rows: int = 0
    size: int = 0
    error: str = ""

    @property
    def key(self) -> str:
        """Where the file lies; ids are not to be guessed."""
        return f"{self.owner}/{self.export_id}.{self.form}"

    @property
    def filter(self) -> Filter:
        """What was asked for."""
        return filter_from(self.kind, json.loads(self.question))

    def as_of(self, now_ms: int) -> "Export":
        """One that was not heard of for too long has failed."""
        if self.status is Status.RUNNING and now_ms - self.created_ms > LONGEST_MS:
            return replace(self, status=Status.FAILED, error="it stopped: ask for it again")
        return self


def question_of(asked: Filter) -> str:
    """A filter as it is stored."""
    fields = asdict(asked)
    if "states" in fields:
        fields["states"] = sorted(fields["states"])
    return json.dumps(fields)


def filter_from(kind: Kind, stated: Mapping[str, Any]) -> Filter:
    """A filter out of what is stored."""
    fields: dict[str, Any] = dict(stated)
    fields["order"] = Order(fields["order"])
    fields["side"] = Side(fields["side"]) if fields["side"] else None
    if kind is Kind.TRADES:
        return TradeFilter(**fields)
    fields["states"] = frozenset(State(each) for each in fields["states"])
    return CopyFilter(**fields)


def written(kind: Kind, form: Format, records: Iterable[Any]) -> Iterator[bytes]:
    """The file, a record at a time; the first piece is its head, the last one its end."""
    columns = TRADE_COLUMNS if kind is Kind.TRADES else COPY_COLUMNS
    return _FORMS[form](columns, records)


def _csv(columns: Sequence[str], records: Iterable[Any]) -> Iterator[bytes]:
    yield _line(columns)
    for record in records:
        yield _line([_cell(getattr(record, column)) for column in columns])
    yield b""


def _json(columns: Sequence[str], records: Iterable[Any]) -> Iterator[bytes]:
    yield b"["
    between = b"\n"
    for record in records:
        row = {column: _plain(getattr(record, column)) for column in columns}
        yield between + json.dumps(row, separators=(",", ":")).encode()
        between = b",\n"
    yield b"\n]\n"


_FORMS: Mapping[Format, Callable[[Sequence[str], Iterable[Any]], Iterator[bytes]]] = {
    Format.CSV: _csv,
    Format.JSON: _json,
}


def _plain(value: Any) -> Any:
    """Money as text."""
    return format(value, "f") if isinstance(value, Decimal) else value


def _cell(value: Any) -> str:
    """A venue's words may begin like a formula: a spreadsheet must not take them for one."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
