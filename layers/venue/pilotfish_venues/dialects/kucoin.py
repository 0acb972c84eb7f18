"""KuCoin: which account it is, what its sockets leave unsaid, and the names of its balances."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.errors import Rejected
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues import late_fees
from pilotfish_venues.amounts import decimal, market_by_id
from pilotfish_venues.dialects.base import Dialect, named_side, number
from pilotfish_venues.exchanges import NO_PARAMS, Tuned
from pilotfish_venues.spec import VenueSpec
from pilotfish_venues.streams import Streaming

_RECENT = 100
# "trade" is the account of spot; KuCoin's newer trading system calls it "trade_hf".
_SPOT_ACCOUNTS = frozenset({"trade", "trade_hf"})


class Rest(Tuned):
    """Mixed in before ccxt's REST class."""

    async def is_uta_enabled(self, params: Mapping[str, Any] = NO_PARAMS) -> bool:
        """Asked by ccxt before each private call; the answer is kept in the account's options.

        Raises `Rejected` for accounts whose trades are at other endpoints.
        """
        this: Any = self
        parent: Any = super()
        async with this.options.setdefault("asking", asyncio.Lock()):
            unified, _ = await asyncio.gather(
                parent.is_uta_enabled(dict(params)), this.load_migration_status()
            )
        if unified:
            raise Rejected("kucoin: unified accounts are not supported yet, classic ones are")
        if not this.options["hf"]:
            raise Rejected("kucoin: the account is still on the old spot system (low frequency)")
        return False

    def create_contract_order_request(
        self, symbol: str, how: str, side: str, amount: str, *rest: Any
    ) -> Any:
        """As ccxt, in whole lots, and without the leverage of 1 that it puts into each order.

        It would cut off a part of a lot. In cross margin the leverage is the symbol's.
        """
        if "." in amount:
            raise Rejected(f"kucoin: {amount} is no whole number of contracts of {symbol}")
        parent: Any = super()
        request = parent.create_contract_order_request(symbol, how, side, int(amount), *rest)
        del request["leverage"]
        return request


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    async def negotiate_helper(self, private: object, connect_id: str, *args: Any) -> Any:
        """As ccxt; the socket's host is in an answer, so it is redirected only here."""
        this: Any = self
        parent: Any = super()
        told = await parent.negotiate_helper(private, connect_id, *args)
        if told is None:
            return None
        this.clients.pop(told, None)
        url = self.shared.endpoint.rewrite(told)
        this.client(url).keepAlive = self.shared.ping_s * 1000  # the venue asks for 18 s at most
        return url


class Kucoin(Dialect):
    rest = Rest
    stream = Stream

    def order_params(self, spec: VenueSpec, request: OrderRequest, market: Any) -> dict[str, Any]:
        """Without a margin mode an order means isolated margin, and is refused where it is not."""
        return {} if market["spot"] else {"marginMode": "CROSS"}

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        """On futures every order is cancelled in the same way."""
        return {"trigger": True} if exchange.market(request.symbol)["spot"] else {}

    async def set_margin_mode(self, exchange: Any, symbol: str, mode: MarginMode) -> None:
        await exchange.set_margin_mode(mode.value, symbol)

    def margin(self, row: Any) -> Margin:
        """What is set, where ccxt takes what the position comes to (`realLeverage`)."""
        return replace(super().margin(row), leverage=decimal(row["info"].get("leverage")) or None)

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """Open, done, and those that wait for a price, which are in a list of their own."""
        symbol = request.symbol
        # ccxt's limit leaves as pageSize, which the list of done spot orders does not know.
        more = {"limit": _RECENT} if exchange.market(symbol)["spot"] else {}
        answers = await asyncio.gather(
            exchange.fetch_open_orders(symbol, None, _RECENT),
            exchange.fetch_closed_orders(symbol, since_ms, _RECENT, more),
            exchange.fetch_open_orders(symbol, None, _RECENT, {"trigger": True}),
        )
        return [order for answer in answers for order in answer]

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """The fee of streamed fills."""
        bare = [row for row in rows if "fee" not in row["info"]]
        await late_fees.add(exchange, bare, self.order_trades)

    def correct(self, row: Any) -> Any:
        """The time of the match: ccxt reads when the row of a futures fill was written."""
        traded_ns = row["info"].get("tradeTime")
        return {**row, "timestamp": int(traded_ns) // 1_000_000} if traded_ns else row

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("clientOid") or "")

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        """What can be traded; the funding account ("main") and margin are left out."""
        answer = await exchange.privateGetAccounts()
        held: dict[str, Decimal] = defaultdict(Decimal)
        for row in answer["data"]:
            if row["type"] in _SPOT_ACCOUNTS:
                held[exchange.safe_currency_code(row["currency"])] += number(row["balance"])
        return held

    def position(self, exchange: Any, row: Any) -> Position:
        """With two positions a symbol its name tells the side, whatever the sign is."""
        side = self.position_side(row)
        return super().position(
            exchange, row if side is PositionSide.NET else {**row, "side": side.value}
        )

    def position_side(self, row: Any) -> PositionSide:
        """BOTH is the one-way position."""
        return named_side(row["info"].get("positionSide"))

    async def earned(self, exchange: Any, since_ms: int) -> set[str]:
        """Spot markets with open orders: their fills are listed by symbol."""
        answer = await exchange.privateGetHfOrdersActiveSymbols({"tradeType": "TRADE"})
        ids = (answer.get("data") or {}).get("symbols") or ()
        markets = (market_by_id(exchange, market_id) for market_id in ids)
        return {market["symbol"] for market in markets if market is not None}


DIALECT = Kucoin()
