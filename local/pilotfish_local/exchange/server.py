"""The HTTP and socket server: takes a request to the face of its venue, and lets time pass."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from pilotfish_local.exchange import mischief
from pilotfish_local.exchange.api import Call, Endpoint, Face, Problem, Reply
from pilotfish_local.exchange.binance.events import BinanceEvents
from pilotfish_local.exchange.binance.face import BinanceFace
from pilotfish_local.exchange.binance.sockets import BinanceSockets
from pilotfish_local.exchange.bybit.events import BybitEvents
from pilotfish_local.exchange.bybit.face import BybitFace
from pilotfish_local.exchange.bybit.sockets import BybitSockets
from pilotfish_local.exchange.control.plane import Control
from pilotfish_local.exchange.delta.face import DeltaFace
from pilotfish_local.exchange.delta.sockets import DeltaSockets
from pilotfish_local.exchange.engine.instruments import (
    BINANCE,
    BINANCEUSDM,
    BYBIT,
    DELTA,
    KANA,
    KRAKEN,
    OKX,
)
from pilotfish_local.exchange.engine.orders import Rejection
from pilotfish_local.exchange.exchange import Exchange, Options
from pilotfish_local.exchange.kana.face import KanaFace
from pilotfish_local.exchange.kana.sockets import KanaSockets
from pilotfish_local.exchange.kraken.face import KrakenFace
from pilotfish_local.exchange.kraken.sockets import KrakenSockets
from pilotfish_local.exchange.okx.face import OkxFace
from pilotfish_local.exchange.okx.sockets import OkxSockets
from pilotfish_local.exchange.streams import Connection, Sockets

FIELDS = {
    "side": ("side", "type"),
    "type": ("ordertype", "type", "order_type", "orderType", "ordType"),
    "qty": ("quantity", "size", "qty", "sz", "volume"),
    "client_id": ("newClientOrderId", "client_order_id", "orderLinkId", "clOrdId", "cl_ord_id"),
}


class ModelExchange:
    """Every venue that is modelled, in one asyncio process.

    `async with ModelExchange(seed=7).serve() as url:` runs it inside a test.
    """

    def __init__(self, options: Options | None = None, *, seed: int = 7) -> None:
        self.exchange = Exchange(options or Options(seed=seed))
        binance = BinanceFace(self.exchange)
        self._faces: dict[str, Face] = {
            BINANCE: binance,
            BINANCEUSDM: binance,
            DELTA: DeltaFace(self.exchange),
            BYBIT: BybitFace(self.exchange),
            KRAKEN: KrakenFace(self.exchange),
            KANA: KanaFace(self.exchange),
            OKX: OkxFace(self.exchange),
        }
        sockets = BinanceSockets(self.exchange)
        self._sockets: dict[str, Sockets] = {
            BINANCE: sockets,
            BINANCEUSDM: sockets,
            DELTA: DeltaSockets(self.exchange),
            BYBIT: BybitSockets(self.exchange),
            KRAKEN: KrakenSockets(self.exchange),
            KANA: KanaSockets(self.exchange),
            OKX: OkxSockets(self.exchange),
        }
        self._links: set[Connection] = set()
        BinanceEvents(self.exchange)
        BybitEvents(self.exchange)
        self._control = Control(self.exchange)

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Listen on 127.0.0.1 and yield the base URL; port 0 takes a free one."""
        server = web.Server(self._handle, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.01)
        await runner.setup()
        clock = asyncio.create_task(self._pass_time())
        try:
            site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            clock.cancel()
            with suppress(asyncio.CancelledError):
                await clock
            for link in self._links:
                link.drop()
            await runner.cleanup()

    async def _pass_time(self) -> None:
        """Move the markets on, tick after tick; with tick_ms 0 only the control plane does."""
        period = self.exchange.options.tick_ms / 1000
        loop = asyncio.get_running_loop()
        before = loop.time()
        while period:
            await asyncio.sleep(period)
            now = loop.time()
            self.exchange.engine.tick(now - before)
            before = now

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        prefix, _, rest = request.path.lstrip("/").partition("/")
        if prefix == "_control":
            return await self._control.handle(request, rest)
        face = self._faces.get(prefix)
        if face is None:
            return web.Response(status=404, text="no such venue")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, prefix, "/" + rest)
        call = Call(
            prefix=prefix,
            method=request.method,
            path="/" + rest,
            query=request.rel_url.raw_query_string,
            body=await request.read(),
            headers=request.headers,
            address=request.remote or "",
        )
        endpoint = face.find(call)
        if endpoint is None:
            problem = Problem(404, None, f"No endpoint {call.method} {call.path}")
            return mischief.respond(face.error(None, problem))
        return await self._serve(request, face, endpoint, call)

    async def _serve(
        self, request: web.BaseRequest, face: Face, endpoint: Endpoint, call: Call
    ) -> web.Response:
        exchange = self.exchange
        call.account = exchange.keys.get(face.key_of(call))
        call.lag_ns = exchange.lag_ns(endpoint.venue, endpoint.kind)
        name = call.account.name if call.account else None
        rules = exchange.faults.on_request(endpoint.venue, name, endpoint.kind)
        if rules:
            mischief.prepare(call, rules)
            return await mischief.answer_badly(
                request,
                rules,
                lambda: self._answer(face, endpoint, call),
                lambda problem: face.error(endpoint, problem),
            )
        return mischief.respond(self._answer(face, endpoint, call))

    def _answer(self, face: Face, endpoint: Endpoint, call: Call) -> Reply:
        reply = face.answer(endpoint, call)
        if reply.problem is not None and endpoint.kind == "order_create":
            self._record_refusal(face, endpoint, call, reply.problem)
        return reply

    def _record_refusal(self, face: Face, endpoint: Endpoint, call: Call, problem: Problem) -> None:
        """Put an attempt that the venue refused in the book; each venue has its own field names."""
        said = {
            field: next((call.params[name] for name in names if call.params.get(name)), "")
            for field, names in FIELDS.items()
        }
        rejection = Rejection(
            account=call.account.name if call.account else None,
            venue=endpoint.venue,
            symbol=face.symbol_of(call.params),
            side=said["side"].upper(),
            type=said["type"],
            qty=said["qty"],
            client_id=said["client_id"],
            code=str(problem.code),
            message=problem.message,
            at_ns=self.exchange.clock.now_ns(),
        )
        self.exchange.engine.book.reject(rejection)

    async def _socket(self, request: web.BaseRequest, prefix: str, path: str) -> web.StreamResponse:
        face, talker = self._faces[prefix], self._sockets[prefix]
        query = request.rel_url.raw_query_string
        account = talker.account_of(path, query)
        for rule in self.exchange.faults.on_request(prefix, account, "stream"):
            failed = await mischief.fail(request, rule, lambda p: face.error(None, p))
            if failed is not None:
                return failed
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        link = Connection(socket, request)
        self._links.add(link)
        try:
            await talker.talk(prefix, path, query, socket, link)
        finally:
            self._links.discard(link)
            self.exchange.hub.leave(link)
            await link.close()
        return socket
