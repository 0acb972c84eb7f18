"""The twin of what accounts' markets were set to."""

from collections.abc import Iterable

from pilotfish.domain.fills import PositionSide
from pilotfish.domain.margining import MarginMark
from pilotfish.domain.netting import Booked, position_key
from tests.fakes.tables import Tables


class MemoryMargins:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, account_id: str, symbol: str) -> MarginMark | None:
        return self._tables.margins.get((account_id, symbol))

    def put(self, mark: MarginMark) -> bool:
        name = mark.account_id, mark.symbol
        before = self._tables.margins.get(name)
        if (before.revision if before else 0) != mark.revision - 1:
            return False
        self._tables.margins[name] = mark
        return True

    def holds(self, follow_ids: Iterable[str], symbol: str) -> bool:
        keys = [position_key(symbol, side) for side in PositionSide]
        books = [self._tables.booked.get((f, key), Booked()) for f in follow_ids for key in keys]
        return any(each.copied or each.exposed for each in books)
