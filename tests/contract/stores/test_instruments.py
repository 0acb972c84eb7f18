"""What can be traded on a venue, as its mappers read it."""

from decimal import Decimal

import pytest

from pilotfish.domain.errors import NotReady
from pilotfish.domain.instruments import Kind
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS, ManualClock
from tests.fakes.samples import PERPETUAL, SPOT, an_instrument


def test_a_venue_that_was_never_published_is_not_ready(stores: Stores) -> None:
    with pytest.raises(NotReady, match="binance"):
        stores.instruments.of_venue("binance")


def test_instruments_come_back_as_published(workers: Workers, stores: Stores) -> None:
    spot = an_instrument(SPOT, lot=Decimal("0.00001"), min_notional=Decimal(5))
    closed = an_instrument(
        "PEPE/USD:PEPE", kind=Kind.INVERSE, lot=Decimal("1E+3"), tick=Decimal("1E-12"), open=False
    )
    stores.instruments.publish("binance", [spot, closed], EPOCH_MS)
    found = workers.another().instruments.of_venue("binance")
    assert dict(found) == {spot.symbol: spot, closed.symbol: closed}
    assert found.get("DOGE/USDT") is None
    assert len(found) == 2


def test_each_venue_has_its_own(stores: Stores) -> None:
    stores.instruments.publish("binance", [an_instrument(SPOT)], EPOCH_MS)
    stores.instruments.publish("delta", [], EPOCH_MS)
    assert set(stores.instruments.of_venue("binance")) == {SPOT}
    assert dict(stores.instruments.of_venue("delta")) == {}


def test_a_paper_venue_has_those_of_the_real_one(stores: Stores) -> None:
    stores.instruments.publish("binance", [an_instrument(SPOT)], EPOCH_MS)
    assert set(stores.instruments.of_venue("paper:binance")) == {SPOT}


def test_a_new_lot_is_known_within_a_minute(
    workers: Workers, stores: Stores, clock: ManualClock
) -> None:
    other = workers.another()
    stores.instruments.publish("model", [an_instrument()], clock())
    assert other.instruments.of_venue("model")[PERPETUAL].lot == Decimal("0.001")
    stores.instruments.publish("model", [an_instrument(lot=Decimal("0.01"))], clock())
    clock.advance(60)
    assert other.instruments.of_venue("model")[PERPETUAL].lot == Decimal("0.01")


def test_thousands_of_instruments_fit(stores: Stores) -> None:
    many = [an_instrument(f"COIN{number}/USDT") for number in range(4_000)]
    stores.instruments.publish("binance", many, EPOCH_MS)
    assert len(stores.instruments.of_venue("binance")) == 4_000
