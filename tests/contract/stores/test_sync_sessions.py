"""A session is moved on from a known revision, and one of an account and type runs at a time."""

from dataclasses import replace

import pytest

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.sync_sessions import SyncSession, SyncStatus, Tally
from pilotfish.domain.venues import Position
from pilotfish.ports import AlreadyRunning, Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, SPOT, a_session

LATER_MS = EPOCH_MS + 1_000


def later(number: int, **more: object) -> SyncSession:
    """The number-th session after the first."""
    started_ms = EPOCH_MS + number
    return a_session(session_id=f"{started_ms:013d}-x", started_ms=started_ms, **more)


def ended(session: SyncSession, status: SyncStatus = SyncStatus.FAILED) -> SyncSession:
    return session.ended(status, LATER_MS, "why")


def test_a_session_comes_back_with_every_field(workers: Workers, stores: Stores) -> None:
    session = a_session(
        symbols=(SPOT, PERPETUAL), cursor='{"page": 7}', planned=True, trades_synced=1, pages=2
    )
    stores.sessions.begin(session)
    assert workers.another().sessions.get("leader", session.session_id) == session
    assert stores.sessions.get("leader", "another") is None
    assert stores.sessions.get("another", session.session_id) is None


def test_a_page_moves_the_cursor_once(workers: Workers, stores: Stores) -> None:
    session = a_session()
    stores.sessions.begin(session)
    after = session.after_page(Tally(3, 2, 1), "next", LATER_MS)
    assert stores.sessions.move(session, after)
    assert not workers.another().sessions.move(session, after)
    assert stores.sessions.get("leader", session.session_id) == after
    assert (after.trades_synced, after.trades_updated, after.trades_known) == (3, 2, 1)


@pytest.mark.parametrize("asked", [SyncStatus.RUNNING, SyncStatus.STOPPING])
def test_no_second_one_runs_beside_it(stores: Stores, asked: SyncStatus) -> None:
    first = a_session()
    stores.sessions.begin(first)
    stores.sessions.move(first, first.moved(LATER_MS, status=asked))
    with pytest.raises(AlreadyRunning, match=first.session_id):
        stores.sessions.begin(later(1))
    assert stores.sessions.of_account("leader", 9) == [first.moved(LATER_MS, status=asked)]
    stores.sessions.begin(replace(later(1), account_id="another"))


@pytest.mark.parametrize("status", [s for s in SyncStatus if not s.active])
def test_the_next_one_may_run_when_it_has_ended(stores: Stores, status: SyncStatus) -> None:
    first = a_session()
    stores.sessions.begin(first)
    stores.sessions.move(first, ended(first, status))
    stores.sessions.begin(later(1))
    with pytest.raises(AlreadyRunning):
        stores.sessions.begin(later(2))


def test_one_that_is_tried_again_runs_alone_too(stores: Stores) -> None:
    first = a_session()
    stores.sessions.begin(first)
    failed = ended(first)
    stores.sessions.move(first, failed)
    stores.sessions.begin(later(1))
    with pytest.raises(AlreadyRunning, match=later(1).session_id):
        stores.sessions.move(failed, failed.begun_again(LATER_MS, 2))
    assert stores.sessions.get("leader", first.session_id) == failed
    stores.sessions.move(later(1), ended(later(1)))
    again = failed.begun_again(LATER_MS, 2)
    assert stores.sessions.move(failed, again)
    with pytest.raises(AlreadyRunning, match=first.session_id):
        stores.sessions.begin(later(2))


def test_sessions_are_listed_by_account_the_latest_first(stores: Stores) -> None:
    for number in range(4):
        stores.sessions.begin(later(number))
        if number < 3:
            stores.sessions.move(later(number), ended(later(number)))
    found = stores.sessions.of_account("leader", 3)
    assert [s.started_ms - EPOCH_MS for s in found] == [3, 2, 1]
    assert stores.sessions.of_account("another", 3) == []


def test_sessions_are_listed_by_status_the_latest_first(stores: Stores) -> None:
    for number, name in enumerate(("ada", "ben", "cho")):
        session = later(number, account_id=name)
        stores.sessions.begin(session)
        if name != "ben":
            stores.sessions.move(session, ended(session))
    failed = stores.sessions.in_status(SyncStatus.FAILED, 9)
    assert [session.account_id for session in failed] == ["cho", "ada"]
    assert stores.sessions.in_status(SyncStatus.FAILED, 1) == failed[:1]
    assert [s.account_id for s in stores.sessions.in_status(SyncStatus.RUNNING, 9)] == ["ben"]


def test_symbols_are_known_from_positions_and_from_earlier_sessions(
    stores: Stores, lease: Lease
) -> None:
    assert stores.known_symbols.of_account("leader") == set()
    held = Position(PERPETUAL, PositionSide.NET, 1)  # type: ignore[arg-type]
    stores.positions.save_baseline("leader", [held], lease)
    assert stores.known_symbols.of_account("leader") == {PERPETUAL}
    stores.sessions.begin(a_session(symbols=(SPOT,)))
    assert stores.known_symbols.of_account("leader") == {PERPETUAL, SPOT}
    assert stores.known_symbols.of_account("another") == set()
