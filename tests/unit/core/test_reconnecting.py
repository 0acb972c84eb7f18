"""A stream that breaks is connected again, later each time; REST has the fills meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from itertools import pairwise

import pytest

from pilotfish.domain.connections import Vitals
from pilotfish.domain.errors import NotSent, OutcomeUnknown
from pilotfish.domain.fills import Fill
from pilotfish.usecases.backoff import Backoff
from pilotfish.usecases.listen import LONGEST, POLL_S, RECONCILE_S, RETRY_S
from pilotfish.usecases.stay_connected import LEAST_S, MOST_S, STEADY_S
from tests.fakes import ModelVenue, simulate
from tests.fakes.listening_scene import ListeningScene
from tests.fakes.samples import PERPETUAL

TROUBLE = OutcomeUnknown("the socket closed")


def test_the_limit_doubles_up_to_the_most_and_begins_again_once_it_worked() -> None:
    backoff = Backoff(0.5, 30.0, lambda: 1.0)

    assert [backoff.failed(TROUBLE) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert all(backoff.failed(TROUBLE) == 30 for _ in range(2_000))
    backoff.worked()
    assert backoff.failed(TROUBLE) == 0.5


def test_a_wait_is_anywhere_below_the_limit() -> None:
    drawn = iter([0.0, 0.5, 0.25])
    backoff = Backoff(1.0, 30.0, lambda: next(drawn))

    assert [backoff.failed(TROUBLE) for _ in range(3)] == [0.0, 1.0, 1.0]


def test_a_venue_that_says_how_long_to_wait_is_obeyed() -> None:
    assert Backoff(0.5, 30.0, lambda: 1.0).failed(NotSent("429", wait_s=120.0)) == 120.0


class Flaky(ModelVenue):
    """Its sockets die `lives_s` after they stood; `stood` are the times at which they did."""

    lives_s = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stood: list[float] = []

    async def watch_fills(self, connected: asyncio.Event) -> AsyncIterator[list[Fill]]:
        self.stood.append(self.clock() / 1000)
        if self.lives_s:
            asyncio.get_running_loop().call_later(self.lives_s, self.drop_sockets)
        else:
            raise TROUBLE
        async for batch in super().watch_fills(connected):
            yield batch

    def gaps(self) -> list[float]:
        """How long no socket stood, time after time (s)."""
        return [round(to - since - self.lives_s, 3) for since, to in pairwise(self.stood)]


@pytest.fixture
def scene() -> ListeningScene:
    scene = ListeningScene()
    scene.venue = scene.venues.of["leader"] = Flaky(scene.clock, "leader", streams_fills=True)
    return scene


def listen(scene: ListeningScene, seconds: float, each_second: Callable[[], object]) -> Flaky:
    async def main() -> None:
        async with scene.listening(scene.lease()):
            for _ in range(int(seconds)):
                each_second()
                await asyncio.sleep(1)

    simulate(scene.clock, main())
    return flaky(scene)


def flaky(scene: ListeningScene) -> Flaky:
    assert isinstance(scene.venue, Flaky)
    return scene.venue


def test_a_socket_that_does_not_stand_is_tried_later_each_time(scene: ListeningScene) -> None:
    venue = listen(scene, 200, lambda: None)

    assert venue.gaps()[:7] == [LEAST_S, 1, 2, 4, 8, 16, MOST_S]
    assert set(venue.gaps()[7:]) == {MOST_S}


def test_a_socket_that_stands_only_for_a_moment_is_tried_later_each_time(
    scene: ListeningScene,
) -> None:
    """Or a venue that hangs up after the log-in would be connected to without end."""
    flaky(scene).lives_s = STEADY_S / 2
    assert listen(scene, 400, lambda: None).gaps()[:5] == [LEAST_S, 1, 2, 4, 8]


def test_a_socket_that_stood_long_is_connected_again_at_once(scene: ListeningScene) -> None:
    flaky(scene).lives_s = STEADY_S + 1
    assert set(listen(scene, 400, lambda: None).gaps()) == {LEAST_S}


def test_no_fill_is_late_while_there_is_no_socket(scene: ListeningScene) -> None:
    """The waits grow to half a minute, and each fill is written within a second all the same."""
    listen(scene, 120, lambda: scene.venue.trade(PERPETUAL, "1"))

    written = scene.written()
    assert [fill.quantity for fill in written] == [Decimal(1)] * 120
    assert max(fill.seen_ms - fill.traded_ms for fill in written) <= POLL_S * 1000
    assert scene.tables.healths["leader"].streams is False


def test_a_stream_goes_on_while_rest_fails(scene: ListeningScene) -> None:
    """Each has its own trouble: a 503 of REST hangs up on nobody."""
    venue = scene.venue = scene.venues.of["leader"] = ModelVenue(
        scene.clock, "leader", streams_fills=True
    )

    async def down(since_ms: int) -> set[str]:
        raise OutcomeUnknown("503")

    async def main() -> None:
        async with scene.listening(scene.lease()):
            await asyncio.sleep(5)
            (socket,) = venue.sockets
            up = venue.symbols_traded
            venue.symbols_traded = down  # type: ignore[method-assign]
            await asyncio.sleep(40)
            venue.trade(PERPETUAL, "2")
            await asyncio.sleep(0.01)
            assert venue.sockets == [socket]
            assert scene.quantities() == [2]
            assert not scene.tables.healths["leader"].well
            venue.symbols_traded = up  # type: ignore[method-assign]
            await asyncio.sleep(RETRY_S[1] + 0.1)
            assert scene.tables.healths["leader"].well

    simulate(scene.clock, main())


def test_rest_that_fails_is_asked_less_and_less(scene: ListeningScene) -> None:
    asked: list[float] = []

    async def down(since_ms: int) -> set[str]:
        asked.append(scene.clock() / 1000)
        raise OutcomeUnknown("503")

    scene.venue.symbols_traded = down  # type: ignore[method-assign]
    listen(scene, 30, lambda: None)

    gaps = [round(after - before, 3) for before, after in pairwise(asked)]
    assert gaps[:5] == [0.5, 1, 2, 4, RETRY_S[1]]
    assert set(gaps[5:]) == {RETRY_S[1]}


@pytest.mark.parametrize(
    ("left", "pause_s"),
    [("1", RECONCILE_S), ("0.5", RECONCILE_S), ("0.25", 2 * RECONCILE_S)]
    + [(left, LONGEST * RECONCILE_S) for left in ("0.05", "0")],
)
def test_beside_a_stream_rest_is_looked_at_less_where_requests_are_scarce(
    scene: ListeningScene, left: str, pause_s: float
) -> None:
    looked: list[float] = []
    flaky(scene).lives_s = 10_000

    async def look(since_ms: int) -> set[str]:
        looked.append(scene.clock() / 1000)
        return set()

    scene.venue.symbols_traded = look  # type: ignore[method-assign]
    scene.venue.vitals = lambda: Vitals(0, Decimal(left))  # type: ignore[method-assign]
    listen(scene, 600, lambda: None)

    assert looked[-1] - looked[-2] == pause_s


def test_looks_of_accounts_drift_apart(scene: ListeningScene) -> None:
    looked: list[float] = []
    flaky(scene).lives_s = 10_000
    scene.random = lambda: 0.0

    async def look(since_ms: int) -> set[str]:
        looked.append(scene.clock() / 1000)
        return set()

    scene.venue.symbols_traded = look  # type: ignore[method-assign]
    listen(scene, 100, lambda: None)

    assert looked[-1] - looked[-2] == pytest.approx(0.8 * RECONCILE_S)


@pytest.mark.parametrize(("took_s", "told"), [(1, False), (20, True)])
def test_a_look_that_takes_long_is_told(
    scene: ListeningScene, caplog: pytest.LogCaptureFixture, took_s: float, told: bool
) -> None:
    async def look(since_ms: int) -> set[str]:
        await asyncio.sleep(took_s)
        return set()

    scene.venue.symbols_traded = look  # type: ignore[method-assign]
    listen(scene, 100, lambda: None)

    assert ("a look at leader took 20 s" in caplog.text) is told
