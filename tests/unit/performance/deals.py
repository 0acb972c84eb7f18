"""Deals as a test writes them."""

from decimal import Decimal
from typing import Any

from pilotfish.domain.corrections import CorrectedFill
from pilotfish.domain.performance.days import Day, day_of
from pilotfish.domain.performance.deals import Deal, deal_of_fill
from pilotfish.domain.performance.journal import Journal
from tests.fakes import EPOCH_MS
from tests.fakes.samples import a_fill


def a_deal(quantity: str, price: str | int, at_ms: int = EPOCH_MS, **more: Any) -> Deal:
    """A past fill's, or a live one's where `number` is given; a negative quantity sells."""
    said = {"price": Decimal(price), "traded_ms": at_ms, "seen_ms": at_ms}
    fill = a_fill(quantity, **(said | more))
    return deal_of_fill(CorrectedFill(fill, fill))


def counted(*deals: Deal, journal: Journal | None = None) -> dict[str, Day]:
    """All days of these deals, the one that runs too."""
    journal = journal or Journal()
    days = []
    for deal in deals:
        days.append(journal.turn_to(day_of(deal.at_ms)))
        journal.add(deal)
    days.append(journal.turn_to("9999-12-31"))
    return {day.day: day for day in days if day is not None}
