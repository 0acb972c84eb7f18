"""FillsTable as a back-fill writes it: the same key, no mark for the mapper, and never over a live
fill."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pilotfish.adapters.dynamo.fills import fill_from_item, fill_to_item
from pilotfish.adapters.dynamo.items import (
    CONDITION_FAILED,
    Item,
    TransactionCanceled,
    batch_get,
    s,
    transact,
)
from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

CHUNK = 100  # of TransactWriteItems and BatchGetItem alike
THROTTLED = {"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"}
ATTEMPTS = 8
PAUSE_S = 0.05

# The session that wrote a fill, and the one that wrote it again: a page that is done again after a
# crash counts what it did the first time.
WRITTEN_BY, UPDATED_BY = "session", "updated_by"


class DynamoPastFills:
    """Conditional puts in transactions: a fill that is there is told by the condition, not read."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def add(self, account: Account, session_id: str, fills: Sequence[Fill]) -> Tally:
        """Write those that are new, and those that an earlier back-fill was told otherwise."""
        unique = list({fill.fill_id: fill for fill in fills}.values())
        tally = Tally()
        for start in range(0, len(unique), CHUNK):
            tally += self._add(account, session_id, unique[start : start + CHUNK])
        return tally

    def _add(self, account: Account, session_id: str, fills: list[Fill]) -> Tally:
        puts = [past_put(self._table, fill, account, session_id) for fill in fills]
        written = self._write(puts)
        tally = Tally(synced=sum(written))
        there = [fill for fill, new in zip(fills, written, strict=True) if not new]
        if there:
            tally += self._again(account, session_id, there)
        return tally

    def _again(self, account: Account, session_id: str, fills: list[Fill]) -> Tally:
        """Fills that were there: whose they are, and whether they are told otherwise now."""
        stored = self._stored(fills)
        tally, changed = Tally(), []
        for fill in fills:
            item = stored[fill.fill_id]
            if item.get(WRITTEN_BY) == s(session_id):
                tally += Tally(synced=1)
            elif item.get(UPDATED_BY) == s(session_id):
                tally += Tally(updated=1)
            elif _told_otherwise(fill, item):
                mark = {"owner": s(account.owner), UPDATED_BY: s(session_id)}
                mark |= {WRITTEN_BY: item[WRITTEN_BY]}
                changed.append(self._put_again(fill, mark))
            else:
                tally += Tally(known=1)
        written = sum(self._write(changed))
        return tally + Tally(updated=written, known=len(changed) - written)

    def _put_again(self, fill: Fill, mark: Item) -> Item:
        put = {
            "TableName": self._table,
            "Item": fill_to_item(replace(fill, history=True)) | mark,
            "ConditionExpression": "attribute_exists(#session)",
            "ExpressionAttributeNames": {"#session": WRITTEN_BY},
        }
        return {"Put": put}

    def _write(self, puts: list[Item]) -> list[bool]:
        """Which of them their condition let through; raises while the table takes no more."""
        refused: set[int] = set()
        attempt = 0
        while left := [number for number in range(len(puts)) if number not in refused]:
            try:
                transact(self._client, [puts[number] for number in left])
                break
            except TransactionCanceled as canceled:
                codes = dict(zip(left, canceled.codes, strict=True))
                failed = {number for number, code in codes.items() if code == CONDITION_FAILED}
                refused |= failed
                if not failed:
                    attempt += 1
                    if attempt == ATTEMPTS or not THROTTLED & set(canceled.codes):
                        raise
                    self._sleep(PAUSE_S * 2**attempt * (1 + random.random()) / 2)  # noqa: S311
        return [number not in refused for number in range(len(puts))]

    def _stored(self, fills: list[Fill]) -> dict[str, Item]:
        """Items by fill id."""
        keys = [{"pk": s(fill.account_id), "sk": s(fill.fill_id)} for fill in fills]
        return {item["sk"]["S"]: item for item in batch_get(self._client, self._table, keys)}


def past_put(table: str, fill: Fill, account: Account, session_id: str) -> Item:
    """A fill of the past that is not there yet, as part of a transaction."""
    mark = {"owner": s(account.owner), WRITTEN_BY: s(session_id)}
    put = {
        "TableName": table,
        "Item": fill_to_item(replace(fill, history=True)) | mark,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    return {"Put": put}


def _told_otherwise(fill: Fill, item: Item) -> bool:
    """Whether an earlier back-fill wrote something else; a live fill is never touched."""
    if WRITTEN_BY not in item:
        return False
    stored = fill_from_item(item)
    return replace(stored, seen_ms=0) != replace(fill, seen_ms=0, history=True)
