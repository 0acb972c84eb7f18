"""An entry waits for a better price on the whole stack, and its exits do not wait for it."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from pilotfish.domain.orders import CopyOrder, State
from pilotfish.domain.rules import Rules
from pilotfish_local.local_stack import LocalStack

from .conftest import Scene, new_scene

LEADERS = "ETH/USDT:USDT"
BY = Decimal("0.01")
SOON_S = 30


@pytest.fixture
def scene(local: LocalStack) -> Iterator[Scene]:
    """A leader who buys at 2,500."""
    made = new_scene(local, "binanceusdm")
    local.exchange.pin_price("binanceusdm", "ETHUSDT", "2499.99")
    yield made
    local.exchange.release_price("binanceusdm", "ETHUSDT")


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ends(orders: list[CopyOrder]) -> list[tuple[State, str, Decimal]]:
    return [(order.state, order.reason, order.filled_quantity) for order in orders]


def test_an_entry_is_had_at_the_better_price_or_not_at_all(scene: Scene) -> None:
    exchange = scene.local.exchange
    patient, hasty, plain = scene.add_followers(
        [Rules(better_by=BY), Rules(better_by=BY, wait_s=3), Rules()]
    )
    scene.trade(("buy", "2", LEADERS))
    until(lambda: ends(scene.records_of(plain)) == [(State.COPIED, "", Decimal(2))])
    until(lambda: [each.state for each in scene.records_of(hasty)] == [State.EXPIRED])
    assert ends(scene.records_of(hasty)) == [(State.EXPIRED, "price_not_reached", Decimal(0))]
    assert [each.state for each in scene.records_of(patient)] == [State.WAITING]
    assert exchange.orders(account=patient.name) == []

    scene.trade(("sell", "1", LEADERS))
    until(lambda: scene.position(plain, "ETHUSDT") == 1)
    exchange.pin_price("binanceusdm", "ETHUSDT", "2474")
    until(lambda: scene.position(patient, "ETHUSDT") == 1)
    scene.settle()

    [entry, _] = scene.records_of(patient)
    assert ends([entry]) == [(State.COPIED, "", Decimal(1))]
    assert entry.average_price <= entry.limit_price == Decimal(2475)
    [asked] = exchange.orders(account=patient.name)
    assert (asked["type"], asked["status"], Decimal(asked["price"])) == ("LIMIT", "FILLED", 2475)
    assert exchange.orders(account=hasty.name) == []

    scene.trade(("sell", "1", LEADERS))
    scene.settle()
    assert [scene.position(each, "ETHUSDT") for each in (patient, hasty, plain)] == [0, 0, 0]


def test_what_waits_ends_when_its_leader_is_out(scene: Scene) -> None:
    (patient,) = scene.add_followers([Rules(better_by=BY)])
    scene.trade(("buy", "1", LEADERS), ("sell", "1", LEADERS))
    until(lambda: [o.state.terminal for o in scene.records_of(patient)] == [True, True])
    assert {order.reason for order in scene.records_of(patient)} == {
        "closed_since",
        "nothing_copied",
    }
    assert scene.local.exchange.orders(account=patient.name) == []
