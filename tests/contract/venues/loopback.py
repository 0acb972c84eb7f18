"""A host that stands for all hosts of a venue, says what was recorded, and remembers the rest."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import WSMsgType, web

from pilotfish_venues.endpoints import Endpoint

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HostInPath(Endpoint):
    """Keeps the venue's host as the first part of the path, so that a request tells it."""

    base: str = ""

    def rewrite(self, urls: Any) -> Any:
        if isinstance(urls, Mapping):
            return {name: self.rewrite(inner) for name, inner in urls.items()}
        if not isinstance(urls, str):
            return urls
        scheme, _, rest = urls.partition("://")
        return f"{'ws' if scheme.startswith('ws') else 'http'}://{self.base}/{rest}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came; `fields` are those of its query and of its body, as text."""

    call: str
    fields: Json
    headers: Mapping[str, str]


@dataclass
class Loopback:
    """`answers` are looked through in order: the first whose call and `when` fit is given.

    One with `once` is given once. Whatever nobody recorded is a 404 and stands in `strange`.
    """

    base: str = ""
    answers: list[Json] = field(default_factory=list)
    sockets: list[Json] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    heard: list[Json] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    junk: str | None = None
    under_way: int = 0
    most_under_way: int = 0
    delay_s: float = 0.0
    mute: bool = False

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._talk(request)
        sent = Sent(
            f"{request.method} {urlsplit(str(request.rel_url)).path.lstrip('/')}",
            _fields(request.rel_url.raw_query_string, await request.text()),
            dict(request.headers),
        )
        self.sent.append(sent)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(self.delay_s)
        self.under_way -= 1
        answer = self._answer(sent)
        if self.junk is not None and not (answer or {}).get("public"):
            return web.Response(text=self.junk, content_type="text/html")
        if answer is None:
            self.strange.append(f"{sent.call} {json.dumps(sent.fields)}")
            return web.json_response({"nobody": "recorded this"}, status=404)
        body, status = answer.get("body"), answer.get("status", 200)
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=answer.get("headers"))
        return web.json_response(body, status=status, headers=answer.get("headers"))

    def _answer(self, sent: Sent) -> Json | None:
        for answer in self.answers:
            when = answer.get("when", {}).items()
            if answer["call"] != sent.call or answer.get("given"):
                continue
            if all(_same(sent.fields.get(name), value) for name, value in when):
                answer["given"] = bool(answer.get("once"))
                return answer
        return None

    async def _talk(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Each step is taken on connecting, or when its `hear` is heard: once, or `again`."""
        socket = web.WebSocketResponse(autoping=not self.mute)
        await socket.prepare(request)
        path = urlsplit(str(request.rel_url)).path.lstrip("/")
        scripts = [script for script in self.sockets if path.startswith(script["url"])]
        if not scripts:
            self.strange.append(f"socket {path}")
        steps = [step for script in scripts for step in script["steps"]]
        await _say(socket, [step for step in steps if "hear" not in step], {})
        steps = [step for step in steps if "hear" in step]
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT or not frame.data.startswith(("{", "[")):
                continue
            message = json.loads(frame.data)
            self.heard.append(message)
            fitting = next((step for step in steps if fits(message, step["hear"])), None)
            if fitting is not None:
                if not fitting.get("again"):
                    steps.remove(fitting)
                await _say(socket, [fitting], message)
        return socket


async def _say(socket: web.WebSocketResponse, steps: list[Json], heard: Json) -> None:
    for step in steps:
        for said in step["say"]:
            if isinstance(said, dict) and set(said) == {"base64"}:
                await socket.send_bytes(base64.b64decode(said["base64"]))
                continue
            text = said if isinstance(said, str) else json.dumps(_filled(said, heard))
            if step.get("gzip"):
                await socket.send_bytes(gzip.compress(text.encode()))
            else:
                await socket.send_str(text)
        if step.get("close"):
            await socket.close()


def _filled(said: Any, heard: Json) -> Any:
    """`"$id"` in what is said becomes the `id` of what was heard."""
    if isinstance(said, dict):
        return {name: _filled(value, heard) for name, value in said.items()}
    if isinstance(said, list):
        return [_filled(value, heard) for value in said]
    if isinstance(said, str) and said.startswith("$"):
        return heard.get(said[1:])
    return said


def fits(message: Any, wanted: Any) -> bool:
    """Whether a message has all that is wanted, of objects and lists within it too."""
    if isinstance(wanted, dict):
        return isinstance(message, dict) and all(
            fits(message.get(name), value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(message, list)
            and len(message) == len(wanted)
            and all(map(fits, message, wanted))
        )
    return _same(message, wanted)


def _same(found: object, wanted: object) -> bool:
    """Compared as text: in a query all is text. None: the field is not there."""
    if found is None or wanted is None:
        return found is wanted
    return _text(found) == _text(wanted)


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool | dict | list) else str(value)


def _fields(query: str, body: str) -> Json:
    fields: Json = dict(parse_qsl(query, keep_blank_values=True))
    if body.startswith("{"):
        return fields | dict(json.loads(body))
    if body.startswith("["):
        return fields | {"[]": json.loads(body)}
    return fields | dict(parse_qsl(body, keep_blank_values=True))


@asynccontextmanager
async def listening(loopback: Loopback) -> AsyncIterator[Loopback]:
    runner = web.ServerRunner(web.Server(loopback.handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        loopback.base = f"127.0.0.1:{runner.addresses[0][1]}"
        yield loopback
    finally:
        await runner.cleanup()
