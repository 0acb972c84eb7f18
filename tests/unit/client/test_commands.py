"""Commands wait for a connection, are sent again after one that ended, and never too fast."""

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from pilotfish.client import BlockingClient, Options, Status, TooManyWaiting, Unanswered
from pilotfish.domain.messages import TradeUpdate
from tests.fakes.live_server import LiveServer, trade

from .conftest import HASTY, NewClient, until


async def test_commands_wait_while_there_is_no_connection(
    server: LiveServer, new_client: NewClient
) -> None:
    admitting = asyncio.Event()

    async def later(_socket: ServerConnection, _number: int) -> bool:
        await admitting.wait()
        return True

    server.on_connect = later
    async with new_client(waiting=2) as client:
        asked = [asyncio.create_task(client.get_positions()) for _ in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(TooManyWaiting):
            await client.get_portfolio()
        admitting.set()
        assert [answer.positions for answer in await asyncio.gather(*asked)] == [(), ()]


async def test_a_command_whose_connection_ended_is_sent_again(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(answer_timeout=5) as client:
        await client.ping()
        server.mute = True
        asked = asyncio.create_task(client.get_positions())
        await until(lambda: server.asked("get_positions"))
        server.mute = False
        await server.hang_up()
        assert (await asked).positions == ()
        assert len(server.asked("get_positions")) == 2


async def test_a_command_without_an_answer_says_so(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(answer_timeout=0.1) as client:
        await client.ping()
        server.mute = True
        with pytest.raises(Unanswered):
            await client.get_positions()


async def test_no_more_commands_a_second_than_the_server_takes(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(commands_a_second=5) as client:
        await asyncio.gather(*(client.ping() for _ in range(7)))
        loop = asyncio.get_running_loop()
        assert loop.time() - server.connected_at[0] >= 1.0


async def test_too_fast_is_tried_again(server: LiveServer, new_client: NewClient) -> None:
    server.refusals["get_positions"] = {
        "code": "too_many_messages",
        "message": "slower",
        "limit": 10,
    }
    async with new_client(answer_timeout=5) as client:
        asked = asyncio.create_task(client.get_positions())
        await until(lambda: server.asked("get_positions"))
        del server.refusals["get_positions"]
        await asked


async def test_a_heartbeat_measures_the_latency(server: LiveServer, new_client: NewClient) -> None:
    async with new_client(heartbeat=0.02) as client:
        await until(lambda: len(server.asked("ping")) >= 3)
        assert client.latency is not None
        assert 0 < client.latency < 1


async def test_rotation_connects_before_it_hangs_up(
    server: LiveServer, new_client: NewClient
) -> None:
    states = set()
    async with new_client(rotate_after=0.2) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        seen = []
        while client.connections < 4:
            await server.tell("trades")
            seen.append((await feed.get()).seq)
            states.add(client.status)
            await asyncio.sleep(0.01)
    assert seen == list(range(1, len(seen) + 1))
    assert states == {Status.CONNECTED}
    assert len(server.connected_at) == 4


async def test_a_rotation_that_fails_leaves_the_connection_as_it_is(
    server: LiveServer, new_client: NewClient
) -> None:
    async def only_first(socket: ServerConnection, number: int) -> bool:
        if number > 1:
            await socket.close(1011)
        return number == 1

    server.on_connect = only_first
    async with new_client(rotate_after=0.1, longest_wait=0.05) as client:
        await until(lambda: len(server.connected_at) >= 4)
        await client.ping()
        assert client.connections == 1


async def test_the_past_is_read_page_by_page_at_its_pace(
    server: LiveServer, new_client: NewClient
) -> None:
    server.log["trades"] = [trade("trades", seq) for seq in (100, 200, 300, 400, 500)]
    async with new_client() as client:
        quick = [each.timestamp async for each in client.replay("trades", 0, 9_999)]
        loop = asyncio.get_running_loop()
        began = loop.time()
        slow = [each.timestamp async for each in client.replay("trades", 0, 9_999, speed=2)]
        took = loop.time() - began
    assert quick == slow == [1_100, 1_200, 1_300, 1_400, 1_500]
    assert took >= 0.2
    assert len(server.asked("replay")) == 6


async def test_without_await(server: LiveServer) -> None:
    def script() -> list[int]:
        with BlockingClient(server.url, options=Options(**HASTY)) as client:  # type: ignore[arg-type]
            feed = client.trades(after=0)
            client.ping()
            assert client.status is Status.CONNECTED
            assert client.get_positions().positions == ()
            past = [m.fill for m in client.replay("trades", 0, 9) if isinstance(m, TradeUpdate)]
            assert past == ["t1", "t2", "t3"]
            found = [feed.get(timeout=10).seq for _ in range(3)]
            with pytest.raises(TimeoutError):
                feed.get(timeout=0.01)
            feed.close()
            return found + [message.seq for message in feed]

    server.log["trades"] = [trade("trades", seq) for seq in (1, 2, 3)]
    assert await asyncio.to_thread(script) == [1, 2, 3]
