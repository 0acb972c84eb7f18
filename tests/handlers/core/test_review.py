"""What a person says of trades is kept on top of them, however often it is said."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.adapters.dynamo.asides import DynamoAsides
from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, Flaw
from pilotfish.domain.holdings import Holdings
from tests.fakes import EPOCH_MS
from tests.fakes.samples import PERPETUAL, a_fill
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

LEADER = Account("ada-usdm", "ada", "binanceusdm", b"sealed", listen_shard="0")
FILL = a_fill("2", account_id=LEADER.account_id, venue="binanceusdm")
FILL_ID = f"{EPOCH_MS}-{PERPETUAL}-1"


@pytest.fixture
def traded(stack: Stack) -> Stack:
    """A leader's fill, and a report of a price of 0."""
    stack.accounts.save(LEADER)
    lease = stack.leases.acquire("0", "poller", stack.clock(), 60_000)
    assert lease is not None
    holdings = Holdings()
    stack.fills.add(LEADER, holdings, [FILL], lease)
    broken = a_fill("3", account_id=LEADER.account_id, trade_id="7", price=Decimal(0))
    aside = Aside(LEADER.account_id, "binanceusdm", Flaw.NO_PRICE, EPOCH_MS, '{"L": "0"}', broken)
    asides = DynamoAsides(
        stack.dynamodb,
        stack.tables["AsidesTable"],
        positions_table=stack.tables["PositionsTable"],
        leases_table=stack.tables["LeasesTable"],
    )
    asides.keep(LEADER, holdings, aside, lease)
    return stack


@pytest.mark.parametrize("path", samples("review"))
def test_every_sample_twice_leaves_fills_and_copies_as_they_are(
    traded: Stack, start: Start, path: str
) -> None:
    before = traded.contents()
    for _ in range(2):
        answer = start("review").handler(sample(path), None)
        assert "done" in answer or "does not wait any more" in answer["why"]
    after = traded.contents()
    own = {"CorrectionsTable", "AsidesTable"}
    assert {name: after[name] for name in after if name not in own} == {
        name: before[name] for name in before if name not in own
    }


def test_a_correction_is_read_and_the_fill_is_as_it_was_told(traded: Stack, start: Start) -> None:
    review = start("review")
    assert traded.fills.get(LEADER.account_id, FILL_ID) is not None
    for name in ("override", "annotate", "exclude"):
        review.handler(sample(f"review/{name}.json"), None)
    [read] = review.handler(sample("review/trades.json"), None)["done"]
    assert (read["fill"]["price"], read["told"]["price"], read["excluded"]) == ("99.5", "100", True)
    assert [each["by"] for each in read["corrections"]] == ["ann@example.com"] * 3
    stored = traded.fills.get(LEADER.account_id, FILL_ID)
    assert stored is not None
    assert stored.price == 100


def test_what_waits_is_released_with_what_was_wrong(traded: Stack, start: Start) -> None:
    review = start("review")
    [waiting] = review.handler(sample("review/asides.json"), None)["done"]
    assert (waiting["flaw"], waiting["raw"]) == ("no_price", '{"L": "0"}')
    released = review.handler(sample("review/release.json"), None)["done"]
    assert released["state"] == "released"
    assert review.handler(sample("review/asides.json"), None) == {"done": []}
    again = review.handler(sample("review/drop.json"), None)
    assert again == {"why": "BTC/USDT:USDT-7 does not wait any more"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fill_id": "none"}, "there is no fill none of ada-usdm"),
        ({"changes": {"price": "0"}}, "it would be no fill: no_price"),
        ({"changes": {"price": "dear"}}, "'dear' is no price"),
        ({"changes": {"venue": "okx"}}, "venue cannot be corrected"),
        ({"changes": {}}, "an override changes something"),
        ({"note": ""}, "say why"),
        ({"by": ""}, "say who"),
        ({"verb": "delete"}, "'delete' is not a valid Verb"),
        ({"do": "burn"}, "there is nothing like 'burn' to do"),
    ],
)
def test_what_makes_no_sense_is_refused(
    traded: Stack, start: Start, change: dict[str, Any], why: str
) -> None:
    before = traded.contents()
    answer = start("review").handler(sample("review/override.json") | change, None)
    assert why in answer["why"]
    assert traded.contents() == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"aside_id": "none"}, "there is no none of ada-usdm"),
        ({"changes": {}}, "it is still no fill: no_price"),
    ],
)
def test_what_is_still_wrong_is_not_released(
    traded: Stack, start: Start, change: dict[str, Any], why: str
) -> None:
    answer = start("review").handler(sample("review/release.json") | change, None)
    assert why in answer["why"]
    [waiting] = start("review").handler({"do": "asides"}, None)["done"]
    assert waiting["state"] == "open"


Lines = Callable[[], list[Any]]


def test_what_was_released_is_a_fill_after_the_next_run(traded: Stack, start: Start) -> None:
    start("review").handler(sample("review/release.json"), None)
    lease = traded.leases.acquire("0", "next", traded.clock() + 120_000, 60_000)
    assert lease is not None
    name = traded.tables
    asides = DynamoAsides(
        traded.dynamodb,
        name["AsidesTable"],
        fills_table=name["FillsTable"],
        positions_table=name["PositionsTable"],
        leases_table=name["LeasesTable"],
    )
    [(aside, fill)] = asides.released(LEADER.account_id)
    written = asides.settle(LEADER, Holdings(fills=1), aside, fill, lease)
    assert written is not None
    assert (written.price, written.position_before, written.number) == (100, 2, 2)
