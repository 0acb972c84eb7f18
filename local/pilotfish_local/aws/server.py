"""The process of the embedded AWS: MiniStack with the AWS behaviour that it lacks restored.

Run with `python -m pilotfish_local.aws.server` on an interpreter that holds MiniStack, boto3 and
aws-sam-translator and nothing of ours; `EmbeddedAws` starts it, with all settings in the
environment.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import resource
import sys
import threading
from typing import Any

MINISTACK_VERSION = "1.5.33"


def refuse_another_version() -> None:
    """The repairs reach into MiniStack, so they hold for the one version they were written for."""
    installed = importlib.metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        sys.exit(f"the repairs are written for ministack {MINISTACK_VERSION}, not {installed}")


def end_with_parent() -> None:
    """Stdin is a pipe that the parent holds: when it closes, the parent has gone, and so do we."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


def import_ahead(*modules: str) -> None:
    """Import in the background what the first deployment needs, while the caller packages."""

    def run() -> None:
        for module in modules:
            importlib.import_module(module)

    threading.Thread(target=run, name="import-ahead", daemon=True).start()


def allow_many_sockets() -> None:
    """Raise the limit of open files as far as we may: each client's socket is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve(app: Any) -> None:
    """Serve until told to stop, with half the CPU a request of the server that MiniStack brings."""
    import ministack.app
    import uvicorn

    ministack.app.app = app
    uvicorn.run(
        app,
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        loop="asyncio",
        http="httptools",
        ws="wsproto",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )


def main() -> None:
    """Repair MiniStack in memory, then serve it."""
    refuse_another_version()
    os.environ.pop("PYTHONPATH", None)
    sys.setswitchinterval(0.001)
    if os.environ.get("PILOTFISH_END_WITH_PARENT") == "1":
        end_with_parent()
    sys.argv = sys.argv[:1]

    import ministack.app

    from pilotfish_local.aws import bulk_load, repairs, worker_listing

    repairs.apply(without=os.environ.get("PILOTFISH_WITHOUT_REPAIR", ""))
    allow_many_sockets()
    import_ahead("samtranslator.translator.transform")
    serve(bulk_load.wrap(worker_listing.wrap(ministack.app.app)))


if __name__ == "__main__":
    main()
