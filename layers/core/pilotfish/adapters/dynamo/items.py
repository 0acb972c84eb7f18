"""DynamoDB items from frozen dataclasses and back, and transactions that say what failed."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_type_hints

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Item = dict[str, Any]
T = TypeVar("T")

MAX_ITEMS = 100  # of BatchGetItem and TransactWriteItems alike

logger = logging.getLogger(__name__)


def s(value: str) -> Item:
    """A string attribute."""
    return {"S": value}


def n(value: int | Decimal) -> Item:
    """A number attribute."""
    return {"N": str(value)}


def _coders(kind: Any) -> tuple[Callable[[Any], Item], Callable[[Item], Any]]:
    if kind is int:
        return n, lambda item: int(item["N"])
    if kind is bool:
        return lambda value: {"BOOL": value}, lambda item: item["BOOL"]
    if kind is Decimal:  # As a string: exact whatever its length, and filters match on strings.
        return lambda value: {"S": str(value)}, lambda item: Decimal(item["S"])
    if kind == tuple[str, ...]:
        return (
            lambda value: {"L": [s(each) for each in value]},
            lambda item: tuple(each["S"] for each in item["L"]),
        )
    if kind is bytes:
        return lambda value: {"B": value}, lambda item: bytes(item["B"])
    # An enum is built by its class from its text, and so is a string.
    return lambda value: {"S": str(value)}, lambda item: kind(item["S"])


class Codec(Generic[T]):
    """Writes a dataclass field by field, under `names` where the table calls it otherwise."""

    def __init__(self, kind: type[T], names: dict[str, str]) -> None:
        hints = get_type_hints(kind)
        self._kind = kind
        self._fields = [
            (field.name, names.get(field.name, field.name), *_coders(hints[field.name]))
            for field in fields(kind)  # type: ignore[arg-type]
        ]

    @property
    def names(self) -> list[str]:
        """What the attributes are called."""
        return [name for _, name, _, _ in self._fields]

    def encode(self, value: T) -> Item:
        """Every field as an attribute."""
        return {name: enc(getattr(value, field)) for field, name, enc, _ in self._fields}

    def decode(self, item: Item) -> T:
        """Attributes that are missing take the field's default."""
        return self._kind(
            **{field: dec(item[name]) for field, name, _, dec in self._fields if name in item}
        )


def readable(items: Iterable[Any], decode: Callable[[Any], T]) -> list[T]:
    """What can be read; an item that cannot is logged by its key, and holds up nobody."""
    read = []
    for item in items:
        try:
            read.append(decode(item))
        except Exception:
            logger.exception("item not read: %s %s", item["pk"], item.get("sk"))
    return read


def batch_get(
    client: "DynamoDBClient",
    table: str,
    keys: Iterable[Item],
    *,
    consistent: bool = True,
    **more: Any,
) -> list[Any]:
    """The items with these keys, in no order; what is not there is left out.

    What a call did not get to is asked for again. `more` is said of the table: a projection.
    """
    wanted, found = list(keys), []
    while wanted:
        asked: Any = {"Keys": wanted[:MAX_ITEMS], "ConsistentRead": consistent, **more}
        answer: Any = client.batch_get_item(RequestItems={table: asked})
        found += answer["Responses"].get(table, [])
        unread = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        wanted = wanted[MAX_ITEMS:] + unread
    return found


class TransactionCanceled(Exception):
    """Nothing was written; `codes` has one word for each item: None, ConditionalCheckFailed …"""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


CONDITION_FAILED = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"
CONFLICT_ATTEMPTS = 6
CONFLICT_PAUSE_S = 0.01


def transact(client: "DynamoDBClient", items: Sequence[Any]) -> None:
    """All the writes or none; raises `TransactionCanceled`.

    A write that met another one on the same item under way is simply tried again.
    """
    for attempt in range(CONFLICT_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            reasons: Any = error.response.get("CancellationReasons", [])
            codes = [reason.get("Code", "None") for reason in reasons]
            conflict = CONFLICT in codes and CONDITION_FAILED not in codes
            if conflict and attempt + 1 < CONFLICT_ATTEMPTS:
                time.sleep(CONFLICT_PAUSE_S * 2**attempt * random.random())  # noqa: S311
                continue
            raise TransactionCanceled(codes) from error
        return


def failed_condition(error: ClientError) -> bool:
    """Whether a single write was refused by its condition."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
