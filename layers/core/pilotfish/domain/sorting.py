"""Lists that are short enough to be sorted by what no index has: by any column, page by page.

Each page is sorted anew, so a cursor holds where one was: the value and the id of the last record.
What comes meanwhile takes its place before or behind it; what stays as it is comes once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from pilotfish.domain.places import BadCursor, Page, Place, cursor, place_of

Value = Decimal | float | int | str | None
"""Of a column: all numbers, or all texts; those that have none come last, either way."""

T = TypeVar("T")
NUMBER, TEXT, NONE = "number:", "text:", "none:"
LONGEST_TEXT = 60


class TooMany(ValueError):
    """There are more records than are sorted; the message says how many are."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """By a column; of records with the same value in it the one with the lower id comes first."""

    by: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """What sorts: what a record has there, and which record it is."""

    value: Callable[[Any], Value]
    name: Callable[[Any], str]


def sorted_page(
    records: Iterable[T],
    column: Column,
    asked: Sorting,
    question: Mapping[str, Any],
    after: str,
    limit: int,
) -> Page[T]:
    """Those behind the cursor `after`, so many of them; raises `BadCursor`."""
    question = {**question, "sort": asked.by, "descending": asked.descending}
    ordered = sorted_by(records, column, descending=asked.descending)
    if after:
        value, name = _value_of(place_of(question, after))
        ordered = [
            each
            for each in ordered
            if _behind(_short(column.value(each)), column.name(each), value, name, asked.descending)
        ]
    page = ordered[:limit]
    if len(ordered) == len(page):
        return Page(page, None)
    last = page[-1]
    place = Place(_text_of(_short(column.value(last))), column.name(last))
    return Page(page, cursor(question, place))


def sorted_by(records: Iterable[T], column: Column, *, descending: bool) -> list[T]:
    """By value, then by name; those without a value last."""
    named = sorted(records, key=column.name)
    valued: list[tuple[Any, T]] = [
        (value, each) for each in named if (value := _short(column.value(each))) is not None
    ]
    valued.sort(key=lambda pair: pair[0], reverse=descending)
    return [each for _, each in valued] + [each for each in named if column.value(each) is None]


def _behind(value: Value, name: str, last: Value, last_name: str, descending: bool) -> bool:
    if value == last:
        return name > last_name
    if value is None or last is None:
        return value is None
    if isinstance(value, str) is not isinstance(last, str):
        raise BadCursor("this is no cursor")
    return bool(value > last) is not descending  # type: ignore[operator]


def _short(value: Value) -> Value:
    """A text as far as it is sorted by: a cursor has to hold it."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    return Decimal(str(value)) if isinstance(value, float) else value


def _text_of(value: Value) -> str:
    if value is None:
        return NONE
    return f"{TEXT}{value}" if isinstance(value, str) else f"{NUMBER}{value}"


def _value_of(place: Place) -> tuple[Value, str]:
    if place.pk == NONE:
        return None, place.sk
    if place.pk.startswith(TEXT):
        return place.pk.removeprefix(TEXT), place.sk
    try:
        number = Decimal(place.pk.removeprefix(NUMBER))
    except InvalidOperation:
        raise BadCursor("this is no cursor") from None
    if not number.is_finite():
        raise BadCursor("this is no cursor")
    return number, place.sk
