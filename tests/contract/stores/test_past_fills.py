"""Fills of the past stand beside the live ones, once each, and nobody is asked to copy them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pilotfish.adapters.dynamo.past_fills import ATTEMPTS, DynamoPastFills
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.domain.sync_sessions import Tally
from pilotfish.ports import Lease
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill, an_account

LEADER = an_account("leader")
LATER_MS = EPOCH_MS + 60_000


def numbered(count: int, **more: object) -> list[Fill]:
    return [
        a_fill(trade_id=str(number), traded_ms=EPOCH_MS + number, **more)
        for number in range(1, count + 1)
    ]


def stored(stores: Stores, fill: Fill) -> Fill:
    found = stores.fills.get(fill.account_id, fill.fill_id)
    assert found is not None
    return found


def test_a_past_fill_is_marked_and_waits_for_nobody(stores: Stores) -> None:
    [fill] = numbered(1, fee=Decimal("1E-7"), fee_currency="BNB")
    assert stores.past_fills.add(LEADER, "s1", [fill, fill]) == Tally(synced=1)
    assert stored(stores, fill) == replace(fill, history=True)
    assert stores.fills.undecided(LATER_MS) == []


def test_positions_do_not_move(stores: Stores, lease: Lease) -> None:
    stores.positions.save_baseline("leader", [], lease)
    before = stores.positions.of_account("leader")
    stores.past_fills.add(LEADER, "s1", numbered(3))
    assert stores.positions.of_account("leader") == before


def test_a_page_that_is_done_again_counts_the_same(workers: Workers, stores: Stores) -> None:
    """The worker died between the page and its session's row."""
    assert stores.past_fills.add(LEADER, "s1", numbered(60)) == Tally(synced=60)
    again = workers.another().past_fills.add(LEADER, "s1", numbered(230))
    assert again == Tally(synced=230)
    assert all(stores.fills.get("leader", fill.fill_id) for fill in numbered(230))


def test_what_an_earlier_session_wrote_is_known(stores: Stores) -> None:
    stores.past_fills.add(LEADER, "s1", numbered(2))
    seen_later = numbered(3, seen_ms=LATER_MS)
    assert stores.past_fills.add(LEADER, "s2", seen_later) == Tally(synced=1, known=2)
    assert stored(stores, seen_later[0]).seen_ms == EPOCH_MS


def test_what_the_venue_tells_otherwise_now_is_written_again_once(stores: Stores) -> None:
    first, second = numbered(2)
    stores.past_fills.add(LEADER, "s1", [first, second])
    corrected = replace(first, fee=Decimal("0.5"), fee_currency="USDT")
    for _ in range(2):
        tally = stores.past_fills.add(LEADER, "s2", [corrected, second])
        assert tally == Tally(updated=1, known=1)
    assert stored(stores, first) == replace(corrected, history=True)
    assert stores.past_fills.add(LEADER, "s3", [corrected]) == Tally(known=1)


def test_a_live_fill_stays_as_it_is(stores: Stores, lease: Lease) -> None:
    [live] = stores.fills.add(LEADER, Holdings(), numbered(1), lease)
    told_otherwise = replace(live, fee=Decimal(9), position_before=Decimal(0))
    assert stores.past_fills.add(LEADER, "s1", [told_otherwise]) == Tally(known=1)
    assert stored(stores, live) == live
    assert stores.fills.undecided(LATER_MS) == [live]


def test_a_live_fill_is_written_over_one_of_the_past(stores: Stores, lease: Lease) -> None:
    """Otherwise a back-fill could take a fill away from those who copy it."""
    past, later = numbered(2)
    stores.past_fills.add(LEADER, "s1", [past])
    holdings = Holdings()
    live = stores.fills.add(LEADER, holdings, [past, later], lease)
    assert [fill.fill_id for fill in live] == [past.fill_id, later.fill_id]
    assert stores.fills.undecided(LATER_MS) == live
    assert not stored(stores, past).history
    assert holdings.fills == 2
    assert stores.past_fills.add(LEADER, "s1", [past]) == Tally(known=1)
    assert stores.fills.undecided(LATER_MS) == live


def canceled(count: int, *, code: str) -> ClientError:
    reasons: Any = [{"Code": code}] + [{"Code": "None"}] * (count - 1)
    error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    return ClientError(error, "TransactWriteItems")


class Busy:
    """A table that takes nothing for a while, and then reads only one item at a time."""

    def __init__(self, client: Any, code: str, times: int) -> None:
        self._client = client
        self._code = code
        self.times = times

    def transact_write_items(self, **request: Any) -> Any:
        if self.times:
            self.times -= 1
            raise canceled(len(request["TransactItems"]), code=self._code)
        return self._client.transact_write_items(**request)

    def batch_get_item(self, **request: Any) -> Any:
        [(table, asked)] = request["RequestItems"].items()
        keys = asked["Keys"]
        answer = self._client.batch_get_item(RequestItems={table: asked | {"Keys": keys[:1]}})
        left = {table: asked | {"Keys": keys[1:]}} if keys[1:] else {}
        return answer | {"UnprocessedKeys": left}


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_throttling_slows_and_loses_nothing(
    dynamodb: Any, tables: dict[str, str], code: str
) -> None:
    pauses: list[float] = []
    busy = Busy(dynamodb, code, times=3)
    past_fills = DynamoPastFills(busy, tables["FillsTable"], sleep=pauses.append)  # type: ignore[arg-type]
    assert past_fills.add(LEADER, "s1", numbered(150)) == Tally(synced=150)
    assert len(pauses) == 3
    assert pauses[0] < pauses[2]
    assert past_fills.add(LEADER, "s2", numbered(5)) == Tally(known=5)


def test_a_table_that_stays_busy_is_told_of(dynamodb: Any, tables: dict[str, str]) -> None:
    busy = Busy(dynamodb, "ThrottlingError", times=ATTEMPTS)
    past_fills = DynamoPastFills(busy, tables["FillsTable"], sleep=lambda _: None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="ThrottlingError"):
        past_fills.add(LEADER, "s1", numbered(1))
    assert past_fills.add(LEADER, "s1", numbered(1)) == Tally(synced=1)
