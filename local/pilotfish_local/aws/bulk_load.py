"""`POST /_pilotfish/items/TABLE`: items straight into a table, where there are too many to put.

They are not looked at, and wake nobody: for tables without streams that are filled to be read.
What is the same in many of them is kept once, which takes a part of the memory.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]
PATH = "/_pilotfish/items/"


def load(name: str, body: bytes) -> int:
    """How many items of a JSON list went into the table; raises `KeyError` where it is not."""
    from ministack.services import dynamodb

    with dynamodb._lock:
        found = [table for (*_, each), table in dynamodb._tables.all_items() if each == name]
        if not found:
            raise KeyError(name)
        items = json.loads(body, object_hook=_sharing())
        for item in items:
            partition, sort, _ = dynamodb._resolve_table_key_values(found[0], item, True)
            dynamodb._set_item(found[0], partition, sort, item)
    gc.freeze()  # Else all of them are gone through again and again for what nobody uses.
    return len(items)


def _sharing() -> Callable[[dict[str, Any]], dict[str, Any]]:
    known: dict[tuple[str, str], dict[str, Any]] = {}

    def share(value: dict[str, Any]) -> dict[str, Any]:
        """Of an attribute's value, such as {"S": "okx"}, the first one that was equal."""
        if len(value) == 1:
            [[kind, content]] = value.items()
            if isinstance(content, str):
                return known.setdefault((kind, content), value)
        return value

    return share


def wrap(app: App) -> App:
    """The app, with what is to be loaded taken before anything else looks at the request."""

    async def loading_app(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            status, told = 200, {"items": load(scope["path"].removeprefix(PATH), body)}
        except KeyError:
            status, told = 404, {"items": 0}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(told).encode()})

    return loading_app
