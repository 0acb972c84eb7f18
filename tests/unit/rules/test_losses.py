"""What a follow may lose, over which time, and what then."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.follows import EVERYTHING, Status
from pilotfish.domain.losses import Period, begins, ends
from pilotfish.domain.orders import Leg, Reason, State
from pilotfish.domain.rules import rules_from
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases.watch_losses import Watched, WatchLosses
from tests.fakes.listening import MemoryPositions
from tests.fakes.managing import Memo
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene
from tests.fakes.watches import MemoryWatches

DAY_S = 86_400


class Losing:
    """A follower with a position, whose wallet is read at a price of the moment."""

    def __init__(self, scene: Scene | None = None, **rules: Any) -> None:
        self.scene = scene or Scene()
        self.scene.follower(**rules)
        self.notices = Memo()
        self.watch = WatchLosses(
            accounts=self.scene.accounts,
            follows=self.scene.follows,
            positions=MemoryPositions(self.scene.tables),
            wallets=self.scene.wallets,
            watches=MemoryWatches(),
            notices=self.notices,
            close=self.scene.close_copies,
            clock=self.scene.clock,
        )
        self.read(100)

    def read(self, price: int | str, equity: int = 1000, symbol: str = PERPETUAL) -> None:
        coins, prices = {"USDT": Decimal(equity)}, {symbol: Decimal(price)}
        at_ms = self.scene.clock()
        self.scene.wallets.save(Wallet("follower-1", "model", at_ms, coins, (), prices))

    def at(
        self,
        price: int | str,
        after_s: float = 60,
        equity: int = 1000,
        symbol: str = PERPETUAL,
    ) -> Watched:
        """A later look, at a price."""
        self.scene.clock.advance(after_s)
        self.read(price, equity, symbol)
        return self.watch("0")

    @property
    def status(self) -> Status:
        return self.scene.tables.follows["leader", "follow-1"].status


async def test_a_loss_below_the_limit_is_nobodys_business() -> None:
    losing = Losing(max_daily_loss=Decimal(10))
    losing.at(100)
    await losing.scene.copy("1")
    assert losing.at("90.01") == Watched(looked=1)
    assert losing.status is Status.ACTIVE


async def test_at_the_limit_nothing_is_entered_and_exits_go_on() -> None:
    losing = Losing(max_daily_loss=Decimal(10))
    losing.at(100)
    await losing.scene.copy("1")
    assert losing.at(90).breached == 1
    [notice] = losing.notices.values()
    assert (notice.user, notice.about) == ("user-1", "follow-1")
    assert notice.text == "max_daily_loss is reached: the follow is paused"
    [entry] = await losing.scene.copy("1")
    assert (entry.state, entry.reason) == (State.SKIPPED, Reason.FOLLOW_PAUSED)
    [exit_] = await losing.scene.copy("-2")
    assert exit_.state is State.COPIED


@pytest.mark.parametrize(
    ("rule", "value", "price"),
    [
        ("max_daily_loss", "20", 80),
        ("max_daily_loss_share", "0.02", 80),
        ("max_weekly_loss", "20", 80),
        ("max_weekly_loss_share", "0.02", 80),
        ("max_monthly_loss", "20", 80),
        ("max_monthly_loss_share", "0.02", 80),
        ("max_loss", "20", 80),
        ("max_loss_share", "0.02", 80),
        ("max_drawdown", "20", 80),
        ("max_drawdown_share", "0.02", 80),
        ("max_profit", "20", 120),
    ],
)
async def test_each_limit_is_reached_when_it_is(rule: str, value: str, price: int) -> None:
    losing = Losing(**{rule: Decimal(value)})
    losing.at(100)
    await losing.scene.copy("1")
    near = price + (1 if price < 100 else -1)
    assert losing.at(near).breached == 0
    assert losing.at(price).breached == 1
    assert losing.status is Status.PAUSED


async def test_a_drawdown_is_counted_from_the_best_that_there_was() -> None:
    losing = Losing(max_drawdown=Decimal(20))
    losing.at(100)
    await losing.scene.copy("1")
    assert losing.at(150).breached == 0
    assert losing.at(131).breached == 0
    assert losing.at(130).breached == 1


async def test_what_was_lost_yesterday_is_not_lost_today_but_this_month() -> None:
    losing = Losing(max_daily_loss=Decimal(10), max_monthly_loss=Decimal(25))
    losing.at(100)
    await losing.scene.copy("1")
    assert losing.at(91).breached == 0
    assert losing.at(91, DAY_S).breached == 0
    assert losing.at(82).breached == 0
    assert losing.at(82, DAY_S).breached == 0
    assert losing.at(75).breached == 1


async def test_a_day_that_is_over_lets_a_paused_follow_go_on() -> None:
    losing = Losing(max_daily_loss=Decimal(10), on_loss="pause")
    losing.at(100)
    await losing.scene.copy("1")
    assert losing.at(90).breached == 1
    assert (losing.at(85).resumed, losing.status) == (0, Status.PAUSED)
    assert (losing.at(85, DAY_S).resumed, losing.status) == (1, Status.ACTIVE)
    assert losing.at(80).breached == 0
    assert losing.at(75).breached == 1


async def test_whom_a_person_paused_only_a_person_lets_go_on() -> None:
    losing = Losing(max_daily_loss=Decimal(10), on_loss="pause")
    losing.at(100)
    await losing.scene.copy("1")
    losing.at(90)
    follows = losing.scene.follows
    paused = losing.scene.tables.follows["leader", "follow-1"]
    assert follows.change(paused, replace(paused, status=Status.PAUSED, changed_ms=1))
    assert losing.at(90, DAY_S).resumed == 0
    assert losing.status is Status.PAUSED


async def test_a_stopped_one_goes_on_when_a_person_says_so_and_is_counted_anew() -> None:
    losing = Losing(max_loss=Decimal(10))
    losing.at(100)
    await losing.scene.copy("1")
    losing.at(90)
    assert losing.at(90, 40 * DAY_S).resumed == 0
    paused = losing.scene.tables.follows["leader", "follow-1"]
    assert losing.scene.follows.change(paused, replace(paused, status=Status.ACTIVE))
    assert losing.at(81).breached == 0, "counted from where it went on"
    assert losing.at(71).breached == 1


async def test_it_is_closed_where_the_rules_say_so() -> None:
    losing = Losing(max_loss=Decimal(10), on_loss="close")
    losing.at(100)
    await losing.scene.copy("1")
    assert losing.at(90).breached == 1
    follow = losing.scene.tables.follows["leader", "follow-1"]
    assert (follow.status, follow.closing) == (Status.STOPPED, EVERYTHING)


async def test_while_its_result_is_not_known_nothing_is_entered_or_stopped() -> None:
    losing = Losing(max_loss=Decimal(10))
    losing.at(100)
    await losing.scene.copy("1")
    losing.scene.clock.advance(3600)
    assert losing.watch("0") == Watched(looked=1, unknown=1)
    [entry] = await losing.scene.copy("1")
    assert (entry.state, entry.reason) == (State.SKIPPED, Reason.EQUITY_UNKNOWN)
    assert losing.status is Status.ACTIVE


@pytest.mark.parametrize(
    ("rules", "quantity", "held", "at"),
    [
        ({"stop_loss": "0.1"}, "1", 91, 90),
        ({"stop_loss": "0.1"}, "-1", 109, 110),
        ({"take_profit": "0.5"}, "1", 149, 150),
        ({"take_profit": "0.5"}, "-1", 51, 50),
    ],
)
async def test_a_position_is_closed_at_its_level_once_and_the_leader_exits_nothing(
    rules: dict[str, str], quantity: str, held: int, at: int
) -> None:
    losing = Losing(rules=rules_from(rules))
    losing.at(100)
    await losing.scene.copy(quantity)
    venue = losing.scene.venues.of["follower-1"]
    assert losing.at(held).closed == 0
    assert losing.at(at).closed == 1
    assert losing.at(at).closed == 1, "it is not closed before its order is sent"
    [exit_] = [o for o in losing.scene.stored_orders() if o.state is State.PLANNED]
    assert exit_.leg is Leg.EXIT
    await losing.scene.execute(exit_)
    assert venue.holding(PERPETUAL) == 0
    assert losing.at(at).closed == 0
    [order] = await losing.scene.copy(str(-Decimal(quantity)))
    assert order.reason == Reason.NOTHING_COPIED
    assert losing.status is Status.ACTIVE


async def test_the_level_goes_by_the_last_entry() -> None:
    losing = Losing(stop_loss=Decimal("0.1"))
    losing.at(100)
    await losing.scene.copy("1")
    [second] = await losing.scene.copy("1", price=Decimal(200))
    entered = losing.scene.tables.booked["follow-1", f"{PERPETUAL}#net"].entered
    assert entered == second.average_price
    assert entered is not None
    assert losing.at(str(entered * Decimal("0.91"))).closed == 0
    assert losing.at(str(entered * Decimal("0.9"))).closed == 1


async def test_what_is_gone_elsewhere_is_no_loss() -> None:
    losing = Losing(max_loss=Decimal(10))
    losing.at(100)
    await losing.scene.copy("1")
    books = losing.scene.tables.booked["follow-1", f"{PERPETUAL}#net"]
    gone = replace(books, copied=Decimal(0), closable=Decimal(0), written_off=Decimal(100))
    losing.scene.tables.booked["follow-1", f"{PERPETUAL}#net"] = gone
    assert losing.at(100).breached == 0


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "begun", "over"),
    [
        (Period.DAY, "2026-12-31T00:00", "2027-01-01T00:00"),
        (Period.WEEK, "2026-12-28T00:00", "2027-01-04T00:00"),
        (Period.MONTH, "2026-12-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_periods_begin_at_midnight_utc(period: Period, begun: str, over: str) -> None:
    for moment in ("2026-12-31T00:00", "2026-12-31T23:59:59.999"):
        assert (begins(period, at(moment)), ends(period, at(moment))) == (at(begun), at(over))
