"""A payment is written once, with the reading that found it; of two who read one writes."""

from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.payments import Kind, Payment, Reading, Tells, Wanted
from tests.contract.stores.conftest import Stores, Workers
from tests.fakes import EPOCH_MS

D = Decimal
FIRST = Reading("follower-1", since_ms=EPOCH_MS - 5, through_ms=EPOCH_MS, asked_ms=EPOCH_MS)


def funding(key: str, at_ms: int = EPOCH_MS, amount: str = "-1.5") -> Payment:
    return Payment(
        key,
        Kind.FUNDING,
        at_ms,
        "BTC/USDT:USDT",
        D(amount),
        "USDT",
        size=D("0.2"),
        shares={"follow-1": D("0.25")},
    )


def test_what_was_written_is_read_in_its_order(workers: Workers, stores: Stores) -> None:
    rows = [funding("b", EPOCH_MS + 1), funding("a"), funding("b")]
    after = stores.payments.add(FIRST, rows)
    assert after is not None
    read = workers.another().payments
    assert read.readings(["nobody", "follower-1"]) == {"follower-1": after}
    assert after == replace(FIRST, days=after.days, revision=1)
    assert read.between("follower-1", 0, EPOCH_MS + 1) == [rows[1], rows[2], rows[0]]
    assert read.between("follower-1", EPOCH_MS, EPOCH_MS) == [rows[1], rows[2]]
    assert read.between("follower-1", 0, EPOCH_MS - 1) == []
    assert read.between("another", 0, EPOCH_MS + 1) == []


def test_what_is_told_again_is_written_once_and_is_no_news(stores: Stores) -> None:
    first = stores.payments.add(FIRST, [funding("a"), funding("a")])
    assert first is not None
    changed = funding("a", amount="-99")
    again = stores.payments.add(replace(first, asked_ms=EPOCH_MS + 9), [changed])
    assert again is not None
    assert stores.payments.between("follower-1", 0, EPOCH_MS) == [funding("a")]
    assert (again.asked_ms, again.revision, again.days) == (EPOCH_MS + 9, 2, first.days)
    assert (again.news(0), again.news(1)) == (min(first.days), "")


def test_of_two_who_read_at_once_one_writes(stores: Stores) -> None:
    assert stores.payments.add(FIRST, [funding("a")]) is not None
    assert stores.payments.add(FIRST, [funding("b")]) is None
    assert stores.payments.add(replace(FIRST, revision=7), [funding("c")]) is None
    assert stores.payments.between("follower-1", 0, EPOCH_MS) == [funding("a")]


def test_a_reading_that_found_nothing_is_kept(stores: Stores) -> None:
    after = stores.payments.add(replace(FIRST, tells=Tells.NO), [])
    assert after is not None
    assert stores.payments.readings(["follower-1"])["follower-1"].tells is Tells.NO


def test_what_a_follow_wants_takes_the_place_of_what_it_wanted(stores: Stores) -> None:
    wanted = Wanted("follow-1", 1, 2, {"o1": D("0.5")}, ("BTC/USDT",))
    other = replace(wanted, follow_id="follow-2")
    for each in (wanted, other, replace(wanted, asked_ms=3)):
        stores.payments.want("follower-1", each)
    assert stores.payments.wanted("follower-1") == [replace(wanted, asked_ms=3), other]
    assert stores.payments.wanted("another") == []
