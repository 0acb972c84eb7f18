"""The judge of the chaos sees what must not be."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.orders import CopyOrder, Leg, State
from tests.fakes.samples import PERPETUAL, a_follow, an_order

from .venue_book import Discrepancies, Positions, compare, executions, quiet_after_s

Json = dict[str, Any]
FOLLOW = a_follow(multiplier=Decimal(2))
LOTS = {PERPETUAL: Decimal("0.001")}
S = 1_000_000_000


def taken(account: str, quantity: str, at_s: int, client_id: str = "") -> Json:
    """A filled market order of the book; a negative quantity is a sell."""
    size = Decimal(quantity)
    fill = {"qty": str(abs(size)), "at_ns": at_s * S, "trade_id": f"{at_s}"}
    return {
        "account": account,
        "venue": "binanceusdm",
        "symbol": "BTCUSDT",
        "unified": "BTC/USDT:USDT",
        "side": "BUY" if size > 0 else "SELL",
        "client_id": client_id,
        "filled": fill["qty"],
        "fills": [fill],
    }


LED = taken("leader", "1", 5)
COPY = an_order(
    "2",
    fill_id=executions([LED])[0].fill_id,
    state=State.COPIED,
    filled_quantity=Decimal(2),
)
COPIED = taken("follower-1", "2", 6, COPY.client_order_id)


def test_a_fill_that_was_copied_once_is_as_it_must_be() -> None:
    assert not compare([LED, COPIED], [FOLLOW], [COPY])


@pytest.mark.parametrize(
    ("book", "records", "wrong"),
    [
        ([LED], [], "missing"),
        ([LED, COPIED], [replace(COPY, leg=Leg.EXIT)], "unasked"),
        ([LED, COPIED], [replace(COPY, state=State.UNKNOWN)], "unfinished"),
        ([LED, COPIED, COPIED], [COPY], "doubled"),
        ([LED, COPIED, taken("follower-1", "1", 7, "mine")], [COPY], "nobodys"),
        ([LED], [COPY], "misremembered"),
        ([LED, COPIED], [replace(COPY, state=State.REJECTED)], "misremembered"),
        ([LED, COPIED], [replace(COPY, filled_quantity=Decimal(1))], "misremembered"),
    ],
)
def test_each_discrepancy_is_named(book: list[Json], records: list[CopyOrder], wrong: str) -> None:
    found = compare(book, [FOLLOW], records)
    assert isinstance(found, Discrepancies)
    assert getattr(found, wrong)


def test_a_flip_asks_for_an_exit_and_an_entry() -> None:
    flip = taken("leader", "-3", 8)
    found = compare([LED, COPIED, flip], [FOLLOW], [COPY])
    assert [leg for _, _, leg in found.missing] == [Leg.ENTRY, Leg.EXIT]


def test_what_exit_sync_sent_belongs_to_the_leaders_exit() -> None:
    leave = taken("leader", "-1", 8)
    fill_id = executions([leave])[0].fill_id
    left = replace(COPY, leg=Leg.EXIT, fill_id=fill_id, state=State.REJECTED)
    swept = replace(left, fill_id=f"{fill_id}~7", state=State.COPIED)
    closed = taken("follower-1", "-2", 9, swept.client_order_id)
    assert not compare([LED, COPIED, leave, closed], [FOLLOW], [COPY, left, swept])


@pytest.mark.parametrize(
    ("held", "off"), [("2", []), ("1.999", []), ("1.998", [-2]), ("2.5", [500])]
)
def test_drift_is_counted_in_lots(held: str, off: list[int]) -> None:
    book = [LED, taken("follower-1", held, 6)]
    found = Positions(executions(book)).drifts([FOLLOW], LOTS)
    assert [drift.lots for drift in found] == off


def test_quiet_counts_from_the_leaders_last_fill_to_the_last_repair() -> None:
    repair = taken("follower-1", "1", 20)
    book = [LED, taken("follower-1", "1", 6), repair, taken("follower-1", "0.001", 25)]
    assert quiet_after_s(executions(book), [FOLLOW], LOTS) == 15
