"""Runs of the poller overlap, and one at a time listens."""

import asyncio
import logging

import pytest

from pilotfish.domain.accounts import Account
from pilotfish.domain.errors import LeaseLost
from pilotfish.ports import Lease
from pilotfish.usecases.listen import POLL_S, Listener
from pilotfish.usecases.poll import ACCOUNTS_S, LEASE_TTL_MS, RENEW_S, STANDBY_S, Poll
from tests.fakes import ModelVenue, simulate
from tests.fakes.listening_scene import ListeningScene
from tests.fakes.samples import PERPETUAL, an_account

SOON_S = ACCOUNTS_S + RENEW_S


def run_for(scene: ListeningScene, seconds: float, owner: str = "first") -> "asyncio.Task[None]":
    until_ms = scene.clock() + int(seconds * 1000)
    return asyncio.create_task(scene.poll()("0", owner, until_ms))


def test_a_run_listens_and_then_frees_the_lease() -> None:
    scene = ListeningScene()

    async def main() -> None:
        run = run_for(scene, 10)
        await asyncio.sleep(1)
        scene.venue.trade(PERPETUAL, "1")
        await run

    simulate(scene.clock, main())
    assert scene.quantities() == [1]
    assert scene.tables.leases["0"].expires_ms == 0


def test_the_next_run_takes_over_without_a_gap() -> None:
    scene = ListeningScene(streams_fills=True)

    async def trading() -> None:
        for _ in range(200):
            scene.venue.trade(PERPETUAL, "1")
            await asyncio.sleep(0.1)

    async def main() -> None:
        first = run_for(scene, 10, "first")
        await asyncio.sleep(1)
        trades = asyncio.create_task(trading())
        second = run_for(scene, 22, "second")
        await first
        ended_ms = scene.clock()
        await asyncio.sleep(STANDBY_S)
        assert scene.tables.leases["0"].owner == "second"
        assert scene.clock() - ended_ms <= STANDBY_S * 1000
        await trades
        await second

    simulate(scene.clock, main())
    assert scene.quantities() == [1] * 200
    assert scene.befores() == list(range(200))


def test_a_run_that_dies_is_replaced_when_its_lease_expires() -> None:
    scene = ListeningScene()

    async def main() -> None:
        lease = scene.leases.acquire("0", "dead", scene.clock(), LEASE_TTL_MS)
        assert lease is not None
        run = run_for(scene, 20)
        await asyncio.sleep(LEASE_TTL_MS / 1000 - 0.1)
        assert scene.tables.leases["0"] == lease
        await asyncio.sleep(0.1 + 2 * STANDBY_S)
        assert scene.tables.leases["0"].fence == lease.fence + 1
        scene.venue.trade(PERPETUAL, "1")
        await run

    simulate(scene.clock, main())
    assert scene.quantities() == [1]


def test_a_run_that_never_gets_the_lease_ends_with_its_time() -> None:
    scene = ListeningScene()

    async def main() -> None:
        scene.lease("somebody else")
        await run_for(scene, 10)

    simulate(scene.clock, main())
    assert scene.tables.cursors == {}
    assert scene.tables.leases["0"].owner == "somebody else"


def test_a_run_that_was_asleep_writes_nothing_more() -> None:
    """Another one took the lease meanwhile."""
    scene = ListeningScene(streams_fills=True)

    async def main() -> None:
        run = run_for(scene, 60, "sleeper")
        await asyncio.sleep(5)
        scene.leases.release(scene.tables.leases["0"])
        taken = scene.lease("other")
        scene.venue.trade(PERPETUAL, "1")
        await run
        assert scene.written() == []
        assert scene.tables.leases["0"] == taken
        assert scene.venue.sockets == []

    simulate(scene.clock, main())


def test_the_lease_is_renewed_while_the_run_lasts() -> None:
    scene = ListeningScene()

    async def main() -> None:
        run = run_for(scene, LEASE_TTL_MS / 1000 * 5)
        for _ in range(25):
            await asyncio.sleep(1)
            assert scene.tables.leases["0"].expires_ms > scene.clock()
            assert scene.tables.leases["0"].fence == 1
        await run

    simulate(scene.clock, main())


def test_accounts_come_and_go() -> None:
    scene = ListeningScene(streams_fills=True)
    late = ModelVenue(scene.clock, "late", streams_fills=True)
    scene.venues.of["late"] = late

    async def main() -> None:
        run = run_for(scene, 40)
        await asyncio.sleep(SOON_S)
        scene.accounts.save(an_account("late", listen_shard="0"))
        scene.accounts.save(an_account("leader", listen_shard="0", enabled=False))
        await asyncio.sleep(SOON_S)
        late.trade(PERPETUAL, "2")
        scene.venue.trade(PERPETUAL, "1")
        await asyncio.sleep(POLL_S)
        assert (len(late.sockets), len(scene.venue.sockets)) == (1, 0)
        await run

    simulate(scene.clock, main())
    assert [(fill.account_id, fill.quantity) for fill in scene.written()] == [("late", 2)]


class Scripted:
    """Makes listeners that end as scripted, the later ones never."""

    def __init__(self, *ends: BaseException) -> None:
        self._ends = list(ends)
        self.made: list[tuple[str, Lease]] = []

    def __call__(self, account: Account, lease: Lease) -> Listener:
        self.made.append((account.account_id, lease))
        end = self._ends.pop(0) if self._ends else None

        class Ending(Listener):
            def __init__(self) -> None:
                pass

            async def run(self) -> None:
                if end is not None:
                    raise end
                await asyncio.Event().wait()

        return Ending()


def scripted_run(scene: ListeningScene, listeners: Scripted, seconds: float) -> None:
    async def main() -> None:
        poll = Poll(
            leases=scene.leases, accounts=scene.accounts, listener=listeners, clock=scene.clock
        )
        await poll("0", "run", scene.clock() + int(seconds * 1000))

    simulate(scene.clock, main())


@pytest.mark.parametrize("trouble", [ConnectionError("no table"), asyncio.CancelledError()])
def test_a_listener_that_breaks_is_replaced(
    trouble: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    scene, listeners = ListeningScene(), Scripted(trouble, trouble)
    with caplog.at_level(logging.ERROR):
        scripted_run(scene, listeners, 30)
    assert [account for account, _ in listeners.made] == ["leader"] * 3
    assert "listening to leader broke off" in caplog.text


def test_a_listener_that_lost_the_lease_ends_the_run() -> None:
    scene, listeners = ListeningScene(), Scripted(LeaseLost("0"))
    began_ms = scene.clock()
    scripted_run(scene, listeners, 3_600)
    assert len(listeners.made) == 1
    assert scene.clock() - began_ms <= 2 * SOON_S * 1000
    assert scene.tables.leases["0"].expires_ms == 0


def test_one_account_that_breaks_leaves_the_others_alone() -> None:
    scene = ListeningScene(streams_fills=True)
    scene.accounts.save(an_account("broken", listen_shard="0"))
    scene.venues.of["broken"] = KeyError("no such venue")

    async def main() -> None:
        run = run_for(scene, 10)
        await asyncio.sleep(1)
        scene.venue.trade(PERPETUAL, "1")
        await run

    simulate(scene.clock, main())
    assert scene.quantities() == [1]
