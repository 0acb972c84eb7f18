"""Lambda runs as many environments as there are invocations; two cores cannot, so some must wait.

The cap is ours, not AWS's: beyond it an invocation queues instead of failing, and nothing that a
function can see differs but time. Do not let a function invoke itself synchronously.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core import lambda_runtime

WORKERS_PER_FUNCTION = int(os.environ.get("PILOTFISH_WORKERS_PER_FUNCTION", "4"))

_freed: defaultdict[str, threading.Condition] = defaultdict(threading.Condition)


@contextmanager
def leased(config: dict[str, Any], code: bytes) -> Iterator[Any]:
    """A worker for one invocation: a free one, a new one below the cap, or else a wait."""
    worker = _lease(config, code)
    try:
        yield worker
    finally:
        lambda_runtime.release_worker(worker)
        freed = _freed[config["FunctionArn"]]
        with freed:
            freed.notify()


def _lease(config: dict[str, Any], code: bytes) -> Any:
    name = config.get("FunctionName", "unknown")
    version = config.get("Version", "$LATEST")
    freed = _freed[config["FunctionArn"]]
    with freed:
        while True:
            worker, _ = lambda_runtime.acquire_worker(
                name, config, code, qualifier=version, max_concurrency=WORKERS_PER_FUNCTION
            )
            if worker is not None:
                return worker
            freed.wait(timeout=1.0)
