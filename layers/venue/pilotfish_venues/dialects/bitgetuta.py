"""Bitget's unified accounts: another interface than classic ones, with its own names and lists."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.errors import Rejected
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import MarginMode
from pilotfish.domain.venues import OrderRequest
from pilotfish_venues.amounts import decimal
from pilotfish_venues.dialects.base import Dialect, named_side, number
from pilotfish_venues.exchanges import NO_PARAMS, Tuned
from pilotfish_venues.outcomes import reply_of
from pilotfish_venues.paging import Ask
from pilotfish_venues.spec import FundingPage, Subscription
from pilotfish_venues.streams import Streaming

_RECENT = 100
_PAGES = 3
_GOT, _PAID = "SETTLE_FEE_USER_IN", "SETTLE_FEE_USER_OUT"
_HEDGED = "hedge_mode"
_NO_SUCH_ORDER = "25204"
# How long an account's position mode is believed: it cannot change while a position is open.
_MODE_TTL_MS = 60_000
# Left out: borrowing on spot, and contracts that are settled in their coin.
_CATEGORIES = frozenset({"SPOT", "USDT-FUTURES", "USDC-FUTURES"})


class Rest(Tuned):
    """Mixed in before ccxt's REST class."""

    async def public_uta_get_v3_market_instruments(
        self, params: Mapping[str, Any] = NO_PARAMS
    ) -> Any:
        """As ccxt's, which would read coin-margined ones too."""
        if params["category"] not in _CATEGORIES:
            return {"data": []}
        parent: Any = super()
        return await parent.public_uta_get_v3_market_instruments(params)

    async def fetch_uta_markets(self, params: Mapping[str, Any]) -> list[Any]:
        """As ccxt, which counts decimals where Bitget has steps, and takes shares for coins."""
        parent: Any = super()
        markets = [row for row in await parent.fetch_uta_markets(params) if not row["stock"]]
        for market in markets:
            for name, step in (("price", "priceMultiplier"), ("amount", "quantityMultiplier")):
                if market["info"].get(step):
                    market["precision"][name] = float(market["info"][step])
        return markets


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    def handle_my_trades(self, client: Any, message: Any) -> None:
        """As ccxt, of what is listened to: the socket tells of every product."""
        parent: Any = super()
        parent.handle_my_trades(client, {**message, "data": _wanted(message["data"])})


class BitgetUta(Dialect):
    rest = Rest
    stream = Stream

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """For the quantity: by itself such an order closes the whole position."""
        return super().trigger_params(trigger, request) | {"tpslMode": "partial"}

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        return {"trigger": True}

    async def set_margin_mode(self, exchange: Any, symbol: str, mode: MarginMode) -> None:
        """No order and no call sets the margin mode, which is kept by symbol: cross at first."""
        market = exchange.market(symbol)
        for row in (await _settings(exchange))["symbolConfigList"]:
            if row["symbol"] == market["id"] and row["marginMode"] == "isolated":
                raise Rejected(f"{symbol} is in isolated margin at Bitget: set it to cross there")

    async def order_by_client_id(self, exchange: Any, request: OrderRequest) -> Any | None:
        wanted = {"clientOid": request.client_order_id}
        try:
            return _order(await exchange.fetch_order("", request.symbol, wanted))
        except Exception as error:
            reply = reply_of(error)
            if reply is not None and reply.key == _NO_SUCH_ORDER:
                return None
            raise

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """Open, ended (ccxt would list those of all symbols), and stops, which are elsewhere."""
        symbol = request.symbol
        narrow = {"symbol": exchange.market_id(symbol)}
        reads = [
            exchange.fetch_open_orders(symbol, None, _RECENT),
            exchange.fetch_canceled_and_closed_orders(symbol, since_ms, _RECENT, narrow),
        ]
        if not exchange.market(symbol)["spot"]:
            reads.append(exchange.fetch_open_orders(symbol, None, None, {"trigger": True}))
        return [_order(order) for answer in await asyncio.gather(*reads) for order in answer]

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        return (await _fills(exchange, {"orderId": order_id}))[0]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Of all products in one list, which needs no symbol, though ccxt's call does."""
        params: dict[str, Any] = {"startTime": start_ms, "limit": ask.listed.page}
        if end_ms is not None:
            params["endTime"] = end_ms
        if cursor:
            params["cursor"] = cursor
        return await _fills(exchange, params)

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        """Out of all records of a product: isolated positions have another type than crossed ones.

        More pages than some are told as they are, to be asked for in shorter times. Bitget does
        not say whether its two times are included: ours are a bit longer.
        """
        wanted = {
            **page.params,
            "startTime": page.start_ms - 1,
            "endTime": page.end_ms + 1,
            "limit": page.most,
        }
        records: list[Any] = []
        for _ in range(_PAGES):
            found = (await exchange.privateUtaGetV3AccountFinancialRecords(dict(wanted)))["data"]
            told = found["list"] or []
            records += told
            if len(told) < page.most:
                return [_payment(exchange, record) for record in records if _is_funding(record)]
            wanted["cursor"] = found["cursor"]
        return records

    async def subscriptions(self, exchange: Any) -> Sequence[Subscription]:
        """Asked for beforehand, so that no streamed fill waits for it."""
        await _hold_mode(exchange)
        return await super().subscriptions(exchange)

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """A fill names a position in one-way mode too."""
        contracts = [row["info"] for row in rows if _category(row["info"]) != "SPOT"]
        mode = await _hold_mode(exchange) if contracts else ""
        for info in contracts:
            info["holdMode"] = mode

    def correct(self, row: Any) -> Any:
        """The fee as it is told: above zero what was paid.

        ccxt turns the sign round in lists and drops it on sockets.
        """
        return {**row, "fee": _fee(row["info"])}

    def client_order_id(self, row: Any) -> str:
        return str(row["info"].get("clientOid") or "")

    def position_side(self, row: Any) -> PositionSide:
        """Of a position by its name; of a fill by what it did in which direction."""
        info = row["info"]
        if info.get("holdMode") != _HEDGED:
            return PositionSide.NET
        if side := info.get("posSide") or info.get("holdSide"):
            return named_side(side)
        return named_side(
            "long" if (info["side"] == "buy") == (info["tradeSide"] == "open") else "short"
        )

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        """What is held; ccxt's total has the open profit in it."""
        answer = await exchange.privateUtaGetV3AccountAssets(dict(params))
        return {
            exchange.safe_currency_code(row["coin"]): number(row["balance"])
            for row in answer["data"]["assets"]
        }


def _category(info: Any) -> str:
    """Written in small letters in some places."""
    return str(info.get("category") or "").upper()


def _wanted(trades: Any) -> list[Any]:
    return [trade for trade in trades if _category(trade) in _CATEGORIES]


async def _fills(exchange: Any, params: Mapping[str, Any]) -> tuple[list[Any], str]:
    """ccxt's trades of one answer, and the cursor to the next."""
    found = (await exchange.privateUtaGetV3TradeFills(dict(params)))["data"]
    told = found.get("list") or []
    rows = [row for trade in _wanted(told) for row in _parsed(exchange, trade)]
    more = len(told) >= int(params.get("limit", _RECENT))
    return rows, str(found.get("cursor") or "") if more else ""


def _parsed(exchange: Any, trade: Any) -> list[Any]:
    """A contract has the id of its spot market; and ccxt wants a fee."""
    kind = "spot" if _category(trade) == "SPOT" else "contract"
    market = exchange.safe_market(trade["symbol"], None, None, kind)
    trade = {**trade, "feeDetail": trade.get("feeDetail") or [{}]}
    rows: list[Any] = exchange.parse_trades_helper(False, [trade], market)
    return rows


def _is_funding(record: Any) -> bool:
    """Not of shares, which are no markets of ours."""
    kind = str(record["type"])
    return kind.endswith((_GOT, _PAID)) and not kind.startswith("RWA_")


def _payment(exchange: Any, record: Any) -> Any:
    """ccxt's, of the contract with that id; the type says who paid."""
    market = exchange.safe_market(record["symbol"], None, None, "contract")
    amount = abs(number(record["amount"]))
    amount = -amount if record["type"].endswith(_PAID) else amount
    row = exchange.parse_funding_history(record, market)
    return {**row, "symbol": market["symbol"], "amount": amount}


def _fee(info: Any) -> dict[str, Any] | None:
    """What was paid, of an order or a fill."""
    paid = [fee for fee in info.get("feeDetail") or [] if decimal(fee.get("fee"))]
    return {"cost": paid[0]["fee"], "currency": paid[0]["feeCoin"]} if paid else None


def _order(order: Any) -> Any:
    """ccxt's order, with the price and the fee that it does not read; a stop that is told waits."""
    info = order["info"]
    status = order["status"] if "orderStatus" in info else "open"
    fee = _fee(info)
    return {**order, "status": status, "average": info.get("avgPrice"), "fee": fee, "fees": None}


async def _settings(exchange: Any) -> Any:
    return (await exchange.privateUtaGetV3AccountSettings())["data"]


async def _hold_mode(exchange: Any) -> str:
    """Whether the account may have two positions a symbol."""
    now_ms = exchange.shared.clock.local_ms()
    asked_ms, mode = exchange.__dict__.get("hold_mode", (0, ""))
    if now_ms - asked_ms > _MODE_TTL_MS:
        mode = str((await _settings(exchange))["holdMode"])
        exchange.hold_mode = now_ms, mode
    return str(mode)


DIALECT = BitgetUta()
