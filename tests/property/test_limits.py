"""Limits over all that a follow holds and does: whatever is sent side by side, they hold."""

import asyncio
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.limits import Exposure, Standing, askable
from pilotfish.domain.orders import CopyOrder, Reason, State
from pilotfish.domain.rules import Rules
from pilotfish.domain.wallets import Wallet
from tests.fakes import simulate
from tests.fakes.samples import an_instrument, an_order
from tests.fakes.scene import Scene
from tests.fakes.venue import Fault
from tests.property.market import PRICE, sizes

SYMBOLS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SOL", "XRP")]
INSTRUMENTS = [an_instrument(symbol) for symbol in SYMBOLS]

trades = st.lists(
    st.tuples(st.sampled_from(SYMBOLS), sizes, st.booleans()), min_size=1, max_size=10
)
endings = st.lists(
    st.sampled_from([None, Fault.REFUSED, Fault.PARTIAL, Fault.TIMEOUT_ACCEPTED]),
    min_size=10,
    max_size=10,
)
budgets = st.decimals("1", "30000", places=2, allow_nan=False)


def traded(scene: Scene, made: list[tuple[str, Decimal, bool]]) -> list[CopyOrder]:
    """The leader's entries, some of which go on with the order before; all decided at once."""
    orders: list[CopyOrder] = []
    number = 0
    for symbol, quantity, goes_on in made:
        number += not goes_on
        orders += scene.decide(quantity, symbol=symbol, order_id=f"o{number}")
    return [order for order in orders if order.state is State.PLANNED]


async def side_by_side(scene: Scene, orders: list[CopyOrder]) -> None:
    """Each in its own worker; the sagas of those that lost their turn come later."""
    await asyncio.gather(*(scene.execute(order) for order in orders))


@given(trades, endings, budgets, st.booleans())
def test_all_positions_together_stay_below_their_cap(
    made: list[tuple[str, Decimal, bool]],
    ends: list[Fault | None],
    budget: Decimal,
    levered: bool,
) -> None:
    scene = Scene(instruments=INSTRUMENTS)
    limit = {"max_leverage": Decimal(2)} if levered else {"max_total_notional": budget}
    venue = scene.follower(**limit)
    wallet = {"coins": {"USDT": budget / 2}, "at_ms": scene.clock()}
    scene.wallets.save(Wallet("follower-1", "model", **wallet))  # type: ignore[arg-type]
    orders = traded(scene, made)
    venue.script.extend(ends)  # type: ignore[arg-type]
    simulate(scene.clock, side_by_side(scene, orders))
    held = sum(abs(venue.holding(symbol)) for symbol in SYMBOLS)
    assert held * PRICE <= budget
    for order in map(scene.stored, orders):
        if order.state is State.SKIPPED:
            assert order.reason == Reason.OVER_TOTAL_CAP


@given(trades, endings, st.integers(1, 3))
def test_no_more_positions_are_open_than_the_follow_wants(
    made: list[tuple[str, Decimal, bool]], ends: list[Fault | None], most: int
) -> None:
    scene = Scene(instruments=INSTRUMENTS)
    venue = scene.follower(max_open_positions=most)
    orders = traded(scene, made)
    venue.script.extend(ends)  # type: ignore[arg-type]
    simulate(scene.clock, side_by_side(scene, orders))
    assert sum(bool(venue.holding(symbol)) for symbol in SYMBOLS) <= most
    skipped = [o for o in map(scene.stored, orders) if o.state is State.SKIPPED]
    assert {order.reason for order in skipped} <= {Reason.OVER_OPEN_POSITIONS}
    assert len({order.symbol for order in orders}) > most or not skipped


@given(trades, st.integers(1, 4))
def test_no_more_of_the_leaders_orders_are_entered_on_a_day(
    made: list[tuple[str, Decimal, bool]], most: int
) -> None:
    scene = Scene(instruments=INSTRUMENTS)
    scene.follower(max_trades_per_day=most)
    orders = traded(scene, made)
    simulate(scene.clock, side_by_side(scene, orders))
    after = [scene.stored(order) for order in orders]
    entered = {order.leader_order for order in after if order.state is State.COPIED}
    wanted = {order.leader_order for order in orders}
    assert len(entered) == min(most, len(wanted))
    for order in after:
        assert (order.leader_order in entered) is (order.state is State.COPIED)
        assert order.state is State.COPIED or order.reason == Reason.OVER_TRADES_PER_DAY


@given(trades)
def test_exits_pass_whatever_the_limits(made: list[tuple[str, Decimal, bool]]) -> None:
    scene = Scene(instruments=INSTRUMENTS)
    venue = scene.follower(max_total_notional=Decimal(10**9), max_trades_per_day=500)

    async def in_and_out() -> None:
        await side_by_side(scene, traded(scene, made))
        held = {symbol: sum(q for s, q, _ in made if s == symbol) for symbol, _, _ in made}
        [follow] = scene.follows.of_leader("leader")
        tight = {"max_total_notional": Decimal(1), "max_trades_per_day": 1, "max_open_positions": 1}
        scene.follows.save(replace(follow, rules=Rules(**tight)))  # type: ignore[arg-type]
        for symbol, quantity in held.items():
            await scene.copy(-quantity, symbol=symbol)

    simulate(scene.clock, in_and_out())
    assert not any(venue.holding(symbol) for symbol in SYMBOLS)


exposures = st.dictionaries(
    st.sampled_from([f"{symbol}#net" for symbol in SYMBOLS]),
    st.builds(
        Exposure,
        st.decimals("-50", "50", places=3, allow_nan=False),
        st.one_of(st.none(), st.decimals("1", "900", places=1, allow_nan=False)),
        st.sampled_from([Decimal("0.001"), Decimal(1)]),
    ),
)


@given(exposures, sizes, budgets, st.integers(0, 3), st.booleans())
def test_what_may_be_asked_for_is_within_every_limit(
    held: dict[str, Exposure],
    quantity: Decimal,
    budget: Decimal,
    most: int,
    sells: bool,
) -> None:
    limits = {"max_total": budget, "max_positions": most, "lot": Decimal("0.001")}
    limits["least"] = Decimal("0.2")
    order = an_order(-quantity if sells else quantity, symbol=SYMBOLS[0], **limits)
    asked, reason = askable(order, Standing(held), 0)
    assert 0 <= asked <= order.quantity
    assert asked % order.lot == 0
    assert not asked or asked >= min(order.quantity, Decimal("0.2"))
    if asked:
        worth = sum(
            (abs(e.quantity) * e.price for e in held.values() if e.open and e.price), Decimal(0)
        )
        assert worth + asked * order.reference_price <= budget
        assert all(e.price is not None for e in held.values() if e.open)
        opened = {key for key, e in held.items() if e.open} | {order.position_key}
        assert not most or len(opened) <= most or held.get(order.position_key, Exposure(0)).open  # type: ignore[arg-type]
    else:
        assert reason
