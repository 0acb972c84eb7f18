"""OKX's sockets: /ws/v5/private after `login`, and /ws/v5/public; pings are plain text."""

from functools import partial
from itertools import count

import orjson
from aiohttp import web

from pilotfish_local.exchange.engine.accounts import Account
from pilotfish_local.exchange.engine.decimals import plain
from pilotfish_local.exchange.engine.filling import OrderEvent
from pilotfish_local.exchange.engine.instruments import OKX
from pilotfish_local.exchange.engine.market import DELISTED, Market
from pilotfish_local.exchange.engine.prices import Move
from pilotfish_local.exchange.exchange import Exchange
from pilotfish_local.exchange.okx.events import CHANNELS, OkxEvents, Push, is_okx
from pilotfish_local.exchange.okx.markets import book_view, ticker_view
from pilotfish_local.exchange.okx.sign_in import NotSignedIn, account_of
from pilotfish_local.exchange.streams import Connection

Json = dict[str, object]
MARKET_CHANNELS = ("tickers", "bbo-tbt", "trades")


class Client:
    """A connection: its id, who has signed in on it, and what it subscribed to."""

    def __init__(self, number: int) -> None:
        self.id = f"{number:08x}"
        self.account: Account | None = None
        self.arguments: list[Json] = []


class OkxSockets:
    """Answers `login`, `subscribe`, `unsubscribe` and `ping`, and tells moves of the price."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._events = OkxEvents(exchange)
        self._clients: dict[Connection, Client] = {}
        self._numbers = count(1)
        exchange.engine.on_order.append(self._tell_order)
        exchange.engine.on_move.append(self._tell_move)

    def account_of(self, path: str, query: str) -> str | None:
        """Nobody yet: a private socket says who it is after it is open."""
        return None

    async def talk(
        self, prefix: str, path: str, query: str, socket: web.WebSocketResponse, link: Connection
    ) -> None:
        """Answer a client until it hangs up."""
        self._clients[link] = Client(next(self._numbers))
        try:
            async for frame in socket:
                if frame.type is not web.WSMsgType.TEXT:
                    continue
                if frame.data == "ping":
                    link.send_text("pong")
                else:
                    self._serve(path, frame.data, link)
        finally:
            del self._clients[link]

    def _serve(self, path: str, text: str, link: Connection) -> None:
        try:
            message = orjson.loads(text)
            op, arguments = message["op"], message["args"]
        except (ValueError, KeyError, TypeError):
            self._refuse(link, "60012", f"Illegal request: {text}")
            return
        if op == "login":
            self._login(arguments, link)
        elif op in ("subscribe", "unsubscribe"):
            for argument in arguments:
                self._choose(path, op, argument, link)
        else:
            self._refuse(link, "60012", f"Illegal request: {text}")

    def _refuse(self, link: Connection, code: str, message: str) -> None:
        connection = self._clients[link].id
        link.send({"event": "error", "code": code, "msg": message, "connId": connection})

    def _login(self, arguments: object, link: Connection) -> None:
        client = self._clients[link]
        given = arguments[0] if isinstance(arguments, list) and arguments else None
        try:
            client.account = account_of(self._exchange, given, link.address)
        except NotSignedIn as refused:
            self._refuse(link, refused.code, str(refused))
            return
        link.send({"event": "login", "code": "0", "msg": "", "connId": client.id})

    def _choose(self, path: str, op: str, argument: Json, link: Connection) -> None:
        private = path.rpartition("/")[2] == "private"
        if private and self._clients[link].account is None:
            self._refuse(link, "60011", "Please log in.")
        elif not (_known(argument) if private else self._market(argument)):
            names = ",".join(f"{name}:{value}" for name, value in argument.items())
            self._refuse(link, "60018", f"{names} doesn't exist. Please refer to the docs.")
        else:
            (self._join if op == "subscribe" else self._leave)(argument, link, private)

    def _join(self, argument: Json, link: Connection, private: bool) -> None:
        client, hub = self._clients[link], self._exchange.hub
        link.send({"event": "subscribe", "arg": argument, "connId": client.id})
        if private and client.account is not None:
            client.arguments.append(argument)
            hub.join_user(client.account.name, link, lambda push: _addressed(client, push))
            for push in self._events.snapshot(client.account, argument):
                link.send(_message(argument, push.row))
        else:
            hub.join_market(OKX, _name(argument), link)
            market = self._market(argument)
            if market is not None and argument["channel"] != "trades":
                link.send(_message(argument, self._row(argument, market)))

    def _leave(self, argument: Json, link: Connection, private: bool) -> None:
        client = self._clients[link]
        if private:
            client.arguments = [other for other in client.arguments if other != argument]
        else:
            self._exchange.hub.leave_market(OKX, _name(argument), link)
        link.send({"event": "unsubscribe", "arg": argument, "connId": client.id})

    def _market(self, argument: Json) -> Market | None:
        """The listed market of a public subscription."""
        if argument.get("channel") not in MARKET_CHANNELS:
            return None
        market = self._exchange.engine.markets.get((OKX, str(argument.get("instId"))))
        return None if market is None or market.status == DELISTED else market

    def _row(self, argument: Json, market: Market) -> Json:
        if argument["channel"] == "tickers":
            return ticker_view(self._exchange, market)
        if argument["channel"] == "bbo-tbt":
            return book_view(self._exchange, market, 1)
        return {
            "instId": market.instrument.symbol,
            "tradeId": str(market.ticks),
            "px": plain(market.last),
            "sz": plain(market.instrument.step),
            "side": "buy",
            "ts": str(self._exchange.clock.now_ms(OKX)),
        }

    def _tell_order(self, event: OrderEvent) -> None:
        name, hub = event.account.name, self._exchange.hub
        if not is_okx(event) or not hub.listens(name):
            return
        clients = [c for c in self._clients.values() if c.account is event.account]
        channels = {argument.get("channel") for c in clients for argument in c.arguments}
        for push in self._events.of(event, channels):
            hub.publish(OKX, name, push, partial(self._asked, push))

    def _asked(self, push: Push, link: Connection) -> bool:
        client = self._clients.get(link)
        return client is not None and any(push.fits(argument) for argument in client.arguments)

    def _tell_move(self, market: Market, move: Move) -> None:
        i = market.instrument
        if i.venue != OKX:
            return
        for channel in MARKET_CHANNELS:
            argument: Json = {"channel": channel, "instId": i.symbol}
            listeners = self._exchange.hub.watched(OKX, _name(argument))
            if listeners:
                message = _message(argument, self._row(argument, market))
                for link in listeners:
                    link.send(message)


def _known(argument: Json) -> bool:
    """Whether a private channel exists; orders and positions want an instrument type."""
    channel = argument.get("channel")
    return channel in CHANNELS and (channel == "account" or "instType" in argument)


def _name(argument: Json) -> str:
    return f"{argument['channel']}:{argument['instId']}"


def _message(argument: Json, row: Json) -> Json:
    return {"arg": argument, "data": [row]}


def _addressed(client: Client, push: object) -> object:
    """A push as the subscription that it fits is told it; a notice is of no subscription."""
    if not isinstance(push, Push):
        return push
    argument = next(argument for argument in client.arguments if push.fits(argument))
    account = client.account
    assert account is not None
    return _message({**argument, "uid": str(account.user_id)}, push.row)
