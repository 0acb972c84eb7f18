"""What can be traded is published from the venues' own markets."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pilotfish.domain.instruments import Kind
from pilotfish_local.exchange import endpoints
from pilotfish_local.exchange_control import ExchangeControl
from tests.handlers.conftest import sample, samples
from tests.handlers.core.conftest import Start
from tests.handlers.core.stack import Stack

VENUES = ("binance", "binanceusdm", "delta")


def published(stack: Stack) -> list[Any]:
    """All but the time."""
    return [(item["pk"], item["rows"]) for item in stack.items("InstrumentsTable")]


@pytest.mark.parametrize("path", samples("instruments"))
def test_every_sample_twice(
    stack: Stack, start: Start, exchange: ExchangeControl, path: str
) -> None:
    at = json.dumps(endpoints(exchange.url))
    instruments = start("instruments", Venues=",".join(VENUES), VenueEndpoints=at)
    counts = instruments.handler(sample(path), None)
    assert sorted(counts) == sorted(VENUES)
    assert {venue: len(stack.instruments.of_venue(venue)) for venue in VENUES} == counts
    before = published(stack)
    assert instruments.handler(sample(path), None) == counts
    assert published(stack) == before
    perpetual = stack.instruments.of_venue("binanceusdm")["BTC/USDT:USDT"]
    assert (perpetual.kind, perpetual.open) == (Kind.LINEAR, True)
    assert perpetual.lot == perpetual.min_quantity == Decimal("0.001")


def test_a_venue_that_cannot_be_read_keeps_what_it_had(
    stack: Stack, start: Start, exchange: ExchangeControl, caplog: pytest.LogCaptureFixture
) -> None:
    at, venues = endpoints(exchange.url), ",".join(VENUES)
    start("instruments", Venues=venues, VenueEndpoints=json.dumps(at)).handler({}, None)
    before = published(stack)
    at["delta"]["rest"] = "http://127.0.0.1:1"
    again = start("instruments", Venues=venues, VenueEndpoints=json.dumps(at))
    counts = again.handler({}, None)
    assert sorted(counts) == ["binance", "binanceusdm"]
    assert published(stack) == before
    [logged] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "delta" in logged.getMessage()
