"""The control plane: accounts, the book, markets, clocks, limits and faults, over /_control/."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import orjson
from aiohttp import web
from pydantic import ValidationError

from pilotfish_local.exchange.control import models, views
from pilotfish_local.exchange.engine.accounts import Balance
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.orders import Refused
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.faults import BadRule
from pilotfish_local.exchange.limits import Limits

Query = dict[str, str]
Action = Callable[[bytes, Query], object]
Model = TypeVar("Model", bound=models.Body)


class NotFound(LookupError):
    """There is no such account, rule or path."""


class Control:
    """Every path under /_control/; answers are JSON, errors are {"error": ...}."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._actions: dict[tuple[str, str], Action] = {
            ("GET", "health"): self._health,
            ("GET", "summary"): lambda b, q: views.summary(exchange),
            ("GET", "orders"): self._orders,
            ("GET", "accounts"): self._accounts,
            ("POST", "accounts"): self._open_accounts,
            ("GET", "markets"): self._markets,
            ("POST", "market"): self._change_market,
            ("POST", "price"): self._set_price,
            ("POST", "tick"): self._tick,
            ("POST", "clock"): self._set_clock,
            ("POST", "lag"): self._set_lag,
            ("POST", "limits"): self._set_limits,
            ("POST", "ban"): self._ban,
            ("POST", "forgive"): self._forgive,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "streams"): lambda b, q: exchange.hub.counts(),
            ("POST", "streams/drop"): self._drop,
            ("POST", "reset"): self._reset,
        }

    async def handle(self, request: web.BaseRequest, path: str) -> web.Response:
        """Do what a request asks, or say what is wrong with it."""
        body, query = await request.read(), dict(request.query)
        try:
            return _json(self._act(request.method, path.strip("/"), body, query), 200)
        except NotFound as error:
            return _json({"error": str(error)}, 404)
        except (ValidationError, BadRule, ValueError, TypeError) as error:
            return _json({"error": str(error)}, 400)
        except Refused as refused:
            return _json({"error": str(refused)}, 404)

    def _act(self, method: str, path: str, body: bytes, query: Query) -> object:
        action = self._actions.get((method, path))
        if action is not None:
            return action(body, query)
        root, _, name = path.partition("/")
        if (method, root) == ("PATCH", "accounts"):
            return self._change_account(name, body)
        if (method, root) == ("DELETE", "faults") and name.isdigit():
            if not self._exchange.faults.remove(int(name)):
                raise NotFound(f"no rule {name}")
            return {"removed": int(name)}
        raise NotFound(f"{method} /_control/{path}")

    def _health(self, body: bytes, query: Query) -> object:
        exchange = self._exchange
        return {"ok": True, "seed": exchange.options.seed, "now_ns": exchange.clock.now_ns()}

    def _orders(self, body: bytes, query: Query) -> object:
        since, book = int(query.get("since", 0)), self._exchange.engine.book
        orders = [
            order
            for order in book.orders
            if order.accepted_ns >= since
            and query.get("account") in (None, order.account)
            and query.get("venue") in (None, order.instrument.venue)
            and query.get("symbol") in (None, order.instrument.symbol)
            and query.get("client_id") in (None, order.client_id)
        ]
        rejected = [
            entry
            for entry in book.rejections
            if entry.at_ns >= since
            and query.get("account") in (None, entry.account)
            and query.get("venue") in (None, entry.venue)
            and query.get("client_id") in (None, entry.client_id)
        ]
        return {
            "orders": [views.order_view(order) for order in orders],
            "rejected": [views.rejection_view(entry) for entry in rejected],
        }

    def _accounts(self, body: bytes, query: Query) -> object:
        accounts = self._exchange.engine.accounts.values()
        return {
            "accounts": [
                views.account_view(self._exchange, account)
                for account in accounts
                if query.get("account") in (None, account.name)
                and query.get("venue") in (None, account.venue)
            ]
        }

    def _open_accounts(self, body: bytes, query: Query) -> object:
        wanted = _read(models.NewAccounts, body).accounts
        opened = [self._exchange.open_account(**dict(account)) for account in wanted]
        return {"opened": len(opened)}

    def _change_account(self, name: str, body: bytes) -> object:
        change = _read(models.AccountChange, body)
        account = self._exchange.engine.accounts.get(name)
        if account is None:
            raise NotFound(f"no account {name}")
        if change.enabled is not None:
            account.enabled = change.enabled
        if change.can_trade is not None:
            account.can_trade = change.can_trade
        if change.allowed_ips is not None or change.any_ip:
            account.allowed_ips = change.allowed_ips
        for asset, total in (change.balances or {}).items():
            account.balances[asset] = Balance(total, account.balance(asset).locked)
        return views.account_view(self._exchange, account)

    def _market(self, venue: str, symbol: str) -> Market:
        return self._exchange.engine.market(venue, symbol)

    def _markets(self, body: bytes, query: Query) -> object:
        return {"markets": [views.market_view(m) for m in self._exchange.engine.markets.values()]}

    def _change_market(self, body: bytes, query: Query) -> object:
        change = _read(models.MarketChange, body)
        market = self._market(change.venue, change.symbol)
        market.status = change.status or market.status
        market.spread = change.spread or market.spread
        given = change.model_dump(exclude_none=True)
        names = ("tick", "step", "min_qty", "max_qty", "min_notional", "taker", "maker")
        self._exchange.change_instrument(market, {n: given[n] for n in names if n in given})
        return views.market_view(market)

    def _set_price(self, body: bytes, query: Query) -> object:
        change = _read(models.PriceChange, body)
        market = self._market(change.venue, change.symbol)
        if change.price is not None:
            self._exchange.engine.pin(market, change.price)
        if change.release:
            market.pinned = False
        return views.market_view(market)

    def _tick(self, body: bytes, query: Query) -> object:
        ticks = _read(models.Ticks, body)
        for _ in range(ticks.count):
            self._exchange.engine.tick(ticks.seconds)
        return {"ticked": ticks.count}

    def _set_clock(self, body: bytes, query: Query) -> object:
        change = _read(models.ClockChange, body)
        self._exchange.clock.set_offset(change.venue, change.offset_ms)
        return change.model_dump()

    def _set_lag(self, body: bytes, query: Query) -> object:
        change = _read(models.LagChange, body)
        self._exchange.lag_ms[change.venue, change.kind] = change.ms
        return change.model_dump()

    def _set_limits(self, body: bytes, query: Query) -> object:
        change = _read(models.LimitChange, body).model_dump(exclude_none=True)
        venue, meter = change.pop("venue"), self._exchange.meter
        limits: Limits = replace(meter.limits[venue], **change)
        meter.limits[venue] = limits
        return {"venue": venue, **{n: getattr(limits, n) for n in Limits.__slots__}}

    def _ban(self, body: bytes, query: Query) -> object:
        ban = _read(models.Ban, body)
        until = self._exchange.clock.now_ns() / 1e9 + ban.seconds
        self._exchange.meter.ban(ban.venue, ban.who, until)
        return ban.model_dump()

    def _forgive(self, body: bytes, query: Query) -> object:
        self._exchange.meter.forgive()
        return {"forgiven": True}

    def _faults(self, body: bytes, query: Query) -> object:
        return {"faults": [rule.view() for rule in self._exchange.faults.rules]}

    def _add_faults(self, body: bytes, query: Query) -> object:
        given = json.loads(body)
        specs = given if isinstance(given, list) else [given]
        return {"faults": [self._exchange.faults.add(spec).view() for spec in specs]}

    def _clear_faults(self, body: bytes, query: Query) -> object:
        self._exchange.faults.clear()
        return {"cleared": True}

    def _drop(self, body: bytes, query: Query) -> object:
        return {"dropped": self._exchange.hub.drop_users(_read(models.Drop, body).accounts)}

    def _reset(self, body: bytes, query: Query) -> object:
        self._exchange.reset(keep_accounts=_read(models.Reset, body).keep_accounts)
        return {"reset": True}


def _read(model: type[Model], body: bytes) -> Model:
    return model.model_validate_json(body or b"{}")


def _json(payload: object, status: int) -> web.Response:
    body = orjson.dumps(payload, default=str)
    return web.Response(body=body, status=status, content_type="application/json")
