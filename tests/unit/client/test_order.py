"""Numbers out of order, twice, and with holes: a feed reads each event once and in order."""

import asyncio

from pilotfish.domain.messages import Snapshot
from tests.fakes.live_server import LiveServer, price, trade

from .conftest import NewClient, take, until


async def test_out_of_order_and_twice_is_read_in_order_and_once(
    server: LiveServer, new_client: NewClient
) -> None:
    server.log["trades"] = [trade("trades", seq) for seq in range(1, 4)]
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        for seq in (6, 4, 4, 5, 6, 3, 7):
            await server.send(trade("trades", seq))
        assert await take(feed, 4) == [4, 5, 6, 7]
        assert client.gaps == 0


async def test_a_hole_is_fetched(server: LiveServer, new_client: NewClient) -> None:
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        for seq in range(1, 8):
            await server.tell("trades", sent=seq not in (3, 4, 6))
        assert await take(feed, 7) == [1, 2, 3, 4, 5, 6, 7]
        assert server.asked("resume")[0]["channels"] == {"trades": 2}


async def test_the_last_one_lost_shows_in_the_heartbeat(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(heartbeat=0.05) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        await server.tell("trades", sent=False)
        assert await take(feed, 1) == [1]


async def test_behind_is_made_up_for_at_once(server: LiveServer, new_client: NewClient) -> None:
    async with new_client(patience=60) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        await server.tell("trades", sent=False)
        behind = {"type": "BEHIND", "channel": None, "seq": None, "timestamp": 1}
        await server.send(behind | {"channels": {"trades": 1}})
        assert await take(feed, 1) == [1]


async def test_what_the_server_keeps_no_more_comes_as_a_snapshot(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client() as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        server.keeps = 5
        for _ in range(5):
            await server.tell("trades", sent=False)
        await server.tell("trades")
        snapshot = await feed.get()
        assert isinstance(snapshot, Snapshot)
        assert [each.seq for each in snapshot.messages] == [5, 6]  # type: ignore[union-attr]
        await server.tell("trades")
        assert await take(feed, 1) == [7]


async def test_a_channel_that_is_numbered_anew_goes_on(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client() as client:
        feed = client.trades(after=900)
        await until(lambda: server.asked("resume"))
        snapshot = await feed.get()
        assert (isinstance(snapshot, Snapshot), snapshot.seq) == (True, 0)
        await server.tell("trades")
        assert await take(feed, 1) == [1]


async def test_a_feed_goes_on_after_what_another_process_had(
    server: LiveServer, new_client: NewClient
) -> None:
    server.log["trades"] = [trade("trades", seq) for seq in range(1, 6)]
    async with new_client() as client:
        feed = client.trades(after=3)
        assert await take(feed, 2) == [4, 5]
        assert feed.seq == 5


async def test_a_second_feed_of_a_channel_begins_by_itself(
    server: LiveServer, new_client: NewClient
) -> None:
    server.log["trades"] = [trade("trades", seq) for seq in range(1, 4)]
    async with new_client() as client:
        first, second = client.trades(after=1), client.trades()
        await until(lambda: server.asked("subscribe") and server.asked("resume"))
        await server.tell("trades")
        assert await take(first, 3) == [2, 3, 4]
        assert await take(second, 1) == [4]
        second.close()
        first.close()
        await until(lambda: server.asked("unsubscribe"))
        assert not server.open[next(iter(server.open))]


async def test_states_never_step_back_and_the_newest_counts(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client() as client:
        feed = client.prices("BTCUSDT")
        await until(lambda: server.asked("resume"))
        for seq, value in ((10, 1.0), (30, 3.0), (20, 2.0)):
            await server.send(price("BTCUSDT", seq, value))
        await client.ping()
        assert (await feed.get()).price == 3.0
        assert feed.dropped == 1
        await server.send(price("BTCUSDT", 25, 2.5))
        await server.send(price("BTCUSDT", 40, 4.0))
        assert (await feed.get()).price == 4.0


async def test_a_slow_reader_loses_nothing_and_fills_no_memory(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(queue=10) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        for _ in range(100):
            await server.tell("trades")
        await client.ping()
        assert feed.dropped >= 70
        assert len(server.asked("resume")) == 0
        assert await take(feed, 100) == list(range(1, 101))


async def test_a_slow_feed_does_not_hold_up_another(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(queue=2) as client:
        slow, quick = client.trades(), client.feed("copies")
        await until(lambda: len(server.asked("subscribe")) == 2)
        for _ in range(20):
            await server.tell("trades")
        await server.tell("copies")
        assert await take(quick, 1) == [1]
        assert await take(slow, 20) == list(range(1, 21))


async def test_a_server_that_cannot_fill_a_hole_is_not_stormed(
    server: LiveServer, new_client: NewClient
) -> None:
    async with new_client(patience=0.02) as client:
        feed = client.trades()
        await until(lambda: server.asked("subscribe"))
        await server.send(trade("trades", 2))
        await asyncio.sleep(1)
        assert 2 <= len(server.asked("resume")) <= 6
        await server.send(trade("trades", 1))
        assert await take(feed, 2) == [1, 2]
