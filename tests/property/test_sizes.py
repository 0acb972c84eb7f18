"""Every way of sizing: the leader's order counts, not how it was filled, decided or cut off."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Line
from pilotfish.domain.orders import Reason
from pilotfish.domain.rules import Rules, rules_from
from pilotfish.domain.sizes import Means, Opening, taken_on
from pilotfish.domain.sizing import entry_market, too_small, whole_lots
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import LedgerKey
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL
from tests.fakes.scene import Scene
from tests.property.market import STEP, instrument, instruments, lots, small_sizes

ROUNDING = Fraction(1, 10**15)

amounts = st.decimals("0.001", "5000", places=3, allow_nan=False)
shares = st.decimals("0.001", "1", places=3, allow_nan=False)
prices = st.decimals("0.01", "90000", places=2, allow_nan=False)
expressions = st.sampled_from(
    [
        "quantity * 2",
        "min(quantity, 0.05)",
        "quantity * equity / leader_equity",
        "max(0, notional - 3) / price",
        "equity / 100000",
        "abs(0.02 - quantity)",
    ]
)


def of_size(size: str, **more: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"size": st.just(size), **more})


sizes = st.one_of(
    of_size("exact"),
    of_size("multiplier", multiplier=amounts),
    of_size("quantity", fixed_quantity=amounts),
    of_size("notional", fixed_notional=amounts),
    of_size("equity", multiplier=shares),
    of_size("margin", margin_share=shares, leverage=st.sampled_from([1, 5, 20])),
    of_size("risk", risk_share=shares, stop_loss=shares),
    of_size("expression", expression=expressions, max_order_notional=st.just(10**12)),
)
minimums = st.one_of(
    st.just({}),
    st.just({"below_minimum": "skip"}),
    st.just({"below_minimum": "lift", "max_lift_notional": 10**9}),
)
rules = st.builds(
    lambda size, least, reverse, rounding, lot: rules_from(
        {**size, **least, "reverse": reverse, "rounding": rounding, "lot_size": lot}
    ),
    sizes,
    minimums,
    st.booleans(),
    st.sampled_from(["down", "nearest", "up"]),
    st.one_of(st.none(), st.sampled_from(["0.002", "0.5", "7"])),
)
wallets = st.integers(10, 10**7)


def wallet(account_id: str, dollars: int, at_ms: int = EPOCH_MS) -> Wallet:
    return Wallet(account_id, "model", at_ms=at_ms, coins={"USDT": Decimal(dollars)})


def means(leader: int, own: int) -> Means:
    return Means(wallet("leader", leader), wallet("follower-1", own), EPOCH_MS)


@given(rules, st.lists(small_sizes, min_size=1, max_size=8), prices, lots, wallets, wallets)
def test_an_order_is_worth_the_same_in_one_fill_as_in_many(
    chosen: Rules, cuts: list[Decimal], price: Decimal, lot: Decimal, leader: int, own: int
) -> None:
    market, has = entry_market(chosen, instrument(lot)), means(leader, own)
    whole = taken_on(chosen, Opening(sum(cuts, Decimal(0)), price), market, has)
    before, parts = Decimal(0), Decimal(0)
    for cut in cuts:
        part = taken_on(chosen, Opening(cut, price, before), market, has)
        parts += part if isinstance(part, Decimal) else 0
        before += cut
    if isinstance(whole, Reason):
        whole = parts if "abs" in (chosen.expression or "") else Decimal(0)
    if "abs" in (chosen.expression or ""):  # It falls before it rises: nothing is taken back.
        assert abs(parts) >= abs(whole)
        return
    assert abs(Fraction(parts) - Fraction(whole)) <= ROUNDING * max(1, abs(Fraction(whole)))


@given(rules, small_sizes, small_sizes, prices, lots, wallets, wallets)
def test_an_entry_goes_the_leaders_way_or_the_other(
    chosen: Rules,
    quantity: Decimal,
    before: Decimal,
    price: Decimal,
    lot: Decimal,
    leader: int,
    own: int,
) -> None:
    market, has = entry_market(chosen, instrument(lot)), means(leader, own)
    bought = taken_on(chosen, Opening(quantity, price, before), market, has)
    sold = taken_on(chosen, Opening(-quantity, price, before), market, has)
    if isinstance(bought, Reason):
        assert bought == sold
        return
    assert not isinstance(sold, Reason)
    assert bought == -sold
    assert bought <= 0 if chosen.reverse else bought >= 0


@given(prices, instruments, st.integers(0, 400), amounts, amounts)
def test_what_is_lifted_is_the_least_that_the_venue_takes_and_below_its_cap(
    price: Decimal, market: Instrument, least: int, quantity: Decimal, cap: Decimal
) -> None:
    market = replace(market, min_notional=Decimal(least))
    lifts = rules_from({"below_minimum": "lift", "max_lift_notional": str(cap)})
    taken = taken_on(lifts, Opening(quantity, price), market)
    lots_ = whole_lots(quantity, market)
    if lots_ and not too_small(lots_, price, market):
        assert taken == quantity
    elif isinstance(taken, Reason):
        assert taken is Reason.BELOW_MINIMUM
        assert max(quantity * price, least, market.min_quantity * price, market.lot * price) > 0
    else:
        assert taken * price <= cap
        assert not too_small(taken, price, market)
        assert taken % market.lot == 0
        smaller = taken - market.lot
        assert not smaller or too_small(smaller, price, market) or smaller < market.lot


@given(shares, shares, prices, instruments, wallets)
def test_no_more_is_at_risk_than_the_share(
    share: Decimal, stop: Decimal, price: Decimal, market: Instrument, own: int
) -> None:
    at_risk = rules_from({"size": "risk", "risk_share": str(share), "stop_loss": str(stop)})
    taken = taken_on(at_risk, Opening(Decimal(1), price), market, means(1, own))
    assert isinstance(taken, Decimal)
    lost = whole_lots(taken, market) * price * stop
    assert lost <= own * share * (1 + Decimal("1e-9"))


@st.composite
def orders(draw: st.DrawFn, most: int = 6) -> list[tuple[Decimal, str]]:
    """Changes of the leader's position and the order that each is a fill of."""
    position, made = Decimal(0), []
    for number in range(draw(st.integers(1, most))):
        closes = position and draw(st.booleans())
        if closes:
            part = draw(st.sampled_from([Fraction(1, 3), Fraction(1, 2), Fraction(1)]))
            change = -int(position / STEP * part.numerator / part.denominator) * STEP or -position
            parts = [change]
        else:
            sign = draw(st.sampled_from([1, -1])) if not position else (1 if position > 0 else -1)
            parts = [sign * cut for cut in draw(st.lists(small_sizes, min_size=1, max_size=3))]
        made += [(part, f"o{number}") for part in parts]
        position += sum(parts, Decimal(0))
    return made


def scene(chosen: Rules, lot: Decimal, leader: int, own: int) -> Scene:
    made = Scene(instruments=[instrument(lot)])
    made.follower(rules=chosen)
    for name, dollars in (("leader", leader), ("follower-1", own)):
        made.wallets.save(wallet(name, dollars, made.clock()))
    return made


def line(made: Scene) -> Line:
    ledger = made.tables.ledgers[LedgerKey("leader", PERPETUAL, PositionSide.NET, 0)]
    return ledger.lines.get("follow-1", Line())


@given(orders(), rules, lots, wallets, wallets, st.data())
def test_fills_decided_in_any_order_and_again_lead_to_the_same_target(
    made: list[tuple[Decimal, str]],
    chosen: Rules,
    lot: Decimal,
    leader: int,
    own: int,
    data: st.DataObject,
) -> None:
    steady, shuffled = (scene(chosen, lot, leader, own) for _ in range(2))
    for quantity, order_id in made:
        steady.decide(quantity, order_id=order_id)
    seen = [shuffled.fill(quantity, order_id=order_id) for quantity, order_id in made]
    again = data.draw(st.permutations([*seen, *seen]))
    for fill in again:
        shuffled.map_fill(fill)
    scale = max(1, abs(Fraction(line(steady).target)))
    off = abs(Fraction(line(shuffled).target) - Fraction(line(steady).target))
    assert off <= ROUNDING * scale * 10**6


@given(orders(), rules, lots, wallets, wallets)
def test_an_exit_takes_the_leaders_fraction_of_what_was_copied(
    made: list[tuple[Decimal, str]], chosen: Rules, lot: Decimal, leader: int, own: int
) -> None:
    followed = scene(chosen, lot, leader, own)
    for quantity, order_id in made:
        fill: Fill = followed.fill(quantity, order_id=order_id)
        before = Line()
        if followed.tables.ledgers:
            before = line(followed)
        followed.map_fill(fill)
        if fill.position_before * quantity < 0:
            kept = 1 + Fraction(quantity) / Fraction(fill.position_before)
            off = abs(Fraction(line(followed).target) - Fraction(before.target) * kept)
            assert off <= ROUNDING * max(1, abs(Fraction(before.target)))
            assert line(followed).surplus < lot * (1 + Decimal("1e-8"))


@given(orders(), rules, lots, wallets, wallets)
def test_a_leader_who_is_out_leaves_nothing(
    made: list[tuple[Decimal, str]], chosen: Rules, lot: Decimal, leader: int, own: int
) -> None:
    followed = scene(chosen, lot, leader, own)
    for quantity, order_id in made:
        followed.decide(quantity, order_id=order_id)
    held = sum((quantity for quantity, _ in made), Decimal(0))
    if held:
        followed.decide(-held, order_id="out")
    assert (line(followed).target, line(followed).ordered) == (0, 0)
