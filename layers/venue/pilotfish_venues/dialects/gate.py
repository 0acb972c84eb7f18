"""Gate: which account it is, which position a fill changed, and answers without an envelope."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ccxt.base.errors import AccountNotEnabled, BadResponse, InvalidNonce

from pilotfish.domain.conditions import Trigger
from pilotfish.domain.errors import Rejected
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import Margin, MarginMode
from pilotfish.domain.venues import OrderRequest, Position
from pilotfish_venues.amounts import ZERO, decimal, plain
from pilotfish_venues.dialects.base import Dialect, named_side, number
from pilotfish_venues.exchanges import NO_PARAMS, Tuned
from pilotfish_venues.paging import Ask
from pilotfish_venues.spec import FundingPage, Subscription
from pilotfish_venues.streams import Streaming

_RECENT = 100
_SECOND_MS = 1_000
# How long an account's position mode is believed: it cannot change while a position is open.
_MODE_TTL_MS = 60_000
_LISTS = re.compile(
    r"/(orders|price_orders|open_orders|orders_timerange|my_trades|my_trades_timerange|positions"
    r"|tickers|contracts|currency_pairs|account_book)$|/spot/accounts$"
)


class Answers:
    """Mixed in between ours and ccxt's."""

    def handle_errors(self, status: int, reason: str, url: str, method: str, *rest: Any) -> Any:
        """As ccxt; by the path is known whether an answer is a list."""
        response = rest[2]
        if isinstance(response, dict) and response.get("label") == "REQUEST_EXPIRED":
            raise InvalidNonce("gate REQUEST_EXPIRED")  # ccxt: a wrong signature
        parent: Any = super()
        handled = parent.handle_errors(status, reason, url, method, *rest)
        path = urlsplit(url).path
        listed = "/dual_comp/" in path or (method == "GET" and _LISTS.search(path) is not None)
        if status < 400 and not isinstance(response, list if listed else dict):
            raise BadResponse("gate answered with something else")
        return handled


class Rest(Tuned, Answers):
    """Mixed in before ccxt's REST class."""

    async def load_unified_status(self, params: Mapping[str, Any] = NO_PARAMS) -> bool:
        """Asked by ccxt before each private call, which would take no answer for "classic"."""
        this: Any = self
        async with this.options.setdefault("asking", asyncio.Lock()):
            if this.options.get("unifiedAccount") is None:
                told = await this.privateAccountGetDetail()
                this.uid = str(told["user_id"])
                this.options["unifiedAccount"] = str(told["key"]["mode"]) == "2"
        return bool(this.options["unifiedAccount"])

    def create_order_request(
        self, symbol: str, how: str, side: str, amount: str, price: Any, params: Any
    ) -> Any:
        """As ccxt; with two positions a symbol `reduce_only` says which one is meant."""
        params = {name: value for name, value in params.items() if name != "hedged"}
        parent: Any = super()
        return parent.create_order_request(symbol, how, side, amount, price, params)

    async def public_margin_get_currency_pairs(self, *args: Any) -> Any:
        """What can be borrowed is read by nobody."""
        return []


class Stream(Streaming, Rest):
    """Mixed in before ccxt's socket class."""

    async def subscribe_private(self, *args: Any) -> Any:
        """As ccxt, which wants to be told the user's number for perpetuals."""
        await self.load_unified_status()
        parent: Any = super()
        return await parent.subscribe_private(*args)


class Gate(Dialect):
    rest = Rest
    stream = Stream

    def trigger_params(self, trigger: Trigger, request: OrderRequest) -> dict[str, Any]:
        """With two positions a symbol Gate's own form closes the whole of one: refused."""
        if request.position_side is not PositionSide.NET:
            raise Rejected(f"gate closes no part of a {request.position_side} position later on")
        return super().trigger_params(trigger, request)

    def cancel_params(
        self, exchange: Any, request: OrderRequest, trigger: Trigger
    ) -> dict[str, Any]:
        return {"trigger": True}

    async def set_leverage(self, exchange: Any, symbol: str, leverage: Decimal) -> None:
        """In cross margin the leverage is called its limit."""
        limit = {"cross_leverage_limit": plain(leverage)}
        if await _in_dual_mode(exchange):
            await exchange.privateFuturesPostSettleDualCompPositionsContractLeverage(
                {"settle": "usdt", "contract": exchange.market_id(symbol), "leverage": "0", **limit}
            )
        else:
            await exchange.set_leverage(float(leverage), symbol, limit)

    def margin(self, row: Any) -> Margin:
        """A leverage of 0 is cross margin, whose leverage is its limit."""
        found = super().margin(row)
        if found.leverage is not None:
            return found
        return Margin(decimal(row["info"].get("cross_leverage_limit")) or None, MarginMode.CROSS)

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        """Open, ended, and on perpetuals those that wait for a price."""
        symbol = request.symbol
        reads = [
            exchange.fetch_open_orders(symbol, None, _RECENT),
            exchange.fetch_closed_orders(symbol, since_ms, _RECENT),
        ]
        if not exchange.market(symbol)["spot"]:
            reads.append(exchange.fetch_open_orders(symbol, None, _RECENT, {"trigger": True}))
        return [order for answer in await asyncio.gather(*reads) for order in answer]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Up to the end of the second: ccxt cuts the end of a period off to whole ones."""
        until = None if end_ms is None else end_ms + _SECOND_MS - 1
        try:
            rows, after = await super().fill_rows(exchange, ask, start_ms, until, cursor)
        except AccountNotEnabled:  # nothing was ever transferred to perpetuals
            return [], ""
        kept = [row for row in rows if end_ms is None or int(row["timestamp"] or 0) <= end_ms]
        return kept, after

    async def subscriptions(self, exchange: Any) -> Sequence[Subscription]:
        """An account without perpetuals would lose its spot stream with theirs."""
        wanted = await super().subscriptions(exchange)
        try:
            await exchange.privateFuturesGetSettleAccounts({"settle": "usdt"})
        except AccountNotEnabled:
            return wanted[:1]
        return wanted

    async def complete(self, exchange: Any, rows: list[Any]) -> None:
        """With two positions a symbol, say of each fill of a perpetual which one it changed."""
        rows = [row for row in rows if "contract" in row["info"]]
        if not rows or not await _in_dual_mode(exchange):
            return
        bare = {(row["order"], row["symbol"]) for row in rows if "close_size" not in row["info"]}
        closed = {row["id"]: row["info"].get("close_size") for row in rows}
        for trades in await asyncio.gather(*(_trades(exchange, *order) for order in bare)):
            closed |= {str(trade["id"]): trade["close_size"] for trade in trades}
        for row in rows:
            closes = (decimal(closed.get(row["id"])) or ZERO) != ZERO
            row["info"]["positionSide"] = "long" if (row["side"] == "buy") != closes else "short"

    def correct(self, row: Any) -> Any:
        """Of several fees the one that was paid: in the coin, or in Gate's own."""
        if (row.get("fee") or {}).get("cost") is not None or not row.get("fees"):
            return row
        paid = [fee for fee in row["fees"] if decimal(fee["cost"])]
        return {**row, "fee": (paid or row["fees"])[0]}

    async def funding_rows(self, exchange: Any, page: FundingPage) -> list[Any]:
        """Whole seconds; a time that is cut off belongs to the window before."""
        more = {**page.params, "to": page.end_ms // 1000, "settle": "usdt"}
        rows: list[Any] = await exchange.fetch_funding_history(None, page.start_ms, page.most, more)
        return rows

    def client_order_id(self, row: Any) -> str:
        text = str(row["info"].get("text") or "")
        return text.removeprefix("t-") if text.startswith("t-") else ""

    def position_side(self, row: Any) -> PositionSide:
        """`dual_long` and `dual_short` of a position; of a fill what `complete` found out."""
        mode = str(row["info"].get("mode") or "").removeprefix("dual_")
        return named_side(row["info"].get("positionSide") or mode)

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        """Free and locked; of a unified account what it has beside its debts."""
        if await exchange.load_unified_status():
            coins = (await exchange.privateUnifiedGetAccounts())["balances"]
            rows = [
                {"currency": code, **row, "locked": row["freeze"]} for code, row in coins.items()
            ]
        else:
            rows = await exchange.privateSpotGetAccounts()
        return {
            exchange.safe_currency_code(row["currency"]): number(row["available"])
            + number(row["locked"])
            for row in rows
        }

    async def positions(self, exchange: Any, params: Mapping[str, Any]) -> list[Position]:
        """None where nothing was ever transferred to perpetuals."""
        try:
            return await super().positions(exchange, params)
        except AccountNotEnabled:
            return []


async def _in_dual_mode(exchange: Any) -> bool:
    """Whether the account may have two positions a symbol."""
    now_ms = exchange.shared.clock.local_ms()
    asked_ms, dual = exchange.__dict__.get("dual_mode", (0, False))
    if now_ms - asked_ms > _MODE_TTL_MS:
        account = await exchange.privateFuturesGetSettleAccounts({"settle": "usdt"})
        dual = bool(account.get("in_dual_mode"))
        exchange.dual_mode = now_ms, dual
    return bool(dual)


async def _trades(exchange: Any, order_id: str, symbol: str) -> list[Any]:
    """Fills of an order with what each of them closed."""
    rows: list[Any] = await exchange.privateFuturesGetSettleMyTrades(
        {"settle": "usdt", "contract": exchange.market_id(symbol), "order": order_id}
    )
    return rows


DIALECT = Gate()
