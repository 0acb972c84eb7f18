"""One Lambda execution environment for Python, as a process: what AWS's own runtime does.

Started isolated (`-I -S -B`) by `execution_environment`, which passes the number of a socket and
the folders of the function, its layers and the runtime. Those and the standard library are all
that a handler can import. Requests and answers are JSON lines on the socket; standard output and
error are the function's log. Standard input closes when the server has gone.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import threading
import time
import traceback
from typing import Any


class LambdaContext:
    """The context object of AWS's Python runtime."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id: str = request["id"]
        self.invoked_function_arn: str = request["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline: float = request["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda stops this invocation."""
        return max(0, int((self._deadline - time.time()) * 1000))


def _plain(value: Any) -> Any:
    """A Decimal is returned as a number, as AWS's runtime does; nothing else is guessed at."""
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _failure(kind: str, message: str, stack: list[str] | None = None) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": stack or []}


def _raised(error: BaseException, frames_of_ours: int) -> dict[str, Any]:
    """What AWS returns for an exception: the bare class name, its message, the handler's frames."""
    frames = traceback.extract_tb(error.__traceback__)[frames_of_ours:]
    return _failure(type(error).__name__, str(error), traceback.format_list(frames))


def load_handler(spec: str) -> tuple[Any, dict[str, Any] | None]:
    """The handler named `module.function`, or the init error that AWS reports for it."""
    module_name, _, function_name = spec.rpartition(".")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        return None, _failure("Runtime.ImportModuleError", message)
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        return None, _failure("Runtime.UserCodeSyntaxError", message)
    except Exception as error:  # noqa: BLE001 - whatever the module raises
        return None, _raised(error, 2)
    if not hasattr(module, function_name):
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        return None, _failure("Runtime.HandlerNotFound", message)
    return getattr(module, function_name), None


def answer(handler: Any, request: dict[str, Any]) -> str:
    """Run the handler once and return the answer as one JSON line."""
    try:
        result = handler(request["event"], LambdaContext(request))
    except Exception as error:  # noqa: BLE001 - whatever the handler raises
        failure = _raised(error, 1)
    else:
        try:
            return '{"result":' + json.dumps(result, default=_plain) + "}\n"
        except (TypeError, ValueError) as error:
            failure = _failure("Runtime.MarshalError", f"Unable to marshal response: {error}")
    failure["requestId"] = request["id"]
    trace = "".join(["Traceback (most recent call last):\n", *failure["stackTrace"]])
    print(f"[ERROR] {failure['errorType']}: {failure['errorMessage']}\n{trace}", end="")
    return json.dumps({"error": failure}) + "\n"


def serve(channel: socket.socket, handler: Any) -> None:
    """Answer one request after another until the server closes the channel."""
    requests = channel.makefile("r", encoding="utf-8", newline="\n")
    for line in requests:
        request = json.loads(line)
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        if request.get("trace"):
            os.environ["_X_AMZN_TRACE_ID"] = request["trace"]
        reply = answer(handler, request)
        sys.stdout.flush()
        sys.stderr.flush()
        channel.sendall(reply.encode())


def _end_with_server() -> None:
    """Keep standard input for ourselves; when it ends, the server has gone."""
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def watch() -> None:
        os.read(lifeline, 1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _log_like_lambda() -> None:
    """Lambda's root logger writes to the function's log, so a plain `logging.warning` is seen."""
    import logging

    formatting = "[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(message)s"
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(formatting, "%Y-%m-%dT%H:%M:%S"))
    logging.Formatter.converter = time.gmtime
    logging.getLogger().addHandler(handler)


def main() -> None:
    """Initialise the function, say how that went, then serve."""
    descriptor, task_root, layers_root, runtime_root = sys.argv[1:5]
    channel = socket.socket(fileno=int(descriptor))
    _end_with_server()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = [f"{layers_root}/python/lib/{version}/site-packages", f"{layers_root}/python"]
    sys.path[:0] = [task_root, *layers]
    sys.path.append(runtime_root)
    sys.argv = [task_root]
    _log_like_lambda()
    handler, failure = load_handler(os.environ["_HANDLER"])
    sys.stdout.flush()
    channel.sendall((json.dumps({"init": failure}) + "\n").encode())
    if failure is None:
        serve(channel, handler)


if __name__ == "__main__":
    main()
