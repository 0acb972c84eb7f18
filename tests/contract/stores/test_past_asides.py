"""What a back-fill was told and cannot be a trade: kept under its session, and never copied."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.domain.asides import Aside, AsideState, Flaw, Review
from pilotfish.domain.sync_sessions import Overtaken, SyncSession, SyncStatus
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill, an_account

LEADER = an_account("leader")
LATER_MS = EPOCH_MS + 60_000
BY = Review("ann", EPOCH_MS, "the venue's page says 100")
ASIDE = Aside("leader", "model", Flaw.NO_PRICE, EPOCH_MS, '{"p": "0"}', a_fill(price=Decimal(0)))
KEPT = replace(ASIDE, session_id="s1")


@pytest.fixture
def session(stores: Stores) -> SyncSession:
    made = SyncSession("leader", "s1", "owner", "model", 0, LATER_MS, EPOCH_MS, EPOCH_MS)
    stores.sessions.begin(made)
    return made


def test_it_waits_for_a_person_once(workers: Workers, stores: Stores, session: SyncSession) -> None:
    assert stores.past_asides.keep(LEADER, session, ASIDE)
    assert not workers.another().past_asides.keep(LEADER, session, replace(ASIDE, seen_ms=9))

    assert stores.past_asides.open("leader") == [KEPT]
    assert stores.asides.open() == [KEPT]
    assert stores.asides.get("leader", KEPT.aside_id) == KEPT


def test_a_live_report_of_the_same_trade_is_another_one(
    stores: Stores, session: SyncSession, lease: Lease
) -> None:
    """Or what a back-fill kept first would never move the live position."""
    stores.positions.save_baseline("leader", [], lease)
    held = stores.positions.of_account("leader")
    assert held is not None
    stores.past_asides.keep(LEADER, session, ASIDE)

    assert stores.asides.keep(LEADER, held, ASIDE, lease) is not None
    assert len(stores.asides.of_account("leader")) == 2
    assert stores.past_asides.open("leader") == [KEPT]


def test_what_a_person_corrects_becomes_a_fill_of_the_past(
    stores: Stores, session: SyncSession
) -> None:
    stores.past_asides.keep(LEADER, session, ASIDE)
    assert stores.asides.release(KEPT, a_fill(), BY)

    assert stores.asides.released("leader") == [], "nothing of it is the poller's"
    [(aside, fill)] = stores.past_asides.released("leader")
    assert stores.past_asides.settle(LEADER, session, aside, fill)

    assert stores.fills.get("leader", fill.fill_id) == replace(fill, history=True)
    assert stores.fills.undecided(LATER_MS) == []
    assert stores.past_asides.released("leader") == []
    assert stores.asides.open() == []


def test_it_is_settled_once(stores: Stores, session: SyncSession) -> None:
    stores.past_asides.keep(LEADER, session, ASIDE)
    assert stores.past_asides.settle(LEADER, session, KEPT, a_fill())
    assert not stores.past_asides.settle(LEADER, session, KEPT, a_fill())


def test_what_is_there_already_settles_it_too(stores: Stores, session: SyncSession) -> None:
    stores.past_asides.keep(LEADER, session, ASIDE)
    stores.past_fills.add(LEADER, "s0", [a_fill()])

    assert not stores.past_asides.settle(LEADER, session, KEPT, a_fill())
    found = stores.asides.get("leader", KEPT.aside_id)
    assert found is not None
    assert found.state is AsideState.SETTLED


def test_what_was_dropped_stays_so(stores: Stores, session: SyncSession) -> None:
    stores.past_asides.keep(LEADER, session, ASIDE)
    assert stores.asides.drop(KEPT, BY)

    assert not stores.past_asides.keep(LEADER, session, ASIDE)
    assert not stores.past_asides.settle(LEADER, session, KEPT, a_fill())
    assert stores.fills.get("leader", a_fill().fill_id) is None
    assert stores.past_asides.open("leader") == []


@pytest.mark.parametrize("how", ["failed", "stopped", "another attempt", "never begun"])
def test_a_session_that_is_overtaken_writes_nothing(
    stores: Stores, session: SyncSession, how: str
) -> None:
    stores.past_asides.keep(LEADER, session, ASIDE)
    late, now_ms = session, LATER_MS
    match how:
        case "failed":
            stores.sessions.move(session, session.ended(SyncStatus.FAILED, now_ms, "503"))
        case "stopped":
            stores.sessions.move(session, session.ended(SyncStatus.STOPPED, now_ms))
        case "another attempt":
            stores.sessions.move(session, session.moved(now_ms, attempt=2))
        case _:
            late = replace(session, session_id="s9")
    other = replace(ASIDE, fill=a_fill(trade_id="9", price=Decimal(0)))

    with pytest.raises(Overtaken):
        stores.past_asides.keep(LEADER, late, other)
    with pytest.raises(Overtaken):
        stores.past_asides.settle(LEADER, late, KEPT, a_fill())
    assert stores.fills.get("leader", a_fill().fill_id) is None
    assert len(stores.asides.of_account("leader")) == 1
