"""Step Functions starts an execution of a name once: while it runs, the same call returns it."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import stepfunctions


def running_twin(request: dict[str, Any]) -> dict[str, Any] | None:
    """The running execution of a standard state machine with this call's name and input."""
    machine_arn = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))
    machine = stepfunctions._state_machines.get(machine_arn) if machine_arn else None
    if not machine or machine.get("type") == "EXPRESS" or not request.get("name"):
        return None
    scope = f"arn:aws:states:{get_region()}:{get_account_id()}"
    arn = f"{scope}:execution:{machine['name']}:{request['name']}"
    execution: dict[str, Any] | None = stepfunctions._executions.get(arn)
    if not execution or execution["status"] != "RUNNING":
        return None
    return execution if execution["input"] == request.get("input", "{}") else None


def apply() -> None:
    """Answer a repeated StartExecution with the execution that it started before."""
    start_execution = stepfunctions._start_execution

    def start_once(request: dict[str, Any]) -> Any:
        twin = running_twin(request)
        if twin is None:
            return start_execution(request)
        return json_response({"executionArn": twin["executionArn"], "startDate": twin["startDate"]})

    stepfunctions._start_execution = start_once
