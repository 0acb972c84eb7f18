"""A page of a list is one query, however much is in the tables; and the bench would see another."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.adapters.dynamo.records import DynamoRecords
from pilotfish.clock import utc_ms
from pilotfish.settings import ApiSettings
from pilotfish_local.bench.full_tables import FullTables, Member
from pilotfish_local.bench.listing import Listed, Paged, in_process, lists, measured, wrong
from pilotfish_local.bench.reads import counted
from pilotfish_local.http_api import Reply

EACH = Member(fills=24, copies=24, follows=12, leaders=15)
LIMIT = 5
USER = "ada"
BATCH = 25  # of BatchWriteItem


@pytest.fixture
def tables(dynamodb: Any) -> FullTables:
    def load(table: str, items: Sequence[Any]) -> None:
        for start in range(0, len(items), BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
            dynamodb.batch_write_item(RequestItems={table: puts})

    return FullTables(dynamodb, load, str, USER, utc_ms(), EACH)


@pytest.fixture
def pages(dynamodb: Any, tables: FullTables) -> Callable[..., list[Paged]]:
    """Pages of lists at each size that the tables grow to."""
    ask = in_process(ApiSettings.from_env(), dynamodb, USER)

    def untimed(*_: object) -> Reply:
        return Reply(200, {}, "")

    def read(listed: list[Listed], *sizes: int) -> list[Paged]:
        found = []
        for size in sizes:
            tables.grow(size)
            for each in listed:
                found += measured(each, size, dynamodb, ask, untimed, times=1)
        return found

    return read


def test_a_page_reads_the_same_however_much_is_in_the_tables(
    tables: FullTables, pages: Callable[..., list[Paged]]
) -> None:
    tables.begin()
    listed = [replace(each, limit=LIMIT) for each in lists(tables.account_id)]
    read = pages(listed, 24, 72)

    assert wrong(read) == []
    assert len(read) == 2 * 2 * len(listed)


@pytest.fixture
def trades() -> Listed:
    return Listed("trades", "/trades", LIMIT, looked=(LIMIT + 1) * 2)


def test_a_scan_is_seen(
    monkeypatch: pytest.MonkeyPatch, trades: Listed, pages: Callable[..., list[Paged]]
) -> None:
    beneath = DynamoRecords.fills

    def scanning(self: DynamoRecords, *asked: Any) -> Any:
        self._client.scan(TableName=self._fills_table)
        return beneath(self, *asked)

    monkeypatch.setattr(DynamoRecords, "fills", scanning)

    assert "trades, page 1 of 24: scans a table" in wrong(pages([trades], 24))


def test_a_second_query_is_seen(
    monkeypatch: pytest.MonkeyPatch, trades: Listed, pages: Callable[..., list[Paged]]
) -> None:
    beneath = DynamoRecords.fills

    def twice(self: DynamoRecords, *asked: Any) -> Any:
        beneath(self, *asked)
        return beneath(self, *asked)

    assert wrong(pages([trades], 24)) == []
    monkeypatch.setattr(DynamoRecords, "fills", twice)
    faults = wrong(pages([trades], 24))

    assert "trades, page 2 of 24: takes 2 queries" in faults
    assert "trades, page 2 of 24: looks at 24 items" in faults


def test_a_page_that_reads_more_of_a_larger_table_is_seen(
    monkeypatch: pytest.MonkeyPatch, trades: Listed, pages: Callable[..., list[Paged]]
) -> None:
    small = pages([trades], 24)
    beneath = DynamoRecords.fills

    def wider(self: DynamoRecords, owner: str, asked: Any, after: Any, limit: int) -> Any:
        return beneath(self, owner, asked, after, limit + 1)

    monkeypatch.setattr(DynamoRecords, "fills", wider)
    faults = wrong([*small, *pages([replace(trades, looked=100)], 48)])

    assert [fault.partition(": reads ")[0] for fault in faults] == [
        "trades, page 1 of 48",
        "trades, page 2 of 48",
    ]


def test_items_that_a_filter_kept_back_were_looked_at_too(
    dynamodb: Any, tables: FullTables
) -> None:
    tables.grow(10)
    asked = {
        "TableName": "FillsTable",
        "KeyConditionExpression": "pk = :pk",
        "FilterExpression": "symbol = :none",
        "ExpressionAttributeValues": {":pk": {"S": tables.account_id}, ":none": {"S": "-"}},
    }

    answer, reads = counted(dynamodb, lambda: dynamodb.query(**asked))

    assert answer["Items"] == []
    assert (reads.queries, reads.looked) == (1, 5)
