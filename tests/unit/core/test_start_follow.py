"""A follow begins at one moment of its leader's: each fill before it is joined or none of ours."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.errors import NotReady
from pilotfish.domain.fills import Fill, OrderKind, PositionSide
from pilotfish.domain.follows import FOLLOWS_PER_SHARD, CannotFollow, Status
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.joining import JOINED_AT_ONCE
from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rule_choices import MarginRule
from pilotfish.domain.rules import BadRules, Rules
from pilotfish.usecases.start_follow import ATTEMPTS, Started
from tests.fakes import MemoryPositions, ModelVenue, simulate
from tests.fakes.samples import PERPETUAL, SPOT, a_follow, an_account, an_instrument
from tests.fakes.scene import Scene
from tests.fakes.starting import wanted

NET = f"{PERPETUAL}#net"
WANTED = wanted("follow-1", "follower-1", Rules())
WIDE = {"existing": "join", "join_tolerance": Decimal("0.01")}


@pytest.fixture
def venue(scene: Scene) -> ModelVenue:
    """Of an account that does not follow yet."""
    scene.tables.baselines.add("leader")
    scene.accounts.save(an_account("follower-1"))
    found = scene.venues.of["follower-1"] = ModelVenue(scene.clock, "follower-1")
    return found


def start(scene: Scene, follow_id: str = "follow-1", **rules: Any) -> Started:
    asked = replace(WANTED, follow_id=follow_id, rules=Rules(**rules))
    return simulate(scene.clock, scene.start_follow(asked))


def send(scene: Scene) -> list[CopyOrder]:
    """What is planned leaves; all orders as they are then."""

    async def all_of_it() -> None:
        for order in scene.stored_orders():
            if order.state is State.PLANNED:
                await scene.execute(order)

    simulate(scene.clock, all_of_it())
    return scene.stored_orders()


def copy(scene: Scene, quantity: str, **more: Any) -> None:
    simulate(scene.clock, scene.copy(quantity, **more))


def holds(scene: Scene, **positions: Held) -> None:
    scene.tables.held["leader"] = scene.held_by["leader"] = Holdings(dict(positions))


class TestPlain:
    def test_what_the_leader_has_is_left_alone(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "4")
        started = start(scene)
        assert (started.new, started.joined, scene.stored_orders()) == (True, [], [])
        copy(scene, "2")
        assert venue.holding(PERPETUAL) == 2
        copy(scene, "-3")
        assert venue.holding(PERPETUAL) == 1

    def test_a_fill_that_is_decided_late_is_none_of_its_business(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        """Also not one of the same millisecond, by whose time it could be either."""
        fill = scene.fill("4")
        start(scene)
        scene.map_fill(fill)
        assert scene.stored_orders() == []

    def test_a_redelivered_fill_is_not_decided_for_who_came_after_it(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        scene.follower(9)
        fill = scene.fill("4")
        scene.map_fill(fill)
        start(scene)
        before = scene.contents()
        scene.map_fill(fill)
        assert scene.contents() == before

    def test_what_was_traded_before_and_found_after_is_not_copied(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        start(scene)
        assert scene.decide("4", traded_ms=scene.clock() - 1) == []

    @pytest.mark.parametrize("rules", [{}, WIDE])
    def test_nobody_follows_a_leader_before_it_is_listened_to(
        self, scene: Scene, venue: ModelVenue, rules: dict[str, Any]
    ) -> None:
        """What it traded until then would be copied by nobody, and joined by nobody."""
        scene.tables.baselines.clear()
        before = scene.contents()
        with pytest.raises(NotReady, match="nobody listens to leader yet; try again in a moment"):
            start(scene, **rules)
        assert scene.contents() == before
        scene.tables.baselines.add("leader")
        assert start(scene, **rules).follow.first_fill == 1


def test_levels_that_cannot_be_read_are_not_followed(scene: Scene, venue: ModelVenue) -> None:
    before = scene.contents()
    with pytest.raises(BadRules, match="copy_tp_sl goes by") as refused:
        start(scene, copy_tp_sl=True)
    assert refused.value.field == "copy_tp_sl"
    assert scene.contents() == before


def test_margin_that_its_venue_does_not_set_is_refused(scene: Scene, venue: ModelVenue) -> None:
    before = scene.contents()
    with pytest.raises(BadRules, match="is set on model") as refused:
        start(scene, margin_mode=MarginRule.CROSS)
    assert refused.value.field == "margin_mode"
    assert scene.contents() == before


class TestJoining:
    @pytest.mark.parametrize(("sign", "limit"), [(1, "101"), (-1, "99")])
    def test_takes_on_the_position_by_the_follow_s_rules(
        self, scene: Scene, venue: ModelVenue, sign: int, limit: str
    ) -> None:
        copy(scene, str(4 * sign))
        started = start(scene, **WIDE, multiplier=Decimal("0.5"))
        [order] = started.joined
        assert order.limit_price == Decimal(limit)
        assert order.order_key == f"{started.follow.started_ms}-{PERPETUAL}-joined-net#entry"
        [copied] = send(scene)
        assert (copied.state, venue.holding(PERPETUAL)) == (State.COPIED, 2 * sign)

    def test_takes_it_on_whatever_kind_of_order_opened_it(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "4", order_kind=OrderKind.LIMIT)
        start(scene, **WIDE, order_kinds=("market",))
        [copied] = send(scene)
        assert copied.state is State.COPIED

    def test_is_near_the_leader_s_average_and_not_the_last_price(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "1", price=Decimal(100))
        copy(scene, "3", price=Decimal(200))
        [order] = start(scene, **WIDE).joined
        assert (order.reference_price, order.limit_price) == (175, Decimal("176.7"))

    def test_beyond_the_tolerance_nothing_is_bought(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "4")
        venue.price = Decimal("101.1")
        start(scene, **WIDE)
        [order] = send(scene)
        assert (order.state, order.reason) == (State.EXPIRED, "slippage")
        copy(scene, "-1")
        assert venue.holding(PERPETUAL) == 0

    def test_is_late_from_the_joining_on_and_not_from_the_leader_s_trade(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "4")
        scene.clock.advance(100_000)
        [order] = start(scene, **WIDE, lateness_s=20).joined
        assert order.expires_ms == scene.clock() + 20_000
        scene.clock.advance(21)
        [order] = send(scene)
        assert (order.state, order.reason) == (State.EXPIRED, "late")

    def test_exits_take_the_fraction_of_what_was_joined(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "4")
        start(scene, **WIDE, multiplier=Decimal("0.5"))
        send(scene)
        copy(scene, "-1")
        assert venue.holding(PERPETUAL) == Decimal("1.5")
        copy(scene, "-5")
        assert venue.holding(PERPETUAL) == -1

    def test_the_cap_of_a_position_holds(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "4")
        start(scene, **WIDE, max_position_notional=Decimal(150))
        send(scene)
        assert venue.holding(PERPETUAL) == Decimal("1.5")

    def test_a_follow_joins_once(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "4")
        first = start(scene, **WIDE)
        before = scene.contents()
        again = start(scene, **WIDE)
        assert (again.follow, again.new, again.joined) == (first.follow, False, [])
        assert scene.contents() == before

    def test_both_sides_of_a_hedged_leader(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "2", position_side=PositionSide.LONG)
        copy(scene, "-3", position_side=PositionSide.SHORT)
        start(scene, **WIDE)
        send(scene)
        held = [venue.holding(PERPETUAL, side) for side in (PositionSide.LONG, PositionSide.SHORT)]
        assert held == [2, -3]

    def test_a_baseline_of_a_venue_that_tells_the_price(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        holds(scene, **{NET: Held(Decimal(4), Decimal(100))})
        start(scene, **WIDE)
        send(scene)
        assert venue.holding(PERPETUAL) == 4


class TestWhatCannotBeJoined:
    def reasons(self, scene: Scene, **rules: Any) -> list[tuple[str, State, str]]:
        start(scene, **WIDE | rules)
        return [(order.symbol, order.state, order.reason) for order in scene.stored_orders()]

    def test_a_position_of_unknown_price(self, scene: Scene, venue: ModelVenue) -> None:
        """On spot no venue says what a balance cost."""
        holds(scene, **{f"{SPOT}#net": Held(Decimal(4))})
        assert self.reasons(scene) == [(SPOT, State.SKIPPED, "no_reference_price")]

    def test_a_spot_position_whose_fills_are_known_is_joined(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "4", symbol=SPOT)
        start(scene, **WIDE)
        send(scene)
        assert venue.holding(SPOT) == 4

    def test_a_symbol_that_the_follower_s_venue_does_not_have(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        copy(scene, "4", symbol="XRP/USDT:USDT")
        assert self.reasons(scene) == [("XRP/USDT:USDT", State.SKIPPED, "unknown_symbol")]

    def test_less_than_a_lot_stays_in_the_target(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "0.001")
        half = Decimal("0.5")
        assert self.reasons(scene, multiplier=half) == [(PERPETUAL, State.SKIPPED, "below_lot")]
        copy(scene, "0.001")
        assert venue.holding(PERPETUAL) == Decimal("0.001")

    def test_what_a_stopped_follow_still_holds(self, scene: Scene, venue: ModelVenue) -> None:
        copy(scene, "4")
        first = start(scene, **WIDE).follow
        send(scene)
        scene.follows.save(replace(first, status=Status.STOPPED))
        scene.clock.advance(1)
        again = start(scene, **WIDE)
        assert again.new
        assert [(o.state, o.reason) for o in again.joined] == [(State.SKIPPED, "already_copied")]
        send(scene)
        assert venue.holding(PERPETUAL) == 4

    def test_more_positions_than_go_into_one_transaction(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        symbols = [f"C{number}/USDT:USDT" for number in range(70)]
        scene.instruments.publish("model", [an_instrument(symbol) for symbol in symbols], 0)
        holds(
            scene,
            **{f"{name}#net": Held(Decimal(n + 1), Decimal(9)) for n, name in enumerate(symbols)},
        )
        joined = start(scene, **WIDE).joined
        planned = [order for order in joined if order.state is State.PLANNED]
        assert [order.symbol for order in planned] == symbols[: -JOINED_AT_ONCE - 1 : -1]
        assert {order.reason for order in joined if order not in planned} == {"too_many_positions"}
        assert len(joined) == 70
        assert len(scene.stored_orders()) == JOINED_AT_ONCE + 5


class Interrupted(MemoryPositions):
    """Something happens right after the leader's positions were read, each time."""

    def __init__(self, scene: Scene, happens: Callable[[], Any]) -> None:
        super().__init__(scene.tables)
        self._happens = happens

    def of_account(self, account_id: str) -> Holdings | None:
        found = super().of_account(account_id)
        self._happens()
        return found


class TestTheRaceWithAFill:
    """Whenever a fill is written, seen and decided: it is in the joined position or copied."""

    def interrupted(self, scene: Scene, *happens: Callable[[], Any]) -> None:
        waiting = iter(happens)
        positions = Interrupted(scene, lambda: next(waiting, lambda: None)())
        scene.start_follow._positions = positions

    def settled(self, scene: Scene, venue: ModelVenue, *fills: Fill) -> Decimal:
        for fill in fills:
            scene.map_fill(fill)
        send(scene)
        return venue.holding(PERPETUAL)

    def test_written_and_undecided_before(self, scene: Scene, venue: ModelVenue) -> None:
        fills = scene.fill("4"), scene.fill("2")
        start(scene, **WIDE)
        assert self.settled(scene, venue, *fills) == 6

    def test_written_while_it_begins(self, scene: Scene, venue: ModelVenue) -> None:
        first, written = scene.fill("4"), list[Fill]()
        self.interrupted(scene, lambda: written.append(scene.fill("2")))
        start(scene, **WIDE)
        assert self.settled(scene, venue, first, *written) == 6

    def test_written_and_decided_while_it_begins(self, scene: Scene, venue: ModelVenue) -> None:
        """The mapper has read the follows without it, and decided for another one in its shard."""
        scene.follower(9)
        scene.fill("4")
        self.interrupted(scene, lambda: scene.decide("2"))
        start(scene, **WIDE)
        assert self.settled(scene, venue, *scene.tables.fills.values()) == 6

    def test_a_close_that_is_written_while_it_begins(self, scene: Scene, venue: ModelVenue) -> None:
        first, written = scene.fill("4"), list[Fill]()
        self.interrupted(scene, lambda: written.append(scene.fill("-4")))
        assert start(scene, **WIDE).joined == []
        assert self.settled(scene, venue, first, *written) == 0

    def test_traded_before_and_written_after(self, scene: Scene, venue: ModelVenue) -> None:
        scene.fill("4")
        start(scene, **WIDE)
        late = scene.fill("2", traded_ms=scene.clock() - 5_000)
        assert self.settled(scene, venue, late) == 6

    def test_a_ledger_that_moves_meanwhile(self, scene: Scene, venue: ModelVenue) -> None:
        scene.follower(9)
        fill = scene.fill("4")
        self.interrupted(scene, lambda: scene.map_fill(fill))
        start(scene, **WIDE)
        send(scene)
        other = scene.venues.of["follower-9"]
        assert isinstance(other, ModelVenue)
        assert (venue.holding(PERPETUAL), other.holding(PERPETUAL)) == (4, 4)

    def test_another_follow_that_begins_meanwhile_takes_the_last_room_of_a_shard(
        self, scene: Scene, venue: ModelVenue
    ) -> None:
        for number in range(2, FOLLOWS_PER_SHARD + 1):
            scene.follows.save(a_follow(number))
        self.interrupted(scene, lambda: scene.follows.save(a_follow(99)))
        assert start(scene, **WIDE).follow.shard == 1

    def test_a_leader_without_a_pause(self, scene: Scene, venue: ModelVenue) -> None:
        self.interrupted(scene, *[lambda: scene.fill("1")] * ATTEMPTS)
        with pytest.raises(NotReady, match="leader trades"):
            start(scene, **WIDE)
        assert (scene.tables.follows, scene.tables.orders) == ({}, {})


class TestWhoCannotFollow:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"follow_id": "a/b"}, "neither / nor #"),
            ({"follow_id": ""}, "not empty"),
            ({"leader_id": "nobody"}, "nobody is not an account that is listened to"),
            ({"leader_id": "follower-1"}, "listened to"),
            ({"account_id": "nobody"}, "nobody is not an account that is enabled"),
            ({"account_id": "leader"}, "itself"),
        ],
    )
    def test_is_told_why(
        self, scene: Scene, venue: ModelVenue, change: dict[str, str], words: str
    ) -> None:
        asked = replace(WANTED, **change)  # type: ignore[arg-type]
        with pytest.raises(CannotFollow, match=words):
            simulate(scene.clock, scene.start_follow(asked))
        assert scene.tables.follows == {}

    def test_a_disabled_account(self, scene: Scene) -> None:
        scene.accounts.save(an_account("follower-1", enabled=False))
        with pytest.raises(CannotFollow):
            start(scene)

    def test_the_name_of_another_account_s_follow(self, scene: Scene, venue: ModelVenue) -> None:
        scene.follows.save(a_follow(1, account_id="follower-2", status=Status.STOPPED))
        with pytest.raises(CannotFollow, match="a follow of follower-2"):
            start(scene)


def test_a_shard_that_is_full_of_stopped_follows_is_full(scene: Scene, venue: ModelVenue) -> None:
    """They may begin anew."""
    for number in range(2, FOLLOWS_PER_SHARD + 2):
        scene.follows.save(a_follow(number, status=Status.STOPPED))
    assert start(scene).follow.shard == 1


def test_nobody_follows_where_it_is_not_known_what_is_traded(
    scene: Scene, venue: ModelVenue
) -> None:
    """Each fill of the leader would wait for that."""
    del scene.tables.instruments["model"]
    with pytest.raises(NotReady, match="instruments of model"):
        start(scene)
    assert scene.tables.follows == {}
