"""What a DynamoDB stream does with what its function failed on, on a stack deployed for it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable

from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: sk, AttributeType: S}
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Failed: {Type: AWS::SQS::Queue}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/reader
      Handler: app.handler
      Runtime: python3.13
      Timeout: 10
      Events:
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            MaximumRetryAttempts: 2
            DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}
            SETTINGS
"""

READER = """
import time

def handler(event, context):
    failures = []
    for record in event["Records"]:
        name = record["dynamodb"]["Keys"]["sk"]["S"]
        if name.startswith("slow"):
            time.sleep(0.3)
        print("SAW", record["dynamodb"]["Keys"]["pk"]["S"], name)
        if name.startswith("poison"):
            MISBEHAVE
    return {"batchItemFailures": failures}
"""
REPORTING = 'failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})'
RAISING = 'raise ValueError("poison")'


def deploy(
    workshop: Workshop, aws: EmbeddedAws, misbehave: str = RAISING, **settings: object
) -> Deployed:
    lines = "\n            ".join(f"{key}: {json.dumps(value)}" for key, value in settings.items())
    reader = READER.replace("MISBEHAVE", misbehave)
    return workshop.deploy(aws, TEMPLATE.replace("SETTINGS", lines), reader=reader)


def put(stack: Deployed, *names: str, pk: str = "a") -> None:
    requests = [{"PutRequest": {"Item": {"pk": {"S": pk}, "sk": {"S": name}}}} for name in names]
    client = stack.aws.client("dynamodb")
    client.batch_write_item(RequestItems={stack.physical("Table"): requests})


def seen(stack: Deployed) -> list[str]:
    return [line.split()[2] for line in stack.log("Reader") if line.startswith("SAW ")]


def on_failure(stack: Deployed) -> dict[str, object]:
    """The one record in the OnFailure queue, waited for."""
    sqs = stack.aws.client("sqs")
    url = stack.physical("Failed")
    messages = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    record: dict[str, object] = json.loads(messages[0]["Body"])
    return record


def test_a_reported_record_is_retried_and_then_goes_to_the_queue(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    settings = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    stack = deploy(workshop, aws, REPORTING, BisectBatchOnFunctionError=True, **settings)
    put(stack, "1", "2", "poison", "3", "4")
    record = on_failure(stack)
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"  # type: ignore[index]
    batch = record["DDBStreamBatchInfo"]
    assert batch["batchSize"] == 1  # type: ignore[index]
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"]  # type: ignore[index]
    eventually(lambda: {"3", "4"} <= set(seen(stack)))
    assert seen(stack).count("1") == 1


def test_unrepaired_a_reported_record_is_lost(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    settings = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    stack = deploy(workshop, unrepaired("stream_mappings"), REPORTING, **settings)
    put(stack, "1", "poison")
    eventually(lambda: "poison" in seen(stack))
    put(stack, "2")
    eventually(lambda: "2" in seen(stack))
    assert seen(stack).count("poison") == 1


def test_bisecting_hands_every_other_record_to_the_function(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(workshop, aws, RAISING, BisectBatchOnFunctionError=True)
    put(stack, "1", "2", "3", "poison", "4", "5")
    assert on_failure(stack)["DDBStreamBatchInfo"]["batchSize"] == 1  # type: ignore[index]
    eventually(lambda: {"1", "2", "3", "4", "5"} <= set(seen(stack)))


def test_a_throttled_batch_is_kept_until_the_function_can_run(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(workshop, aws)
    function = stack.physical("Reader")
    client = aws.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    put(stack, "1")
    time.sleep(0.5)
    client.delete_function_concurrency(FunctionName=function)
    eventually(lambda: seen(stack) == ["1"])


def test_lanes_work_side_by_side_and_keep_the_order_of_a_partition_key(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(workshop, aws, ParallelizationFactor=4, BatchSize=1)
    keys = [f"key{n}" for n in range(8)]
    for round_number in range(3):
        for key in keys:
            put(stack, f"{round_number}", pk=key)
    eventually(lambda: len(seen(stack)) == 24)
    for key in keys:
        of_key = [ln.split()[2] for ln in stack.log("Reader") if ln.startswith(f"SAW {key} ")]
        assert of_key == ["0", "1", "2"]
    assert len(aws.worker_pids(stack.physical("Reader"))) > 1


def test_a_slow_handler_delays_no_other_mapping(aws: EmbeddedAws, workshop: Workshop) -> None:
    slow = deploy(workshop, aws, BatchSize=1)
    quick = deploy(workshop, aws)
    put(slow, *[f"slow{n}" for n in range(10)])
    eventually(lambda: seen(slow))
    put(quick, "1")
    eventually(lambda: seen(quick))
    assert len(seen(slow)) < 10


def test_a_disabled_mapping_leaves_its_records_in_the_stream(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(workshop, aws)
    mapping = stack.physical("ReaderStream")
    client = aws.client("lambda")
    put(stack, "1")
    eventually(lambda: seen(stack) == ["1"])
    client.update_event_source_mapping(UUID=mapping, Enabled=False)
    time.sleep(1.5)
    put(stack, "2")
    time.sleep(0.3)
    assert seen(stack) == ["1"]
    client.update_event_source_mapping(UUID=mapping, Enabled=True)
    eventually(lambda: seen(stack) == ["1", "2"])


def test_the_window_gathers_records_into_one_batch(aws: EmbeddedAws, workshop: Workshop) -> None:
    stack = deploy(workshop, aws, MaximumBatchingWindowInSeconds=1)
    for n in range(3):
        put(stack, str(n))
    eventually(lambda: len(seen(stack)) == 3)
    assert sum(line.startswith("START") for line in stack.log("Reader")) == 1


def test_records_that_the_filter_leaves_out_never_reach_the_function(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    pattern = json.dumps({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "want"}]}}}})
    stack = deploy(workshop, aws, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    put(stack, "other1", "want1", "other2", "want2")
    eventually(lambda: len(seen(stack)) == 2)
    assert seen(stack) == ["want1", "want2"]


def test_a_batch_whose_worker_is_killed_is_handed_out_again(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(workshop, aws)
    put(stack, "slow1", "slow2", "slow3")
    for pid in eventually(lambda: aws.worker_pids(stack.physical("Reader"), busy=True)):
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: {"slow1", "slow2", "slow3"} <= set(seen(stack)))
