"""Binance's sockets: user data by listen key, the spot WebSocket API, and market streams."""

import hmac

import orjson
from aiohttp import web

from pilotfish_local.exchange.api import Problem
from pilotfish_local.exchange.binance import errors
from pilotfish_local.exchange.binance.channels import CHANNELS, Message
from pilotfish_local.exchange.binance.face import DEFAULT_RECV_WINDOW_MS, check_window
from pilotfish_local.exchange.engine.instruments import BINANCE, BINANCEUSDM
from pilotfish_local.exchange.engine.market import Market
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.streams import Connection


class BinanceSockets:
    """Speaks whichever protocol the path of a socket asks for."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._subscriptions = 0
        exchange.engine.on_move.append(self._tell_move)

    def account_of(self, path: str, query: str) -> str | None:
        """The account of a user stream, by the listen key in its path or query."""
        key = query.partition("listenKey=")[2].partition("&")[0] or path.rpartition("/")[2]
        return self._exchange.listen_keys.get(key)

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        account = self.account_of(path, query)
        if account is not None:
            self._exchange.hub.join_user(account, link)
        last = path.rpartition("/")[2]
        streams = query.partition("streams=")[2].partition("&")[0].split("/")
        for name in [last, *streams]:
            if "@" in name:
                self._exchange.hub.join_market(prefix, name, link)
        async for frame in socket:
            if frame.type is web.WSMsgType.TEXT:
                message = orjson.loads(frame.data)
                if path.startswith("/ws-api"):
                    self._serve_api(message, link)
                else:
                    self._subscribe(prefix, message, link)

    def _subscribe(self, prefix: str, message: Message, link: Connection) -> None:
        names = message.get("params")
        if isinstance(names, list):
            hub = self._exchange.hub
            leaves = message.get("method") == "UNSUBSCRIBE"
            for name in names:
                (hub.leave_market if leaves else hub.join_market)(prefix, str(name), link)
        link.send({"result": None, "id": message.get("id")})

    def _serve_api(self, message: Message, link: Connection) -> None:
        number = message.get("id")
        params = message.get("params")
        try:
            result = self._call_api(str(message.get("method")), params, link)
            link.send({"id": number, "status": 200, "result": result, "rateLimits": []})
        except Problem as problem:
            error = {"code": problem.code, "msg": problem.message}
            link.send({"id": number, "status": problem.status, "error": error})

    def _call_api(self, method: str, params: object, link: Connection) -> Message:
        if method == "ping":
            return {}
        if method == "time":
            return {"serverTime": self._exchange.clock.now_ms(BINANCE)}
        if method == "userDataStream.subscribe.signature" and isinstance(params, dict):
            return self._subscribe_user(params, link)
        raise Problem(400, -1020, "This operation is not supported.")

    def _subscribe_user(self, params: Message, link: Connection) -> Message:
        account = self._exchange.keys.get(str(params.get("apiKey")))
        if account is None or not account.usable or account.venue != BINANCE:
            raise errors.problem(-2015)
        sent, window = params.get("timestamp"), params.get("recvWindow", DEFAULT_RECV_WINDOW_MS)
        check_window(self._exchange.clock.now_ms(BINANCE), int(str(sent)), int(str(window)))
        signed = sorted((k, v) for k, v in params.items() if k != "signature")
        text = "&".join(f"{name}={value}" for name, value in signed)
        expected = hmac.digest(account.secret, text.encode(), "sha256").hex()
        if expected != params.get("signature"):
            raise errors.problem(-1022)
        number = self._subscriptions
        self._subscriptions += 1
        self._exchange.hub.join_user(
            account.name, link, lambda event: {"subscriptionId": number, "event": event}
        )
        return {"subscriptionId": number}

    def _tell_move(self, market: Market, move: Move) -> None:
        venue, symbol = market.instrument.venue, market.instrument.symbol
        if venue not in (BINANCE, BINANCEUSDM):
            return
        for channel, build in CHANNELS.items():
            for name in (f"{symbol.lower()}@{channel}", f"!{channel}@arr"):
                listeners = self._exchange.hub.watched(venue, name)
                if listeners:
                    message = build(self._exchange, market)
                    payload = [message] if name.startswith("!") else message
                    for link in listeners:
                        link.send(payload)
