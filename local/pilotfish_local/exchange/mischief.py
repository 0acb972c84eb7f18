"""Carries out the faults that hit a request."""

import asyncio
from collections.abc import Callable

import orjson
from aiohttp import web

from pilotfish_local.exchange.api import Call, Problem, Reply
from pilotfish_local.exchange.engine.orders import Slices
from pilotfish_local.exchange.faults import Rule

HTML = "<html><head><title>{0}</title></head><body><h1>{0} Bad Gateway</h1></body></html>"
JUNK = '{"orderId": 12, "sym'
WAITING = ("delay_ms", "timeout_before", "timeout_after")
CUTTING = ("timeout_before", "timeout_after", "reset")
Say = Callable[[Problem], Reply]


def respond(reply: Reply) -> web.Response:
    """A reply as an HTTP response."""
    return web.Response(
        body=orjson.dumps(reply.payload),
        status=reply.status,
        headers=reply.headers,
        content_type="application/json",
    )


def cut(request: web.BaseRequest) -> web.Response:
    """Drop the TCP connection; the response returned is never seen."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def prepare(call: Call, rules: list[Rule]) -> None:
    """The faults that change what the engine does rather than what is answered."""
    for rule in rules:
        if rule.kind == "partial_fill":
            call.slices = Slices(rule.pieces, rule.interval_ms, rule.fraction)
        elif rule.kind == "lag_ms":
            call.hidden_ns = max(call.hidden_ns, rule.ms * 1_000_000)
            call.lag_ns = max(call.lag_ns, rule.ms * 1_000_000)


async def answer_badly(
    request: web.BaseRequest, rules: list[Rule], answer: Callable[[], Reply], say: Say
) -> web.Response:
    """Answer a request as its faults say: some strike before it is accepted, some after."""
    early = [rule for rule in rules if _is_early(rule)]
    for rule in early:
        failed = await fail(request, rule, say)
        if failed is not None:
            return failed
    response = respond(answer())
    for rule in rules:
        if rule not in early:
            failed = await fail(request, rule, say)
            if failed is not None:
                return failed
    return response


def _is_early(rule: Rule) -> bool:
    """Whether a fault strikes before the venue has accepted anything."""
    if rule.kind in ("timeout_before", "timeout_after"):
        return rule.kind == "timeout_before"
    return rule.when == "before" and rule.kind != "empty_body"


async def fail(request: web.BaseRequest, rule: Rule, say: Say) -> web.Response | None:
    """The bad answer of one fault, or None when it only delays or only changes the engine."""
    if rule.kind in WAITING:
        await asyncio.sleep(rule.ms / 1000)
    if rule.kind in CUTTING:
        return cut(request)
    if rule.kind == "empty_body":
        return web.Response(status=200, content_type="application/json")
    if rule.kind == "junk":
        return web.Response(text=rule.text or JUNK, content_type="application/json")
    return _outage(rule, say) if rule.kind == "status" else None


def _outage(rule: Rule, say: Say) -> web.Response:
    """An HTTP error as a venue or the proxy before it would send."""
    headers = {}
    if rule.retry_after is not None or rule.status in (418, 429):
        headers["Retry-After"] = str(1 if rule.retry_after is None else rule.retry_after)
    if rule.body == "html" or rule.text is not None:
        text = rule.text or HTML.format(rule.status)
        return web.Response(
            text=text, status=rule.status, content_type="text/html", headers=headers
        )
    if rule.body == "empty":
        return web.Response(status=rule.status, headers=headers)
    return respond(say(Problem(rule.status, rule.code, rule.message or "", headers)))
