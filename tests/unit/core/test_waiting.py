"""An entry waits for a better price: it is had at that price, or not at all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.errors import NotSettled
from pilotfish.domain.follows import Status
from pilotfish.domain.halts import Halt
from pilotfish.domain.netting import Line
from pilotfish.domain.orders import CopyOrder, Reason, State
from pilotfish.domain.paper.prices import PublicMarket
from pilotfish.domain.replaying import Refusal
from pilotfish.domain.rule_kinds import BadRules
from pilotfish.domain.rules import Existing, Rules, rules_from
from pilotfish.domain.tickers import Ticker
from pilotfish.domain.viewers import Viewer
from pilotfish.domain.waiting import reached
from pilotfish.usecases.await_prices import Looked
from pilotfish.usecases.change_follow import Named
from pilotfish.usecases.replay import Verdict
from tests.fakes import Fault, ModelVenue
from tests.fakes.samples import PERPETUAL, an_account
from tests.fakes.scene import Scene
from tests.fakes.starting import wanted

BY = Decimal("0.01")


@pytest.fixture
def venue(scene: Scene) -> ModelVenue:
    """Of a follower who waits for 1 % less than the leader, who trades at 100, for ten minutes."""
    return scene.follower(better_by=BY, wait_s=600)


def line(scene: Scene) -> Line:
    [ledger] = scene.tables.ledgers.values()
    return ledger.lines["follow-1"]


def end(scene: Scene, order: CopyOrder) -> tuple[State, str, Decimal]:
    stored = scene.stored(order)
    return stored.state, stored.reason, stored.filled_quantity


async def test_nothing_is_claimed_before_the_price_is_there(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    assert (order.state, order.limit_price) == (State.WAITING, 99)
    assert await scene.look("99.01") == Looked(waiting=1)
    assert await scene.execute(order) == order
    assert (venue.book, venue.holding(PERPETUAL)) == ([], 0)
    assert (line(scene).target, line(scene).ordered, line(scene).waits) == (2, 0, 2)
    assert scene.retries.started == {}


@pytest.mark.parametrize(
    ("quantity", "far", "there"), [("2", "99.1", "99"), ("-2", "100.9", "101")]
)
async def test_once_it_is_there_a_limit_order_goes_out_at_it(
    scene: Scene, venue: ModelVenue, quantity: str, far: str, there: str
) -> None:
    [order] = await scene.copy(quantity)
    await scene.look(far)
    assert await scene.look(there) == Looked(waiting=1, released=1)
    assert end(scene, order) == (State.COPIED, "", 2)
    assert [sent.request.limit_price for sent in venue.book] == [Decimal(there)]
    assert [step.state for step in scene.stored(order).history] == [
        State.WAITING,
        State.PLANNED,
        State.SENT,
        State.COPIED,
    ]
    assert (line(scene).waiting, line(scene).ordered) == (0, Decimal(quantity))


async def test_looking_again_sends_nothing_again(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    await scene.look("98")
    assert await scene.look("98") == Looked()
    assert len(venue.book) == 1


async def test_a_market_that_jumps_past_it_is_worth_its_own_price(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    await scene.look("90")
    assert scene.stored(order).average_price == 90


async def test_when_time_is_up_it_lapses(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("2")
    scene.clock.advance(600)
    assert await scene.look("98") == Looked(waiting=1, ended=1)
    assert end(scene, order) == (State.EXPIRED, Reason.PRICE_NOT_REACHED, 0)
    assert venue.book == []
    [exit_order] = await scene.copy("-1")
    assert exit_order.reason == Reason.NOTHING_COPIED
    assert (line(scene).target, line(scene).ordered, line(scene).waiting) == (0, 0, 0)


async def test_when_time_is_up_it_is_taken_at_the_market_within_the_slippage(
    scene: Scene,
) -> None:
    gates = {"better_by": BY, "wait_s": 600, "max_slippage": Decimal("0.02")}
    venue = scene.follower(after_wait="market", **gates)
    [order] = await scene.copy("2")
    await scene.look("101")
    scene.clock.advance(600)
    await scene.look("101")
    assert end(scene, order) == (State.COPIED, "", 2)
    assert venue.book[0].request.limit_price == 102
    scene.tables.orders.clear()


async def test_who_looks_long_after_the_time_is_up_sends_nothing(scene: Scene) -> None:
    gates = {"better_by": BY, "wait_s": 600, "max_slippage": Decimal("0.02")}
    venue = scene.follower(after_wait="market", lateness_s=20, **gates)
    [order] = await scene.copy("2")
    scene.clock.advance(620.001)
    await scene.look("100")
    assert end(scene, order) == (State.EXPIRED, Reason.LATE, 0)
    assert venue.book == []


async def test_what_its_price_does_not_give_lapses(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("2")
    venue.script.append(Fault.PARTIAL)
    await scene.look("99")
    state, reason, filled = end(scene, order)
    assert (state, reason) == (State.COPIED, Reason.PRICE_NOT_REACHED)
    assert 0 < filled < 2
    assert await scene.look("98") == Looked()
    await scene.copy("-1")
    assert line(scene).target == line(scene).ordered == venue.holding(PERPETUAL) == filled / 2


async def test_a_price_that_ran_away_meanwhile_gets_nothing(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    scene.venues.prices["model"] = {PERPETUAL: Decimal(99)}
    assert await scene.await_prices() == Looked(waiting=1, released=1)
    await scene.execute(scene.stored(order))
    assert end(scene, order) == (State.EXPIRED, Reason.PRICE_NOT_REACHED, 0)
    assert venue.holding(PERPETUAL) == 0


async def test_an_exit_closes_nothing_for_what_waits(scene: Scene, venue: ModelVenue) -> None:
    """Of what is held the leader's fraction, and of what waits the same."""
    await scene.copy("2")
    await scene.look("99")
    [waiting] = await scene.copy("2")
    [exit_order] = await scene.copy("-2")
    assert end(scene, exit_order) == (State.COPIED, "", 1)
    assert venue.holding(PERPETUAL) == 1
    await scene.look("99")
    assert end(scene, waiting) == (State.COPIED, "", 1)
    assert scene.stored(waiting).quantity == 1
    assert venue.holding(PERPETUAL) == line(scene).target == line(scene).ordered == 2


async def test_an_exit_does_not_wait_for_what_waits(scene: Scene, venue: ModelVenue) -> None:
    await scene.copy("2")
    fill = scene.fill("-1")
    scene.map_fill(fill)
    for order in scene.stored_orders():
        await scene.execute(order)
    assert (await scene.sync(fill)).remainders == []


async def test_what_lapses_after_an_exit_takes_its_own_share_off(
    scene: Scene, venue: ModelVenue
) -> None:
    await scene.copy("2")
    await scene.look("99")
    await scene.copy("2")
    await scene.copy("-2")
    scene.clock.advance(600)
    await scene.look("99")
    await scene.copy("2")
    await scene.copy("-2")
    assert (line(scene).target, line(scene).ordered, line(scene).waits) == (1.5, 0.5, 1)
    assert venue.holding(PERPETUAL) == Decimal("0.5")


async def test_an_exit_of_all_ends_what_waits(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("2")
    await scene.copy("-2")
    assert await scene.look("98") == Looked(waiting=1, ended=1)
    assert end(scene, order) == (State.SKIPPED, Reason.CLOSED_SINCE, 0)
    assert venue.book == []
    assert (line(scene).target, line(scene).waiting) == (0, 0)
    [anew] = await scene.copy("1")
    await scene.look("99")
    assert end(scene, anew) == (State.COPIED, "", 1)
    assert venue.holding(PERPETUAL) == line(scene).ordered == line(scene).target == 1


async def test_what_an_exit_left_too_little_of_is_not_sent(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("0.002")
    await scene.copy("-0.0019")
    await scene.look("99")
    assert end(scene, order)[:2] == (State.SKIPPED, Reason.BELOW_MINIMUM)
    assert venue.book == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.PAUSED, Reason.FOLLOW_PAUSED),
        (Status.CLOSE_ONLY, Reason.CLOSE_ONLY),
        (Status.STOPPED, Reason.FOLLOW_STOPPED),
    ],
)
async def test_it_ends_with_its_follow(
    scene: Scene, venue: ModelVenue, status: Status, reason: Reason
) -> None:
    [order] = await scene.copy("2")
    [follow] = scene.tables.follows.values()
    scene.follows.save(replace(follow, status=status))
    await scene.look("98")
    assert end(scene, order) == (State.SKIPPED, reason, 0)
    assert venue.book == []


async def test_a_follow_that_began_anew_does_not_inherit_it(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    scene.clock.advance(1)
    [follow] = scene.tables.follows.values()
    scene.follows.save(replace(follow, started_ms=scene.clock()))
    await scene.look("98")
    assert end(scene, order) == (State.SKIPPED, Reason.FOLLOW_STOPPED, 0)


async def test_a_stop_right_after_the_look_is_seen_by_the_claim(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    scene.venues.prices["model"] = {PERPETUAL: Decimal(99)}
    await scene.await_prices()
    [follow] = scene.tables.follows.values()
    scene.follows.save(replace(follow, status=Status.STOPPED))
    await scene.execute(scene.stored(order))
    assert end(scene, order) == (State.SKIPPED, Reason.FOLLOW_STOPPED, 0)


async def test_what_is_halted_when_its_price_comes_is_not_sent(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    scene.tables.halts["all"] = Halt("all", "", "op", scene.clock())
    await scene.look("98")
    assert end(scene, order) == (State.SKIPPED, Reason.HALTED, 0)
    assert venue.book == []


async def test_limits_hold_for_what_waits(scene: Scene) -> None:
    venue = scene.follower(better_by=BY, max_position_notional=Decimal(300))
    first = await scene.copy("2")
    [second] = await scene.copy("2")
    assert second.quantity == 1
    await scene.look("99")
    assert end(scene, first[0])[0] is State.COPIED
    assert venue.holding(PERPETUAL) == 3


async def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    venue.script.append(Fault.TIMEOUT_ACCEPTED)
    await scene.look("99")
    assert scene.stored(order).state is State.UNKNOWN
    scene.clock.advance(60)
    await scene.turn(order)
    assert end(scene, order) == (State.COPIED, "", 2)
    assert len(venue.book) == 1


async def test_what_was_let_go_and_forgotten_is_swept(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("2")
    scene.clock.advance(300)
    assert scene.sweep().orders == 0
    scene.venues.prices["model"] = {PERPETUAL: Decimal(99)}
    await scene.await_prices()
    scene.clock.advance(31)
    assert scene.sweep().orders == 1
    venue.price = Decimal(99)
    await scene.turn(order)
    assert end(scene, order) == (State.COPIED, "", 2)


async def test_a_price_that_was_reached_is_not_acted_on_late(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    scene.clock.advance(300)
    scene.venues.prices["model"] = {PERPETUAL: Decimal(99)}
    await scene.await_prices()
    scene.clock.advance(120.001)
    await scene.execute(scene.stored(order))
    assert end(scene, order) == (State.EXPIRED, Reason.LATE, 0)


async def test_a_venue_without_prices_lets_it_wait_and_then_lapse(
    scene: Scene, venue: ModelVenue
) -> None:
    [order] = await scene.copy("2")
    assert await scene.look() == Looked(waiting=1)
    scene.clock.advance(600)
    await scene.look()
    assert end(scene, order)[1] == Reason.PRICE_NOT_REACHED


async def test_each_market_is_asked_once_for_all(scene: Scene) -> None:
    for number in range(1, 8):
        scene.follower(number, better_by=BY)
    await scene.copy("2")
    asked: list[tuple[str, str]] = []
    market = scene.venues.market

    async def counted(venue: str, symbol: str) -> PublicMarket | None:
        asked.append((venue, symbol))
        return await market(venue, symbol)

    scene.venues.market = counted  # type: ignore[method-assign]
    assert await scene.look("99") == Looked(waiting=7, released=7)
    assert asked == [("model", PERPETUAL)]


async def test_one_that_moved_on_holds_up_no_other(scene: Scene) -> None:
    """What the index tells may be a moment old."""
    scene.follower(1, better_by=BY)
    scene.follower(2, better_by=BY)
    first, second = await scene.copy("2")
    told = [first, second]
    await scene.orders.record(first, replace(first, state=State.PLANNED))
    scene.await_prices._waits.waiting = lambda _: told  # type: ignore[method-assign]
    await scene.look("99")
    assert end(scene, second) == (State.COPIED, "", 2)


async def test_a_restart_of_everything_loses_nothing(scene: Scene, venue: ModelVenue) -> None:
    """All that is known of a wait is in the tables."""
    [order] = await scene.copy("2")
    other = Scene(scene.clock)
    other.tables.__dict__.update(scene.tables.__dict__)
    other.venues.of = scene.venues.of
    await other.look("99")
    assert end(scene, order) == (State.COPIED, "", 2)


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"better_by": 0}, "better_by"),
        ({"better_by": 1}, "better_by"),
        ({"better_by": "0.01", "wait_s": 3601}, "wait_s"),
        ({"better_by": "0.01", "wait_s": 0}, "wait_s"),
        ({"better_by": "0.01", "after_wait": "later"}, "after_wait"),
        ({"better_by": "0.01", "after_wait": "market"}, "max_slippage"),
    ],
)
def test_what_makes_no_sense_is_refused(rules: dict[str, object], field: str) -> None:
    with pytest.raises(BadRules) as refused:
        rules_from(rules)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("bid", "ask", "last", "at_ms", "there"),
    [
        ("98.9", "99", "99.5", 0, True),
        ("98.9", "99.1", "98", 0, False),
        (None, None, "98.9", 60_000, True),
        (None, None, "99", 60_000, False),
        (None, None, "98.9", 59_999, False),
        (None, None, None, 60_000, False),
    ],
)
async def test_what_counts_is_what_a_buyer_would_pay(
    scene: Scene,
    venue: ModelVenue,
    bid: str | None,
    ask: str | None,
    last: str | None,
    at_ms: int,
    there: bool,
) -> None:
    """Of a trade nobody knows which side it was good for; an old one says nothing."""
    [order] = await scene.copy("2")
    told = [None if text is None else Decimal(text) for text in (last, bid, ask)]
    ticker = Ticker(PERPETUAL, *told, mark=None, at_ms=at_ms)
    assert reached(order, ticker, 120_000) is there


async def test_the_saga_leaves_what_waits_alone(scene: Scene, venue: ModelVenue) -> None:
    """A person may start it by hand: nothing was sent, and nothing is looked up."""
    [order] = await scene.copy("2")
    scene.clock.advance(3_600)
    assert (await scene.turn(order)).state is State.WAITING
    assert scene.stored(order) == order
    with pytest.raises(NotSettled):
        await scene.retry.last(order.follow_id, order.order_key)


async def test_what_waited_in_vain_is_not_replayed(scene: Scene, venue: ModelVenue) -> None:
    [order] = await scene.copy("2")
    scene.clock.advance(600)
    await scene.look("98")
    said = await scene.replay(scene.stored(order))
    assert (said.verdict, said.why) == (Verdict.REFUSED, Refusal.WAITED)


async def test_who_looks_after_it_is_woken_once_for_a_fill(scene: Scene) -> None:
    woken: list[str] = []
    scene.map_fill._wake = lambda: woken.append("woken")
    scene.follower(1)
    await scene.copy("2")
    assert woken == []
    scene.follower(2, better_by=BY)
    scene.follower(3, better_by=BY, shard=1)
    await scene.copy("2")
    assert woken == ["woken"]


async def test_a_fill_is_decided_though_nobody_could_be_woken(
    scene: Scene, venue: ModelVenue, caplog: pytest.LogCaptureFixture
) -> None:
    def deaf() -> None:
        raise ConnectionError("no answer")

    scene.map_fill._wake = deaf
    [order] = await scene.copy("2")
    assert order.state is State.WAITING
    assert not scene.tables.undecided
    assert "nobody was woken" in caplog.text


async def test_what_waits_is_held_as_far_as_its_symbol_goes(
    scene: Scene, venue: ModelVenue
) -> None:
    """It would be let go by what it was decided for."""
    await scene.copy("2")
    named = Named("leader", "follow-1", Viewer("ben", operator=True))
    scene.change_follow.pause(named)
    with pytest.raises(BadRules, match="is held"):
        scene.change_follow.rules(named, Rules(reverse=True))


async def test_what_is_joined_or_restored_waits_for_nothing(scene: Scene) -> None:
    scene.tables.baselines.add("leader")
    venue = scene.follower(better_by=BY, max_slippage=BY, on_drift="restore")
    await scene.copy("2")
    await scene.look("99")
    venue.trade(PERPETUAL, "-2")
    scene.clock.advance(300)
    await scene.reconcile("0")
    restored = scene.stored_orders()[-1]
    assert (restored.state, restored.limit_price) == (State.PLANNED, 101)

    rules = Rules(better_by=BY, existing=Existing.JOIN, join_tolerance=BY)
    scene.accounts.save(an_account("follower-2"))
    await scene.start_follow(wanted("follow-2", "follower-2", rules))
    joined = scene.stored_orders()[-1]
    assert (joined.follow_id, joined.state) == ("follow-2", State.PLANNED)
    assert joined.limit_price == 101
