"""Copies that are closed at the leader's own stop-loss and take-profit orders."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from pilotfish.domain.conditions import TriggerKind
from pilotfish.domain.copied_levels import READ_ON, require_readable
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.levels import OLD_MS, Level
from pilotfish.domain.orders import State
from pilotfish.domain.rule_kinds import BadRules
from pilotfish.domain.rules import Rules, rules_from
from pilotfish.domain.venues import Position
from pilotfish.domain.wallets import Wallet
from pilotfish.usecases.require_levels import RequireLevels
from pilotfish.usecases.watch_losses import Watched
from tests.fakes.samples import PERPETUAL, an_account, an_instrument
from tests.fakes.scene import Scene
from tests.unit.rules.test_losses import Losing

D = Decimal
STOP, TARGET = TriggerKind.STOP_LOSS, TriggerKind.TAKE_PROFIT
BUY, SELL = Side.BUY, Side.SELL
NET = PositionSide.NET


def level(kind: TriggerKind, price: int | str, side: Side = SELL, **more: Any) -> Level:
    fields: dict[str, Any] = {"symbol": PERPETUAL, "position_side": NET} | more
    return Level(side=side, kind=kind, price=D(price), **fields)


class Led(Losing):
    """A follow with the rule, and what was read of its leader."""

    def __init__(self, scene: Scene | None = None, **rules: Any) -> None:
        super().__init__(scene, rules=rules_from({"copy_tp_sl": True} | rules))

    def leads(self, quantity: str, *levels: Level, age_ms: int = 0, **more: Any) -> None:
        at_ms = self.scene.clock()
        where = {"symbol": PERPETUAL, "position_side": NET} | more
        held = Position(quantity=D(quantity), **where)
        self.scene.wallets.save(
            Wallet("leader", "bybit", at_ms, {}, (held,), levels=levels, levels_ms=at_ms - age_ms)
        )

    def sold(self) -> Decimal:
        """What the follower's venue has bought less what it has sold, as it was traded."""
        return sum((t.signed_quantity for t in self.scene.venues.of["follower-1"].trades), D(0))


@pytest.mark.parametrize(
    ("quantity", "kind", "near", "at"),
    [
        ("1", STOP, "90.1", "90"),
        ("1", TARGET, "89.9", "90"),
        ("-1", STOP, "89.9", "90"),
        ("-1", TARGET, "90.1", "90"),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
async def test_a_copy_is_closed_where_the_leader_would_be(
    quantity: str, kind: TriggerKind, near: str, at: str, *, reverse: bool
) -> None:
    """A stop of the leader's is the target of a mirror: the price is the same."""
    led = Led(reverse=reverse)
    [entry] = await led.scene.copy(quantity)
    assert entry.state is State.COPIED
    led.leads(quantity, level(kind, 90, SELL if quantity == "1" else BUY))
    assert led.at(near).closed == 0
    assert led.at(at).closed == 1
    [exit_] = [o for o in led.scene.stored_orders() if o.state is State.PLANNED]
    await led.scene.execute(exit_)
    assert led.scene.venues.of["follower-1"].holding(PERPETUAL) == 0
    assert led.at(at).closed == 0


@pytest.mark.parametrize(
    "other",
    [
        level(STOP, 90, BUY),
        level(STOP, 90, symbol="ETH/USDT:USDT"),
        level(STOP, 90, position_side=PositionSide.LONG),
        level(STOP, 90, quantity=D("0.9")),
    ],
    ids=["it would add to it", "of another symbol", "of another position", "of a part of it"],
)
async def test_what_does_not_close_all_of_the_leaders_position_is_no_level(other: Level) -> None:
    led = Led()
    await led.scene.copy("1")
    led.leads("1", other)
    assert led.at(80).closed == 0
    led.leads("1", other, level(STOP, 90, quantity=D(1)))
    assert led.at(80).closed == 1


async def test_levels_are_those_of_a_position_that_the_leader_has() -> None:
    led = Led()
    await led.scene.copy("1")
    led.leads("0", level(STOP, 90))
    assert led.at(80).closed == 0
    led.leads("-1", level(STOP, 90))
    assert led.at(80).closed == 0


async def test_old_levels_are_not_gone_by_and_that_is_said() -> None:
    led = Led()
    await led.scene.copy("1")
    led.leads("1", level(STOP, 90), age_ms=OLD_MS - 60_000)
    assert led.at(95) == Watched(looked=1)
    led.leads("1", level(STOP, 90), age_ms=OLD_MS - 59_999)
    assert led.at(80) == Watched(looked=1, untold=1)


async def test_a_leader_that_was_never_read_is_said_too() -> None:
    led = Led()
    await led.scene.copy("1")
    assert led.at(80) == Watched(looked=1, untold=1)


async def test_without_the_rule_nobody_asks() -> None:
    led = Losing(rules=rules_from({"stop_loss": "0.5"}))
    await led.scene.copy("1")
    Led.leads(led, "1", level(STOP, 90))  # type: ignore[arg-type]
    assert led.at(80) == Watched(looked=1)


async def test_multiples_of_a_coin_are_counted_and_another_coin_is_not_compared() -> None:
    for theirs, own, at, closed in [
        ("1000PEPE/USDT:USDT", "PEPE/USDT:USDT", "0.09", 1),
        ("1000PEPE/USDT:USDT", "PEPE/USDT:USDT", "0.0901", 0),
        ("BTC/USDT:USDT", "ETH/USDT:USDT", "80", 0),
        ("BTC/USDT:USDT", "BTC/USDC:USDC", "90", 1),
    ]:
        scene = Scene(instruments=[an_instrument(own)])
        led = Led(scene, symbols={theirs: own})
        await led.scene.copy("1", symbol=theirs)
        led.leads("1", level(STOP, 90, symbol=theirs), symbol=theirs)
        assert led.at(at, symbol=own).closed == closed, (theirs, own)


@pytest.mark.parametrize("order", list(permutations(["level", "fill", "send"])))
async def test_its_order_fills_at_the_venue_at_the_same_moment_and_nothing_is_closed_twice(
    order: tuple[str, ...],
) -> None:
    """The level is looked at, the leader's fill is decided, and what is planned is sent."""
    led = Led()
    await led.scene.copy("3")
    led.leads("3", level(STOP, 90))

    async def send() -> None:
        for each in led.scene.stored_orders():
            if each.state is State.PLANNED:
                await led.scene.execute(each)

    for step in (*order, "send", "level", "send"):
        if step == "level":
            led.at(90)
        elif step == "fill":
            led.scene.decide("-3", price=D(90))
            led.leads("0")
        else:
            await send()
    assert led.sold() == 0
    assert led.scene.venues.of["follower-1"].holding(PERPETUAL) == 0
    exits = [o for o in led.scene.stored_orders() if o.leg == "exit" and o.filled_quantity]
    assert [o.filled_quantity for o in exits] == [3]


async def test_what_the_leader_adds_afterwards_is_copied_anew() -> None:
    led = Led()
    await led.scene.copy("1")
    led.leads("1", level(STOP, 90))
    led.at(90)
    [exit_] = [o for o in led.scene.stored_orders() if o.state is State.PLANNED]
    await led.scene.execute(exit_)
    [added] = await led.scene.copy("1")
    assert added.filled_quantity == 1
    [last] = await led.scene.copy("-2")
    assert (last.filled_quantity, last.reason) == (1, "")


@pytest.mark.parametrize("venue", ["binance", "kraken", "paper-binanceusdm", ""])
async def test_the_rule_is_refused_where_the_leaders_orders_cannot_be_read(venue: str) -> None:
    rules = Rules(copy_tp_sl=True)
    with pytest.raises(BadRules, match="copy_tp_sl goes by") as refused:
        require_readable(rules, venue)
    assert refused.value.field == "copy_tp_sl"
    require_readable(Rules(), venue)
    for known in READ_ON:
        require_readable(rules, known)


async def test_it_is_refused_to_who_changes_rules_too() -> None:
    class Accounts:
        async def get(self, account_id: str) -> Any:
            return an_account(account_id, venue=account_id) if account_id != "gone" else None

    require = RequireLevels(Accounts())
    await require("okx", Rules(copy_tp_sl=True))
    await require("kraken", Rules())
    for leader in ("kraken", "gone"):
        with pytest.raises(BadRules):
            await require(leader, Rules(copy_tp_sl=True))
