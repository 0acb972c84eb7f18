"""The page of venues says what the table says."""

from pilotfish_venues.table import VENUES
from scripts.venue_matrix import PAGE, matrix


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == matrix(), "run: make venues"


def test_every_venue_is_in_every_table() -> None:
    tables = matrix().split("\n## ")[1:]
    for table in tables:
        for venue in VENUES:
            assert f"(`{venue}`)" in table
