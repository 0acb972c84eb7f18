"""What a Lambda function sees, and what its caller sees of its errors."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotfish_local.aws.embedded import EmbeddedAws
from tests.contract.aws.conftest import Deployed, Workshop, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Timeout: 5}
Resources:
  First: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/first}}
  Second: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/second}}
  Probe:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/probe
      Handler: app.handler
      Layers: [!Ref First, !Ref Second]
      Environment: {Variables: {OWN: "yes"}}
  Hasty:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/probe, Handler: app.handler, Timeout: 1}
  Broken:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/broken, Handler: app.handler}
  Nameless:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code/probe, Handler: app.no_such_handler}
"""

PROBE = """
import importlib, logging, os, sys, time
from decimal import Decimal

class OutOfLuckError(ValueError):
    pass

CALLS = []

def handler(event, context):
    CALLS.append(1)
    command = event.get("do")
    if command == "raise":
        print("about to raise")
        raise OutOfLuckError("bad luck")
    if command == "import":
        return importlib.import_module(event["module"]).__name__
    if command == "sleep":
        time.sleep(event["seconds"])
    if command == "exit":
        sys.exit(3)
    if command == "log":
        logging.getLogger("my.module").warning("careful")
    if command == "unserializable":
        return {1, 2}
    if command == "context":
        return {
            "arn": context.invoked_function_arn,
            "remaining": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb,
            "decimal": Decimal("1.5"),
        }
    if command == "environment":
        return dict(os.environ)
    if command == "layer":
        import shared
        return [shared.NAME, os.getcwd() == os.environ["LAMBDA_TASK_ROOT"]]
    return {"calls": len(CALLS), "pid": os.getpid()}
"""


def deploy(aws: EmbeddedAws, workshop: Workshop) -> Deployed:
    for layer in ("first", "second"):
        workshop.write(f"layers/{layer}/python/shared.py", f"NAME = '{layer}'")
    return workshop.deploy(aws, TEMPLATE, probe=PROBE, broken="import not_in_any_layer")


@pytest.fixture(scope="module")
def stack(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return deploy(aws, Workshop(tmp_path_factory.mktemp("bundle")))


def test_an_exception_is_returned_by_its_bare_class_name_with_its_frames(stack: Deployed) -> None:
    result = stack.invoke("Probe", {"do": "raise"})
    assert result.failed
    assert result.payload["errorType"] == "OutOfLuckError"
    assert result.payload["errorMessage"] == "bad luck"
    assert "OutOfLuckError" in result.payload["stackTrace"][-1]
    assert "bootstrap" not in "".join(result.payload["stackTrace"])
    assert "about to raise" in result.log
    assert "[ERROR] OutOfLuckError: bad luck" in result.log


def test_unrepaired_every_exception_has_the_same_type(
    unrepaired: Callable[[str], EmbeddedAws], workshop: Workshop
) -> None:
    stack = deploy(unrepaired("execution_environment"), workshop)
    assert stack.invoke("Probe", {"do": "raise"}).payload["errorType"] == "Runtime.HandlerError"


def test_an_exception_does_not_cost_the_environment(stack: Deployed) -> None:
    before = stack.invoke("Probe", {}).payload
    stack.invoke("Probe", {"do": "raise"})
    after = stack.invoke("Probe", {}).payload
    assert after == {"calls": before["calls"] + 2, "pid": before["pid"]}


def test_a_module_that_no_layer_holds_fails_the_import(stack: Deployed) -> None:
    payload = stack.invoke("Broken", {}).payload
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'not_in_any_layer'" in payload["errorMessage"]


def test_a_handler_that_is_not_there_is_named(stack: Deployed) -> None:
    payload = stack.invoke("Nameless", {}).payload
    assert payload["errorType"] == "Runtime.HandlerNotFound"


@pytest.mark.parametrize("module", ["boto3", "botocore", "urllib3", "dateutil"])
def test_the_runtime_brings_its_sdk(stack: Deployed, module: str) -> None:
    assert stack.invoke("Probe", {"do": "import", "module": module}).payload == module


@pytest.mark.parametrize(
    "module", ["ministack", "pilotfish_local", "pydantic", "yaml", "samtranslator", "pip"]
)
def test_what_the_server_or_the_host_has_is_not_there(stack: Deployed, module: str) -> None:
    result = stack.invoke("Probe", {"do": "import", "module": module})
    assert result.payload["errorType"] == "ModuleNotFoundError"


def test_a_later_layer_lies_over_an_earlier_one(stack: Deployed) -> None:
    assert stack.invoke("Probe", {"do": "layer"}).payload == ["second", True]


def test_the_environment_is_the_functions_own(
    stack: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = stack.invoke("Probe", {"do": "environment"}).payload
    assert seen["OWN"] == "yes"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == stack.physical("Probe")
    assert not {"PYTHONPATH", "GATEWAY_PORT", "LOG_LEVEL", "VIRTUAL_ENV"} & set(seen)
    assert not any(str(Path.home()) == value for value in seen.values())


def test_the_context_is_lambdas(stack: Deployed) -> None:
    payload = stack.invoke("Probe", {"do": "context"}).payload
    assert payload["arn"].endswith(f":function:{stack.physical('Probe')}")
    assert 0 < payload["remaining"] <= 5000
    assert payload["memory"] == "128"
    assert payload["decimal"] == 1.5


def test_plain_logging_is_seen_in_the_log(stack: Deployed) -> None:
    stack.invoke("Probe", {"do": "log"})
    assert any("[WARNING]" in line and "careful" in line for line in stack.log("Probe"))


def test_an_answer_that_json_cannot_carry_is_an_error(stack: Deployed) -> None:
    payload = stack.invoke("Probe", {"do": "unserializable"}).payload
    assert payload["errorType"] == "Runtime.MarshalError"


def test_a_handler_that_runs_too_long_is_stopped(stack: Deployed) -> None:
    payload = stack.invoke("Hasty", {"do": "sleep", "seconds": 4}).payload
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in payload["errorMessage"]
    assert not stack.invoke("Hasty", {}).failed


def test_a_process_that_exits_is_reported_and_replaced(stack: Deployed) -> None:
    payload = stack.invoke("Probe", {"do": "exit"}).payload
    assert payload["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in payload["errorMessage"]
    assert not stack.invoke("Probe", {}).failed


def test_a_worker_killed_at_work_fails_its_invocation_only(stack: Deployed) -> None:
    results = []
    event = {"do": "sleep", "seconds": 4}
    stack.invoke("Probe", {})
    caller = threading.Thread(target=lambda: results.append(stack.invoke("Probe", event)))
    caller.start()
    name = stack.physical("Probe")
    for pid in eventually(lambda: stack.aws.worker_pids(name, busy=True)):
        os.kill(pid, signal.SIGKILL)
    caller.join()
    assert results[0].payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in results[0].payload["errorMessage"]
    assert not stack.invoke("Probe", {}).failed


def test_invocations_beyond_the_cap_wait_for_a_free_worker(stack: Deployed) -> None:
    results: list[bool] = []
    event = {"do": "sleep", "seconds": 0.2}
    callers = [
        threading.Thread(target=lambda: results.append(stack.invoke("Probe", event).failed))
        for _ in range(10)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert results == [False] * 10
    assert len(stack.aws.worker_pids(stack.physical("Probe"))) == 4


def test_a_large_event_and_a_large_log_pass(stack: Deployed) -> None:
    noise = "x" * 300_000
    result = stack.invoke("Probe", {"noise": noise})
    assert not result.failed
    assert json.dumps(result.payload)
