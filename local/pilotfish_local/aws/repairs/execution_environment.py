"""Lambda runs a Python function in an environment that holds its code, its layers and the runtime.

Restores: a module missing from a layer fails; `errorType` is the exception's class name, with a
`stackTrace`, so that a state machine's Retry and Catch match; init errors have AWS's names; an
exception does not cost the environment; the log is complete when the answer is there, without a
wait; layers are merged in order; function variables and nothing of the host's are visible.
"""

from __future__ import annotations

import signal
import tempfile
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from pilotfish_local.aws.repairs import deployment_packages, function_environment, worker_pool
from pilotfish_local.aws.repairs.worker_process import WorkerProcess

INIT_SECONDS = 10.0
EXIT_SECONDS = 1.0

Outcome = dict[str, Any]


class ExecutionEnvironment(lambda_runtime.Worker):  # type: ignore[misc]
    """One process that runs one function, one invocation after another."""

    _proc: WorkerProcess | None
    _tmpdir: str | None

    def _spawn(self) -> None:
        """MiniStack calls this to initialise ahead; here the first invocation does it."""

    def invoke(self, event: Any, request_id: str, **context: Any) -> Outcome:
        """Run one invocation; the outcome holds the `result` or the `error`, and the `log`."""
        with self._lock:
            timeout = float(self.config.get("Timeout", 3))
            failure, init_log = self._initialised(request_id, timeout)
            if failure is not None:
                return {"error": failure, "log": init_log}
            deadline = time.time() + timeout
            request = {
                "id": request_id,
                "event": event,
                "arn": context.get("invoked_function_arn") or self.config.get("FunctionArn", ""),
                "deadline": deadline,
                "trace": context.get("trace_id"),
            }
            answer, log = self._proc.ask(request, deadline) if self._proc else (None, "")
            answer = answer or {"error": self._ended(request_id, timeout, deadline)}
            return {**answer, "log": init_log + log}

    def _initialised(self, request_id: str, timeout: float) -> tuple[Outcome | None, str]:
        """Have a process that is ready: the error of its init, if any, and what it printed."""
        if self._proc is not None and self._proc.poll() is None:
            return None, ""
        process = self._proc = self._started()
        deadline = time.time() + max(INIT_SECONDS, timeout)
        initialised, log = process.answer(deadline)
        if initialised is None:
            return self._ended(request_id, timeout, deadline), log
        failure: Outcome | None = initialised["init"]
        if failure is not None:
            self._end(EXIT_SECONDS)
        return failure, log

    def _started(self) -> WorkerProcess:
        if self._tmpdir is None:
            self._tmpdir = tempfile.mkdtemp(prefix="environment-")
        task_root = deployment_packages.unpacked([self.code_zip], "code")
        layers_root = deployment_packages.unpacked(function_environment.layers(self.config), "opt")
        return WorkerProcess(
            [task_root, layers_root, deployment_packages.runtime_root()],
            environment=function_environment.variables(self.config, task_root, self._tmpdir),
            folder=task_root,
        )

    def _ended(self, request_id: str, timeout: float, deadline: float) -> Outcome:
        """Why there is no answer, in AWS's words; a process that still runs has taken too long."""
        code = self._end(EXIT_SECONDS if time.time() < deadline else 0.0)
        if code is None:
            kind, what = "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds"
        else:
            reason = "signal: killed" if code == -signal.SIGKILL else f"exit status {abs(code)}"
            kind, what = "Runtime.ExitError", f"Runtime exited with error: {reason}"
        return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {what}"}

    def _end(self, patience: float = 0.0) -> int | None:
        """Be rid of the process; return the code it ended with by itself, if it did."""
        process, self._proc = self._proc, None
        return process.end(patience) if process else -signal.SIGKILL


def execute(func: dict[str, Any], event: Any, request_id: str) -> Outcome:
    """Run one invocation of a Python function on a free environment and answer as Lambda would."""
    config = func.get("config") or func
    with worker_pool.leased(config, func["code_zip"]) as environment:
        outcome = environment.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config.get("FunctionArn", ""),
        )
    if "error" not in outcome:
        return {"body": outcome["result"], "log": outcome["log"]}
    failed = {"body": outcome["error"], "error": True, "function_error": "Unhandled"}
    return {**failed, "log": outcome["log"]}


def apply() -> None:
    """Give Python functions this environment; other runtimes keep MiniStack's."""
    class_of_ministack = lambda_runtime._worker_class_for
    execute_of_ministack = lambda_svc._execute_function_warm

    def worker_class(config: dict[str, Any]) -> Any:
        python = str(config.get("Runtime", "")).startswith("python")
        return ExecutionEnvironment if python else class_of_ministack(config)

    def execute_function(func: dict[str, Any], event: Any, request_id: str) -> Outcome:
        config = func.get("config") or func
        if func.get("code_zip") and str(config.get("Runtime", "")).startswith("python"):
            return execute(func, event, request_id)
        return dict(execute_of_ministack(func, event, request_id))

    lambda_runtime._worker_class_for = worker_class
    lambda_svc._execute_function_warm = execute_function
