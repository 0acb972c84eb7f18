"""Decide an account's fills in their order: out of it, an exit would take another fraction."""

from collections.abc import Callable

from pilotfish.domain.fills import Fill


class HeldUp(Exception):
    """An earlier fill of the account could not be decided; the stream brings both again."""


class InOrder:
    """A fill that fails holds up the later ones of its account, until the next batch."""

    def __init__(self, decide: Callable[[Fill], None]) -> None:
        self._decide = decide
        self._held_up: set[str] = set()

    def begin(self) -> None:
        """A new batch: the stream brings again what failed, from the first of it on."""
        self._held_up.clear()

    def __call__(self, fill: Fill) -> None:
        """Raises `HeldUp` behind a fill that failed, and what deciding raises."""
        if fill.account_id in self._held_up:
            raise HeldUp(fill.account_id)
        self._held_up.add(fill.account_id)
        self._decide(fill)
        self._held_up.discard(fill.account_id)
