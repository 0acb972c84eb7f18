"""Coinbase: market buys in coin, and lists that ccxt would take for empty when they are absent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import Side
from pilotfish.domain.venues import OrderRequest
from pilotfish_venues.amounts import to_contracts
from pilotfish_venues.dialects.base import Dialect, number
from pilotfish_venues.paging import Ask
from pilotfish_venues.spec import VenueSpec

_ACCOUNTS_PAGE = 250
# On their way into the book or out of it; ccxt has no word for them.
_UNDER_WAY = frozenset({"PENDING", "QUEUED", "CANCEL_QUEUED"})


class Coinbase(Dialect):
    def order_params(self, spec: VenueSpec, request: OrderRequest, market: Any) -> dict[str, Any]:
        """ccxt asks for a market buy by what it may cost; the venue takes the coin's quantity too.

        The cost given here is put aside with the configuration that ccxt makes of it.
        """
        if request.side is Side.SELL or request.limit_price is not None:
            return {}
        bought = {"base_size": to_contracts(request.quantity, market)}
        return {"cost": "1", "order_configuration": {"market_market_ioc": bought}}

    async def recent_orders(self, exchange: Any, request: OrderRequest, since_ms: int) -> list[Any]:
        market = exchange.market(request.symbol)
        answer = await exchange.v3PrivateGetBrokerageOrdersHistoricalBatch(
            {"product_ids": market["id"], "start_date": _iso(since_ms), "limit": 1000}
        )
        return [exchange.parse_order(_known(row), market) for row in answer["orders"]]

    async def order_trades(self, exchange: Any, order_id: str, symbol: str) -> list[Any]:
        answer = await exchange.v3PrivateGetBrokerageOrdersHistoricalFills({"order_ids": order_id})
        return [exchange.parse_trade(row) for row in answer["fills"]]

    async def fill_rows(
        self, exchange: Any, ask: Ask, start_ms: int, end_ms: int | None, cursor: str
    ) -> tuple[list[Any], str]:
        """Newest first; corrections and reversals of the venue's books are no fills."""
        params = {"start_sequence_timestamp": _iso(start_ms), "limit": ask.listed.page}
        if end_ms is not None:
            params["end_sequence_timestamp"] = _iso(end_ms)
        if cursor:
            params["cursor"] = cursor
        answer = await exchange.v3PrivateGetBrokerageOrdersHistoricalFills(params)
        rows = [row for row in answer["fills"] if row.get("trade_type", "FILL") == "FILL"]
        after = str(answer.get("cursor") or "") if answer["fills"] else ""
        return [exchange.parse_trade(row) for row in rows], after

    async def balances(self, exchange: Any, params: Mapping[str, Any]) -> dict[str, Decimal]:
        """Through every page; several wallets may hold one currency."""
        held: dict[str, Decimal] = {}
        wanted: dict[str, Any] = {"limit": _ACCOUNTS_PAGE}
        while True:
            answer = await exchange.v3PrivateGetBrokerageAccounts(wanted)
            for row in answer["accounts"]:
                code = exchange.safe_currency_code(row["currency"])
                total = number(row["available_balance"]["value"]) + number(row["hold"]["value"])
                held[code] = held.get(code, Decimal(0)) + total
            if not answer.get("has_next") or not answer.get("cursor"):
                return held
            wanted["cursor"] = answer["cursor"]


def _known(row: Any) -> Any:
    return {**row, "status": "OPEN"} if row.get("status") in _UNDER_WAY else row


def _iso(at_ms: int) -> str:
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


DIALECT = Coinbase()
