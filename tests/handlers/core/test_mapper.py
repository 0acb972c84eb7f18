"""Stream batches of fills, replayed: what is decided, once, and which records come again."""

from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.fills import fill_from_item
from pilotfish.domain.fills import Fill
from pilotfish.domain.netting import Ledger, Line
from pilotfish.domain.orders import State
from pilotfish.ports import LedgerKey
from tests.fakes.samples import an_instrument
from tests.handlers.conftest import sample, samples
from tests.handlers.core.batches import POISON, failed, number, poisoned
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import PAIRS, Stack, images

LOTS = {
    "binanceusdm": {"BTC/USDT:USDT": "0.001", "ETH/USDT:USDT": "0.001"},
    "binance": {"BTC/USDT": "0.00001"},
    "delta": {"BTC/USD:USD": "0.001"},
}

# The leader's fill times a half, in lots; the follower holds half of what the leader held.
DECIDED = {
    "mapper/usdm.json": [("entry", "buy", "0.020", "")],
    "mapper/usdm_close.json": [("exit", "sell", "0.080", "")],
    "mapper/usdm_flip.json": [("exit", "sell", "0.080", ""), ("entry", "sell", "0.020", "")],
    "mapper/usdm_hedge.json": [("entry", "sell", "0.750", "")],
    "mapper/spot.json": [("entry", "buy", "0.00624", "")],
    "mapper/delta.json": [("exit", "sell", "0.012", "")],
    "mapper/burst_of_small_fills.json": [
        ("entry", "buy", "0", "below_lot"),
        ("entry", "buy", "0.001", ""),
    ]
    * 5,
}


@pytest.fixture
def followed(stack: Stack) -> Stack:
    for leader, (follower, venue) in PAIRS.items():
        stack.pair(leader, follower, venue)
    for venue, of in LOTS.items():
        listed = [
            an_instrument(symbol, lot=Decimal(lot), min_quantity=Decimal(lot))
            for symbol, lot in of.items()
        ]
        stack.instruments.publish(venue, listed, stack.clock())
    return stack


def arrive(stack: Stack, path: str) -> None:
    """The fills are stored, and what came before the first of them was copied by half."""
    for image in images(path):
        stack.put("FillsTable", image)
    first = fill_from_item(images(path)[0])
    follower, venue = PAIRS[first.account_id]
    lot = Decimal(LOTS[venue][first.symbol])
    held = first.position_before / 2
    key = LedgerKey(first.account_id, first.symbol, first.position_side, 0)
    line = Line(held, held - held % lot)
    stack.ledgers.commit(key, Ledger({f"{first.account_id}.{follower}": line}, 1), [])


def decided(stack: Stack) -> list[tuple[str, str, Decimal, str]]:
    orders = sorted(stack.copy_orders(), key=lambda o: (o.fill_id, -ord(o.leg[1])))
    return [(str(o.leg), str(o.side), o.quantity, o.reason) for o in orders]


def test_every_sample_is_expected() -> None:
    assert sorted(DECIDED) == samples("mapper")


@pytest.mark.parametrize("path", samples("mapper"))
def test_every_sample_is_decided_once(followed: Stack, start: Start, path: str) -> None:
    arrive(followed, path)
    mapper = start("mapper")
    assert mapper.handler(sample(path), None) == failed()
    assert decided(followed) == [(leg, side, Decimal(q), r) for leg, side, q, r in DECIDED[path]]
    assert not any("undecided" in item for item in followed.items("FillsTable"))
    before = followed.contents()
    assert mapper.handler(sample(path), None) == failed()
    assert start("mapper").handler(sample(path), None) == failed()
    assert followed.contents() == before


BROKEN: list[dict[str, Any]] = [
    {},
    {"quantity": None},
    {"price": {"S": "sixty thousand"}},
    {"side": {"S": "sideways"}},
    {"traded_ms": {"S": "yesterday"}},
]


@pytest.mark.parametrize("image", BROKEN, ids=str)
def test_poison_is_reported_alone_and_logged(
    followed: Stack, start: Start, image: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    path = "mapper/burst_of_small_fills.json"
    arrive(followed, path)
    records = sample(path)["Records"]
    batch = {"Records": [records[0], poisoned(records[0], **image), *records[1:]]}
    assert start("mapper").handler(batch, None) == failed(POISON)
    assert len(followed.copy_orders()) == len(records)
    [logged] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert logged.__dict__["event_id"] == "poison"


def test_a_fill_that_cannot_be_decided_now_holds_up_the_later_ones_of_its_account(
    followed: Stack, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decided out of its order, an exit would take another fraction."""
    path = "mapper/burst_of_small_fills.json"
    arrive(followed, path)
    records = sample(path)["Records"]
    mapper = start("mapper")
    decide, second = mapper.map_fill._decide, images(path)[1]["sk"]["S"]

    def once_unlucky(fill: Fill) -> None:
        if fill.fill_id == second:
            raise TimeoutError
        decide(fill)

    monkeypatch.setattr(mapper.map_fill, "_decide", once_unlucky)
    assert mapper.handler({"Records": records}, None) == failed(*map(number, records[1:]))
    assert len(followed.copy_orders()) == 1
    monkeypatch.setattr(mapper.map_fill, "_decide", decide)
    assert mapper.handler({"Records": records[1:]}, None) == failed()
    assert decided(followed) == [(leg, side, Decimal(q), r) for leg, side, q, r in DECIDED[path]]


def test_a_venue_that_is_not_published_holds_up_its_own_fills_alone(
    followed: Stack, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    followed.pair("ada-usdm", "eve-kraken", "kraken")
    for path in ("mapper/usdm.json", "mapper/spot.json"):
        arrive(followed, path)
    records = [sample(path)["Records"][0] for path in ("mapper/usdm.json", "mapper/spot.json")]
    answer = start("mapper").handler({"Records": records}, None)
    assert answer == failed(number(records[0]))
    assert [order.leader_id for order in followed.copy_orders()] == ["ada-spot"]
    assert [item["pk"]["S"] for item in followed.items("FillsTable") if "undecided" in item] == [
        "ada-usdm"
    ]
    assert "kraken" in str(caplog.records[-1].exc_info)
    followed.instruments.publish("kraken", [], followed.clock())
    assert start("mapper").handler({"Records": records}, None) == failed()
    states = {order.follow_id: order.state for order in followed.copy_orders()}
    assert states["ada-usdm.eve-kraken"] is State.SKIPPED
    assert states["ada-usdm.ben-usdm"] is State.PLANNED
