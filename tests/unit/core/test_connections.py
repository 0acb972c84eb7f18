"""A key is tried before it is accepted; a paused account enters nothing and leaves all it can."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pilotfish.domain.connections import (
    EXPIRES_SOON_MS,
    Health,
    KeyReport,
    Permissions,
    Vitals,
    judge,
)
from pilotfish.domain.errors import NoSuchAccount, OutcomeUnknown, Rejected
from pilotfish.domain.orders import Leg, Reason, State
from pilotfish.usecases.connections import ManageConnection, ShowConnections
from pilotfish.usecases.listen import POLL_S, RETRY_S
from pilotfish.usecases.pulse import EVERY_MS
from tests.fakes import EPOCH_MS, simulate
from tests.fakes.healths import MemoryHealths
from tests.fakes.keyring import MemoryRegister
from tests.fakes.listening_scene import ListeningScene
from tests.fakes.managing import nobody_to_tell
from tests.fakes.samples import PERPETUAL, an_account
from tests.fakes.scene import Scene

MAY = Permissions(read=True, trade=True, withdraw=False, ip_restricted=True)
DAY_MS = 86_400_000


def judged(leads: bool = False, allow: bool = False, untold: str = "", **may: Any) -> Any:
    report = KeyReport({}, replace(MAY, **may), untold)
    return judge(report, EPOCH_MS, leads=leads, allow_withdrawal=allow)


def test_a_key_that_reads_and_trades_is_accepted() -> None:
    verdict = judged()
    assert (verdict.accepted, verdict.problems, verdict.warnings) == (True, (), ())


@pytest.mark.parametrize(
    ("may", "problem"),
    [
        ({"read": False}, "may not read"),
        ({"trade": False}, "may not trade"),
        ({"withdraw": True}, "may withdraw"),
        ({"untold": "503"}, "did not say whether the key may withdraw: 503"),
        ({"expires_ms": EPOCH_MS}, "has expired"),
    ],
)
def test_a_key_is_refused_for(may: dict[str, Any], problem: str) -> None:
    verdict = judged(**may)
    assert not verdict.accepted
    assert problem in verdict.problems[0]


def test_a_leader_s_key_need_not_trade() -> None:
    assert judged(leads=True, trade=False).accepted
    [warning] = judged(leads=True).warnings
    assert "need only read" in warning


def test_the_operator_may_allow_keys_that_withdraw() -> None:
    assert judged(allow=True, withdraw=True).accepted
    assert judged(allow=True, untold="503").accepted


@pytest.mark.parametrize(
    ("may", "warning"),
    [
        ({"withdraw": None}, "does not tell whether the key may withdraw"),
        ({"ip_restricted": False}, "from any address"),
        ({"expires_ms": EPOCH_MS + EXPIRES_SOON_MS - DAY_MS}, "expires in 13 days"),
    ],
)
def test_what_a_person_should_see_to(may: dict[str, Any], warning: str) -> None:
    verdict = judged(**may)
    assert verdict.accepted
    assert warning in verdict.warnings[0]


def test_a_paused_follower_is_sent_no_entry_and_every_exit() -> None:
    scene = Scene()
    venue = scene.follower()
    manage = ManageConnection(
        MemoryRegister(scene.tables), nobody_to_tell(scene.tables, scene.clock)
    )

    async def main() -> None:
        await scene.copy("2")
        manage.pause(None, "follower-1")
        await scene.copy("1")
        await scene.copy("-3")
        manage.resume(None, "follower-1")
        await scene.copy("1")

    simulate(scene.clock, main())
    told = [(o.leg, o.state, o.reason) for o in scene.stored_orders()]
    assert told == [
        (Leg.ENTRY, State.COPIED, ""),
        (Leg.ENTRY, State.SKIPPED, Reason.ACCOUNT_PAUSED),
        (Leg.EXIT, State.COPIED, ""),
        (Leg.ENTRY, State.COPIED, ""),
    ]
    assert venue.holding(PERPETUAL) == 1


def test_a_paused_leader_is_not_listened_to_and_nothing_is_lost() -> None:
    scene = ListeningScene(streams_fills=True)
    manage = ManageConnection(
        MemoryRegister(scene.tables), nobody_to_tell(scene.tables, scene.clock)
    )

    async def main() -> None:
        poll = asyncio.create_task(scene.poll()("0", "run", scene.clock() + 60_000))
        await asyncio.sleep(5)
        scene.venue.trade(PERPETUAL, "1")
        await asyncio.sleep(5)
        manage.pause(None, "leader")
        await asyncio.sleep(5)
        assert scene.venue.sockets == []
        scene.venue.trade(PERPETUAL, "2")
        await asyncio.sleep(5)
        assert scene.quantities() == [1]
        manage.resume(None, "leader")
        await poll

    simulate(scene.clock, main())
    assert scene.quantities() == [1, 2]
    assert scene.befores() == [0, 1]


def test_what_a_paused_leader_closed_is_found_when_it_resumes() -> None:
    """However long ago: exits have no lateness, and a whole round trip is told as it was."""
    scene = ListeningScene(streams_fills=True)
    manage = ManageConnection(
        MemoryRegister(scene.tables), nobody_to_tell(scene.tables, scene.clock)
    )

    async def main() -> None:
        poll = asyncio.create_task(scene.poll()("0", "run", scene.clock() + 7_300_000))
        await asyncio.sleep(5)
        scene.venue.trade(PERPETUAL, "3")
        await asyncio.sleep(5)
        manage.pause(None, "leader")
        await asyncio.sleep(5)
        for quantity in ("-1", "-2", "5"):
            scene.venue.trade(PERPETUAL, quantity)
            await asyncio.sleep(3_600 / 3)
        assert scene.quantities() == [3]
        manage.resume(None, "leader")
        await asyncio.sleep(30)
        assert scene.quantities() == [3, -1, -2, 5]
        assert scene.befores() == [0, 3, 2, 0]
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)

    simulate(scene.clock, main())


def test_there_is_nobody_to_pause() -> None:
    scene = Scene()
    tell = nobody_to_tell(scene.tables, scene.clock)
    with pytest.raises(NoSuchAccount, match="nobody"):
        ManageConnection(MemoryRegister(scene.tables), tell).pause(None, "nobody")


def test_connections_are_listed_without_their_keys() -> None:
    scene = ListeningScene()
    scene.accounts.save(an_account("off", listen_shard="0", enabled=False))
    scene.accounts.save(an_account("ben"))
    health = Health("leader", EPOCH_MS, EPOCH_MS)
    scene.healths.save(health, scene.lease())
    show = ShowConnections(register=MemoryRegister(scene.tables), healths=scene.healths)
    found = {one.connection.account_id: one for one in show.of_shard("0", ["ben"])}
    assert set(found) == {"leader", "off", "ben"}
    assert found["leader"].health == health
    assert (found["off"].connection.enabled, found["off"].health) == (False, Health("off"))
    assert (found["ben"].connection.leads, found["leader"].connection.leads) == (False, True)
    assert "sealed" not in repr(found)
    with pytest.raises(NoSuchAccount):
        show.of_shard("", ["nobody"])


class Counting(MemoryHealths):
    saved = 0

    def save(self, *args: Any) -> None:
        self.saved += 1
        super().save(*args)


@pytest.mark.parametrize("streams_fills", [False, True], ids=["rest", "stream"])
def test_health_is_written_now_and_then_and_trouble_at_once(streams_fills: bool) -> None:
    scene = ListeningScene(streams_fills=streams_fills)
    healths = scene.healths = Counting(scene.tables)

    async def main() -> None:
        async with scene.listening(scene.lease()):
            traded_ms = scene.venue.trade(PERPETUAL, "1").traded_ms
            await asyncio.sleep(60)
            well = scene.tables.healths["leader"]
            assert well.well
            assert (well.fill_ms, well.streams, well.vitals) == (traded_ms, streams_fills, Vitals())
            assert scene.clock() - well.heard_ms <= EVERY_MS + 30_000
            assert healths.saved <= 60_000 / EVERY_MS + 2
            before = healths.saved
            scene.venues.of["leader"] = Rejected("401. What to do: make a new key")
            scene.venue.drop_sockets()
            scene.venue.position_errors.extend([OutcomeUnknown("503")] * 100)
            await asyncio.sleep(40)
            ill = scene.tables.healths["leader"]
            assert not ill.well
            assert ill.error
            assert (ill.heard_ms, ill.fill_ms) == (well.heard_ms, traded_ms) or not streams_fills
            assert healths.saved - before <= 40 / (EVERY_MS / 1000) + 3
            scene.venues.of["leader"] = scene.venue
            await asyncio.sleep(RETRY_S[1] + POLL_S)

    scene.venue.symbols_traded = _failing_after(scene)  # type: ignore[method-assign]
    simulate(scene.clock, main())
    assert scene.tables.healths["leader"].well


def _failing_after(scene: ListeningScene) -> Any:
    """REST breaks off with the venue's refusal."""
    good = scene.venue.symbols_traded

    async def symbols(since_ms: int) -> set[str]:
        if isinstance(scene.venues.of["leader"], Exception):
            raise scene.venues.of["leader"]
        return await good(since_ms)

    return symbols
