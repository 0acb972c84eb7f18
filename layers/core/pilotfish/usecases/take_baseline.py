"""From where on an account is listened to, and what it held then."""

import asyncio

from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Holdings
from pilotfish.ports import Cursor, Cursors, Lease, Positions, Venue

AGAIN_S = 1.0


class TakeBaseline:
    """What is stored; for an account that is new from now on, with what it holds."""

    def __init__(self, *, cursors: Cursors, positions: Positions, lease: Lease) -> None:
        self._cursors = cursors
        self._positions = positions
        self._lease = lease

    async def __call__(self, account_id: str, venue: Venue) -> tuple[Cursor, Holdings]:
        """Raises `LeaseLost` under a stale lease."""
        cursor = await asyncio.to_thread(self._cursors.load, account_id)
        held = await asyncio.to_thread(self._positions.of_account, account_id)
        while cursor is None or held is None:
            cursor = await self._take(account_id, venue)
            held = await asyncio.to_thread(self._positions.of_account, account_id)
        return cursor, held

    async def _take(self, account_id: str, venue: Venue) -> Cursor | None:
        """None after a moment in which it traded: the baseline would count that twice."""
        started_ms = await venue.server_time_ms()
        baseline = await venue.positions()
        symbols = frozenset(await venue.symbols_traded(started_ms))
        reports = await venue.fills_since(started_ms, symbols)
        if any(isinstance(report, Fill) for report in reports):
            await asyncio.sleep(AGAIN_S)
            return None
        await asyncio.to_thread(self._positions.save_baseline, account_id, baseline, self._lease)
        cursor = Cursor(account_id, started_ms, started_ms, symbols)
        await asyncio.to_thread(self._cursors.save, cursor, self._lease)
        return cursor
