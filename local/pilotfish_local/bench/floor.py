"""The floor: the same orders by bare ccxt, from one process with `asyncio.gather`."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pilotfish_local.exchange_control import ExchangeControl
from pilotfish_local.onboarding import Trader
from pilotfish_venues.endpoints import parse_endpoints

NS_PER_MS = 1e6


class Floor:
    """One bare ccxt exchange for each follower, warmed up, all on one HTTP session."""

    def __init__(self, endpoints: str, traders: Sequence[Trader], symbol: str) -> None:
        self._endpoint = parse_endpoints(endpoints)["binanceusdm"]
        self._traders = traders
        self._symbol = symbol
        self._exchanges: list[Any] = []

    async def __aenter__(self) -> "Floor":
        from ccxt.async_support import binanceusdm

        options = {"fetchCurrencies": False, "newOrderRespType": {"market": "RESULT"}}
        for trader in self._traders:
            keys = {"apiKey": trader.credentials.api_key, "secret": trader.credentials.secret}
            exchange = binanceusdm({**keys, "enableRateLimit": False, "options": options})
            exchange.urls["api"] = self._endpoint.rewrite(exchange.urls["api"])
            self._exchanges.append(exchange)
        first = self._exchanges[0]
        await first.load_markets()
        for exchange in self._exchanges[1:]:
            exchange.session, exchange.own_session = first.session, False
            exchange.asyncio_loop, exchange.ssl_context = first.asyncio_loop, first.ssl_context
            exchange.set_markets_from_exchange(first)
        await self.send(Decimal("0.01"), "warm")
        return self

    async def __aexit__(self, *_: object) -> None:
        for exchange in self._exchanges[1:]:
            exchange.session = None
        await self._exchanges[0].close()

    async def send(self, quantity: Decimal, mark: str) -> None:
        """One market order for every follower, all at once."""
        await asyncio.gather(
            *(
                exchange.create_order(
                    self._symbol,
                    "market",
                    "buy",
                    float(quantity),
                    None,
                    {"newClientOrderId": f"{mark}{number}"},
                )
                for number, exchange in enumerate(self._exchanges)
            )
        )


def last_accepted_ms(control: ExchangeControl, mark: str, since_ns: int) -> float:
    """From `since_ns` to the venue's acceptance of the last order whose id starts with `mark`."""
    times: list[int] = [
        order["accepted_at"]
        for order in control.orders(since=since_ns)
        if order["client_id"].startswith(mark)
    ]
    return (max(times) - since_ns) / NS_PER_MS
