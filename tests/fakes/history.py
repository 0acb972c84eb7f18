"""Twins of what a back-fill works on: sessions, fills of the past, and the saga."""

from collections.abc import Sequence
from dataclasses import replace

from pilotfish.domain.accounts import Account
from pilotfish.domain.asides import Aside, AsideState
from pilotfish.domain.fills import Fill
from pilotfish.domain.netting import symbol_of
from pilotfish.domain.sync_sessions import Overtaken, SyncSession, SyncStatus, Tally
from pilotfish.ports import AlreadyRunning
from tests.fakes.tables import Tables


class MemorySyncSessions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(self, session: SyncSession) -> None:
        self._lock(session)
        self._tables.sessions[session.account_id, session.session_id] = session

    def move(self, before: SyncSession, after: SyncSession) -> bool:
        key = after.account_id, after.session_id
        if self._tables.sessions[key].revision != before.revision:
            return False
        if after.status.active:
            self._lock(after)
        elif before.status.active:
            del self._tables.running[after.account_id, after.sync_type]
        self._tables.sessions[key] = after
        return True

    def get(self, account_id: str, session_id: str) -> SyncSession | None:
        return self._tables.sessions.get((account_id, session_id))

    def of_account(self, account_id: str, limit: int) -> list[SyncSession]:
        found = [s for s in self._tables.sessions.values() if s.account_id == account_id]
        return sorted(found, key=lambda s: s.session_id, reverse=True)[:limit]

    def in_status(self, status: SyncStatus, limit: int) -> list[SyncSession]:
        found = [s for s in self._tables.sessions.values() if s.status is status]
        return sorted(found, key=lambda s: s.started_ms, reverse=True)[:limit]

    def _lock(self, session: SyncSession) -> None:
        running = self._tables.running
        held = running.setdefault((session.account_id, session.sync_type), session.session_id)
        if held != session.session_id:
            raise AlreadyRunning(held)


class MemoryPastFills:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, account: Account, session_id: str, fills: Sequence[Fill]) -> Tally:
        tally = Tally()
        for fill in {fill.fill_id: fill for fill in fills}.values():
            tally += self._add(session_id, replace(fill, history=True))
        return tally

    def put_new(self, session_id: str, fill: Fill) -> bool:
        if (fill.account_id, fill.fill_id) in self._tables.fills:
            return False
        return self._add(session_id, replace(fill, history=True)).synced == 1

    def _add(self, session_id: str, fill: Fill) -> Tally:
        key = fill.account_id, fill.fill_id
        stored = self._tables.fills.get(key)
        by, again = self._tables.written_by.get(key, ("", ""))
        if stored is None:
            self._tables.fills[key] = fill
            self._tables.written_by[key] = (session_id, "")
            return Tally(synced=1)
        if not stored.history:
            return Tally(known=1)
        if session_id == by:
            return Tally(synced=1)
        if session_id == again:
            return Tally(updated=1)
        if replace(stored, seen_ms=0) == replace(fill, seen_ms=0):
            return Tally(known=1)
        self._tables.fills[key] = fill
        self._tables.written_by[key] = (by, session_id)
        return Tally(updated=1)


class MemoryPastAsides:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def keep(self, account: Account, session: SyncSession, aside: Aside) -> bool:
        self._require(session)
        kept = replace(aside, session_id=session.session_id)
        key = kept.account_id, kept.aside_id
        if key in self._tables.asides:
            return False
        self._tables.asides[key] = kept
        return True

    def settle(self, account: Account, session: SyncSession, aside: Aside, fill: Fill) -> bool:
        self._require(session)
        key = aside.account_id, aside.aside_id
        if self._tables.asides[key].state not in (AsideState.OPEN, AsideState.RELEASED):
            return False
        self._tables.asides[key] = replace(aside, state=AsideState.SETTLED)
        self._tables.corrected.pop(key, None)
        return MemoryPastFills(self._tables).put_new(session.session_id, fill)

    def open(self, account_id: str) -> list[Aside]:
        rows = self._tables.asides.values()
        mine = [each for each in rows if each.account_id == account_id and each.session_id]
        return [each for each in mine if each.state is AsideState.OPEN]

    def released(self, account_id: str) -> list[tuple[Aside, Fill]]:
        rows = self._tables.asides
        found = [(rows[key], fill) for key, fill in self._tables.corrected.items()]
        return [each for each in found if each[0].account_id == account_id and each[0].session_id]

    def _require(self, session: SyncSession) -> None:
        stored = self._tables.sessions.get((session.account_id, session.session_id))
        if stored is None or not stored.status.active or stored.attempt != session.attempt:
            raise Overtaken


class MemoryKnownSymbols:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of_account(self, account_id: str) -> set[str]:
        held = {symbol_of(key) for key in self._positions(account_id)}
        sessions = MemorySyncSessions(self._tables).of_account(account_id, 100)
        return held | {symbol for session in sessions for symbol in session.symbols}

    def _positions(self, account_id: str) -> set[str]:
        held = self._tables.held.get(account_id)
        return set() if held is None else set(getattr(held, "positions", held))


class MemoryHistorySyncs:
    """Which sessions were started; an attempt is started once."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []

    def start(self, session: SyncSession) -> None:
        if (session.session_id, session.attempt) not in self.started:
            self.started.append((session.session_id, session.attempt))
