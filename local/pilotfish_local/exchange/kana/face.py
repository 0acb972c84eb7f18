"""Kana over REST: everything is a GET with an `x-api-key`, answered {success, message, data}."""

from collections.abc import Mapping
from typing import ClassVar

from pilotfish_local.exchange.api import READ, Call, Endpoint, Problem, Reply, read_form
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.instruments import KANA
from pilotfish_local.exchange.engine.market import DELISTED, Market
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.faces import VenueFace
from pilotfish_local.exchange.kana.views import fill_views, market_view, position_view, profile_of
from pilotfish_local.exchange.limits import Limited
from pilotfish_local.exchange.lookups import seen_fills

OUTAGES = {429: "Too Many Requests", 500: "Internal Server Error"}


def _market(exchange: Exchange, call: Call) -> Market:
    for (venue, _), market in exchange.engine.markets.items():
        known = venue == KANA and market.status != DELISTED
        if known and str(market.instrument.product_id) == call.params.get("marketId"):
            return market
    raise Problem(400, "market", "Market not found")


def market_info(exchange: Exchange, call: Call) -> object:
    """GET /getMarketInfo of one market."""
    return [market_view(_market(exchange, call).instrument)]


def market_price(exchange: Exchange, call: Call) -> object:
    """GET /getMarketPrice."""
    market = _market(exchange, call)
    return {"bestAskPrice": float(market.ask), "bestBidPrice": float(market.bid)}


def last_price(exchange: Exchange, call: Call) -> object:
    """GET /getLastExecutionPrice."""
    return {"price": plain(_market(exchange, call).last)}


def profile(exchange: Exchange, call: Call) -> object:
    """GET /getProfileAddress of the caller's wallet."""
    return profile_of(call.owner)


def balance(exchange: Exchange, call: Call) -> object:
    """GET /getProfileBalanceSnapshot."""
    return plain(call.owner.balance("USD").total)


def positions(exchange: Exchange, call: Call) -> object:
    """GET /getPositions: of all markets, or of one."""
    wanted, markets = call.params.get("marketId"), exchange.engine.markets
    return [
        position_view(exchange, call.owner, position, "trade_side")
        for position in call.owner.positions.values()
        if position.amount
        and wanted in (None, str(markets[KANA, position.symbol].instrument.product_id))
    ]


def fills(exchange: Exchange, call: Call) -> object:
    """GET /getFills of one market, the newest first."""
    symbol = _market(exchange, call).instrument.symbol
    found = [f for f in seen_fills(exchange, call) if f.order.instrument.symbol == symbol]
    return [row for fill in found for row in fill_views(exchange, call.owner, fill)][::-1]


class KanaFace(VenueFace):
    """Reading alone: orders are transactions on chain, and come from elsewhere."""

    endpoints: ClassVar[Mapping[tuple[str, str], Endpoint]] = {
        ("GET", "/getMarketInfo"): Endpoint(KANA, "market", READ, 1, market_info),
        ("GET", "/getMarketPrice"): Endpoint(KANA, "market", READ, 1, market_price),
        ("GET", "/getLastExecutionPrice"): Endpoint(KANA, "market", READ, 1, last_price),
        ("GET", "/getProfileAddress"): Endpoint(KANA, "settings", READ, 1, profile),
        ("GET", "/getProfileBalanceSnapshot"): Endpoint(KANA, "balance", READ, 1, balance),
        ("GET", "/getPositions"): Endpoint(KANA, "positions", READ, 1, positions),
        ("GET", "/getFills"): Endpoint(KANA, "fills", READ, 1, fills),
    }

    def key_of(self, call: Call) -> str:
        """The API key that the request carries."""
        return call.headers.get("x-api-key", "")

    def symbol_of(self, params: Mapping[str, str]) -> str:
        """No order comes this way."""
        return ""

    def read(self, call: Call) -> None:
        """The query."""
        call.params = read_form(call.query)

    def authorize(self, endpoint: Endpoint, call: Call) -> None:
        """A key that is known, and the wallet that it was given out for."""
        account = call.account
        if account is None or not account.enabled or account.venue != KANA:
            raise Problem(401, "key", "Invalid API key")
        if account.allowed_ips is not None and call.address not in account.allowed_ips:
            raise Problem(403, "address", "Forbidden")
        address = call.params.get("userAddress", account.secret.decode())
        if address.encode() != account.secret:
            raise Problem(400, "address", "Profile not found")

    def wrap(self, result: object) -> object:
        """Some data."""
        return {"success": True, "message": "Fetched successfully", "data": result}

    def refusal(self, call: Call, refused: Refused) -> Problem:
        """Whatever the engine refuses."""
        return Problem(400, "refused", str(refused))

    def over_limit(self, limited: Limited) -> Problem:
        """Too much; Kana's limits are not documented."""
        return Problem(429, None, headers={"Retry-After": str(limited.retry_after)})

    def error(self, endpoint: Endpoint | None, problem: Problem) -> Reply:
        """An error as {success, message}."""
        words = problem.message or OUTAGES.get(problem.status, "Service Unavailable")
        payload = {"success": False, "message": words, "data": None}
        return Reply(payload, problem.status, problem.headers, problem)
