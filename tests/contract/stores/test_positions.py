"""A leader's baseline is whole or not there."""

from decimal import Decimal

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.venues import Position
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores


def positions(**quantities: str) -> list[Position]:
    return [
        Position(f"{base}/USDT:USDT", PositionSide.NET, Decimal(quantity))
        for base, quantity in quantities.items()
    ]


def test_an_account_without_a_baseline_holds_nobody_knows_what(stores: Stores) -> None:
    assert stores.positions.of_account("leader") is None


def test_the_baseline_of_an_empty_account_is_flat(stores: Stores, lease: Lease) -> None:
    stores.positions.save_baseline("leader", [], lease)
    assert stores.positions.of_account("leader") == Holdings(fills=1)


def test_the_baseline_comes_back(stores: Stores, lease: Lease) -> None:
    both = positions(BTC="1.5", ETH="-0.1")
    both.append(Position("SOL/USDT:USDT", PositionSide.SHORT, Decimal(-2), Decimal("140.5")))
    stores.positions.save_baseline("leader", both, lease)
    holdings = stores.positions.of_account("leader")
    assert holdings is not None
    assert holdings.positions == {
        "BTC/USDT:USDT#net": Held(Decimal("1.5")),
        "ETH/USDT:USDT#net": Held(Decimal("-0.1")),
        "SOL/USDT:USDT#short": Held(Decimal(-2), Decimal("140.5")),
    }
    assert stores.positions.of_account("somebody else") is None


def test_more_positions_than_a_transaction_holds(stores: Stores, lease: Lease) -> None:
    many = positions(**{f"COIN{number}": "1" for number in range(200)})
    stores.positions.save_baseline("leader", many, lease)
    held = stores.positions.of_account("leader")
    assert held is not None
    assert len(held.positions) == 200


def test_what_was_sold_between_two_baselines_is_held_no_more(stores: Stores, lease: Lease) -> None:
    stores.positions.save_baseline("leader", positions(BTC="1", ETH="2"), lease)
    stores.positions.save_baseline("leader", positions(ETH="3"), lease)
    assert stores.positions.of_account("leader") == Holdings(
        {"BTC/USDT:USDT#net": Held(), "ETH/USDT:USDT#net": Held(Decimal(3))}, fills=2
    )


def test_nobody_missed_anything_at_first(stores: Stores) -> None:
    assert stores.positions.booked({"follow-1": "BTC/USDT:USDT#net"}) == {}
