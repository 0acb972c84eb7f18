"""The saga itself, run by the embedded AWS with a retry function that answers by a script."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pilotfish_local.aws.deploy import Stack, deploy
from pilotfish_local.aws.embedded import EmbeddedAws
from pilotfish_local.paths import EMULATOR_PYTHON
from tests.template.definitions import FOLDER
from tests.template.test_state_machines import CHOICE, LAST, TURN

pytestmark = pytest.mark.slow

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  RetryOrder:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: retry_order.asl.yaml
      DefinitionSubstitutions: {RetryFunctionArn: !GetAtt RetryFunction.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref RetryFunction}}]
  RetryFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: retry
      Handler: app.handler
      Runtime: python3.13
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Turns}}]
      Environment: {Variables: {TURNS: !Ref Turns}}
  Turns:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
"""

# The order's key is the script: one word for each turn, the last one for all that follow.
SCRIPTED = """
import os
import boto3

turns = boto3.client("dynamodb")

class NeedsAPerson(Exception): ...
class NotSettled(Exception): ...

def handler(event, context):
    answer = turns.update_item(
        TableName=os.environ["TURNS"],
        Key={"pk": {"S": event["follow_id"] + event["order_key"]}},
        UpdateExpression="ADD turn :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    turn = int(answer["Attributes"]["turn"]["N"])
    script = event["order_key"].split()
    state = script[min(turn, len(script)) - 1]
    if state == "BREAKS":
        raise RuntimeError("a bug")
    if event.get("last") and state in ("MANUAL", "UNKNOWN"):
        raise NeedsAPerson(f"turn {turn}") if state == "MANUAL" else NotSettled(f"turn {turn}")
    return {"state": state, "finding": f"turn {turn}"}
"""


@dataclass(frozen=True)
class Ended:
    """An execution that is over."""

    status: str
    output: Any
    error: str
    cause: str
    states: list[str]


@dataclass(frozen=True)
class Saga:
    """The deployed state machine."""

    aws: EmbeddedAws
    stack: Stack

    def run(self, script: str) -> Ended:
        client = self.aws.client("stepfunctions")
        arn = client.start_execution(
            stateMachineArn=self.stack.resources["RetryOrder"],
            input=json.dumps({"follow_id": f"follow-{time.monotonic_ns()}", "order_key": script}),
        )["executionArn"]
        for _ in range(3000):
            answer = client.describe_execution(executionArn=arn)
            if answer["status"] != "RUNNING":
                break
            time.sleep(0.02)
        events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return Ended(
            status=answer["status"],
            output=json.loads(answer.get("output") or "null"),
            error=answer.get("error", ""),
            cause=answer.get("cause", ""),
            states=[
                event["stateEnteredEventDetails"]["name"]
                for event in events
                if "stateEnteredEventDetails" in event
            ],
        )


@pytest.fixture(scope="module")
def saga(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saga]:
    bundle: Path = tmp_path_factory.mktemp("bundle")
    (bundle / "retry").mkdir()
    (bundle / "retry" / "app.py").write_text(SCRIPTED)
    (bundle / "template.yaml").write_text(TEMPLATE)
    shutil.copy(FOLDER / "retry_order.asl.yaml", bundle)
    with EmbeddedAws.start(
        interpreter=EMULATOR_PYTHON, state_dir=tmp_path_factory.mktemp("aws"), wait_scale=0.001
    ) as aws:
        yield Saga(aws, deploy(aws, bundle / "template.yaml", stack_name="saga"))


def test_an_order_that_was_not_sent_is_sent_again_where_all_can_see_it(saga: Saga) -> None:
    ended = saga.run("UNSENT UNKNOWN COPIED")

    assert ended.status == "SUCCEEDED"
    assert ended.output == {"state": "COPIED", "finding": "turn 3"}
    assert ended.states.count(TURN) == 3
    assert ended.states[-1] == "The order is copied"


@pytest.mark.parametrize("state", ["REJECTED", "EXPIRED", "SKIPPED"])
def test_an_order_that_ended_otherwise_is_settled_too(saga: Saga, state: str) -> None:
    ended = saga.run(f"SENT {state}")

    assert (ended.status, ended.output["state"]) == ("SUCCEEDED", state)
    assert ended.states[-1] == "The order ended without a copy"


def test_an_order_that_needs_a_person_fails_with_the_finding(saga: Saga) -> None:
    ended = saga.run("UNKNOWN MANUAL")

    assert ended.status == "FAILED"
    assert ended.error == "NeedsAPerson"
    assert json.loads(ended.cause)["errorMessage"] == "turn 3"
    assert ended.states[-1] == LAST


def test_a_last_look_that_settles_the_order_ends_the_saga_well(saga: Saga) -> None:
    ended = saga.run("UNKNOWN MANUAL COPIED")

    assert ended.status == "SUCCEEDED"
    assert ended.states[-2:] == [CHOICE, "The order is copied"]
    assert ended.states.count(LAST) == 1


def test_a_turn_that_breaks_is_followed_by_another(saga: Saga) -> None:
    ended = saga.run("BREAKS UNSENT BREAKS COPIED")

    assert ended.status == "SUCCEEDED"
    assert ended.states.count(TURN) == 4


def test_an_order_that_nobody_settles_is_given_back_to_the_sweep(saga: Saga) -> None:
    ended = saga.run("UNKNOWN")

    assert ended.status == "FAILED"
    assert ended.error == "NotSettled"
    assert json.loads(ended.cause)["errorMessage"] == "turn 41"
    assert ended.states.count(TURN) == 40
    assert ended.states[-1] == LAST
