"""State machines of a template: named executions, and errors by the name of the exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.yaml
      DefinitionSubstitutions: {Task: !GetAtt Task.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref Task}}]
  Task:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/task, Handler: app.handler, Runtime: python3.13}
"""

MACHINE = """
QueryLanguage: JSONata
StartAt: Work
States:
  Work:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Arguments: {FunctionName: "${Task}", Payload: "{% $states.input %}"}
    Retry:
      - {ErrorEquals: [NotSent], IntervalSeconds: 1, MaxAttempts: 2}
    Catch:
      - ErrorEquals: [OutcomeUnknown]
        Output: {outcome: unknown}
        Next: Wait
      - ErrorEquals: [NotSent]
        Output: {outcome: not sent}
        Next: Done
    Output: "{% $states.result.Payload %}"
    Next: Done
  Wait: {Type: Wait, Seconds: 100, Next: Done}
  Done: {Type: Succeed}
"""

TASK = """
class NotSent(Exception):
    pass

class OutcomeUnknown(Exception):
    pass

def handler(event, context):
    print("RUN")
    if event["raise"] == "NotSent":
        raise NotSent("refused")
    if event["raise"] == "OutcomeUnknown":
        raise OutcomeUnknown("timed out")
    return {"outcome": "sent"}
"""


def deploy(aws: EmbeddedAws, workshop: Workshop) -> Deployed:
    workshop.write("machine.asl.yaml", MACHINE)
    return workshop.deploy(aws, TEMPLATE, task=TASK)


def start(stack: Deployed, name: str, error: str = "") -> str:
    reply = stack.aws.client("stepfunctions").start_execution(
        stateMachineArn=stack.physical("Machine"), name=name, input=json.dumps({"raise": error})
    )
    return str(reply["executionArn"])


def ended(stack: Deployed, arn: str) -> dict[str, Any]:
    """The execution's last description, once it is over."""
    client = stack.aws.client("stepfunctions")

    def look() -> dict[str, Any] | None:
        execution: dict[str, Any] = client.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    execution = eventually(look)
    assert execution is not None
    return execution


def test_an_exception_is_retried_and_caught_by_its_name(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(aws, workshop)
    assert json.loads(ended(stack, start(stack, "a"))["output"]) == {"outcome": "sent"}
    unsent = ended(stack, start(stack, "b", "NotSent"))
    assert json.loads(unsent["output"]) == {"outcome": "not sent"}
    assert stack.log("Task").count("RUN") == 1 + 3
    unknown = ended(stack, start(stack, "c", "OutcomeUnknown"))
    assert json.loads(unknown["output"]) == {"outcome": "unknown"}


def test_starting_the_same_execution_again_returns_the_running_one(
    aws: EmbeddedAws, workshop: Workshop
) -> None:
    stack = deploy(aws, workshop)
    first = start(stack, "copy-1", "OutcomeUnknown")
    assert start(stack, "copy-1", "OutcomeUnknown") == first
    taken = aws.client("stepfunctions").exceptions.ExecutionAlreadyExists
    with pytest.raises(taken):
        start(stack, "copy-1", "something else")
    ended(stack, first)
    with pytest.raises(taken):
        start(stack, "copy-1", "OutcomeUnknown")


def test_unrepaired_starting_again_fails(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    aws = unrepaired("execution_names")
    stack = deploy(aws, workshop)
    start(stack, "copy-1", "OutcomeUnknown")
    with pytest.raises(aws.client("stepfunctions").exceptions.ExecutionAlreadyExists):
        start(stack, "copy-1", "OutcomeUnknown")
