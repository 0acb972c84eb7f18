"""Looks for a text in all that the embedded AWS keeps, and in the memory of its workers."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pilotfish_local.local_stack import LocalStack

CHUNK = 1 << 20


def places_with(local: LocalStack, words: Sequence[str]) -> list[str]:
    """Where any of the words is: tables, logs, queues, executions, objects, function settings."""
    kept = {
        "tables": _tables,
        "logs": _logs,
        "queues": _queues,
        "executions": _executions,
        "objects": _objects,
        "functions": _functions,
    }
    found = []
    for kind, read in kept.items():
        for place, text in read(local):
            found += [f"{kind}: {place}" for word in words if word in text]
    log = local.aws.log_path.read_text(errors="replace")
    return found + [f"the server's own log: {word}" for word in words if word in log]


def in_memory(pid: int, words: Sequence[str]) -> dict[str, int]:
    """How often each word is in what a process has in memory, as it is in bytes or in texts."""
    counted = dict.fromkeys(words, 0)
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for start, end in _regions(pid):
            for chunk in _read(memory, start, end):
                for word in words:
                    counted[word] += chunk.count(word.encode())
    return counted


def _regions(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights, *_ = line.split()
        if rights.startswith("rw"):
            start, end = (int(part, 16) for part in span.split("-"))
            yield start, end


def _read(memory: Any, start: int, end: int) -> Iterator[bytes]:
    """Chunks that overlap, so that no word is cut in two."""
    at = start
    while at < end:
        try:
            memory.seek(at)
            yield memory.read(min(CHUNK + 256, end - at))
        except OSError:
            return
        at += CHUNK


def _tables(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("dynamodb")
    for name in client.list_tables()["TableNames"]:
        for page in client.get_paginator("scan").paginate(TableName=name):
            for item in page["Items"]:
                yield f"{name} {item['pk']}", str(item)


def _logs(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("logs")
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            events = client.get_paginator("filter_log_events").paginate(logGroupName=name)
            for event in (event for page in events for event in page["events"]):
                yield name, event["message"]


def _queues(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("sqs")
    for url in client.list_queues().get("QueueUrls", []):
        told = client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        )
        for message in told.get("Messages", []):
            yield url, str(message)


def _executions(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        for execution in client.list_executions(stateMachineArn=arn)["executions"]:
            run = execution["executionArn"]
            yield run, str(client.describe_execution(executionArn=run))
            yield run, str(client.get_execution_history(executionArn=run)["events"])


def _objects(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("s3")
    for bucket in client.list_buckets()["Buckets"]:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for found in page.get("Contents", []):
                body = client.get_object(Bucket=bucket["Name"], Key=found["Key"])["Body"].read()
                yield found["Key"], body.decode("latin-1")


def _functions(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("lambda")
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            yield function["FunctionName"], json.dumps(function, default=str)
