"""Delta's own socket: it rings, REST tells the fill, and through a Listener each comes once."""

import asyncio
import re
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import NotSent, OutcomeUnknown, Rejected, VenueError
from pilotfish.usecases import listen as listening
from pilotfish_local.exchange.delta import events, views
from pilotfish_venues import delta_socket, delta_stream
from pilotfish_venues.endpoints import Endpoint
from pilotfish_venues.exchanges import Shared, VenueClock, template
from pilotfish_venues.sessions import Sessions
from pilotfish_venues.table import spec_of
from tests.contract.venues.heard import Leader, streams
from tests.fakes.samples import an_account

ACCEPTED = {"type": "key-auth", "success": True, "status_code": 200, "status": "authenticated"}
JOINED = {
    "type": "subscriptions",
    "channels": [{"name": "v2/user_trades", "symbols": ["all"]}],
}


@pytest.fixture
async def ann(opened: Any) -> Any:
    return await opened("delta")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"enabled": False}, Rejected, "api_key_not_found: ApiKey not found"),
        ({"allowed_ips": ["10.0.0.1"]}, Rejected, "IP address not whitelisted. Your IP: 127.0.0.1"),
    ],
)
async def test_a_refused_log_in_says_why(
    exchange: Any, ann: Any, hear: Any, change: Any, error: Any, words: str
) -> None:
    await exchange.call("PATCH", "accounts/ann", change)
    heard = await hear(ann, live=False)

    with pytest.raises(error, match=re.escape(words)):
        await heard.end()


async def test_a_wrong_secret_is_rejected_and_told_to_nobody(ann: Any, hear: Any) -> None:
    ann._exchange.secret = "another-secret"
    heard = await hear(ann, live=False)

    with pytest.raises(Rejected, match="invalid_signature") as caught:
        await heard.end()
    assert "another-secret" not in str(caught.value)


async def test_a_clock_that_is_off_is_set_and_the_next_log_in_is_taken(
    exchange: Any, ann: Any, hear: Any
) -> None:
    ann._clock.asked_ms = 0
    await exchange.post("clock", venue="delta", offset_ms=60_000)
    heard = await hear(ann, live=False)
    with pytest.raises(NotSent, match="request_expired"):
        await heard.end()

    await hear(ann)


async def test_a_fill_is_told_with_its_commission_and_the_name_that_rest_has_for_it(
    ann: Any, hear: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Delta's samples: the socket's ids have dashes, and REST's times end at the second."""
    plain_id, exact = events.fill_id, views.iso
    monkeypatch.setattr(
        events, "fill_id", lambda fill: f"{plain_id(fill)[:8]}-{plain_id(fill)[8:]}"
    )
    monkeypatch.setattr(views, "iso", lambda exchange, at: f"{exact(exchange, at)[:19]}Z")
    heard = await hear(ann)
    request = order("delta", "0.012")

    await ann.create_order(request)

    (streamed,) = await heard.until(1)
    (listed,) = await ann.fills_since(streamed.traded_ms, ())
    assert (streamed.fill_id, streamed.fee) == (listed.fill_id, listed.fee)
    assert "-" not in streamed.trade_id
    assert (streamed.traded_ms % 1000, streamed.fee > 0) == (0, True)


async def test_ids_that_have_nothing_in_common_are_told_by_order_price_and_size(
    exchange: Any, ann: Any, hear: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "fill_id", lambda fill: f"another {fill.trade_id}")
    heard = await hear(ann)
    await exchange.fault("partial_fill", pieces=3, endpoint="order_create")

    await ann.create_order(order("delta", "0.03"))

    fills = await heard.until(3)
    assert len({fill.trade_id for fill in fills}) == 3
    assert [fill.quantity for fill in fills] == [Decimal("0.01")] * 3


async def test_fills_of_one_second_stand_in_the_order_in_which_they_happened(
    ann: Any, hear: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delta's ids are random and its times end at the second."""
    plain_id = events.fill_id
    for module in (events, views):
        monkeypatch.setattr(module, "fill_id", lambda fill: plain_id(fill)[::-1])
    monkeypatch.setattr(views, "iso", lambda exchange, at: "2026-11-21T10:00:00Z")
    expected = [Decimal(f"0.0{number}") for number in range(1, 10)]

    for number, quantity in enumerate(expected):
        await ann.create_order(order("delta", str(quantity), client_id=f"pf{number}"))

    assert [fill.quantity for fill in await ann.fills_since(0, ())] == expected


async def test_fills_of_earlier_are_not_told_again(ann: Any, hear: Any, order: Any) -> None:
    await ann.create_order(order("delta", "0.01", client_id="before"))
    heard = await hear(ann)

    await ann.create_order(order("delta", "0.02", client_id="after"))

    assert [fill.quantity for fill in await heard.until(1)] == [Decimal("0.02")]


async def test_a_list_that_lags_is_asked_again(
    exchange: Any, ann: Any, hear: Any, order: Any
) -> None:
    await exchange.post("lag", venue="delta", kind="fills", ms=250)
    heard = await hear(ann)

    await ann.create_order(order("delta", "0.01"))

    assert len(await heard.until(1)) == 1
    assert not heard.task.done()


async def test_a_fill_that_is_never_listed_ends_the_stream(
    exchange: Any, ann: Any, hear: Any, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_stream, "PATIENCE_S", (0.0, 0.01))
    await exchange.post("lag", venue="delta", kind="fills", ms=60_000)
    heard = await hear(ann)

    sent = await ann.create_order(order("delta", "0.01"))

    with pytest.raises(OutcomeUnknown, match=f"order {sent.order_id} was told but is not listed"):
        await heard.end()


async def test_a_message_that_was_skipped_ends_the_stream_at_the_next(
    exchange: Any, ann: Any, hear: Any, order: Any
) -> None:
    heard = await hear(ann)
    await ann.create_order(order("delta", "0.01", client_id="one"))
    await heard.until(1)
    await exchange.fault("skip_socket", times=1)

    await ann.create_order(order("delta", "0.02", client_id="two"))
    await ann.create_order(order("delta", "0.03", client_id="three"))

    with pytest.raises(VenueError, match="messages 2 to 2 of BTCUSD did not come"):
        await heard.end()
    assert [fill.quantity for fill in heard.fills] == [Decimal("0.01"), Decimal("0.03")]


async def test_a_message_that_comes_twice_is_one_fill(
    exchange: Any, ann: Any, hear: Any, order: Any
) -> None:
    await exchange.fault("duplicate_socket")
    heard = await hear(ann)

    for client_id in ("one", "two"):
        await ann.create_order(order("delta", "0.01", client_id=client_id))

    await heard.until(2)
    await asyncio.sleep(0.1)
    assert len(heard.fills) == 2
    assert not heard.task.done()


async def test_a_quiet_stream_lives_on_pings(ann: Any, hear: Any, order: Any) -> None:
    heard = await hear(ann)
    await asyncio.sleep(1.0)

    await ann.create_order(order("delta", "0.01"))

    assert len(await heard.until(1)) == 1


@pytest.fixture
def host(stack: AsyncExitStack, venues: Any, exchange: Any, opened: Any) -> Any:
    """An account whose socket answers by a script: what is said to each kind of message."""

    async def start(answers: dict[str, Any]) -> Any:
        async def listen(request: web.BaseRequest) -> web.WebSocketResponse:
            socket = web.WebSocketResponse(autoping=False)
            await socket.prepare(request)
            async for frame in socket:
                answer = answers.get(frame.json()["type"])
                if answer == "close":
                    break
                if answer is not None:
                    await socket.send_json(answer)
            return socket

        runner = web.ServerRunner(web.Server(listen), shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        socket_url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
        venues._endpoints = {"delta": Endpoint(f"{exchange.base}/delta", socket_url)}
        return await opened("delta")

    return start


async def test_a_socket_that_goes_mute_ends_the_stream(host: Any, hear: Any) -> None:
    heard = await hear(await host({"key-auth": ACCEPTED, "subscribe": JOINED}))

    with pytest.raises(VenueError, match="mute: 2 pings went unanswered"):
        await heard.end()


async def test_a_socket_that_the_venue_closes_ends_the_stream(host: Any, hear: Any) -> None:
    heard = await hear(await host({"key-auth": ACCEPTED, "subscribe": JOINED, "ping": "close"}))

    with pytest.raises(VenueError, match="closed the socket"):
        await heard.end()


@pytest.mark.parametrize("answer", [None, {"type": "error", "message": "unknown type"}])
async def test_a_venue_that_knows_the_older_log_in_alone(
    host: Any, hear: Any, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(delta_socket, "LOG_IN_S", 0.1)
    older = {"type": "success", "message": "Authenticated"}

    await hear(await host({"key-auth": answer, "auth": older, "subscribe": JOINED}))


async def test_a_venue_that_answers_no_log_in(
    host: Any, hear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_socket, "LOG_IN_S", 0.1)
    heard = await hear(await host({"ping": {"type": "pong"}}), live=False)

    with pytest.raises(Rejected, match="took none of key-auth, auth"):
        await heard.end()


@pytest.mark.parametrize(
    "channels",
    [[], [{"name": "v2/user_trades", "error": "subscription forbidden. Unauthorized user"}]],
)
async def test_a_subscription_that_is_refused_is_no_connection(
    host: Any, hear: Any, channels: Any
) -> None:
    refused = {"type": "subscriptions", "channels": channels}
    heard = await hear(await host({"key-auth": ACCEPTED, "subscribe": refused}), live=False)

    with pytest.raises(Rejected):
        await heard.end()
    assert not heard.connected.is_set()


@pytest.fixture
async def leader(venues: Any, ann: Any, monkeypatch: pytest.MonkeyPatch) -> Leader:
    account = an_account("ann", venue="delta", sealed_key=b"ann", listen_shard="0")
    return Leader(venues, account)


@pytest.mark.parametrize("fault", ["drop_socket", "skip_socket", "duplicate_socket"])
async def test_a_listener_writes_each_fill_once_whatever_the_socket_does(
    exchange: Any, ann: Any, order: Any, leader: Leader, fault: str
) -> None:
    async with leader.listened_to():
        await streams(exchange, 1)
        await ann.create_order(order("delta", "0.01", client_id="one"))
        await leader.wrote("0.01")
        await exchange.fault(fault, times=1)
        await ann.create_order(order("delta", "0.02", client_id="two"))
        await ann.create_order(order("delta", "0.03", client_id="three"))
        await leader.wrote("0.01", "0.02", "0.03")
        await streams(exchange, 1)
        await ann.create_order(order("delta", "0.04", client_id="four"))
        await leader.wrote("0.01", "0.02", "0.03", "0.04")


async def test_what_a_mute_socket_does_not_tell_is_found_by_the_next_look(
    exchange: Any, ann: Any, order: Any, leader: Leader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "RECONCILE_S", 0.3)
    async with leader.listened_to():
        await streams(exchange, 1)
        await exchange.fault("mute_socket")
        await ann.create_order(order("delta", "0.01"))
        await leader.wrote("0.01")


async def test_what_happened_while_nobody_listened_is_caught_up(
    exchange: Any, ann: Any, order: Any, leader: Leader
) -> None:
    async with leader.listened_to():
        await streams(exchange, 1)
        await ann.create_order(order("delta", "0.01", client_id="one"))
        await leader.wrote("0.01")
    await ann.create_order(order("delta", "0.02", client_id="two"))
    async with leader.listened_to():
        await streams(exchange, 1)
        await ann.create_order(order("delta", "0.03", client_id="three"))
        await leader.wrote("0.01", "0.02", "0.03")


async def test_delta_india_is_the_same_at_hosts_of_its_own(
    exchange: Any, venues: Any, hear: Any, order: Any
) -> None:
    """Its ids and keys are its own, its protocol is Delta's."""
    account = {"name": "ind", "venue": "delta", "key": "key-ind", "secret": "secret-ind"}
    await exchange.post("accounts", accounts=[account])
    venues._endpoints = {"deltaindia": venues._endpoints["delta"]}
    india = await venues.account(Account("ind", "owner", "deltaindia", b"ind"))
    heard = await hear(india)

    await india.create_order(order("delta", "0.01"))

    assert [fill.venue for fill in await heard.until(1)] == ["deltaindia"]


def test_the_hosts_of_delta_india() -> None:
    shared = Shared(spec_of("deltaindia"), Sessions(), VenueClock())
    assert set(template(shared).urls["api"].values()) == {"https://api.india.delta.exchange"}
    assert delta_socket.SOCKETS["deltaindia"].url == "wss://socket.india.delta.exchange"
