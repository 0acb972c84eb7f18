"""HTX: two interfaces in one, with an id of their own each for whatever has one."""

import asyncio
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ccxt.base.errors import AccountNotEnabled, BadResponse, ExchangeError, InvalidNonce

from pilotfish.domain.conditions import Attached, Trigger
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues import late_fees
from pilotfish_venues.amounts import ZERO, decimal
from pilotfish_venues.dialects.base import Dialect, named_side
from pilotfish_venues.exchanges import Tuned
from pilotfish_venues.paging import Ask
from pilotfish_venues.spec import Subscription
from pilotfish_venues.streams import Streaming

_RECENT = 100


class Answers:
    """Mixed in between ours and ccxt's, which lets codes pass that are not in its table."""

    def handle_errors(self, status: int, *rest: Any) -> Any:
        """As ccxt; what says neither how it went nor why not is no answer of HTX's."""
        response = rest[5]
        if not isinstance(response, dict) or not {"status", "code"} & set(response):
            raise BadResponse("htx answered with something else")
        if "submission time" in str(response.get("err-msg")):  # ccxt: a wrong signature
            raise InvalidNonce(f"htx {response['err-msg']}")
        parent: Any = super()
        handled = parent.handle_errors(status, *rest)
        if str(response.get("code", "200")) != "200":
            raise ExchangeError(f"htx {response}")
        return handled


class Rest(Tuned, Answers):
    """Mixed in before ccxt's REST class."""

    def create_contract_order_request(
        self, symbol: str, how: str, side: str, amount: str, price: Any, params: Any
    ) -> Any:
        """As ccxt, with a number for the client order id, which it would drop without a word."""
        params = dict(params)
        params["clientOrderId"] = numbered(params.pop("client-order-id"))
        held = params.pop("positionSide", None)
        if held:
            params["position_side"] = held.lower()
        parent: Any = super()
        return parent.create_contract_order_request(symbol, how, side, amount, price, params)


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""


class Htx(Dialect):
    rest = Rest
    stream = Stream

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """At the market when it is reached, and never more than the position."""
        kind = "sl_type" if "stop" in trigger.kind else "tp_type"
        return super().trigger_params(trigger, request) | {kind: "market", "reduce_only": 1}

    def attached_params(self, attached: Attached) -> dict[str, Any]:
        found = super().attached_params(attached)
        return {name: level | {"type": "market"} for name, level in found.items()}

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        return {"stopLossTakeProfit": True}

    async def set_leverage(self, exchange: Any, symbol: str, leverage: Decimal) -> None:
        """In cross margin, ccxt's default; naming it would leave as a field of its own."""
        await exchange.set_leverage(int(leverage), symbol)

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        client_id = request.client_order_id
        if exchange.market(request.symbol)["spot"]:
            params: dict[str, Any] = {"clientOrderId": client_id}
        else:
            params = {"client_order_id": numbered(client_id)}
        return await exchange.fetch_order(None, request.symbol, params)

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """On perpetuals open and ended ones are apart, and stops apart from both."""
        symbol = request.symbol
        if exchange.market(symbol)["spot"]:
            orders: list[Any] = await exchange.fetch_orders(symbol, since_ms, _RECENT)
            return orders
        answers = await asyncio.gather(
            exchange.fetch_open_orders(symbol, None, _RECENT),
            exchange.fetch_orders(symbol, since_ms, _RECENT),
            exchange.fetch_open_orders(symbol, None, _RECENT, {"stopLoss": True}),
            exchange.fetch_open_orders(symbol, None, _RECENT, {"takeProfit": True}),
        )
        number = str(numbered(request.client_order_id))
        ours = {"clientOrderId": request.client_order_id}
        orders = [order for answer in answers for order in answer]
        return [order | ours for order in orders if order["clientOrderId"] == number]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Nothing where the account has no perpetuals."""
        try:
            return await super().fill_rows(exchange, ask, start_ms, end_ms, cursor)
        except AccountNotEnabled:
            if not ask.listed.needs_symbol:
                raise
            return [], ""

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        if exchange.market(symbol)["spot"]:
            return await super().order_trades(exchange, order_id, symbol)
        params = {"order_id": order_id}
        rows: list[Any] = await exchange.fetch_my_trades(symbol, None, _RECENT, params)
        return [self.correct(row) for row in rows]

    async def subscriptions(self, exchange: Any) -> Sequence[Subscription]:
        """An account without perpetuals would lose its spot stream with theirs."""
        wanted = await super().subscriptions(exchange)
        try:
            await exchange.fetch_positions(None, {"subType": "linear"})
        except AccountNotEnabled:
            return wanted[:1]
        return wanted

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """The fee of streamed fills of perpetuals."""
        bare = [row for row in rows if not {"trade_fee", "symbol"} & set(row["info"])]
        await late_fees.add(exchange, bare, self.order_trades)

    def correct(self, row: Any) -> Any:
        """On perpetuals the time of the trade (ccxt's sockets: of its change) and a fee that is
        paid above zero (ccxt turns it round); on spot a fee paid in another coin."""
        info = row["info"]
        if info.get("contract_code"):
            row = {**row, "timestamp": int(info["created_time"])}
            if info.get("trade_fee"):
                row["fee"] = {"cost": info["trade_fee"], "currency": info.get("fee_currency")}
        elif info.get("feeDeductType") and (decimal(info.get("transactFee")) or ZERO) == ZERO:
            paid = {"cost": info.get("feeDeduct"), "currency": info["feeDeductType"].upper()}
            row = {**row, "fee": paid}
        return row

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("client_order_id") or row["info"].get("clientOrderId") or "")

    def position_side(self, row: Any) -> PositionSide:
        """`both` is the one-way position."""
        return named_side(row["info"].get("position_side"))

    async def positions(self, exchange: Any, params: Any) -> list[Position]:
        """None where the account has no perpetuals."""
        try:
            return await super().positions(exchange, params)
        except AccountNotEnabled:
            return []


def numbered(client_id: str) -> int:
    """A client order id as perpetuals take it: a number, the same one for the same id.

    Of 53 bits: ccxt makes a float of it on the way, and a longer one would arrive changed.
    """
    digest = hashlib.sha256(client_id.encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) or 1


DIALECT = Htx()
