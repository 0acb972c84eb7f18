"""A server that hangs up, goes mute, dribbles and talks nonsense."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from itertools import pairwise

import pytest
from websockets.asyncio.server import ServerConnection

from pilotfish.client import Closed, LiveClient, NotAdmitted, Options, Refused, Status
from tests.fakes.live_server import LiveServer, trade

from .conftest import HASTY, NewClient, take, until


async def test_nothing_is_lost_over_reconnects(server: LiveServer, new_client: NewClient) -> None:
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        for seq in range(1, 61):
            await server.tell("trades", sent=bool(seq % 7))
            await asyncio.sleep(0.005)
            if seq % 10 == 0:
                await server.hang_up(1001 if seq % 20 else 1011)
        assert await take(feed, 60) == list(range(1, 61))
        assert client.connections > 1


async def test_a_storm_of_1001_is_met_with_ever_fewer_connections(
    server: LiveServer, new_client: NewClient
) -> None:
    async def hang_up(socket: ServerConnection, _number: int) -> bool:
        await socket.close(1001)
        return False

    server.on_connect = hang_up
    async with new_client(first_wait=0.02, longest_wait=0.4):
        await until(lambda: len(server.connected_at) == 8)
    waits = [after - before for before, after in pairwise(server.connected_at)]
    least = [0.01, 0.02, 0.04, 0.08, 0.16, 0.2, 0.2]
    assert all(wait >= low * 0.95 for wait, low in zip(waits, least, strict=True))


async def test_a_connection_that_did_not_last_does_not_shorten_the_waits(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(first_wait=0.02, longest_wait=0.4, min_connected=30) as client:
        for number in range(1, 7):
            await until(lambda number=number: client.connections == number)  # type: ignore[misc]
            await server.hang_up()
        await until(lambda: client.connections == 7)
    assert server.connected_at[-1] - server.connected_at[-2] >= 0.19


async def test_one_that_lasted_does(server: LiveServer, new_client: NewClient) -> None:
    async with new_client(first_wait=0.02, longest_wait=60, min_connected=0.0) as client:
        for number in range(1, 25):
            await until(lambda number=number: client.connections == number)  # type: ignore[misc]
            await server.hang_up()


async def test_an_open_and_mute_socket_is_given_up(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(data_timeout=0.3, heartbeat=0.1) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        server.mute = True
        await until(lambda: client.last_error)
        assert "mute" in str(client.last_error)
        server.mute = False
        await server.tell("trades")
        assert await take(feed, 1) == [1]


async def test_a_half_open_socket_that_never_answers_is_no_connection(
    server: LiveServer, new_client: NewClient
) -> None:
    server.mute = True
    async with new_client(answer_timeout=0.1) as client:
        await until(lambda: len(server.connected_at) >= 2)
        assert client.connections == 0
        server.mute = False
        await client.ping()


async def test_nonsense_is_no_sign_of_life(server: LiveServer, new_client: NewClient) -> None:
    async with new_client(data_timeout=0.3) as client:
        await client.ping()
        server.mute = True
        async with asyncio.timeout(20):
            while client.last_error is None:
                await server.send("[[[")
                await asyncio.sleep(0.01)
        assert "mute" in str(client.last_error)


GARBAGE = [
    "",
    "null",
    "{",
    "[1, 2]",
    '"text"',
    "9" * 5000,
    "[" * 5000,
    '{"type": "BATCH"}',
    '{"type": "BATCH", "messages": 3}',
    '{"type": "BATCH", "messages": [null, {"type": []}, {"type": "BATCH", "messages": []}]}',
    '{"type": ["TRADE_UPDATE"], "channel": "trades", "seq": 1}',
    '{"type": "TRADE_UPDATE", "channel": 5, "seq": "1"}',
    '{"type": "ACK", "id": [1], "timestamp": 1}',
    '{"type": "ACK", "id": 999, "timestamp": 1}',
    '{"type": "ERROR", "id": null, "timestamp": 1, "code": "odd", "message": "odd"}',
    '{"type": "PONG", "id": 1, "timestamp": 1, "channels": {"trades": "many"}}',
    json.dumps(trade("nobody's", 4)),
    b"\x00\xff",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_costs_nothing(
    server: LiveServer, new_client: NewClient, garbage: str | bytes
) -> None:
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        await server.send(garbage)
        await server.tell("trades")
        assert await take(feed, 1) == [1]
        assert client.connections == 1


async def test_an_event_of_a_newer_server_is_passed_over(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        await server.tell("trades")
        await server.send({"type": "ODD_UPDATE", "channel": "trades", "seq": 2, "timestamp": 1})
        await server.send(trade("trades", 3))
        assert await take(feed, 2) == [1, 3]
        assert client.gaps == 0


async def test_frames_that_break_the_protocol_cost_the_connection_alone(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        for socket in list(server.open):
            socket.transport.write(b"\xff\xff\xff garbage")
        await until(lambda: client.connections == 2)
        await server.tell("trades")
        assert await take(feed, 1) == [1]


async def test_slow_frames_are_read(server: LiveServer, new_client: NewClient) -> None:
    async with new_client(data_timeout=5) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        body = json.dumps(trade("trades", 1)).encode()
        (socket,) = server.open
        frame = b"\x81\x7e" + len(body).to_bytes(2, "big") + body
        for at in range(0, len(frame), 16):
            socket.transport.write(frame[at : at + 16])
            await asyncio.sleep(0.01)
        assert await take(feed, 1) == [1]


async def test_a_frame_without_an_end_is_a_mute_socket(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(data_timeout=0.3, heartbeat=60) as client:
        await client.ping()
        (socket,) = server.open
        socket.transport.write(b"\x81\x7e\x40\x00" + b"x")
        async with asyncio.timeout(20):
            while client.last_error is None:
                await asyncio.sleep(0.01)
                with suppress(RuntimeError):  # The client has hung up.
                    socket.transport.write(b"x")
        await until(lambda: client.connections == 2)


async def test_whom_nobody_admits_is_told_so(server: LiveServer, new_client: NewClient) -> None:
    server.status = HTTPStatus.FORBIDDEN
    async with new_client(refusals=3) as client:
        with pytest.raises(NotAdmitted):
            await client.trades().get()
        with pytest.raises(NotAdmitted):
            await client.get_positions()
        assert client.status is Status.CLOSED
        with pytest.raises(NotAdmitted):
            await client.copies().get()


async def test_a_server_in_trouble_is_waited_for(server: LiveServer, new_client: NewClient) -> None:
    server.status = HTTPStatus.SERVICE_UNAVAILABLE
    async with new_client() as client:
        await until(lambda: client.last_error)
        server.status = None
        await client.ping()


async def test_no_proxy_stands_before_this_machine(
    server: LiveServer, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with new_client() as client:
        await client.ping()
        assert client.last_error is None


async def test_each_connection_asks_for_a_ticket_of_its_own(server: LiveServer) -> None:
    tickets: list[str] = []

    def address() -> str:
        tickets.append(f"t{len(tickets)}")
        if len(tickets) == 2:
            raise RuntimeError("no ticket today")
        return f"{server.url}?ticket={tickets[-1]}"

    seen: list[str] = []

    async def note(socket: ServerConnection, _number: int) -> bool:
        assert socket.request
        seen.append(socket.request.path)
        return True

    server.on_connect = note
    async with LiveClient(address, options=Options(**HASTY)) as client:  # type: ignore[arg-type]
        await client.ping()
        await server.hang_up()
        await until(lambda: client.connections == 2)
    assert seen == ["/live?ticket=t0", "/live?ticket=t2"]


async def test_a_channel_that_is_refused_fails_its_feed_alone(
    server: LiveServer, new_client: NewClient
) -> None:
    server.refusals["trader:eve"] = {"code": "not_allowed", "message": "you do not follow her"}
    async with new_client() as client:
        bad, good = client.trader("eve"), client.trades()
        with pytest.raises(Refused, match="not_allowed"):
            await bad.get()
        await until(lambda: client.latency is not None)
        await server.hang_up()
        await until(lambda: client.connections == 2)
        await server.tell("trades")
        assert await take(good, 1) == [1]


async def test_one_bad_channel_among_many_does_not_cost_the_others(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client() as client:
        names = [f"S{n}" for n in range(25)]
        feeds = {name: client.prices(name) for name in names}
        await until(lambda: client.status is Status.CONNECTED)
        server.refusals["price_updates:S3"] = {"code": "unknown_symbol", "message": "gone"}
        await server.hang_up()
        with pytest.raises(Refused, match="unknown_symbol"):
            await feeds["S3"].get()
        await until(lambda: sum(map(len, server.open.values())) == 24)


async def test_closing_ends_the_feeds(server: LiveServer, new_client: NewClient) -> None:
    client = new_client()
    async with client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        await server.tell("trades")
        await client.ping()
    assert [message.seq async for message in feed] == [1]
    with pytest.raises(Closed):
        await client.ping()
