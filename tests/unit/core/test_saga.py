"""An order's saga is started once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pilotfish.adapters.saga import LIFETIME_MS, StepFunctionsRetries
from tests.fakes import ManualClock
from tests.fakes.samples import an_order

PASS = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("stepfunctions", region_name="us-east-1")


@pytest.fixture
def arn(client: Any) -> str:
    role = "arn:aws:iam::123456789012:role/any"
    machine = client.create_state_machine(name="m", definition=json.dumps(PASS), roleArn=role)
    found: str = machine["stateMachineArn"]
    return found


def executions(client: Any, arn: str) -> list[str]:
    found = client.list_executions(stateMachineArn=arn)["executions"]
    return sorted(execution["name"] for execution in found)


def test_a_revision_has_one_saga_at_a_time(client: Any, arn: str) -> None:
    clock = ManualClock()
    retries = StepFunctionsRetries(client, arn, clock)
    order = an_order(revision=2)
    for _ in range(3):
        retries.start(order)
    [name] = executions(client, arn)
    assert name.startswith(f"{order.client_order_id}-2-")
    assert len(name) <= 80
    retries.start(replace(order, revision=4))
    assert len(executions(client, arn)) == 2
    clock.now_ms += LIFETIME_MS
    retries.start(order)
    assert len(executions(client, arn)) == 3


def test_the_input_names_the_order_and_holds_nothing_else(client: Any, arn: str) -> None:
    order = an_order()
    StepFunctionsRetries(client, arn, ManualClock()).start(order)
    [execution] = client.list_executions(stateMachineArn=arn)["executions"]
    told = client.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(told["input"]) == {
        "follow_id": order.follow_id,
        "order_key": order.order_key,
    }
