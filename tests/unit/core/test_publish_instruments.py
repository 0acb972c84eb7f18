"""What can be traded where, published for the mapper."""

import logging

import pytest

from pilotfish.domain.errors import NotSent
from pilotfish.usecases.publish_instruments import PublishInstruments
from tests.fakes import ManualClock, MemoryInstruments, ModelVenues, Tables
from tests.fakes.samples import PERPETUAL, SPOT, an_instrument


async def test_every_venue_is_published() -> None:
    tables, venues = Tables(), ModelVenues()
    venues.listed = {"a": [an_instrument()], "b": [an_instrument(SPOT), an_instrument()]}
    publish = PublishInstruments(
        venues=venues, instruments=MemoryInstruments(tables), clock=ManualClock()
    )
    assert await publish(["a", "b"]) == {"a": 1, "b": 2}
    assert set(tables.instruments["b"]) == {SPOT, PERPETUAL}


async def test_a_venue_that_does_not_answer_keeps_its_old_list_and_no_other_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tables, venues = Tables(), ModelVenues()
    tables.instruments["a"] = {SPOT: an_instrument(SPOT)}
    venues.listed = {"a": NotSent("451 unavailable for legal reasons"), "b": [an_instrument()]}
    publish = PublishInstruments(
        venues=venues, instruments=MemoryInstruments(tables), clock=ManualClock()
    )
    with caplog.at_level(logging.ERROR):
        assert await publish(["a", "b"]) == {"b": 1}
    assert set(tables.instruments["a"]) == {SPOT}
    assert "the instruments of a stay as they were" in caplog.text
