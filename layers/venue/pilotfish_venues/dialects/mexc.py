"""MEXC: sides by number on perpetuals, binary messages on spot, answers of two interfaces."""

import asyncio
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ccxt.base.errors import AuthenticationError, BadResponse

from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues import mexc_frames
from pilotfish_venues.dialects.base import Dialect, number
from pilotfish_venues.exchanges import NO_PARAMS, Tuned
from pilotfish_venues.outcomes import reply_of
from pilotfish_venues.spec import FundingPage, VenueSpec
from pilotfish_venues.streams import Streaming

_RECENT = 100
_MARKET, _IOC = 5, 3
_HEDGED, _ONE_WAY = "1", 2
_CROSS = 2
_LONG = "1"
_INVALID = "5"
_NO_SUCH_ORDER = "2040"
_SECOND_MS = 1_000
# What an order or a fill of a perpetual does to which position.
_OPENS = {PositionSide.LONG: 1, PositionSide.SHORT: 3}
_CLOSES = {PositionSide.LONG: 4, PositionSide.SHORT: 2}
_SIDES = {"1": Side.BUY, "2": Side.BUY, "3": Side.SELL, "4": Side.SELL}
_LISTS = re.compile(r"/api/v3/(myTrades|openOrders|allOrders)$")
_FIELDS = ((re.compile("/api/v1/"), "success"), (re.compile("/api/v3/account$"), "balances"))


class Answers:
    """Mixed in between ours and ccxt's."""

    def handle_errors(self, status: int, reason: str, url: str, method: str, *rest: Any) -> Any:
        """As ccxt; by the path is known what an answer has to be."""
        parent: Any = super()
        handled = parent.handle_errors(status, reason, url, method, *rest)
        path, response = urlsplit(url).path, rest[2]
        wanted = next((name for pattern, name in _FIELDS if pattern.search(path)), None)
        if _LISTS.search(path):
            fits = isinstance(response, list)
        elif "/ticker/" in path:  # one or all
            fits = isinstance(response, dict | list)
        else:
            fits = isinstance(response, dict) and (wanted is None or wanted in response)
        if status < 400 and not fits:
            raise BadResponse("mexc answered with something else")
        return handled


class Rest(Tuned, Answers):
    """Mixed in before ccxt's REST class."""

    async def create_swap_order(
        self,
        market: Any,
        how: str,
        side: str,
        amount: str,
        price: Any = None,
        margin_mode: Any = None,
        params: Mapping[str, Any] = NO_PARAMS,
    ) -> Any:
        """As ccxt, which would let an IOC order rest, and a market order at the current price."""
        params = {name: value for name, value in params.items() if name != "timeInForce"}
        params["type"] = _MARKET if how == "market" else _IOC
        parent: Any = super()
        return await parent.create_swap_order(market, how, side, amount, price, margin_mode, params)

    async def contract_private_post_order_create(self, params: Mapping[str, Any]) -> Any:
        """As ccxt's, which closes by number alone, and in one-way mode that is not enough."""
        parent: Any = super()
        if params["side"] in _CLOSES.values() and str(params.get("positionMode")) != _HEDGED:
            params = {**params, "reduceOnly": True, "positionMode": _ONE_WAY}
        return await parent.contract_private_post_order_create(params)


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    def decode_proto_msg(self, data: bytes) -> dict[str, Any]:
        """ccxt's needs a library that we have not."""
        return mexc_frames.read(data)

    def handle_message(self, client: Any, message: Any) -> None:
        """As ccxt; a login or a listen key that was refused ends the stream."""
        refused = message if isinstance(message, str) else None
        if isinstance(message, dict) and message.get("channel") == "rs.error":
            refused = message.get("data")
        if refused is not None:
            client.on_error(AuthenticationError(f"mexc {refused}"))
            return
        super().handle_message(client, message)


class Mexc(Dialect):
    rest = Rest
    stream = Stream

    def order_params(self, spec: VenueSpec, request: OrderRequest, market: Any) -> dict[str, Any]:
        """In hedge mode by number; ccxt has those of what closes the wrong way round."""
        if request.position_side is PositionSide.NET:
            return {}
        sides = _CLOSES if request.reduce_only else _OPENS
        return {"side": sides[request.position_side]}

    async def set_leverage(self, exchange: Any, symbol: str, leverage: Decimal) -> None:
        """Each direction has its own."""
        for direction in (1, 2):
            params = {"openType": _CROSS, "positionType": direction}
            await exchange.set_leverage(int(leverage), symbol, params)

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        market, client_id = exchange.market(request.symbol), request.client_order_id
        if market["spot"]:
            return await exchange.fetch_order(None, request.symbol, {"clientOrderId": client_id})
        try:
            answer = await exchange.contractPrivateGetOrderExternalSymbolExternalOid(
                {"symbol": market["id"], "external_oid": client_id}
            )
        except Exception as error:
            reply = reply_of(error)
            if reply is not None and reply.key == _NO_SUCH_ORDER:
                return None
            raise
        return _order(exchange, market, answer["data"]) if answer.get("data") else None

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """On perpetuals open and ended ones are apart."""
        market, symbol = exchange.market(request.symbol), request.symbol
        if market["spot"]:
            found: list[Any] = await exchange.fetch_orders(symbol, since_ms, _RECENT)
            return found
        answers = await asyncio.gather(
            exchange.fetch_open_orders(symbol),
            exchange.fetch_orders(symbol, since_ms, _RECENT),
        )
        return [_order(exchange, market, row["info"]) for answer in answers for row in answer]

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        """Of all symbols, which ccxt's call does not tell apart, nor take times.

        MEXC does not say whether its two times are included: ours are a bit longer.
        """
        wanted = {
            "start_time": page.start_ms - 1,
            "end_time": page.end_ms + 1,
            "page_size": page.most,
        }
        answer = await exchange.contractPrivateGetPositionFundingRecords({**page.params, **wanted})
        return [_payment(exchange, row) for row in answer["data"]["resultList"] or []]

    def correct(self, row: Any) -> Any:
        """The side of a perpetual's fill by its number, of which ccxt knows two.

        On spot the list tells the second only, so a streamed fill has no more: it would be later
        than what the list tells of the same moment.
        """
        info = row["info"]
        if "positionMode" in info:
            return {**row, "side": _SIDES[str(info["side"])].value}
        maker = info.get("isMaker")
        told = row | ({} if maker is None else {"takerOrMaker": "maker" if maker else "taker"})
        return told | {"timestamp": int(row["timestamp"]) // _SECOND_MS * _SECOND_MS}

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("clientOrderId") or row["info"].get("externalOid") or "")

    def position_side(self, row: Any) -> PositionSide:
        """Of a fill by its number in hedge mode; of a position what `positions` found out."""
        info = row["info"]
        if str(info.get("positionMode")) != _HEDGED:
            return super().position_side(row)
        number = int(info["side"])
        return PositionSide.LONG if number in (1, 4) else PositionSide.SHORT

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """Which mode the account is in stands elsewhere."""
        rows, mode = await asyncio.gather(
            exchange.fetch_positions(None, dict(params)),
            exchange.contractPrivateGetPositionPositionMode(),
        )
        if str(mode["data"]) == _HEDGED:
            for row in rows:
                row["info"]["positionSide"] = row["side"]
        return [self.position(exchange, row) for row in rows]


def _order(exchange: Any, market: Any, raw: Any) -> Any:
    """ccxt's order of a perpetual, with its client id and a state that ccxt has no word for."""
    order = exchange.parse_order(raw, market)
    order["clientOrderId"] = raw.get("externalOid")
    if str(raw.get("state")) == _INVALID:
        order["status"] = "rejected"
    return order


def _payment(exchange: Any, info: Any) -> Any:
    """Who holds a long position pays at a rate above zero; what is told is not trusted for it."""
    pays = (str(info["positionType"]) == _LONG) == (number(info["rate"]) > 0)
    amount = abs(number(info["funding"]))
    return {
        "id": info["id"],
        "symbol": exchange.safe_market(info["symbol"], None, None, "contract")["symbol"],
        "timestamp": info["settleTime"],
        "amount": -amount if pays else amount,
        "info": info,
    }


DIALECT = Mexc()
