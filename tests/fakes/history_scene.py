"""An account with a past, and what a back-fill makes of it."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pilotfish.domain.fills import Fill
from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.usecases.back_fills import BackFills
from pilotfish.usecases.plan_sync import PlanSync
from pilotfish.usecases.sync_history import SyncHistory
from pilotfish.usecases.sync_progress import Standing, Turn
from pilotfish.usecases.write_past import Pace, WritePast
from tests.fakes.clock import ManualClock
from tests.fakes.copying import MemoryAccounts
from tests.fakes.history import (
    MemoryHistorySyncs,
    MemoryKnownSymbols,
    MemoryPastAsides,
    MemoryPastFills,
    MemorySyncSessions,
)
from tests.fakes.listening import MemoryCursors
from tests.fakes.samples import PERPETUAL, a_fill, an_account
from tests.fakes.tables import Tables
from tests.fakes.venue import ModelVenue, ModelVenues

TURN_MS = 40_000
HOUR_MS = 3_600_000


class HistoryScene:
    """Runs turns in the virtual time of `simulate`; a worker that is killed leaves its tables."""

    def __init__(self, **venue: Any) -> None:
        self.clock = ManualClock()
        self.tables = Tables()
        self.sessions = MemorySyncSessions(self.tables)
        self.cursors = MemoryCursors(self.tables)
        self.past_fills = MemoryPastFills(self.tables)
        self.past_asides = MemoryPastAsides(self.tables)
        self.history_syncs = MemoryHistorySyncs()
        self.accounts = MemoryAccounts(self.tables)
        self.accounts.save(an_account("leader"))
        self.venues = ModelVenues()
        self.venue = ModelVenue(self.clock, "leader", **venue)
        self.venues.of["leader"] = self.venue
        self._ids = itertools.count(1)

    def past(self, count: int, symbol: str = PERPETUAL, step_ms: int = 1_000) -> list[Fill]:
        """The account traded this often, the last time an hour ago."""
        last_ms = self.clock() - HOUR_MS
        fills = [
            a_fill(
                symbol=symbol,
                trade_id=f"{symbol}{number}",
                traded_ms=last_ms - (count - number) * step_ms,
                price=Decimal(100 + number),
            )
            for number in range(1, count + 1)
        ]
        self.venue.trades += fills
        return fills

    def back_fills(self) -> BackFills:
        return BackFills(
            accounts=self.accounts,
            sessions=self.sessions,
            history_syncs=self.history_syncs,
            clock=self.clock,
            new_id=lambda: f"{next(self._ids):08x}",
        )

    def worker(self, *, per_second: float = 1e9) -> SyncHistory:
        known = MemoryKnownSymbols(self.tables)
        return SyncHistory(
            accounts=self.accounts,
            venues=self.venues,
            sessions=self.sessions,
            plan_sync=PlanSync(cursors=self.cursors, known_symbols=known),
            write_past=WritePast(self.past_fills, Pace(per_second, self.clock)),
            past_asides=self.past_asides,
            clock=self.clock,
        )

    async def start(self, **period: Any) -> SyncSession:
        period = {"symbols": [PERPETUAL]} | period
        return await self.back_fills().start("leader", **period)

    async def turn(self, session: SyncSession, worker: SyncHistory | None = None) -> Turn:
        take = worker or self.worker()
        key = session.account_id, session.session_id
        return await take(*key, session.attempt, self.clock() + TURN_MS)

    async def turns(self, session: SyncSession, most: int = 1_000) -> Turn:
        """As the state machine goes on: until it is over, whatever fails in between."""
        for _ in range(most):
            turn = await self.turn(session)
            if turn.standing is not Standing.RUNNING:
                return turn
        raise AssertionError("it does not end")

    def stored(self, session: SyncSession) -> SyncSession:
        found = self.sessions.get(session.account_id, session.session_id)
        assert found is not None
        return found

    def written(self) -> Iterator[Fill]:
        return iter(sorted(self.tables.fills.values(), key=lambda fill: fill.traded_ms))
