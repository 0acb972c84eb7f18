"""Days and heads are written from a known revision on; what was published only gets newer."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.fees import Statement
from pilotfish.domain.performance.counting import Ended, Head
from pilotfish.domain.performance.days import Day, Quality
from pilotfish.domain.performance.following import Followed
from pilotfish.domain.performance.journal import Open
from pilotfish.domain.performance.records import track_record
from pilotfish.domain.portfolios import Portfolio
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS

HELD = {"BTC/USDT:USDT#net": Open("model", "BTC/USDT:USDT", Decimal("1.5"), Decimal(100))}
FIRST = Head("leader", "1-a", Day("2026-01-03", realized=Decimal(5)), HELD, 7, revision=1)
STATEMENT = Statement(
    *("follow-1", "leader", "follower-1", "user-1", "2026-01"),
    *(Decimal("0.1"), Decimal(0), Decimal("12.34"), EPOCH_MS),
)
PORTFOLIO = Portfolio("p1", "user-1", "Majors", ("a", "b"), EPOCH_MS)


def ended(day: str, realized: int = 1) -> Ended:
    return Ended(Day(day, realized=Decimal(realized)), HELD)


def test_a_head_and_its_days_are_read_as_they_were_written(
    workers: Workers, stores: Stores
) -> None:
    assert stores.track_records.head("leader") is None
    assert stores.track_records.save(FIRST, [ended("2026-01-01"), ended("2026-01-02", 2)])
    read = workers.another().track_records
    assert read.head("leader") == FIRST
    assert list(read.days("leader")) == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert read.days("leader", "2026-01-03") == {"2026-01-03": FIRST.day}
    assert read.days("another") == {}


def test_from_another_revision_nothing_is_written(stores: Stores) -> None:
    store = stores.track_records
    assert store.save(FIRST, [ended("2026-01-01")])
    assert not store.save(FIRST, [ended("2026-01-01", 99)])
    assert not store.save(replace(FIRST, revision=3), [ended("2026-01-02", 99)])
    assert not store.save(FIRST, [])
    assert not store.save(replace(FIRST, revision=3), [])
    assert store.head("leader") == FIRST
    assert store.days("leader")["2026-01-01"].realized == 1
    assert "2026-01-02" not in store.days("leader")
    assert store.save(replace(FIRST, revision=2), [ended("2026-01-02", 3)])
    assert store.days("leader")["2026-01-02"].realized == 3


def test_more_days_than_a_transaction_takes(stores: Stores) -> None:
    days = [f"20{year:02d}-01-{day:02d}" for year in range(10, 20) for day in range(1, 21)]
    assert stores.track_records.save(replace(FIRST, day=None), [ended(day) for day in days])
    assert list(stores.track_records.days("leader")) == days


def test_counting_begins_again_after_the_last_day_before(stores: Stores) -> None:
    store = stores.track_records
    store.save(FIRST, [ended("2026-01-01"), ended("2026-01-02", 2)])
    assert store.ended_before("leader", "2026-01-01") is None
    assert store.ended_before("leader", "2026-01-02") == ended("2026-01-01")
    assert store.ended_before("leader", "2026-01-09") == ended("2026-01-02", 2)
    assert store.ended_before("another", "2026-01-09") is None


def test_a_record_is_published_and_never_by_an_earlier_one(stores: Stores) -> None:
    later = track_record("leader", {"2026-01-01": Day("2026-01-01")}, EPOCH_MS + 1)
    assert stores.track_records.record("leader") is None
    assert stores.track_records.publish(later)
    assert not stores.track_records.publish(track_record("leader", {}, EPOCH_MS))
    assert stores.track_records.record("leader") == later


def test_followers_are_found_by_their_leader(stores: Stores) -> None:
    quality = Quality(1, 5, Decimal(1), Decimal(2), Counter({3: 1}))
    row = Followed("follow-1", "leader", "follower-1", "user-1", True, False, quality=quality)
    stores.track_records.save_followed(row)
    stores.track_records.save_followed(replace(row, follow_id="follow-2"))
    later = replace(row, live=False, pnl={"7d": Decimal("-3.5")}, base={"7d": Decimal(7)})
    stores.track_records.save_followed(later)
    found = stores.track_records.followed("leader")
    assert found == {"follow-1": later, "follow-2": replace(row, follow_id="follow-2")}
    assert stores.track_records.followed("another") == {}
    assert stores.track_records.copied("follower-1") == found
    assert stores.track_records.copied("follower-2") == {}


def test_a_statement_that_was_made_is_never_changed(stores: Stores) -> None:
    store = stores.fee_statements
    assert store.add(STATEMENT)
    assert not store.add(replace(STATEMENT, result=Decimal(99)))
    assert store.of_follow("follow-1") == [STATEMENT]


def test_statements_are_found_by_follow_and_by_leader_and_month(stores: Stores) -> None:
    store = stores.fee_statements
    february = replace(STATEMENT, month="2026-02")
    another = replace(STATEMENT, follow_id="follow-2")
    for each in (february, STATEMENT, another):
        store.add(each)
    assert store.of_follow("follow-1") == [STATEMENT, february]
    assert store.of_leader("leader") == [STATEMENT, another, february]
    assert store.of_leader("leader", "2026-02") == [february]
    assert store.of_leader("another") == []


def test_a_portfolio_is_changed_from_the_revision_that_was_read(stores: Stores) -> None:
    store = stores.portfolios
    assert store.save(PORTFOLIO)
    assert not store.save(PORTFOLIO)
    changed = PORTFOLIO.changed("Alts", ["c"])
    assert store.save(changed)
    assert not store.save(PORTFOLIO.changed("Lost", ["d"]))
    assert store.get("user-1", "p1") == changed
    assert store.get("user-2", "p1") is None


def test_portfolios_are_their_owners_and_can_be_deleted(stores: Stores) -> None:
    store = stores.portfolios
    second = replace(PORTFOLIO, portfolio_id="p2", name="Second")
    store.save(PORTFOLIO)
    store.save(second)
    assert store.of_owner("user-1") == [PORTFOLIO, second]
    assert store.of_owner("user-2") == []
    assert not store.delete("user-1", "p1", revision=2)
    assert store.delete("user-1", "p1", revision=1)
    assert not store.delete("user-1", "p1", revision=1)
    assert store.of_owner("user-1") == [second]
