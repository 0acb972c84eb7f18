"""Followers may be on every venue of the table that takes orders."""

from typing import Any

from pilotfish_venues.table import VENUES


def test_the_instruments_of_all_that_can_be_traded_on_are_published(
    template: dict[str, Any],
) -> None:
    published = template["Parameters"]["Venues"]["Default"].split(",")

    assert sorted(published) == sorted(v for v, row in VENUES.items() if not row.read_only)
