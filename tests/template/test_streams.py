"""Stream mappings: none can lose, block or swallow a record without leaving a trace."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest

from tests.template.expansion import Resources, named, of_type, sample_events
from tests.template.patterns import passes

READERS = {
    ("Mapper", "FillsTable"),
    ("Broadcaster", "FillsTable"),
    ("Executor", "CopyOrdersTable"),
    ("Broadcaster", "CopyOrdersTable"),
    ("Broadcaster", "AlertsTable"),
    ("Broadcaster", "SyncSessionsTable"),
}
BATCH = {"Mapper": 100, "Executor": 1000, "Broadcaster": 200}


def mappings(resources: Resources) -> dict[tuple[str, str], dict[str, Any]]:
    """Mappings by function and table."""
    return {
        (
            mapping["FunctionName"]["Ref"].removesuffix("Function"),
            mapping["EventSourceArn"]["Fn::GetAtt"][0],
        ): mapping
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    }


def table_of(record: dict[str, Any]) -> str:
    """`…:table/pilotfish-FillsTable/stream/…` is of FillsTable."""
    return str(record["eventSourceARN"]).split("/")[1].removeprefix("pilotfish-")


def records(function: str) -> list[Any]:
    return [
        pytest.param(record, id=f"{case}-{number}")
        for case, event in sample_events(function).items()
        for number, record in enumerate(event["Records"])
    ]


def test_a_stream_has_two_readers_at_most(resources: Resources) -> None:
    found = of_type(resources, "AWS::Lambda::EventSourceMapping")
    readers = Counter(named(mapping["EventSourceArn"]) for mapping in found.values())

    assert set(mappings(resources)) == READERS
    assert max(readers.values()) == 2


@pytest.mark.parametrize("reader", sorted(READERS), ids="-".join)
class TestEachMapping:
    def test_starts_where_nothing_is_skipped(
        self, resources: Resources, reader: tuple[str, str]
    ) -> None:
        assert mappings(resources)[reader]["StartingPosition"] == "TRIM_HORIZON"

    def test_gives_a_poisoned_record_up(
        self, resources: Resources, reader: tuple[str, str]
    ) -> None:
        mapping = mappings(resources)[reader]

        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BisectBatchOnFunctionError"] is True
        assert 0 < mapping["MaximumRetryAttempts"] <= 10
        assert 60 <= mapping["MaximumRecordAgeInSeconds"] <= 3600

    def test_waits_for_nobody(self, resources: Resources, reader: tuple[str, str]) -> None:
        mapping = mappings(resources)[reader]

        assert mapping["MaximumBatchingWindowInSeconds"] == 0
        assert mapping["BatchSize"] == BATCH[reader[0]]
        assert mapping["ParallelizationFactor"] == {"Ref": f"{reader[0]}Parallelism"}

    def test_leaves_what_it_gave_up_in_a_queue_of_its_own(
        self, resources: Resources, reader: tuple[str, str]
    ) -> None:
        targets = {
            key: named(mapping["DestinationConfig"]["OnFailure"]["Destination"])
            for key, mapping in mappings(resources).items()
        }
        queue = resources[targets[reader].removesuffix(".Arn")]

        assert list(targets.values()).count(targets[reader]) == 1
        assert queue["Type"] == "AWS::SQS::Queue"

    def test_has_a_filter(self, resources: Resources, reader: tuple[str, str]) -> None:
        assert mappings(resources)[reader]["FilterCriteria"]["Filters"]


def test_queues_keep_for_a_fortnight_encrypted(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")

    assert len(queues) == len(READERS) + 1  # and one of the schedules
    for name, queue in queues.items():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600, name
        assert queue["SqsManagedSseEnabled"] is True, name


@pytest.mark.parametrize("record", records("mapper"))
def test_a_new_fill_reaches_mapper_and_broadcaster(resources: Resources, record: Any) -> None:
    assert table_of(record) == "FillsTable"
    assert passes(mappings(resources)["Mapper", "FillsTable"], record)
    assert passes(mappings(resources)["Broadcaster", "FillsTable"], record)


@pytest.mark.parametrize("record", records("mapper"))
def test_a_fill_that_was_decided_wakes_nobody(resources: Resources, record: Any) -> None:
    decided = copy.deepcopy(record) | {"eventName": "MODIFY"}
    del decided["dynamodb"]["NewImage"]["undecided"]

    assert not passes(mappings(resources)["Mapper", "FillsTable"], decided)
    assert not passes(mappings(resources)["Broadcaster", "FillsTable"], decided)


@pytest.mark.parametrize("record", records("mapper"))
def test_a_fill_of_the_past_wakes_nobody(resources: Resources, record: Any) -> None:
    past = copy.deepcopy(record)
    del past["dynamodb"]["NewImage"]["undecided"]
    past["dynamodb"]["NewImage"]["history"] = {"BOOL": True}

    for event in ("INSERT", "MODIFY"):
        past["eventName"] = event
        assert not passes(mappings(resources)["Mapper", "FillsTable"], past)
        assert not passes(mappings(resources)["Broadcaster", "FillsTable"], past)


@pytest.mark.parametrize("record", records("mapper"))
def test_a_live_fill_that_a_back_fill_had_written_is_copied(
    resources: Resources, record: Any
) -> None:
    live = copy.deepcopy(record) | {"eventName": "MODIFY"}

    assert passes(mappings(resources)["Mapper", "FillsTable"], live)
    assert passes(mappings(resources)["Broadcaster", "FillsTable"], live)


@pytest.mark.parametrize("record", records("executor"))
def test_a_planned_order_reaches_executor_and_broadcaster(
    resources: Resources, record: Any
) -> None:
    assert table_of(record) == "CopyOrdersTable"
    assert passes(mappings(resources)["Executor", "CopyOrdersTable"], record)
    assert passes(mappings(resources)["Broadcaster", "CopyOrdersTable"], record)


@pytest.mark.parametrize("record", records("broadcaster"))
def test_clients_hear_of_every_change_and_the_executor_of_planned_orders_alone(
    resources: Resources, record: Any
) -> None:
    table = table_of(record)
    planned = (record["eventName"], record["dynamodb"]["NewImage"].get("state")) == (
        "INSERT",
        {"S": "PLANNED"},
    )

    assert passes(mappings(resources)["Broadcaster", table], record)
    assert passes(mappings(resources)["Executor", "CopyOrdersTable"], record) is planned


@pytest.mark.parametrize("reader", sorted(READERS), ids="-".join)
def test_what_was_removed_wakes_nobody(resources: Resources, reader: tuple[str, str]) -> None:
    removed = {"eventName": "REMOVE", "dynamodb": {"Keys": {"pk": {"S": "a"}}}}

    assert not passes(mappings(resources)[reader], removed)


def test_the_lock_of_a_back_fill_wakes_nobody(resources: Resources) -> None:
    lock = {"pk": {"S": "acc"}, "sk": {"S": "running#history"}, "session_id": {"S": "1"}}
    record = {"eventName": "INSERT", "dynamodb": {"NewImage": lock}}

    assert not passes(mappings(resources)["Broadcaster", "SyncSessionsTable"], record)


def test_a_leader_s_fills_are_decided_one_after_the_other(template: dict[str, Any]) -> None:
    """Concurrent batches keep the order of one item's records alone, not of a leader's."""
    assert template["Parameters"]["MapperParallelism"]["Default"] == 1
