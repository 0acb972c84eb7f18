"""A fill is written once, with the position it met; undecided ones are found again."""

from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fills import Fill, PositionSide
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.venues import Position
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, an_account

LEADER = an_account("leader")
LATER_MS = EPOCH_MS + 60_000
KEY = f"{PERPETUAL}#net"


def quantities(holdings: Holdings) -> dict[str, Decimal]:
    return {key: held.quantity for key, held in holdings.positions.items()}


def numbered(*quantities: str, **more: object) -> list[Fill]:
    return [
        a_fill(quantity, trade_id=str(number), traded_ms=EPOCH_MS + number, **more)
        for number, quantity in enumerate(quantities, 1)
    ]


def test_each_fill_is_stamped_with_the_position_before_it(stores: Stores, lease: Lease) -> None:
    held = Holdings({KEY: Held(Decimal(5))})
    added = stores.fills.add(LEADER, held, numbered("2", "-3", "1"), lease)
    assert [fill.position_before for fill in added] == [5, 7, 4]
    assert [fill.number for fill in added] == [1, 2, 3]
    assert [fill.opened_before for fill in added] == [0, 2, 2]
    assert quantities(held) == {KEY: Decimal(5)}
    assert stores.fills.undecided(LATER_MS) == added


def test_positions_move_in_the_store_as_in_memory(
    workers: Workers, stores: Stores, lease: Lease
) -> None:
    stores.positions.save_baseline(
        "leader", [Position("ETH/USDT:USDT", PositionSide.NET, Decimal(3))], lease
    )
    held = stores.positions.of_account("leader")
    assert held is not None
    stores.fills.add(LEADER, held, numbered("2", "0.5"), lease)
    dearer = a_fill("-1", trade_id="9", traded_ms=EPOCH_MS + 9, price=Decimal(130))
    stores.fills.add(LEADER, held, [dearer], lease)
    assert workers.another().positions.of_account("leader") == held
    assert quantities(held) == {"ETH/USDT:USDT#net": Decimal(3), KEY: Decimal("1.5")}
    assert (held.positions[KEY].realized, held.positions[KEY].opened_ms) == (30, EPOCH_MS + 1)


def test_a_second_writing_adds_nothing_and_moves_nothing(stores: Stores, lease: Lease) -> None:
    held = Holdings()
    stores.fills.add(LEADER, held, numbered("2"), lease)
    assert stores.fills.add(LEADER, held, numbered("2"), lease) == []
    assert quantities(held) == {KEY: Decimal(2)}


def test_only_the_new_ones_of_a_mixed_batch_are_written(stores: Stores, lease: Lease) -> None:
    held = Holdings()
    first, second, third = numbered("1", "2", "4")
    stores.fills.add(LEADER, held, [second], lease)
    added = stores.fills.add(LEADER, held, [first, second, third], lease)
    assert [(fill.trade_id, fill.position_before) for fill in added] == [("1", 2), ("3", 3)]
    assert quantities(held) == {KEY: Decimal(7)}


def test_a_fill_that_is_listed_twice_is_written_once(stores: Stores, lease: Lease) -> None:
    held = Holdings()
    assert len(stores.fills.add(LEADER, held, numbered("1") * 2, lease)) == 1
    assert quantities(held) == {KEY: Decimal(1)}


def test_more_fills_than_a_transaction_holds(stores: Stores, lease: Lease) -> None:
    held = Holdings()
    added = stores.fills.add(LEADER, held, numbered(*["1"] * 120), lease)
    assert [fill.position_before for fill in added] == list(range(120))
    assert quantities(held) == {KEY: Decimal(120)}


def test_the_same_trade_id_in_another_symbol_or_account_is_another_fill(
    stores: Stores, lease: Lease
) -> None:
    perpetual, spot = a_fill(), a_fill(symbol=SPOT)
    assert len(stores.fills.add(LEADER, Holdings(), [perpetual, spot], lease)) == 2
    theirs = replace(perpetual, account_id="other")
    assert len(stores.fills.add(an_account("other"), Holdings(), [theirs], lease)) == 1


def test_a_spot_fee_in_the_traded_coin_comes_off_the_holding(stores: Stores, lease: Lease) -> None:
    held = Holdings()
    paid = {"fee": Decimal("0.001"), "fee_currency": "BTC"}
    stores.fills.add(LEADER, held, [a_fill(symbol=SPOT, **paid)], lease)
    stores.fills.add(LEADER, held, [a_fill(symbol=PERPETUAL, **paid)], lease)
    assert quantities(held) == {f"{SPOT}#net": Decimal("0.999"), KEY: Decimal(1)}


def test_every_field_survives(stores: Stores, lease: Lease) -> None:
    fill = a_fill(
        "-0.000000000000000001",
        position_side=PositionSide.SHORT,
        price=Decimal("12345678901234567890.123"),
        fee=Decimal("1E-7"),
        fee_currency="BNB",
        seen_ms=EPOCH_MS + 9,
    )
    stores.fills.add(LEADER, Holdings(), [fill], lease)
    assert stores.fills.undecided(LATER_MS) == [replace(fill, number=1)]


def test_a_decided_fill_is_no_longer_undecided(stores: Stores, lease: Lease) -> None:
    first, second = numbered("1", "2")
    stores.fills.add(LEADER, Holdings(), [first, second], lease)
    stores.fills.mark_decided(first)
    stores.fills.mark_decided(first)
    assert [fill.trade_id for fill in stores.fills.undecided(LATER_MS)] == ["2"]


def test_marking_a_fill_that_is_not_stored_stores_nothing(stores: Stores) -> None:
    stores.fills.mark_decided(a_fill())
    assert stores.fills.undecided(LATER_MS) == []


def test_what_follows_a_fill_comes_in_order(stores: Stores, lease: Lease) -> None:
    first, second, third = numbered("1", "2", "3")
    [first, second, third] = stores.fills.add(LEADER, Holdings(), [first, second, third], lease)
    stores.fills.add(
        an_account("another"), Holdings(), [replace(third, account_id="another")], lease
    )
    assert [fill.trade_id for fill in stores.fills.after(first)] == ["2", "3"]
    assert stores.fills.after(third) == []


def test_undecided_fills_come_oldest_first_and_not_too_young(stores: Stores, lease: Lease) -> None:
    young, old, older = (
        a_fill(trade_id=str(age), seen_ms=EPOCH_MS - age * 1000) for age in (0, 10, 20)
    )
    stores.fills.add(LEADER, Holdings(), [young, old, older], lease)
    found = stores.fills.undecided(EPOCH_MS - 5_000)
    assert [fill.trade_id for fill in found] == ["20", "10"]
    assert [fill.trade_id for fill in stores.fills.undecided(EPOCH_MS + 1, limit=1)] == ["20"]


def test_what_was_decided_after_a_fill(stores: Stores, lease: Lease) -> None:
    """In the order of writing, which is the order of the positions that they met."""
    held = Holdings()
    first, second, third, fourth = stores.fills.add(
        LEADER, held, numbered("1", "2", "3", "4"), lease
    )
    elsewhere = a_fill("1", trade_id="5", symbol=SPOT)
    older = a_fill("5", trade_id="0", traded_ms=EPOCH_MS)
    [other, last] = stores.fills.add(LEADER, held, [elsewhere, older], lease)
    for fill in (second, fourth, other, last):
        stores.fills.mark_decided(fill)
    assert stores.fills.decided_after(first) == [second, fourth, last]
    assert stores.fills.decided_after(third) == [fourth, last]
    assert stores.fills.decided_after(last) == []


def test_the_last_fills_of_an_account_come_oldest_first(stores: Stores, lease: Lease) -> None:
    stores.fills.add(LEADER, Holdings(), numbered("1", "2", "3", "4"), lease)
    found = stores.fills.of_account("leader", EPOCH_MS + 2, limit=2)
    assert [fill.trade_id for fill in found] == ["3", "4"]
    assert [f.trade_id for f in stores.fills.of_account("leader", EPOCH_MS + 2, limit=9)] == [
        "2",
        "3",
        "4",
    ]
    assert stores.fills.of_account("another", 0, limit=9) == []
