"""Kraken spot: nonces in order, deadlines, look-ups in two lists, executions one by one."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from ccxt.base.errors import ExchangeError, NetworkError

from pilotfish.domain.venues import OrderRequest
from pilotfish_venues.amounts import ZERO, decimal
from pilotfish_venues.dialects.base import Dialect
from pilotfish_venues.exchanges import Shared, Tuned
from pilotfish_venues.spec import VenueSpec
from pilotfish_venues.streams import Streaming

DEADLINE_MS = 10_000


class Nonces:
    """Of one key: the last nonce, and whose turn it is to send."""

    def __init__(self) -> None:
        self.last = 0
        self.turn = asyncio.Lock()


_KEYS: WeakKeyDictionary[Shared, dict[str, Nonces]] = WeakKeyDictionary()


class Rest(Tuned):
    """Mixed in before ccxt's REST class: all instances with a key count its nonces together."""

    @property
    def nonces(self) -> Nonces:
        keys = _KEYS.setdefault(self.shared, defaultdict(Nonces))
        key: str = self.apiKey  # type: ignore[attr-defined]
        return keys[key]

    def incrementing_nonce(self) -> int:
        """Above the last one; by the time of now, as a claim may be older than other requests.

        By our clock: Kraken tells its own in seconds, and processes with one key would be that far
        apart.
        """
        nonces = self.nonces
        nonces.last = max(nonces.last + 1, self.shared.clock.local_ms())
        return nonces.last

    def sign(self, path: str, api: Any = (), method: str = "GET", params: Any = None) -> Any:
        """As ccxt; an order says until when, by the venue's clock, it may be taken."""
        parent: Any = super()
        wanted = dict(params or {})
        if path == "AddOrder":
            until_s = (self.shared.clock.timestamp_ms() + DEADLINE_MS) / 1000
            until = datetime.fromtimestamp(until_s, UTC).isoformat(timespec="milliseconds")
            wanted["deadline"] = until.replace("+00:00", "Z")
        return parent.sign(path, api, method, wanted)

    async def fetch2(self, path: str, api: Any = "public", *rest: Any, **named: Any) -> Any:
        """As ccxt; signed requests arrive in the order of their nonces, or Kraken refuses them."""
        parent: Any = super()
        if "private" not in api:
            return await parent.fetch2(path, api, *rest, **named)
        async with self.nonces.turn:
            return await parent.fetch2(path, api, *rest, **named)


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    def handle_message(self, client: Any, message: Any) -> None:
        """As ccxt, but each trade of a message, and no snapshot: those trades are old.

        ccxt takes a whole message for what its first row is.
        """
        said = message if isinstance(message, dict) else {}
        if said.get("channel") == "executions":
            self._check_number(client, said)
            rows = [row for row in said.get("data", ()) if row.get("exec_type") == "trade"]
            if said.get("type") == "update" and rows:
                super().handle_message(client, {**said, "data": rows})
            return
        if said.get("method") == "subscribe" and said.get("success") is False:
            client.on_error(ExchangeError(str(said.get("error"))))
            return
        super().handle_message(client, message)

    def _check_number(self, client: Any, message: Any) -> None:
        """Messages of the subscription are numbered by one."""
        number, last = message.get("sequence"), getattr(client, "last_number", None)
        if number is None:
            return
        client.last_number = number
        if last is not None and number > last + 1:
            client.on_error(NetworkError(f"messages {last + 1} to {number - 1} did not come"))


class Kraken(Dialect):
    rest = Rest
    stream = Stream

    def order_params(self, spec: VenueSpec, request: OrderRequest, market: Any) -> dict[str, Any]:
        """Fees in the quote, or a buy brings less coin than was asked for."""
        return {"oflags": "fciq"}

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        """By the order's own id if that is known; else among open orders, then closed ones."""
        if request.order_id:
            plain = {"trades": "false"}  # ccxt would write a Python `True`.
            return await exchange.fetch_order(request.order_id, request.symbol, plain)
        named = {"clientOrderId": request.client_order_id}
        for read in (exchange.fetch_open_orders, exchange.fetch_closed_orders):
            for order in await read(request.symbol, None, None, named):
                if order["clientOrderId"] == request.client_order_id:
                    return order
        return None

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """Leave out trades on margin: they change no balance that could be followed."""
        rows[:] = [row for row in rows if not _on_margin(row["info"])]

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("cl_ord_id") or "")


def _on_margin(info: Any) -> bool:
    """The list writes how much margin was used, the socket whether any was."""
    used = info.get("margin")
    return used is True or (not isinstance(used, bool) and (decimal(used) or ZERO) != ZERO)


DIALECT = Kraken()
