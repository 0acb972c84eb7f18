"""Venue ids, and the mark of paper accounts in them: `paper:okx` has okx's markets and no money.

The mark is in the id so that it goes wherever the venue's name goes: into orders, messages, lists
and logs. Whoever does not know of it finds no venue of that name, rather than a real one.
"""

from functools import lru_cache

PAPER = "paper:"


@lru_cache(maxsize=1_000)
def is_paper(venue: str) -> bool:
    """Whether what is done there is done with play money."""
    return venue.startswith(PAPER)


def on_paper(venue: str) -> str:
    """The id of a venue's paper twin."""
    return PAPER + market_venue(venue)


@lru_cache(maxsize=1_000)
def market_venue(venue: str) -> str:
    """The venue whose markets and prices count: a paper account's are those of the real one."""
    return venue.removeprefix(PAPER)
