"""What each follow does about a fill."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import Fill, PositionSide, Side
from pilotfish.domain.follows import Follow
from pilotfish.domain.instruments import Instrument
from pilotfish.domain.netting import Booked, Ledger, Line, Misses
from pilotfish.domain.orders import CopyOrder, Leg, Reason, State
from pilotfish.domain.planning import Around, plan
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, a_follow, an_instrument

ONE = Decimal(1)


def decide(
    fill: Fill,
    *follows: Follow,
    ledger: Ledger | None = None,
    booked: dict[str, Booked] | None = None,
    **instrument: Any,
) -> tuple[Ledger, list[CopyOrder]]:
    known: dict[str, Instrument] = {
        symbol: an_instrument(symbol, **instrument) for symbol in (PERPETUAL, SPOT)
    }
    venues = {"model": known, "elsewhere": {}}
    return plan(fill, follows, ledger or Ledger(), booked or {}, venues, Around(EPOCH_MS + 40))


def lines(**ordered: str) -> Ledger:
    """Follows that copied this much of a leader's position."""
    return Ledger(
        {name.replace("_", "-"): Line(Decimal(q), Decimal(q)) for name, q in ordered.items()}, 3
    )


def test_every_follow_gets_its_order() -> None:
    ledger, [first, second] = decide(
        a_fill("2"), a_follow(1), a_follow(2, multiplier=Decimal("0.25"))
    )
    assert (first.quantity, second.quantity) == (Decimal(2), Decimal("0.5"))
    assert ledger.lines["follow-2"] == Line(Decimal("0.5"), Decimal("0.5"))
    assert ledger.revision == 1


def test_an_order_knows_all_that_is_needed_to_send_and_to_explain_it() -> None:
    fill = a_fill("2", traded_ms=EPOCH_MS - 100, seen_ms=EPOCH_MS, price=Decimal(77))
    _, [order] = decide(fill, a_follow(1, lateness_s=30))
    assert order == CopyOrder(
        follow_id="follow-1",
        leader_id="leader",
        fill_id=fill.fill_id,
        leg=Leg.ENTRY,
        account_id="follower-1",
        owner="user-1",
        venue="model",
        symbol=PERPETUAL,
        side=Side.BUY,
        position_side=PositionSide.NET,
        quantity=Decimal(2),
        reference_price=Decimal(77),
        traded_ms=EPOCH_MS - 100,
        seen_ms=EPOCH_MS,
        decided_ms=EPOCH_MS + 40,
        expires_ms=EPOCH_MS - 100 + 30_000,
        lot=Decimal("0.001"),
    )


def test_an_exit_takes_the_same_fraction_from_each() -> None:
    sell = a_fill("-1", position_before=Decimal(4))
    ledger, orders = decide(
        sell, a_follow(1), a_follow(2), ledger=lines(follow_1="4", follow_2="8")
    )
    assert [(o.leg, o.side, o.quantity) for o in orders] == [
        (Leg.EXIT, Side.SELL, ONE),
        (Leg.EXIT, Side.SELL, Decimal(2)),
    ]
    assert ledger.lines["follow-2"].target == 6


def test_a_flip_is_an_exit_and_an_entry() -> None:
    flip = a_fill("-3", position_before=ONE)
    _, orders = decide(flip, a_follow(), ledger=lines(follow_1="1"))
    assert [(o.leg, o.side, o.quantity) for o in orders] == [
        (Leg.EXIT, Side.SELL, ONE),
        (Leg.ENTRY, Side.SELL, Decimal(2)),
    ]
    assert orders[0].client_order_id != orders[1].client_order_id


def test_a_skip_is_terminal_from_the_start_and_says_why() -> None:
    _, [order] = decide(a_fill("0.0001"), a_follow())
    assert (order.state, order.reason, order.quantity) == (State.SKIPPED, Reason.BELOW_LOT, 0)


def test_an_unknown_symbol_is_skipped_and_the_others_are_not() -> None:
    _, orders = decide(a_fill(), a_follow(1, venue="elsewhere"), a_follow(2))
    assert [(o.state, o.reason) for o in orders] == [
        (State.SKIPPED, Reason.UNKNOWN_SYMBOL),
        (State.PLANNED, ""),
    ]


def test_a_closed_market_is_skipped() -> None:
    _, [order] = decide(a_fill(), a_follow(), open=False)
    assert (order.state, order.reason) == (State.SKIPPED, Reason.MARKET_CLOSED)


def test_an_exit_goes_where_the_market_is_closed() -> None:
    flip = a_fill("-3", position_before=ONE)
    _, orders = decide(flip, a_follow(), ledger=lines(follow_1="1"), open=False)
    assert [(o.leg, o.state, o.reason) for o in orders] == [
        (Leg.EXIT, State.PLANNED, ""),
        (Leg.ENTRY, State.SKIPPED, Reason.MARKET_CLOSED),
    ]


def test_an_entry_that_a_halt_kept_out_is_not_made_up_for() -> None:
    ledger, _ = decide(a_fill("2"), a_follow(), open=False)
    _, [order] = decide(a_fill("1"), a_follow(), ledger=ledger)
    assert order.quantity == 1


def test_a_symbol_can_be_copied_as_another() -> None:
    follow = a_follow(symbols={PERPETUAL: SPOT})
    _, [order] = decide(a_fill(), follow)
    assert order.symbol == SPOT


def test_a_leader_who_flips_short_is_not_followed_there_on_spot() -> None:
    follow = a_follow(symbols={PERPETUAL: SPOT})
    flip = a_fill("-3", position_before=ONE)
    _, [exit_, entry] = decide(flip, follow, ledger=lines(follow_1="1"))
    assert (exit_.state, exit_.quantity) == (State.PLANNED, ONE)
    assert (entry.state, entry.reason) == (State.SKIPPED, Reason.SHORT_ON_SPOT)


def test_misses_are_taken_in_once_however_often_the_leader_goes_flat() -> None:
    """A line that is flat again must not forget what it has taken in."""
    booked = {"follow-1": Booked(misses=Misses(entry=ONE))}
    flat = a_fill("-1", position_before=ONE)
    ledger, [order] = decide(flat, a_follow(), ledger=lines(follow_1="1"), booked=booked)
    assert order.reason == Reason.NOTHING_COPIED
    ledger, [order] = decide(a_fill("2"), a_follow(), ledger=ledger)
    assert order.quantity == 2
    half = a_fill("-1", position_before=Decimal(2))
    _, [order] = decide(half, a_follow(), ledger=ledger, booked=booked)
    assert (order.state, order.quantity) == (State.PLANNED, ONE)


def test_a_line_that_says_nothing_is_dropped() -> None:
    ledger, _ = decide(a_fill("-1", position_before=ONE), a_follow())
    assert ledger.lines == {}


def test_a_line_that_is_flat_knows_how_many_round_trips_it_made() -> None:
    ledger, _ = decide(a_fill("-1", position_before=ONE), a_follow(), ledger=lines(follow_1="1"))
    assert ledger.lines == {"follow-1": Line(round_trip=1)}


def test_a_follow_that_is_not_decided_for_keeps_its_line() -> None:
    before = lines(follow_1="1", follow_9="5")
    ledger, _ = decide(a_fill(), a_follow(1), ledger=before)
    assert ledger.lines["follow-9"] == before.lines["follow-9"]


def test_deciding_again_from_the_same_ledger_decides_the_same() -> None:
    fill, before = a_fill("-1", position_before=Decimal(3)), lines(follow_1="3")
    assert decide(fill, a_follow(), ledger=before) == decide(
        replace(fill, seen_ms=fill.seen_ms), a_follow(), ledger=before
    )
