"""The control plane over HTTP: every path under /_control/, JSON in and out."""

import orjson
from aiohttp import web
from pydantic import ValidationError

from pilotfish_local.exchange.control import conditions, past, record, trading, trouble
from pilotfish_local.exchange.control.actions import Action, NotFound, Query
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange

ACTIONS: dict[tuple[str, str], Action] = {
    **record.ACTIONS,
    **conditions.ACTIONS,
    **past.ACTIONS,
    **trading.ACTIONS,
    **trouble.ACTIONS,
}


class Control:
    """Finds the action of a path; what goes wrong is answered as {"error": ...}."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def handle(self, request: web.BaseRequest, path: str) -> web.Response:
        """Do what a request asks, or say what is wrong with it."""
        body, query = await request.read(), dict(request.query)
        try:
            return _json(self._act(request.method, path.strip("/"), body, query), 200)
        except (NotFound, Refused) as error:
            return _json({"error": str(error)}, 404)
        except (ValidationError, ValueError, TypeError) as error:
            return _json({"error": str(error)}, 400)

    def _act(self, method: str, path: str, body: bytes, query: Query) -> object:
        exchange = self._exchange
        action = ACTIONS.get((method, path))
        if action is not None:
            return action(exchange, body, query)
        root, _, name = path.partition("/")
        if (method, root) == ("PATCH", "accounts"):
            return record.change_account(exchange, body, name)
        if (method, root) == ("DELETE", "faults") and name.isdigit():
            return trouble.remove_fault(exchange, int(name))
        if (method, path) == ("GET", "health"):
            return {"ok": True, "seed": exchange.options.seed, "now_ns": exchange.clock.now_ns()}
        raise NotFound(f"{method} /_control/{path}")


def _json(payload: object, status: int) -> web.Response:
    body = orjson.dumps(payload, default=str)
    return web.Response(body=body, status=status, content_type="application/json")
