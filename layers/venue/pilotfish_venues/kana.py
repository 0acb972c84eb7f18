"""Kana Labs' perpetuals on Aptos over REST, as a class like ccxt's, which has none for it.

An account is a wallet's address, as the secret of its key; the key is Kana's `x-api-key`, which
every request wants, also one for markets. Trades settle on chain and need the wallet's own key,
which nobody may ask for: Kana is followed and watched, never traded on.

From Kana's documentation (REST and WebSockets for developers) are the paths, the market and the
position; from programs in the open that run on it the fields of a fill and what `order_type` says
of its side. A fill has neither an id nor an order of its own: `trade_id` is the position's.
"""

import asyncio
from collections import Counter
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from ccxt.async_support.base.exchange import Exchange
from ccxt.base.decimal_to_precision import TICK_SIZE
from ccxt.base.errors import (
    AuthenticationError,
    BadSymbol,
    ExchangeError,
    PermissionDenied,
)

# They changed between versions of the documentation; what each is, getMarketInfo says.
MARKET_IDS = ("14", "15", "16", "31")
# 1 to 3 open a long position, 4 to 6 a short one; 7 to 9 close a long one, 10 to 12 a short one.
SIDES = {
    **dict.fromkeys((1, 2, 3, 10, 11, 12), "buy"),
    **dict.fromkeys((4, 5, 6, 7, 8, 9), "sell"),
}
# Between the parts of a fill's name, and before the number of one that looks like another.
MARK = "_"


class kana(Exchange):  # type: ignore[misc] # noqa: N801 - ccxt finds a class by its id
    """ccxt's unified calls, as far as a leader's account and its markets need them."""

    answered_at = ""

    def describe(self) -> Any:
        own = {
            "id": "kana",
            "name": "Kana Labs",
            "precisionMode": TICK_SIZE,
            "requiredCredentials": {"apiKey": True, "secret": True},
            "urls": {
                "api": {
                    "rest": "https://perps-tradeapi.kana.trade",
                    "ws": "wss://perpetuals-indexer-ws.kana.trade/ws/",
                }
            },
            "has": {"fetchMyTrades": True, "fetchPositions": True, "fetchTickers": True},
        }
        return self.deep_extend(super().describe(), own)

    def sign(
        self, path: Any, api: Any = "rest", method: Any = "GET", params: Any = None, *rest: Any
    ) -> Any:
        """The key in a header; nothing is signed."""
        query = f"?{self.urlencode(params)}" if params else ""
        url = f"{self.urls['api'][api]}/{path}{query}"
        headers = {"x-api-key": self.apiKey} if self.apiKey else {}
        return {"url": url, "method": method, "body": None, "headers": headers}

    def handle_errors(
        self, code: int, reason: str, url: str, method: str,
        headers: Any, body: str, response: Any, *request: Any,
    ) -> Any:  # fmt: skip
        """Kana's own words; and when it answered, the only clock that it shows."""
        named = {str(name).lower(): value for name, value in dict(headers or {}).items()}
        self.answered_at = str(named.get("date", ""))
        words = str(response.get("message", "")) if isinstance(response, dict) else ""
        if code in (401, 403):
            raise (PermissionDenied if code == 403 else AuthenticationError)(f"kana {words}")
        if isinstance(response, dict) and response.get("success") is False:
            unknown = "market" in words.lower() and "not" in words.lower()
            raise (BadSymbol if unknown else ExchangeError)(f"kana {words}")
        return None

    async def ask(self, path: str, **params: Any) -> Any:
        """The data of one answer."""
        answer = await self.request(path, "rest", "GET", params)
        return answer["data"]

    async def fetch_time(self, params: Any = None) -> int:
        """When Kana last answered, to the second (UTC ms); our own time when it does not say."""
        await self.ask("getMarketInfo", marketId=MARKET_IDS[0])
        if not self.answered_at:
            return int(self.milliseconds())
        return int(parsedate_to_datetime(self.answered_at).timestamp()) * 1000

    async def fetch_markets(self, params: Any = None) -> list[Any]:
        """Of the ids that Kana documents, those that it knows."""
        answers = await asyncio.gather(*(self._market(market_id) for market_id in MARKET_IDS))
        return [self.parse_market(row) for rows in answers for row in rows]

    async def _market(self, market_id: str) -> list[Any]:
        try:
            return list(await self.ask("getMarketInfo", marketId=market_id))
        except BadSymbol:
            return []

    def parse_market(self, row: Any) -> Any:
        """APT-USD and APT/USDC alike; lots count in the base's smallest unit."""
        base, quote = str(row["base_name"]).replace("/", "-").split("-")
        lot = Decimal(row["lot_size"]) / 10 ** int(row["base_decimals"])
        tick = Decimal(row["tick_size"]) / 10 ** int(row["quote_precision"])
        limits = {"min": str(lot * int(row["min_lots"])), "max": str(lot * int(row["max_lots"]))}
        return self.safe_market_structure(
            {
                "id": str(row["market_id"]),
                "symbol": f"{base}/{quote}:{quote}",
                "base": base,
                "quote": quote,
                "settle": quote,
                "baseId": base,
                "quoteId": quote,
                "settleId": quote,
                "type": "swap",
                "spot": False,
                "swap": True,
                "contract": True,
                "linear": True,
                "inverse": False,
                "active": True,
                "contractSize": "1",
                "precision": {"amount": str(lot), "price": str(tick)},
                "limits": {"amount": limits, "cost": {"min": None, "max": None}},
                "info": row,
            }
        )

    async def fetch_tickers(self, symbols: Any = None, params: Any = None) -> Any:
        """The best prices and the last one, market by market."""
        wanted = [self.market(symbol) for symbol in symbols or self.symbols]
        return dict(await asyncio.gather(*(self._ticker(market) for market in wanted)))

    async def _ticker(self, market: Any) -> tuple[str, Any]:
        best, last = await asyncio.gather(
            self.ask("getMarketPrice", marketId=market["id"]),
            self.ask("getLastExecutionPrice", marketId=market["id"]),
        )
        row = {
            "symbol": market["symbol"],
            "bid": self.safe_string(best, "bestBidPrice"),
            "ask": self.safe_string(best, "bestAskPrice"),
            "last": self.safe_string(last, "price"),
            "info": [best, last],
        }
        return market["symbol"], self.safe_ticker(row, market)

    async def fetch_positions(self, symbols: Any = None, params: Any = None) -> list[Any]:
        """All of the wallet's; one of a market that we do not know keeps Kana's name for it."""
        rows = await self.ask("getPositions", userAddress=self.secret)
        return [self.parse_position(row) for row in rows]

    def parse_position(self, position: Any, market: Any = None) -> Any:
        """Sizes are in base units, REST says `trade_side` and the socket `is_long`."""
        found = self.safe_market(str(position["market_id"]))
        long = position.get("is_long", position.get("trade_side"))
        return {
            "symbol": found["symbol"],
            "side": "long" if long else "short",
            "contracts": self.safe_string(position, "size"),
            "entryPrice": self.safe_string(position, "entry_price"),
            "leverage": self.safe_string(position, "leverage"),
            "info": position,
        }

    async def fetch_my_trades(
        self, symbol: Any = None, since: Any = None, limit: Any = None, params: Any = None
    ) -> list[Any]:
        """The wallet's fills as listed; of those that look the same, later ones have a number."""
        ids = [self.market(symbol)["id"]] if symbol else [m["id"] for m in self.markets.values()]
        lists = await asyncio.gather(
            *(self.ask("getFills", userAddress=self.secret, marketId=each) for each in ids)
        )
        trades = self.parse_trades_helper(False, [row for rows in lists for row in rows])
        seen: Counter[str] = Counter()
        for trade in reversed(trades):
            seen[trade["id"]] += 1
            if trade["id"] and seen[trade["id"]] > 1:
                trade["id"] += f"{MARK}{seen[trade['id']]}"
        until = (params or {}).get("until")
        return [trade for trade in trades if _within(trade["timestamp"], since, until)]

    def parse_trade(self, trade: Any, market: Any = None) -> Any:
        """A fill from REST or from the socket; its name is made of all that it says."""
        found = self.safe_market(str(trade["market_id"]))
        price, size = Decimal(str(trade["price"])), Decimal(str(trade["size"]))
        said = (trade["trade_id"], trade["timestamp"], trade["order_type"], _plain(size))
        return {
            "id": MARK.join(str(part) for part in (*said, _plain(price))),
            "order": self.safe_string(trade, "order_id"),
            "timestamp": int(trade["timestamp"]) * 1000,
            "symbol": found["symbol"],
            "side": SIDES[int(trade["order_type"])],
            "price": str(price),
            "amount": str(size),
            "fee": {"cost": self.safe_string(trade, "fee"), "currency": found.get("settle")},
            "info": trade,
        }

    async def profile_address(self) -> str:
        """Under which the wallet trades on chain, and the socket knows it."""
        return str(await self.ask("getProfileAddress", userAddress=self.secret))


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _within(at_ms: Any, since_ms: Any, until_ms: Any) -> bool:
    """Whether a time is in the period asked for; one that is missing is, too."""
    if at_ms is None:
        return True
    return (since_ms is None or at_ms >= since_ms) and (until_ms is None or at_ms <= until_ms)
