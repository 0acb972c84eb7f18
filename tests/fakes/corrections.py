"""The twin of what people said of fills."""

from pilotfish.domain.corrections import Correction
from tests.fakes.tables import Tables


class MemoryCorrections:
    def __init__(self, tables: Tables) -> None:
        self._rows = tables.corrections

    def append(self, correction: Correction) -> bool:
        key = correction.account_id, correction.fill_id, correction.number
        if key in self._rows:
            return False
        self._rows[key] = correction
        return True

    def of_fill(self, account_id: str, fill_id: str) -> list[Correction]:
        return self.between(account_id, fill_id, fill_id)

    def between(self, account_id: str, first_id: str, last_id: str) -> list[Correction]:
        rows = sorted(self._rows.items())
        return [
            correction
            for (account, fill_id, _), correction in rows
            if account == account_id and first_id <= fill_id <= last_id
        ]

    def said_between(self, account_id: str, after_ms: int, until_ms: int) -> list[str]:
        found = {
            fill_id
            for (account, fill_id, _), correction in self._rows.items()
            if account == account_id and after_ms < correction.at_ms <= until_ms
        }
        return sorted(found)
