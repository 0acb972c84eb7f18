"""The twin of the health of connections."""

from collections.abc import Sequence
from dataclasses import replace

from pilotfish.domain.connections import Health
from pilotfish.ports import Lease
from tests.fakes.tables import Tables


class MemoryHealths:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def save(self, health: Health, lease: Lease) -> None:
        self._tables.require(lease)
        before = self._tables.healths.get(health.account_id, Health(health.account_id))
        known = {
            name: getattr(health, name) or getattr(before, name)
            for name in ("heard_ms", "fill_ms", "error", "error_ms")
        }
        self._tables.healths[health.account_id] = replace(health, **known)

    def of(self, account_ids: Sequence[str]) -> dict[str, Health]:
        healths = self._tables.healths
        return {name: healths[name] for name in account_ids if name in healths}
