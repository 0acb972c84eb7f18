"""`GET /_pilotfish/workers`: the server's process and those of every function."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]
PATH = "/_pilotfish/workers"


def running_workers() -> dict[str, list[dict[str, Any]]]:
    """Of each function, the pid of every live worker and whether it is at work."""
    from ministack.core import lambda_runtime

    listing: dict[str, list[dict[str, Any]]] = {}
    for pool in list(lambda_runtime._workers.values()):
        for worker in list(pool):
            process = worker._proc
            if process is not None and process.poll() is None:
                row = {"pid": process.pid, "busy": bool(worker.in_use)}
                listing.setdefault(worker.func_name, []).append(row)
    return listing


def wrap(app: App) -> App:
    """The app, with the listing answered before anything else looks at the request."""

    async def listing_app(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        listing = {"server": os.getpid(), "functions": running_workers()}
        body = json.dumps(listing).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return listing_app
