"""What is put aside comes back as it was."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from pilotfish.adapters.dynamo.documents import document, from_document
from pilotfish.domain.performance.counting import Head
from pilotfish.domain.performance.days import Day, Quality, day_of
from pilotfish.domain.performance.journal import Journal
from pilotfish.domain.performance.records import TrackRecord, track_record
from tests.fakes import EPOCH_MS
from tests.unit.performance.deals import a_deal, counted


def test_a_head_comes_back_with_all_that_is_open() -> None:
    journal = Journal()
    journal.turn_to(day_of(EPOCH_MS))
    journal.add(a_deal("0.1234567890123456789", "3.3", number=3))
    journal.add(a_deal("1", 100, symbol="ETH/BTC"))
    journal.add(a_deal("1", 7, symbol="SOL/USDT", fee=Decimal(1), fee_currency="BNB"))
    head = Head("leader", "1-a", journal.day, journal.open, 3, ("s#1",), 5, Decimal("0.1"), 9)
    assert from_document(Head, document(head)) == head


def test_a_record_comes_back() -> None:
    days = counted(a_deal("1", 100), a_deal("-1", 90, EPOCH_MS + 1))
    record = track_record("leader", days, EPOCH_MS)
    assert from_document(TrackRecord, document(record)) == record


def test_a_day_comes_back_with_its_counts() -> None:
    quality = Quality(2, 30, Decimal("0.5"), Decimal(10), Counter({1: 2}))
    day = Day("2026-01-01", unknown=2, left_out=Counter(EUR=3), quality=quality)
    day = replace(day, marks={"BTC/USDT#net": Decimal(5)}, equity=Decimal("7.10"))
    assert from_document(Day, document(day)) == day


def test_what_has_its_default_is_not_written() -> None:
    assert document(Day("2026-01-01")) == '{"day":"2026-01-01"}'
    assert from_document(Day, '{"day":"2026-01-01"}') == Day("2026-01-01")


def test_another_document_is_refused() -> None:
    with pytest.raises(TypeError):
        from_document(Day, '{"realized":"1"}')
