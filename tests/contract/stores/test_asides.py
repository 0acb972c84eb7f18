"""What is set aside moves the position where that is sure, and becomes a fill once at most."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.asides import Aside, AsideState, Flaw, Review
from pilotfish.domain.errors import LeaseLost
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Held, Holdings
from pilotfish.domain.netting import position_key
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, SPOT, a_fill, an_account

LEADER = an_account("leader")
KEY = position_key(PERPETUAL, a_fill().position_side)
ZERO = Decimal(0)
BY = Review("ann", EPOCH_MS, "the venue's page says 100")


def an_aside(flaw: Flaw = Flaw.NO_PRICE, fill: Fill | None = None, **more: Any) -> Aside:
    fill = fill or a_fill("2", price=ZERO)
    return Aside("leader", "model", flaw, EPOCH_MS, '{"p": "0"}', fill, **more)


def held(quantity: str) -> Holdings:
    return Holdings({KEY: Held(Decimal(quantity), Decimal(90), Decimal(95))}, 3)


def test_what_surely_moved_the_position_moves_it(stores: Stores, lease: Lease) -> None:
    holdings = held("5")
    kept = stores.asides.keep(LEADER, holdings, an_aside(), lease)
    assert kept == an_aside(position_before=Decimal(5))
    assert holdings == Holdings({KEY: Held(Decimal(7), None, Decimal(95))}, 3)
    assert stores.asides.of_account("leader") == [kept]
    assert stores.asides.open() == [kept]
    assert stores.fills.get("leader", a_fill().fill_id) is None


def test_it_is_kept_once(workers: Workers, stores: Stores, lease: Lease) -> None:
    holdings = held("5")
    stores.asides.keep(LEADER, holdings, an_aside(), lease)
    again = replace(an_aside(), seen_ms=EPOCH_MS + 9, raw="otherwise")
    assert workers.another().asides.keep(LEADER, holdings, again, lease) is None
    assert holdings.positions[KEY].quantity == 7
    assert len(stores.asides.of_account("leader")) == 1


@pytest.mark.parametrize("flaw", [Flaw.UNREADABLE, Flaw.NO_ID, Flaw.NO_QUANTITY])
def test_what_cannot_be_counted_is_not(stores: Stores, lease: Lease, flaw: Flaw) -> None:
    holdings = held("5")
    whole = an_aside(flaw)
    aside = replace(whole, fill=None) if flaw is Flaw.UNREADABLE else whole
    assert stores.asides.keep(LEADER, holdings, aside, lease) == aside
    assert holdings == held("5")


def test_a_stale_lease_sets_nothing_aside(stores: Stores, stale: Lease) -> None:
    with pytest.raises(LeaseLost):
        stores.asides.keep(LEADER, held("5"), an_aside(), stale)
    assert stores.asides.of_account("leader") == []


def test_a_proper_report_makes_it_a_fill_that_met_what_the_aside_met(
    stores: Stores, lease: Lease
) -> None:
    holdings = held("5")
    aside = stores.asides.keep(LEADER, holdings, an_aside(), lease)
    assert aside is not None
    stores.fills.add(LEADER, holdings, [a_fill("-7", trade_id="2")], lease)
    written = stores.asides.settle(LEADER, holdings, aside, a_fill("2"), lease)
    assert written == a_fill("2", position_before=Decimal(5), number=5)
    assert holdings.positions[KEY].quantity == 0
    assert stores.fills.get("leader", a_fill().fill_id) == written
    assert written in stores.fills.undecided(EPOCH_MS + 1)
    assert stores.asides.open() == []
    found = stores.asides.get("leader", aside.aside_id)
    assert found is not None
    assert found.state is AsideState.SETTLED


def test_it_becomes_a_fill_once(stores: Stores, lease: Lease) -> None:
    holdings = held("5")
    aside = stores.asides.keep(LEADER, holdings, an_aside(), lease)
    assert aside is not None
    stores.asides.settle(LEADER, holdings, aside, a_fill("2"), lease)
    stores.fills.mark_decided(a_fill("2"))
    assert stores.asides.settle(LEADER, holdings, aside, a_fill("2"), lease) is None
    assert stores.fills.undecided(EPOCH_MS + 1) == []


def test_a_fill_that_is_there_settles_the_aside(stores: Stores, lease: Lease) -> None:
    holdings = held("5")
    stores.fills.add(LEADER, holdings, [a_fill("2")], lease)
    aside = stores.asides.keep(LEADER, holdings, an_aside(Flaw.NO_ID), lease)
    assert aside is not None
    assert stores.asides.settle(LEADER, holdings, aside, a_fill("2"), lease) is None
    assert holdings.positions[KEY].quantity == 7
    assert stores.asides.open() == []


def test_what_was_counted_again_meanwhile_is_not_counted_twice(
    stores: Stores, lease: Lease
) -> None:
    aside = stores.asides.keep(LEADER, held("5"), an_aside(Flaw.NO_QUANTITY), lease)
    assert aside is not None
    holdings = held("7")
    written = stores.asides.settle(LEADER, holdings, aside, a_fill("2"), lease)
    assert written is not None
    assert written.position_before == 5
    assert holdings.positions[KEY].quantity == 7


def test_a_market_that_was_unknown_is_counted_when_it_is_released(
    stores: Stores, lease: Lease
) -> None:
    odd = a_fill("2", symbol="NEWUSDT")
    aside = stores.asides.keep(LEADER, held("5"), an_aside(Flaw.UNKNOWN_MARKET, odd), lease)
    assert aside is not None
    holdings = held("5")
    written = stores.asides.settle(LEADER, holdings, aside, a_fill("2", symbol=SPOT), lease)
    assert written is not None
    assert (written.position_before, written.number) == (0, 4)
    assert holdings.positions[f"{SPOT}#net"].quantity == 2


def test_a_person_hands_the_corrected_fill_to_the_poller(
    workers: Workers, stores: Stores, lease: Lease
) -> None:
    holdings = held("5")
    aside = stores.asides.keep(LEADER, holdings, an_aside(), lease)
    assert aside is not None
    person = workers.another().asides
    assert person.release(aside, a_fill("2"), BY)
    assert not person.release(aside, a_fill("3"), BY)
    assert not person.drop(aside, BY)
    assert stores.asides.open() == []
    [(released, fill)] = stores.asides.released("leader")
    assert (released.state, fill) == (AsideState.RELEASED, a_fill("2"))
    assert stores.asides.released("another") == []
    assert stores.asides.settle(LEADER, holdings, released, fill, lease) is not None
    assert stores.asides.released("leader") == []


def test_what_a_person_dropped_never_becomes_a_fill(stores: Stores, lease: Lease) -> None:
    holdings = held("5")
    aside = stores.asides.keep(LEADER, holdings, an_aside(), lease)
    assert aside is not None
    assert stores.asides.drop(aside, BY)
    assert stores.asides.settle(LEADER, holdings, aside, a_fill("2"), lease) is None
    assert stores.fills.get("leader", a_fill().fill_id) is None
    assert stores.asides.open() == []


def test_what_waits_comes_oldest_first(stores: Stores, lease: Lease) -> None:
    for trade_id, age in (("1", 0), ("2", 20), ("3", 10)):
        fill = a_fill(price=ZERO, trade_id=trade_id)
        aside = replace(an_aside(fill=fill), seen_ms=EPOCH_MS - age)
        stores.asides.keep(LEADER, held("0"), aside, lease)
    waiting = [aside.fill.trade_id for aside in stores.asides.open() if aside.fill]
    assert waiting == ["2", "3", "1"]
    assert len(stores.asides.open(limit=2)) == 2
    assert stores.asides.get("leader", "nothing") is None
