"""Settle what a back-fill reads: up to when, and in which symbols."""

import asyncio
from dataclasses import dataclass

from pilotfish.domain.sync_sessions import SyncSession
from pilotfish.ports import Cursors, KnownSymbols, Venue

# A venue's lists may bring a fill to light this long after it happened.
SETTLED_MS = 10_000
# Open orders and balances tell symbols whatever the time is.
RECENT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The last millisecond (the venue's time) and the symbols."""

    until_ms: int
    symbols: frozenset[str]


class PlanSync:
    """The live listener writes whatever was traded from its baseline on, and has it copied.

    So a back-fill ends before the baseline. An account that is listened to only later has a later
    baseline than any back-fill that was planned without one.
    """

    def __init__(self, *, cursors: Cursors, known_symbols: KnownSymbols) -> None:
        self._cursors = cursors
        self._known_symbols = known_symbols

    async def __call__(self, session: SyncSession, venue: Venue) -> Plan:
        """Symbols: those asked for, held, ordered, traded lately, and all that are known."""
        server_ms = await venue.server_time_ms()
        cursor = await asyncio.to_thread(self._cursors.load, session.account_id)
        ends = [session.until_ms, server_ms - SETTLED_MS]
        symbols = set(session.symbols)
        if cursor is not None:
            ends.append(cursor.started_ms - 1)
            symbols |= cursor.symbols
        symbols |= await asyncio.to_thread(self._known_symbols.of_account, session.account_id)
        symbols |= {position.symbol for position in await venue.positions()}
        symbols |= await venue.symbols_traded(server_ms - RECENT_MS)
        return Plan(min(ends), frozenset(symbols))
