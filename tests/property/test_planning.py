"""Deciding fills for several followers, on the stores in memory."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.netting import Line
from pilotfish.domain.orders import CopyOrder, Leg, State
from pilotfish.ports import LedgerKey
from tests.fakes.samples import PERPETUAL, a_follow
from tests.fakes.scene import Scene
from tests.property.market import Scale, changes, instrument, lots, scales, targets

OTHER = "ETH/USDT:USDT"
# Some divisions in 28 digits.
ROUNDING = Fraction(1, 10**15)

Orders = dict[tuple[str, str], CopyOrder]


def scene(lot: Decimal, *multipliers: Scale) -> Scene:
    """A leader with a follower for each multiplier."""
    made = Scene(instruments=[instrument(lot), instrument(lot, OTHER)])
    for number, multiplier in enumerate(multipliers):
        made.follower(number, multiplier=multiplier.stored)
    return made


def line(made: Scene, follow: str = "follow-0", leader: str = "leader") -> Line:
    ledger = made.tables.ledgers[LedgerKey(leader, PERPETUAL, PositionSide.NET, 0)]
    return ledger.lines.get(follow, Line())


def decided(orders: Orders, follow: str, leader: str = "leader") -> list[tuple[Leg, Decimal, str]]:
    """What a follow was told to do, fill by fill."""
    return [
        (order.leg, order.side.sign * order.quantity, order.reason)
        for order in orders.values()
        if (order.follow_id, order.leader_id) == (follow, leader)
    ]


@given(changes(8), scales, lots, st.data())
def test_deciding_a_fill_again_changes_nothing_whenever_it_comes(
    changed: list[Decimal], scale: Scale, lot: Decimal, data: st.DataObject
) -> None:
    made, seen = scene(lot, scale), []
    for change in changed:
        seen.append(made.fill(change))
        made.map_fill(seen[-1])
        orders, ledgers = dict(made.tables.orders), dict(made.tables.ledgers)
        made.map_fill(data.draw(st.sampled_from(seen)))
        assert (made.tables.orders, made.tables.ledgers) == (orders, ledgers)


@given(changes(7), scales, lots, st.data())
def test_fills_decided_in_any_order_lead_to_the_same_target(
    changed: list[Decimal], scale: Scale, lot: Decimal, data: st.DataObject
) -> None:
    """What a stream gave up is decided after what came later."""
    made = scene(lot, scale)
    seen = [made.fill(change) for change in changed]
    for fill in data.draw(st.permutations(seen)):
        made.map_fill(fill)
    [*_, exact] = targets(changed, scale.exact)
    assert abs(Fraction(line(made).target) - exact) <= ROUNDING
    assert abs(line(made).ordered) <= abs(line(made).target) or line(made).surplus < lot


@given(changes(8), scales, lots)
def test_the_orders_add_up_to_the_line(changed: list[Decimal], scale: Scale, lot: Decimal) -> None:
    made = scene(lot, scale)
    for change in changed:
        made.decide(change)
    ordered = sum((q for _, q, _ in decided(made.tables.orders, "follow-0")), Decimal(0))
    assert ordered == line(made).ordered


@given(changes(8), scales, lots)
def test_every_fill_has_an_order_or_a_reason_for_each_follow(
    changed: list[Decimal], scale: Scale, lot: Decimal
) -> None:
    made = scene(lot, scale, scale)
    for change in changed:
        orders = made.decide(change)
        assert {order.follow_id for order in orders} == {"follow-0", "follow-1"}
        for order in orders:
            planned = order.state is State.PLANNED
            assert planned is bool(order.quantity) is (order.reason == "")
            assert planned or order.state is State.SKIPPED


@given(changes(8), scales, scales, lots)
def test_followers_do_not_touch_each_other(
    changed: list[Decimal], mine: Scale, other: Scale, lot: Decimal
) -> None:
    alone, together = scene(lot, mine), scene(lot, mine, other)
    for change in changed:
        alone.decide(change)
        together.decide(change)
    assert decided(alone.tables.orders, "follow-0") == decided(together.tables.orders, "follow-0")
    assert line(alone) == line(together)


@given(st.lists(st.tuples(st.booleans(), changes(1)), min_size=1, max_size=10), scales, lots)
def test_leaders_of_one_follower_do_not_touch_each_others_share(
    turns: list[tuple[bool, list[Decimal]]], scale: Scale, lot: Decimal
) -> None:
    both, alone = scene(lot, scale), {"leader": scene(lot, scale), "other": scene(lot, scale)}
    second = a_follow(9, leader_id="other", account_id="follower-0", multiplier=scale.stored)
    for made in (both, alone["other"]):
        made.follows.save(second)
    for first, [change] in turns:
        leader = "leader" if first else "other"
        for made in (both, alone[leader]):
            made.decide(change, account_id=leader)
    for leader, follow in (("leader", "follow-0"), ("other", "follow-9")):
        apart = decided(alone[leader].tables.orders, follow, leader)
        assert decided(both.tables.orders, follow, leader) == apart


@given(changes(8), changes(8), scales, lots)
def test_symbols_do_not_touch_each_other(
    changed: list[Decimal], other: list[Decimal], scale: Scale, lot: Decimal
) -> None:
    alone, both = scene(lot, scale), scene(lot, scale)
    for change in changed:
        alone.decide(change)
        both.decide(change)
        if other:
            both.decide(other.pop(), symbol=OTHER)
    assert line(alone) == line(both)


@given(changes(8), changes(8), scales, lots)
def test_the_sides_of_a_hedged_leader_do_not_touch_each_other(
    changed: list[Decimal], other: list[Decimal], scale: Scale, lot: Decimal
) -> None:
    alone, both = scene(lot, scale), scene(lot, scale)
    for change in changed:
        alone.decide(change)
        both.decide(change)
        if other:
            both.decide(other.pop(), position_side=PositionSide.SHORT)
    assert line(alone) == line(both)


@given(changes(8), scales, lots, st.integers(1, 7))
def test_a_worker_that_knows_an_older_ledger_decides_the_same(
    changed: list[Decimal], scale: Scale, lot: Decimal, stale_at: int
) -> None:
    """What a worker remembers may be old; the ledger's revision makes it look again."""
    steady, forgetful = scene(lot, scale), scene(lot, scale)
    remembered = None
    for number, change in enumerate(changed):
        steady.decide(change)
        ledgers = forgetful.map_fill._ledgers
        load = ledgers.load
        if number == stale_at and remembered is not None:
            old = remembered
            ledgers.load = lambda key, fresh, now=load, old=old: (  # type: ignore[method-assign,misc]
                now(key, fresh=True) if fresh else old
            )
        forgetful.decide(change)
        ledgers.load = load  # type: ignore[method-assign]
        if number == 0:
            remembered = next(iter(forgetful.tables.ledgers.values()))
    assert line(steady) == line(forgetful)
    assert decided(steady.tables.orders, "follow-0") == decided(forgetful.tables.orders, "follow-0")


@given(changes(1), scales, lots)
def test_ids_tell_fills_follows_and_legs_apart(
    changed: list[Decimal], scale: Scale, lot: Decimal
) -> None:
    made = scene(lot, scale, scale)
    orders = [order for change in [*changed, *changed] for order in made.decide(change)]
    both_legs = [replace(order, leg=leg) for order in orders for leg in Leg]
    assert len({order.client_order_id for order in both_legs}) == len(both_legs)
