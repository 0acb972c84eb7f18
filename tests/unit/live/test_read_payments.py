"""When venues are asked what accounts were paid, where a reading goes on, and what it writes."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotSent
from pilotfish.domain.fills import PositionSide
from pilotfish.domain.orders import Event, State
from pilotfish.domain.payments import MOST, Kind, Payment, Reading, Tells, Wanted
from pilotfish.domain.performance.following import Followed
from pilotfish.domain.venues import Position
from pilotfish.usecases.read_payments import ReadPayments, Seen
from tests import fakes
from tests.fakes import EPOCH_MS, ManualClock, ModelVenue
from tests.fakes.samples import PERPETUAL, a_fill, an_order
from tests.fakes.track_records import MemoryExecuted, MemoryPayments, MemoryTrackRecords

D = Decimal
HOUR_MS = 3_600_000
HELD = [Position(PERPETUAL, PositionSide.NET, D(4), D(100))]
HOUR = EPOCH_MS - EPOCH_MS % HOUR_MS


class Desk:
    """An account of two follows, read by a worker that knows nothing but what is stored."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.clock.now_ms = HOUR + 10 * 60_000
        self.tables = fakes.Tables()
        self.payments = MemoryPayments()
        self.records = MemoryTrackRecords()
        self.venue = ModelVenue(self.clock, "follower-1")
        for name in ("follow-1", "follow-2"):
            self.records.save_followed(
                Followed(name, "leader", "follower-1", "ada", live=True, paper=False)
            )

    def worker(self) -> ReadPayments:
        return ReadPayments(
            payments=self.payments,
            records=self.records,
            executed=MemoryExecuted(self.tables),
            clock=self.clock,
        )

    async def read(self, positions: Sequence[Position] = HELD) -> Reading:
        return await self.worker().of("follower-1", self.venue, positions)

    def fund(self, at_ms: int, amount: str = "-1", **more: Any) -> None:
        said: dict[str, Any] = {"symbol": PERPETUAL, "currency": "USDT", "amount": D(amount)}
        key = str(len(self.venue.funded))
        self.venue.funded.append(Payment(key, Kind.FUNDING, at_ms, **(said | more)))

    def copy(self, follow_id: str, quantity: str, at_ms: int) -> None:
        order = an_order(
            quantity,
            follow_id=follow_id,
            fill_id=f"{at_ms:013d}-{PERPETUAL}-1",
            state=State.COPIED,
            average_price=D(100),
            filled_quantity=abs(D(quantity)),
            history=(Event(at_ms, State.COPIED, ""),),
        )
        self.tables.orders[order.follow_id, order.order_key] = order

    @property
    def written(self) -> list[Payment]:
        return self.payments.between("follower-1", 0, 10**13)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_it_is_asked_once_an_hour_after_the_hour(desk: Desk) -> None:
    for _ in range(3):
        await desk.read()
        desk.clock.advance(300)
    assert len(desk.venue.funding_asked) == 1
    desk.clock.now_ms = HOUR + HOUR_MS + 60_000
    await desk.read()
    assert len(desk.venue.funding_asked) == 1, "what is paid on the hour is told some time later"
    desk.clock.advance(180)
    await desk.read()
    assert len(desk.venue.funding_asked) == 2


async def test_who_holds_nothing_is_asked_about_once_a_day(desk: Desk) -> None:
    await desk.read([])
    for _ in range(5):
        desk.clock.advance(3600)
        await desk.read([])
    assert len(desk.venue.funding_asked) == 1
    desk.clock.advance(20 * 3600)
    await desk.read([])
    assert len(desk.venue.funding_asked) == 2


async def test_what_was_held_until_a_moment_ago_is_asked_about(desk: Desk) -> None:
    await desk.read([])
    desk.clock.advance(300)
    await desk.read(HELD)
    desk.clock.advance(3600)
    await desk.read([])
    assert len(desk.venue.funding_asked) == 2


async def test_it_goes_on_from_the_last_one_and_writes_none_twice(desk: Desk) -> None:
    desk.fund(HOUR)
    await desk.read()
    desk.clock.advance(3600)
    desk.fund(HOUR - 1)
    await desk.read()
    first, second = desk.venue.funding_asked
    assert first < HOUR - 20 * 24 * HOUR_MS
    assert HOUR - 3 * HOUR_MS < second < HOUR
    assert [each.key for each in desk.written] == ["1", "0"]


async def test_a_long_past_is_read_in_parts(desk: Desk) -> None:
    desk.venue.funding_page = 2
    for number in range(5):
        desk.fund(HOUR - (10 - number) * 5 * HOUR_MS)
    for _ in range(4):
        reading = await desk.read()
        desk.clock.advance(300)
    assert reading.whole
    assert len(desk.written) == 5


async def test_many_are_written_a_transaction_at_a_time(desk: Desk) -> None:
    for number in range(2 * MOST + 3):
        desk.fund(HOUR - number)
    reading = await desk.read()
    assert len(desk.written) == 2 * MOST + 3
    assert (reading.whole, reading.revision) == (True, 3)


async def test_of_two_who_read_at_once_the_slower_writes_nothing(desk: Desk) -> None:
    desk.fund(HOUR)
    funding = desk.venue.funding

    async def overtaken(*asked: Any) -> Any:
        found = await funding(*asked)
        desk.payments.add(Reading("follower-1", asked_ms=1), [])
        return found

    desk.venue.funding = overtaken  # type: ignore[method-assign]
    await desk.read()
    assert desk.written == []


async def test_a_venue_that_does_not_tell_is_not_asked(desk: Desk) -> None:
    desk.venue.tells_funding = Tells.NO
    reading = await desk.read()
    assert (reading.tells, desk.venue.funding_asked) == (Tells.NO, [])


async def test_follows_share_by_what_they_held_at_that_time(desk: Desk) -> None:
    desk.copy("follow-1", "1", HOUR - 5_000)
    desk.copy("follow-2", "2", HOUR - 4_000)
    desk.copy("follow-2", "1", HOUR - 3_000)
    desk.copy("follow-1", "7", HOUR + 1)
    desk.fund(HOUR)
    await desk.read()
    assert desk.written[0].shares == {"follow-1": D("0.25"), "follow-2": D("0.75")}


async def test_what_the_account_held_besides_is_its_owner_s(desk: Desk) -> None:
    desk.copy("follow-1", "1", HOUR - 5_000)
    desk.fund(HOUR, size=D(8))
    await desk.read()
    assert desk.written[0].shares == {"follow-1": D("0.125")}


async def test_a_fee_that_is_wanted_is_read_from_trades(desk: Desk) -> None:
    told = {"fee": D("0.2"), "fee_currency": "USDT", "traded_ms": HOUR}
    desk.venue.trades = [
        a_fill("1", trade_id="t1", order_id="o1", **told),
        a_fill("2", trade_id="t2", order_id="o1", **told),
        a_fill("1", trade_id="t3", order_id="own", **told),
        a_fill("1", trade_id="t4", order_id="o2", **told),
        a_fill("1", trade_id="t5", order_id="o3", traded_ms=HOUR),
    ]
    filled = {"o1": D(3), "o2": D(2), "o3": D(1)}
    asked_ms = desk.clock() - 1
    wanted = Wanted("follow-1", HOUR - 1_000, asked_ms, filled, (PERPETUAL,))
    desk.payments.want("follower-1", wanted)
    await desk.read()
    fees = [each for each in desk.written if each.kind is Kind.FEE]
    assert [(each.order_id, each.amount) for each in fees] == [("o1", D("-0.2"))] * 2
    desk.venue.trades = []
    desk.payments.want("follower-1", replace(wanted, asked_ms=asked_ms - 1))
    await desk.read()
    assert len(desk.written) == 2


@pytest.mark.parametrize("trouble", [NotSent("busy"), TimeoutError(), OSError()])
async def test_what_cannot_be_read_holds_up_nobody_and_is_tried_again(
    desk: Desk, trouble: Exception
) -> None:
    other = ModelVenue(desk.clock, "other")
    desk.fund(HOUR)
    funding = desk.venue.funding

    async def busy(*asked: Any) -> Any:
        raise trouble

    desk.venue.funding = busy  # type: ignore[method-assign]
    seen = [Seen("follower-1", desk.venue, tuple(HELD)), Seen("other", other, tuple(HELD))]
    assert await desk.worker()(seen) == 1
    assert (len(desk.written), len(other.funding_asked)) == (0, 1)
    desk.venue.funding = funding  # type: ignore[method-assign]
    assert await desk.worker()(seen) == 0
    assert len(desk.written) == 1
