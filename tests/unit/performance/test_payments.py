"""Funding and late fees count on the days they were paid on, once, whenever they are told."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotfish.domain.payments import Kind, Payment, Reading, Tells, share_of
from pilotfish.domain.performance.curve import Basis
from pilotfish.domain.performance.days import DAY_MS, day_of
from pilotfish.domain.wallets import Wallet
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL
from tests.unit.performance.scene import Scene, at_once

D = Decimal
TODAY = day_of(EPOCH_MS)
TOMORROW = day_of(EPOCH_MS + DAY_MS)
HOUR_MS = 3_600_000
FOLLOWED = {"account_id": "follower-1", "shares": {"follow-1": D("0.25")}}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_funding_is_in_a_leader_s_days_windows_and_curve(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.fund(-3)
    scene.keep()
    scene.pass_days()
    scene.fund("0.5")
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    week = record.windows["7d"]
    assert (week.pnl, week.funding, week.complete) == (D("-2.5"), D("-2.5"), True)
    assert (week.best_day, week.worst_day) == (D("0.5"), -3)
    assert record.not_counted == ()


def test_what_is_read_again_is_counted_once(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.fund(-3, EPOCH_MS)
    for _ in range(3):
        scene.keep()
        scene.fund(-3, EPOCH_MS)
    assert scene.days()[TODAY].funding == -3


def test_what_is_told_late_is_counted_on_its_day(scene: Scene) -> None:
    scene.trade("1", 100)
    scene.keep()
    for _ in range(2):
        scene.pass_days()
        scene.keep()
    scene.fund(-2, EPOCH_MS + DAY_MS)
    scene.fund(-3, EPOCH_MS + 1)
    scene.keep()
    days = scene.days()
    assert (days[TODAY].funding, days[TOMORROW].funding) == (-3, -2)
    assert days == at_once(scene)


def test_a_day_without_a_run_has_its_funding(scene: Scene) -> None:
    scene.follow()
    scene.trade("1", 100)
    scene.copy("1", 100)
    scene.clock.advance(120)
    scene.keep()
    scene.pass_days(3)
    for number in (1, 2):
        scene.fund(-number, EPOCH_MS + number * DAY_MS)
        scene.fund(-4 * number, EPOCH_MS + number * DAY_MS, **FOLLOWED)
    scene.keep()
    for place in ("leader", "follow-1"):
        days = scene.days(place)
        assert [days[day_of(EPOCH_MS + n * DAY_MS)].funding for n in (1, 2)] == [-1, -2]
        assert sum(day.pnl for day in days.values()) == -3


def test_what_was_paid_before_the_first_trade_is_not_counted(scene: Scene) -> None:
    scene.fund(-3, EPOCH_MS - DAY_MS)
    scene.pass_days()
    scene.trade("1", 100)
    scene.keep()
    assert list(scene.days()) == [TOMORROW]
    assert scene.days()[TOMORROW].pnl == 0


def test_a_follow_has_its_part_of_what_its_account_was_paid(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100, fee=D(1), fee_currency="USDT")
    scene.fund(-4, **FOLLOWED)
    scene.clock.advance(120)
    scene.keep()
    own = scene.records.record("follow-1")
    assert own is not None
    assert (own.windows["all"].pnl, own.windows["all"].funding) == (-2, -1)
    assert own.not_counted == ()
    assert scene.records.followed("leader")["follow-1"].pnl["all"] == -2


def test_funding_alone_has_a_follow_counted_again(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100)
    scene.clock.advance(120)
    scene.keep()
    scene.fund(-4, **FOLLOWED)
    scene.keep()
    assert scene.days("follow-1")[TODAY].funding == -1
    assert scene.records.followed("leader")["follow-1"].pnl["all"] == -1


def test_a_statement_is_of_what_is_left_after_funding(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100, fee=D(0), fee_currency="USDT")
    scene.fund(-80, **FOLLOWED)
    scene.copy("-1", 200, fee=D(0), fee_currency="USDT")
    scene.clock.advance(120)
    scene.keep()
    scene.pass_days(31)
    scene.keep()
    assert scene.statements.of_follow("follow-1")[0].fee == 8


def test_a_fee_that_its_trades_told_later_is_off_the_trade_s_profit(scene: Scene) -> None:
    scene.follow()
    scene.copy("1", 100, venue_order_id="o1", fee=D(1), fee_currency="USDT")
    scene.copy("-1", 101, venue_order_id="o2")
    scene.clock.advance(120)
    scene.keep()
    [wanted] = scene.payments.wanted("follower-1")
    assert (wanted.filled, wanted.symbols) == ({"o2": 1}, (PERPETUAL,))
    fees = [
        Payment(key, Kind.FEE, EPOCH_MS, PERPETUAL, D("-0.5"), "USDT", "o2") for key in ("a", "b")
    ]
    scene.read_payments(fees, Reading("follower-1"))
    scene.keep()
    own = scene.records.record("follow-1")
    assert own is not None
    figures = own.windows["all"]
    assert (figures.pnl, figures.fees, figures.fees_unknown) == (-1, 2, 0)
    assert (figures.trades, figures.win_rate) == (1, 0)
    assert own.not_counted == ()


def test_what_is_wanted_and_not_looked_for_yet_stays_wanted(scene: Scene) -> None:
    scene.follow()
    for name in ("o1", "o2"):
        scene.copy("1", 100, venue_order_id=name)
        scene.clock.advance(120)
        scene.keep()
    [wanted] = scene.payments.wanted("follower-1")
    assert wanted.filled == {"o1": 1, "o2": 1}


def test_a_coin_counts_at_the_price_known_then(scene: Scene) -> None:
    scene.wallets.save(
        Wallet("leader", "model", scene.clock(), prices={"BNB/USDT": D(600), "BTC/USDT": D(100)})
    )
    scene.trade("1", 100, fee=D("0.01"), fee_currency="BNB")
    scene.fund("-0.02", currency="BTC")
    scene.keep()
    scene.pass_days()
    scene.wallets.save(Wallet("leader", "model", scene.clock(), prices={"BNB/USDT": D(900)}))
    scene.trade("-1", 100)
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    figures = record.windows["all"]
    assert (figures.pnl, figures.fees, figures.funding) == (-8, 6, -2)
    assert (figures.fees_elsewhere, figures.funding_elsewhere, figures.complete) == ({}, {}, True)


def test_a_coin_whose_price_nobody_knew_is_said(scene: Scene) -> None:
    scene.trade("1", 100, fee=D("0.01"), fee_currency="BNB")
    scene.fund("-0.02", currency="XYZ")
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    figures = record.windows["all"]
    assert figures.fees_elsewhere == {"BNB": D("0.01")}
    assert figures.funding_elsewhere == {"XYZ": D("-0.02")}
    assert (figures.pnl, figures.complete) == (0, False)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ()),
        ({"tells": Tells.NO}, ("funding",)),
        ({"tells": Tells.NONE}, ()),
        ({"whole": False}, ("funding",)),
        ({"asked_ms": EPOCH_MS - 3 * DAY_MS}, ("funding",)),
        ({"since_ms": EPOCH_MS + DAY_MS}, ("funding",)),
        ({"through_ms": 0}, ("funding",)),
    ],
)
def test_a_record_says_whether_all_funding_is_in_it(
    scene: Scene, change: dict[str, object], told: tuple[str, ...]
) -> None:
    scene.trade("1", 100)
    reading = scene.read_payments([], Reading("leader"))
    scene.payments.read["leader"] = replace(reading, **change)  # type: ignore[arg-type]
    scene.keep()
    record = scene.records.record("leader")
    assert record is not None
    assert record.not_counted == told


def test_equity_is_told_by_a_wallet_whose_funding_is_known(scene: Scene) -> None:
    scene.trade("1", 100)
    reading = scene.read_payments([], Reading("leader"))
    scene.clock.advance(3600)
    scene.wallet(990)
    scene.keep()
    assert scene.days()[TODAY].equity is None
    scene.payments.read["leader"] = reading
    scene.fund(-10)
    scene.keep()
    assert scene.days()[TODAY].equity == 1_000


def test_funding_is_no_payment_in_or_out(scene: Scene) -> None:
    scene.trade("1", 100)
    for dollars in (1_000, 990, 980):
        scene.read_payments([], scene.payments.read.get("leader", Reading("leader")))
        scene.wallet(dollars)
        scene.keep()
        scene.clock.advance(60)
        if dollars > 980:
            scene.fund(-10)
            scene.keep()
            scene.pass_days()
    record = scene.records.record("leader")
    assert record is not None
    week = record.windows["7d"]
    assert (week.basis, week.base, week.pnl, week.roi) == (Basis.EQUITY, 1_000, -20, -0.02)


@pytest.mark.parametrize(
    ("size", "held", "shares"),
    [
        ("4", {"a": "1", "b": "3"}, {"a": "0.25", "b": "0.75"}),
        ("10", {"a": "1", "b": "0"}, {"a": "0.1"}),
        ("1", {"a": "-1", "b": "3"}, {"a": "0.25", "b": "0.75"}),
        (None, {"a": "2"}, {"a": "1"}),
        (None, {}, {}),
        ("0", {"a": "0"}, {}),
    ],
)
def test_a_share_is_by_what_was_held_and_of_no_more_than_the_account_held(
    size: str | None, held: dict[str, str], shares: dict[str, str]
) -> None:
    paid = Payment("1", Kind.FUNDING, EPOCH_MS, PERPETUAL, D(-1), "USDT")
    paid = replace(paid, size=None if size is None else D(size))
    found = share_of(paid, {name: D(each) for name, each in held.items()}).shares
    assert found == {name: D(each) for name, each in shares.items()}


event = st.tuples(st.integers(0, 4 * 24), st.integers(-500, 500), st.booleans())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(event, max_size=12), st.randoms(use_true_random=False))
def test_the_sum_of_days_is_that_of_payments_in_whatever_order_they_are_told(
    events: list[tuple[int, int, bool]], chance: object
) -> None:
    """Some are told twice, all late, runs in between: it comes to what one run makes of it."""
    scene = Scene()
    scene.follow()
    scene.trade("1", 100)
    scene.copy("1", 100)
    scene.clock.advance(120)
    scene.keep()
    scene.pass_days(5)
    told = [(n, *each) for n, each in enumerate(events)]
    told += [each for each in told if each[3]]
    chance.shuffle(told)  # type: ignore[attr-defined]
    for number, hour, cents, runs in told:
        at_ms, amount = EPOCH_MS + 200_000 + hour * HOUR_MS, str(D(cents) / 100)
        scene.fund(amount, at_ms, key=str(number))
        scene.fund(amount, at_ms, key=str(number), **FOLLOWED)
        if runs:
            scene.keep()
    scene.keep()
    whole = sum((D(cents) / 100 for _, cents, _ in events), D(0))
    assert sum(day.funding for day in scene.days().values()) == whole
    follow = scene.days("follow-1").values()
    assert sum(day.funding for day in follow) == whole / 4
    assert sum(day.pnl for day in follow) == whole / 4
    assert scene.days() == at_once(scene)
