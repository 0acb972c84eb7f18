"""What people say of fills is added, and nothing of it is ever lost or changed."""

from dataclasses import replace

from pilotfish.domain.corrections import Correction, Verb
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill


def said(number: int, trade_id: str = "1", **more: object) -> Correction:
    fill_id = a_fill(trade_id=trade_id, traded_ms=EPOCH_MS + int(trade_id)).fill_id
    first = Correction("leader", fill_id, number, Verb.ANNOTATE, "ann", EPOCH_MS, f"note {number}")
    return replace(first, **more)


def test_what_was_said_comes_in_its_order(workers: Workers, stores: Stores) -> None:
    override = said(2, verb=Verb.OVERRIDE, changes={"price": "99.5", "side": "sell"})
    for correction in (said(1), override, said(3), said(1, trade_id="2")):
        assert stores.corrections.append(correction)
    found = workers.another().corrections.of_fill("leader", said(1).fill_id)
    assert found == [said(1), override, said(3)]
    assert stores.corrections.of_fill("another", said(1).fill_id) == []


def test_nothing_is_said_over(stores: Stores) -> None:
    assert stores.corrections.append(said(1))
    assert not stores.corrections.append(said(1, note="something else"))
    assert stores.corrections.of_fill("leader", said(1).fill_id) == [said(1)]


def test_a_stretch_of_fills(stores: Stores) -> None:
    for trade_id in ("1", "2", "3", "10"):
        stores.corrections.append(said(1, trade_id=trade_id))
    first, last = said(1, trade_id="2").fill_id, said(1, trade_id="3").fill_id
    found = stores.corrections.between("leader", first, last)
    assert [each.fill_id for each in found] == [first, last]


def test_what_was_said_meanwhile_is_found_by_its_time(stores: Stores) -> None:
    for number, at_ms in ((1, EPOCH_MS), (2, EPOCH_MS + 10), (3, EPOCH_MS + 20)):
        stores.corrections.append(said(number, at_ms=at_ms))
    stores.corrections.append(said(1, trade_id="2", at_ms=EPOCH_MS + 20))
    first, second = said(1).fill_id, said(1, trade_id="2").fill_id
    found = stores.corrections.said_between("leader", EPOCH_MS, EPOCH_MS + 20)
    assert found == [first, second]
    assert stores.corrections.said_between("leader", EPOCH_MS, EPOCH_MS + 19) == [first]
    assert stores.corrections.said_between("leader", EPOCH_MS + 20, EPOCH_MS + 99) == []
