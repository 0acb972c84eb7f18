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
from pilotfish.domain.places import Place
from pilotfish.domain.portfolios import Portfolio
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS

HELD = {"BTC/USDT:USDT#net": Open("model", "BTC/USDT:USDT", Decimal("1.5"), Decimal(100))}
FIRST = Head("leader", "1-a", Day("2026-01-03", realized=Decimal(5)), HELD, 7, revision=1)
STATEMENT = Statement(
    *("follow-1", "leader", "follower-1", "user-1", "2026-01"),
    *(Decimal("0.1"), Decimal(0), Decimal("12.34"), EPOCH_MS),
    leader_owner="ada",
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
    assert store.owed_to("ada", "", None, 9) == ([february, another, STATEMENT], None)
    assert store.owed_to("ada", "2026-02", None, 9) == ([february], None)
    assert store.owed_to("user-1", "", None, 9) == ([], None)
    assert store.owed_by("user-1", "2026-01", None, 9) == ([another, STATEMENT], None)
    assert store.owed_by("ada", "", None, 9) == ([], None)


def test_statements_go_on_behind_a_place_that_may_be_forged(stores: Stores) -> None:
    store = stores.fee_statements
    for month in ("2026-01", "2026-02", "2026-03"):
        store.add(replace(STATEMENT, month=month))
    first, place = store.owed_by("user-1", "", None, 2)
    assert [each.month for each in first] == ["2026-03", "2026-02"]
    assert place is not None
    rest, last = store.owed_by("user-1", "", place, 2)
    assert ([each.month for each in rest], last) == (["2026-01"], None)
    for forged, months in (("2099", ["2026-02"]), ("2020", [])):
        found, _ = store.owed_by("user-1", "2026-02", Place("x", forged), 9)
        assert [each.month for each in found] == months


def test_what_runs_is_written_over_until_it_is_made(stores: Stores) -> None:
    store = stores.fee_statements
    running = replace(STATEMENT, closed=False)
    assert store.estimate(running)
    assert store.estimate(replace(running, result=Decimal(20)))
    assert store.owed_by("user-1", "", None, 9)[0] == [replace(running, result=Decimal(20))]
    assert store.owed_to("ada", "", None, 9) == ([], None), "it is not settled"
    assert store.of_follow("follow-1") == []
    assert store.add(STATEMENT)
    assert not store.estimate(running), "a slower run writes nothing over"
    assert store.owed_by("user-1", "", None, 9) == ([STATEMENT], None)


def test_records_of_several_places_are_read_at_once(stores: Stores) -> None:
    store = stores.track_records
    records = {name: track_record(name, {}, EPOCH_MS) for name in ("a", "b", "copied|c")}
    for record in records.values():
        store.publish(record)
    assert store.published(["a", "copied|c", "nobody", "a"]) == {
        name: records[name] for name in ("a", "copied|c")
    }
    assert store.published([]) == {}


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
