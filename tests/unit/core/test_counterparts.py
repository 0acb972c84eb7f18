"""What stands for a leader's symbol: by name alone, once, and never for two of them."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.counterparts import barred, coin_of, counterpart, pinned, rescaled, scale
from pilotfish.domain.fills import PositionSide, Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument, Kind
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.rules import BadRules, Rules, rules_from
from pilotfish.ports import LedgerKey
from pilotfish.usecases.compare import ledger_key_of
from pilotfish.usecases.execute import request
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, a_follow, an_instrument
from tests.fakes.scene import Scene

ALL: dict[str, Any] = {
    "quotes": ("USDT", "USDC", "USD"),
    "multiples": True,
    "perpetual_for_spot": True,
    "spot_for_perpetual": True,
}


def listed(*symbols: str) -> dict[str, Instrument]:
    return {symbol: an_instrument(symbol) for symbol in symbols}


def found(symbol: str, *own: str, **rules: Any) -> str:
    return counterpart(symbol, a_follow(**rules), listed(*own))


@pytest.mark.parametrize(
    ("base", "coin", "units"),
    [
        ("BTC", "BTC", 1),
        ("1000PEPE", "PEPE", 1_000),
        ("10000SATS", "SATS", 10_000),
        ("1000000MOG", "MOG", 1_000_000),
        ("1MBABYDOGE", "BABYDOGE", 1_000_000),
        ("SHIB1000", "SHIB", 1_000),
        ("1INCH", "1INCH", 1),
        ("1000X", "1000X", 1),
        ("C98", "C98", 1),
    ],
)
def test_a_base_counts_a_coin(base: str, coin: str, units: int) -> None:
    assert coin_of(base) == (coin, units)


def test_the_very_same_symbol_goes_before_everything() -> None:
    assert found(SPOT, PERPETUAL, "BTC/USDC", SPOT, **ALL) == SPOT


@pytest.mark.parametrize(
    ("symbol", "own", "rules"),
    [
        ("BTC/USDT", "BTC/USD", {"quotes": ("USDT", "USD")}),
        ("BTC/USDT:USDT", "BTC/USDC:USDC", {"quotes": ("USDC", "USDT")}),
        ("PEPE/USDT:USDT", "1000PEPE/USDT:USDT", {"multiples": True}),
        ("1000PEPE/USDT:USDT", "PEPE/USDT:USDT", {"multiples": True}),
        ("1000SHIB/USDT:USDT", "SHIB1000/USDT:USDT", {"multiples": True}),
        ("BTC/USDT", "BTC/USDT:USDT", {"perpetual_for_spot": True}),
        ("BTC/USDT:USDT", "BTC/USDT", {"spot_for_perpetual": True}),
        (
            "PEPE/USDT",
            "1000PEPE/USDC:USDC",
            {"quotes": ("USDT", "USDC"), "multiples": True, "perpetual_for_spot": True},
        ),
    ],
)
def test_each_step_has_to_be_allowed(symbol: str, own: str, rules: dict[str, Any]) -> None:
    assert found(symbol, own, **rules) == own
    assert found(symbol, own) == Reason.UNKNOWN_SYMBOL
    for left_out in rules:
        fewer = {name: value for name, value in rules.items() if name != left_out}
        assert found(symbol, own, **fewer) in {Reason.NO_COUNTERPART, Reason.UNKNOWN_SYMBOL}


@pytest.mark.parametrize(
    ("own", "best"),
    [
        (["BTC/USD", "BTC/USDC"], "BTC/USDC"),
        (["BTC/USDT:USDT", "BTC/USD"], "BTC/USD"),
        (["BTC/USDC:USDC", "BTC/USDT:USDT"], "BTC/USDT:USDT"),
    ],
)
def test_what_differs_least_is_taken(own: list[str], best: str) -> None:
    assert found(SPOT, *own, **ALL) == best


def test_a_quote_that_is_not_among_them_has_no_alias() -> None:
    assert found("BTC/EUR", "BTC/USDT", **ALL) == Reason.NO_COUNTERPART


def test_a_dated_contract_has_no_counterpart_but_itself() -> None:
    dated = "BTC/USDT:USDT-261225"
    assert found(dated, PERPETUAL, SPOT, **ALL) == Reason.NO_COUNTERPART
    assert found(dated, dated, **ALL) == dated


def test_a_closed_market_stands_for_no_other() -> None:
    own = {"BTC/USDC": an_instrument("BTC/USDC", open=False)} | listed("BTC/USD")
    assert counterpart(SPOT, a_follow(**ALL), own) == "BTC/USD"


def test_one_symbol_stands_for_one_of_the_leaders_alone() -> None:
    own = listed("BTC/USD")
    follow = pinned(a_follow(**ALL), "BTC/USDT", own)
    assert follow.pinned == {"BTC/USDT": "BTC/USD"}
    assert counterpart("BTC/USDC", follow, own) == Reason.SYMBOL_TAKEN
    assert counterpart("BTC/USD", follow, own) == Reason.SYMBOL_TAKEN
    assert (follow.copied("BTC/USDT"), follow.copied("BTC/USD")) == ("BTC/USD", "")
    assert (follow.leader_symbol("BTC/USD"), follow.leader_symbol("ETH/USD")) == (
        "BTC/USDT",
        "ETH/USD",
    )


def test_what_is_pinned_stays_when_something_nearer_is_listed() -> None:
    follow = pinned(a_follow(**ALL), "BTC/USDT", listed("BTC/USD"))
    assert counterpart("BTC/USDT", follow, listed("BTC/USD", "BTC/USDT")) == "BTC/USD"
    assert pinned(follow, "BTC/USDT", listed("BTC/USDT")) == follow


def test_what_a_person_maps_goes_before_what_was_found() -> None:
    follow = a_follow(symbols={"ETH/USDT": "BTC/USD"}, **ALL)
    assert counterpart("BTC/USDT", follow, listed("BTC/USD")) == Reason.SYMBOL_TAKEN
    late = Follow(
        "f", "leader", "a", "o", "model", 0, rules=follow.rules, pinned={"BTC/USDT": "BTC/USD"}
    )
    assert late.copied("BTC/USDT") == ""
    assert late.leader_symbol("BTC/USD") == "ETH/USDT"


@pytest.mark.parametrize(
    ("symbol", "own", "factor"),
    [
        ("1000PEPE/USDT:USDT", "PEPE/USDT:USDT", "1000"),
        ("PEPE/USDT:USDT", "1000PEPE/USDT:USDT", "0.001"),
        ("SHIB1000/USDT:USDT", "1MSHIB/USDT", "0.001"),
        ("BTC/USDT", "ETH/USDT", "1"),
    ],
)
def test_a_fill_is_counted_in_the_followers_units(symbol: str, own: str, factor: str) -> None:
    fill = a_fill("4", symbol=symbol, price=Decimal("0.5"), position_before=Decimal(8))
    mine = rescaled(fill, own)
    assert scale(symbol, own) == Decimal(factor)
    assert mine.quantity == 4 * Decimal(factor)
    assert mine.position_before == 8 * Decimal(factor)
    assert mine.notional == fill.notional
    assert mine.fill_id == fill.fill_id


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({}, None),
        ({"never": ("ETH",)}, None),
        ({"never": ("BTC",)}, Reason.ON_THE_DENY_LIST),
        ({"never": (SPOT,)}, Reason.ON_THE_DENY_LIST),
        ({"never": (PERPETUAL,)}, Reason.ON_THE_DENY_LIST),
        ({"only": ("BTC",)}, None),
        ({"only": (SPOT,)}, None),
        ({"only": ("ETH", "ETH/USDT")}, Reason.NOT_ON_THE_LIST),
        ({"only": ("BTC",), "never": (PERPETUAL,)}, Reason.ON_THE_DENY_LIST),
    ],
)
def test_lists_name_symbols_or_coins_of_either_side(
    rules: dict[str, Any], reason: Reason | None
) -> None:
    assert barred(SPOT, PERPETUAL, Rules(**rules)) == reason


def test_a_multiple_of_a_coin_is_that_coin_on_a_list() -> None:
    assert barred("1000PEPE/USDT", "1000PEPE/USDT", Rules(never=("PEPE",)))


@pytest.mark.parametrize(
    ("stated", "complaint"),
    [
        ({"quotes": ["USDT"]}, "two at least"),
        ({"quotes": ["USDT", ""]}, "empty name"),
        ({"quotes": "USDT"}, "list of names"),
        ({"only": [1]}, "list of names"),
        ({"only": ["BTC"], "never": ["BTC"]}, "BTC is in only and in never"),
        ({"multiples": "yes"}, "true or false"),
    ],
)
def test_rules_that_make_no_sense(stated: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadRules, match=complaint):
        rules_from(stated)


# From the leader's fill to the order.


def scene_of(*symbols: str, **rules: Any) -> Scene:
    scene = Scene(instruments=[an_instrument(symbol, lot=Decimal(1)) for symbol in symbols])
    scene.follower(1, **rules)
    return scene


def decided(scene: Scene, quantity: str, symbol: str, **more: Any) -> list[CopyOrder]:
    before = set(scene.tables.orders)
    scene.map_fill(scene.fill(quantity, symbol=symbol, **more))
    return [order for key, order in scene.tables.orders.items() if key not in before]


def test_a_fill_goes_where_its_counterpart_is_in_its_units_and_so_does_the_exit() -> None:
    scene = scene_of("PEPE/USDC:USDC", multiplier=Decimal(2), max_slippage=Decimal("0.5"), **ALL)
    [entry] = decided(scene, "3", "1000PEPE/USDT:USDT", price=Decimal("0.01"))
    assert (entry.symbol, entry.quantity) == ("PEPE/USDC:USDC", 6_000)
    assert (entry.reference_price, entry.limit_price) == (Decimal("0.00001"), 0)
    [exit_] = decided(scene, "-1", "1000PEPE/USDT:USDT", price=Decimal("0.01"))
    assert (exit_.leg, exit_.symbol, exit_.quantity) == (Leg.EXIT, "PEPE/USDC:USDC", 2_000)


def test_a_cap_counts_the_followers_units() -> None:
    scene = scene_of("PEPE/USDT:USDT", max_order_notional=Decimal(20), **ALL)
    [entry] = decided(scene, "3", "1000PEPE/USDT:USDT", price=Decimal(10))
    assert entry.quantity == 2_000


def test_the_ledger_of_a_copied_position_is_the_leaders() -> None:
    scene = scene_of("PEPE/USDC:USDC", **ALL)
    decided(scene, "3", "1000PEPE/USDT:USDT")
    [follow] = scene.follows.of_leader("leader")
    key = LedgerKey("leader", "1000PEPE/USDT:USDT", PositionSide.NET, 0)
    assert ledger_key_of(follow, "PEPE/USDC:USDC#net") == key
    assert scene.tables.ledgers[key].lines[follow.follow_id].target == 3_000


def test_the_second_symbol_finds_its_counterpart_taken() -> None:
    scene = scene_of("BTC/USD", **ALL)
    [first] = decided(scene, "1", "BTC/USDT")
    [second] = decided(scene, "1", "BTC/USDC")
    assert (first.state, first.symbol) == (State.PLANNED, "BTC/USD")
    assert (second.state, second.reason) == (State.SKIPPED, Reason.SYMBOL_TAKEN)


def test_what_was_copied_as_itself_before_stays_with_itself() -> None:
    """The rules looked no further when the leader's own BTC/USD was entered."""
    scene = scene_of("BTC/USD")
    decided(scene, "1", "BTC/USD")
    scene.follows.save(a_follow(1, **ALL))
    [other] = decided(scene, "1", "BTC/USDT")
    assert (other.state, other.reason) == (State.SKIPPED, Reason.SYMBOL_TAKEN)
    [exit_] = decided(scene, "-1", "BTC/USD")
    assert (exit_.state, exit_.leg) == (State.PLANNED, Leg.EXIT)


def test_a_symbol_without_counterpart_is_skipped_and_says_so() -> None:
    scene = scene_of("ETH/USDT", **ALL)
    [order] = decided(scene, "1", "BTC/USDT")
    assert (order.state, order.reason) == (State.SKIPPED, Reason.NO_COUNTERPART)
    assert scene.follows.of_leader("leader")[0].pinned == {}


def test_a_leader_who_goes_short_is_not_followed_on_spot() -> None:
    scene = scene_of("BTC/USDT", spot_for_perpetual=True)
    [long] = decided(scene, "2", PERPETUAL)
    assert (long.symbol, long.side, long.quantity) == ("BTC/USDT", Side.BUY, 2)
    [exit_, entry] = decided(scene, "-3", PERPETUAL)
    assert (exit_.leg, exit_.quantity, exit_.state) == (Leg.EXIT, 2, State.PLANNED)
    assert (entry.leg, entry.reason) == (Leg.ENTRY, Reason.SHORT_ON_SPOT)


def test_a_hedged_leaders_long_is_copied_on_spot_without_a_side() -> None:
    scene = scene_of("BTC/USDT", spot_for_perpetual=True)
    [long] = decided(scene, "2", PERPETUAL, position_side=PositionSide.LONG)
    assert (long.symbol, long.position_side) == ("BTC/USDT", PositionSide.LONG)
    assert request(long).position_side is PositionSide.NET
    [short] = decided(scene, "-2", PERPETUAL, position_side=PositionSide.SHORT)
    assert short.reason == Reason.SHORT_ON_SPOT


@pytest.mark.parametrize("symbol", ["BTC/USD:BTC", "BTC/USD:BTC-261225"])
def test_an_inverse_contract_is_not_copied_anywhere(symbol: str) -> None:
    inverse = an_instrument(symbol, kind=Kind.INVERSE)
    scene = Scene(instruments=[inverse, an_instrument("BTC/USD:USD")])
    scene.follower(1, **ALL)
    [order] = decided(scene, "1", symbol)
    assert (order.state, order.reason) == (State.SKIPPED, Reason.INVERSE_CONTRACT)


def test_nothing_is_copied_into_an_inverse_contract() -> None:
    inverse = an_instrument("BTC/USD:BTC", kind=Kind.INVERSE)
    scene = Scene(instruments=[inverse])
    scene.follower(1, symbols={PERPETUAL: "BTC/USD:BTC"})
    [order] = decided(scene, "1", PERPETUAL)
    assert order.reason == Reason.INVERSE_CONTRACT


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"never": ("BTC",)}, Reason.ON_THE_DENY_LIST),
        ({"only": ("ETH",)}, Reason.NOT_ON_THE_LIST),
    ],
)
def test_a_list_keeps_entries_out_and_lets_exits_go(rules: dict[str, Any], reason: Reason) -> None:
    scene = scene_of(PERPETUAL)
    decided(scene, "2", PERPETUAL)
    scene.follows.save(a_follow(1, **rules))
    [more] = decided(scene, "2", PERPETUAL)
    assert (more.state, more.reason) == (State.SKIPPED, reason)
    [exit_, entry] = decided(scene, "-5", PERPETUAL)
    assert (exit_.state, exit_.quantity) == (State.PLANNED, 2)
    assert (entry.state, entry.reason) == (State.SKIPPED, reason)


def test_many_follows_are_pinned_together() -> None:
    scene = Scene(instruments=[an_instrument("BTC/USD")])
    for number in range(1, 101):
        scene.follower(number, shard=number // 48, quotes=("USDT", "USD"))
    orders = decided(scene, "1", "BTC/USDT")
    assert {order.symbol for order in orders} == {"BTC/USD"}
    assert len(orders) == 100
