"""Lambda runs a Python function in an environment that holds its code, its layers and the runtime.

Restores: a module missing from a layer fails; `errorType` is the exception's class name, with a
`stackTrace`, so that a state machine's Retry and Catch match; init errors have AWS's names; an
exception does not cost the environment; the log is complete when the answer is there, without a
wait; layers are merged in order; function variables and nothing of the host's are visible.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from ministack.core import lambda_runtime

from pilotfish_local.aws.repairs import deployment_packages, function_environment

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS = 10.0
EXIT_SECONDS = 1.0

Outcome = dict[str, Any]


class ExecutionEnvironment(lambda_runtime.Worker):  # type: ignore[misc]
    """One process that runs one function, one invocation after another."""

    _proc: Any
    _tmpdir: str | None
    _channel: socket.socket
    _output: IO[bytes]
    _unread: bytes

    def _spawn(self) -> None:
        """Start the process and wait for the outcome of its init; MiniStack calls this as well."""
        failure = self._start()
        if failure is not None:
            raise RuntimeError(failure["error"]["errorMessage"])

    def _start(self) -> Outcome | None:
        self._unread = b""
        if self._tmpdir is None:
            self._tmpdir = tempfile.mkdtemp(prefix="environment-")
        ours, theirs = socket.socketpair()
        task_root = deployment_packages.unpacked([self.code_zip], "code")
        layers_root = deployment_packages.unpacked(function_environment.layers(self.config), "opt")
        with theirs:
            self._proc = subprocess.Popen(
                self._command(theirs, task_root, layers_root),
                cwd=task_root,
                env=function_environment.variables(self.config, task_root, self._tmpdir),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._output = self._proc.stdout
        os.set_blocking(self._output.fileno(), False)
        self._channel = ours
        deadline = time.time() + max(INIT_SECONDS, float(self.config.get("Timeout", 3)))
        reply, log = self._reply(deadline)
        if reply is not None and reply["init"] is None:
            return None
        self._end()
        error = (
            reply["init"]
            if reply
            else _runtime_failure(
                "Runtime.ExitError", "init", "Runtime exited without providing a reason"
            )
        )
        return {"status": "error", "error": error, "log": log}

    @staticmethod
    def _command(channel: socket.socket, task_root: Path, layers_root: Path) -> list[str]:
        folders = [str(task_root), str(layers_root), str(deployment_packages.runtime_root())]
        isolated = [sys.executable, "-I", "-S", "-B"]
        return [*isolated, str(BOOTSTRAP), str(channel.fileno()), *folders]

    def invoke(self, event: Any, request_id: str, **context: Any) -> Outcome:
        """Run one invocation: {"status": "ok", "result": …} or {"status": "error", "error": …}."""
        with self._lock:
            cold = self._proc is None or self._proc.poll() is not None
            if cold and (failure := self._start()) is not None:
                return failure
            timeout = float(self.config.get("Timeout", 3))
            deadline = time.time() + timeout
            request = {
                "id": request_id,
                "event": event,
                "arn": context.get("invoked_function_arn") or self.config.get("FunctionArn", ""),
                "deadline": deadline,
                "trace": context.get("trace_id"),
            }
            try:
                self._channel.settimeout(timeout)
                self._channel.sendall((json.dumps(request) + "\n").encode())
                reply, log = self._reply(deadline)
            except OSError:
                reply, log = None, self._log()
            outcome = self._outcome(reply, request_id, timeout, deadline)
            return {**outcome, "log": log, "cold_start": cold}

    def _outcome(
        self, reply: Outcome | None, request_id: str, timeout: float, deadline: float
    ) -> Outcome:
        if reply is None:
            late = time.time() >= deadline
            code = self._end(0.0 if late else EXIT_SECONDS)
            if late:
                message = f"Task timed out after {timeout:.2f} seconds"
                error = _runtime_failure("Sandbox.Timedout", request_id, message)
            else:
                message = f"Runtime exited with error: {_exit_reason(code)}"
                error = _runtime_failure("Runtime.ExitError", request_id, message)
            return {"status": "error", "error": error}
        if "error" in reply:
            return {"status": "error", "error": reply["error"]}
        return {"status": "ok", "result": reply["result"]}

    def _reply(self, deadline: float) -> tuple[Outcome | None, str]:
        """The next line of the channel, None at the deadline or the process's end, and the log."""
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._output, select.POLLIN)
        log = ""
        while b"\n" not in self._unread:
            ready = dict(poll.poll(max(0.0, deadline - time.time()) * 1000))
            if not ready:
                return None, log + self._log()
            if self._channel.fileno() in ready:
                part = self._channel.recv(1 << 20)
                if not part:
                    return None, log + self._log()
                self._unread += part
            elif not (more := self._log()):
                poll.unregister(self._output)
            else:
                log += more
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line), log + self._log()

    def _log(self) -> str:
        """All that the process has written: what a handler printed is there before its answer."""
        parts = []
        try:
            while part := os.read(self._output.fileno(), 1 << 16):
                parts.append(part)
        except BlockingIOError:
            pass
        return b"".join(parts).decode(errors="replace")

    def _end(self, patience: float = 0.0) -> int:
        """Kill the process with all that it started, unless it ends by itself; return its code."""
        process, self._proc = self._proc, None
        if process is None:
            return -signal.SIGKILL
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        code = int(process.wait())
        self._channel.close()
        return code


def _runtime_failure(kind: str, request_id: str, message: str) -> Outcome:
    return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}


def _exit_reason(code: int) -> str:
    return "signal: killed" if code == -signal.SIGKILL else f"exit status {abs(code)}"


def execute(func: dict[str, Any], event: Any, request_id: str) -> Outcome:
    """Run one invocation of a Python function on a free environment and answer as Lambda would."""
    from ministack.services import lambda_svc

    from pilotfish_local.aws.repairs import worker_pool

    config = func.get("config") or func
    with worker_pool.leased(config, func["code_zip"]) as environment:
        outcome = environment.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config.get("FunctionArn", ""),
        )
    if outcome["status"] == "ok":
        return {"body": outcome["result"], "log": outcome["log"]}
    failed = {"body": outcome["error"], "error": True, "function_error": "Unhandled"}
    return {**failed, "log": outcome["log"]}


def apply() -> None:
    """Give Python functions this environment; other runtimes keep MiniStack's."""
    from ministack.services import lambda_svc

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
