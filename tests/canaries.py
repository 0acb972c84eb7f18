"""Looks for a text in all that the embedded AWS keeps, and in the memory of its workers.

Every key that a test plants on the running stack begins with `CANARY`, so that one word finds all.
"""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pilotfish_local.http_api import call
from pilotfish_local.local_stack import LocalStack
from pilotfish_local.onboarding import CANARY

CHUNK = 1 << 20
OVERWRITTEN_S = 60


def canaries_of(local: LocalStack) -> list[str]:
    """Where a key is that is nowhere to be: in what is kept, or with who may not open it.

    Functions that may open keys have them in memory for five minutes, and are left out.
    """
    found = places_with(local, [CANARY])
    for function in _sealed_off(local):
        found += [f"memory: {function} ({pid})" for pid in _after_a_while(local, function)]
    return found


def _sealed_off(local: LocalStack) -> list[str]:
    """The functions whose roles may not open a key."""
    functions = local.aws.client("lambda").get_paginator("list_functions").paginate()
    found = [function for page in functions for function in page["Functions"]]
    return [one["FunctionName"] for one in found if not _may_open(local, one["Role"])]


def _may_open(local: LocalStack, role_arn: str) -> bool:
    iam, role = local.aws.client("iam"), role_arn.rpartition("/")[2]
    policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=name) for name in policies]
    return any("kms:Decrypt" in json.dumps(each["PolicyDocument"]) for each in documents)


def _after_a_while(local: LocalStack, function: str) -> list[int]:
    """The workers that keep a key for longer than what was freed takes to be overwritten."""
    deadline = time.monotonic() + OVERWRITTEN_S
    while True:
        counted = {
            pid: in_memory(pid, [CANARY, "pilotfish"]) for pid in local.aws.worker_pids(function)
        }
        assert all(words["pilotfish"] for words in counted.values()), "the search finds nothing"
        left = [pid for pid, words in counted.items() if words[CANARY]]
        if not left or time.monotonic() > deadline:
            return left
        for _ in range(5):
            call(local.api_url, "GET", "/openapi.json")


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
        while told := client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=2, MessageAttributeNames=["All"]
        ).get("Messages", []):
            yield from ((url, str(message)) for message in told)


def _executions(local: LocalStack) -> Iterator[tuple[str, str]]:
    client = local.aws.client("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn)
        for execution in (each for page in pages for each in page["executions"]):
            run = execution["executionArn"]
            yield run, str(client.describe_execution(executionArn=run))
            for page in client.get_paginator("get_execution_history").paginate(executionArn=run):
                yield run, str(page["events"])


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
