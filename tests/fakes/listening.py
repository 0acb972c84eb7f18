"""Twins of what the poller writes: leases, cursors, fills, leaders' positions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pilotfish.domain.accounts import Account
from pilotfish.domain.fills import Fill
from pilotfish.domain.holdings import Held, Holdings, stamp
from pilotfish.domain.netting import Booked, position_key
from pilotfish.domain.venues import Position
from pilotfish.ports import Cursor, Lease
from tests.fakes.tables import Tables

ZERO = Decimal(0)


class MemoryLeases:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def acquire(self, shard: str, owner: str, now_ms: int, ttl_ms: int) -> Lease | None:
        current = self._tables.leases.get(shard)
        if current is not None and current.expires_ms >= now_ms:
            return None
        fence = current.fence + 1 if current else 1
        lease = self._tables.leases[shard] = Lease(shard, owner, fence, now_ms + ttl_ms)
        return lease

    def renew(self, lease: Lease, now_ms: int, ttl_ms: int) -> Lease:
        self._tables.require(lease)
        renewed = replace(lease, expires_ms=now_ms + ttl_ms)
        self._tables.leases[lease.shard] = renewed
        return renewed

    def release(self, lease: Lease) -> None:
        if self._tables.leases[lease.shard].fence == lease.fence:
            self._tables.leases[lease.shard] = replace(lease, expires_ms=0)


class MemoryCursors:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def load(self, account_id: str) -> Cursor | None:
        return self._tables.cursors.get(account_id)

    def save(self, cursor: Cursor, lease: Lease) -> None:
        self._tables.require(lease)
        self._tables.cursors[cursor.account_id] = cursor


class MemoryFills:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(
        self, account: Account, holdings: Holdings, fills: Sequence[Fill], lease: Lease
    ) -> list[Fill]:
        self._tables.require(lease)
        unique = {fill.fill_id: fill for fill in fills}.values()
        fills_of = self._tables.fills
        new = [f for f in unique if _key(f) not in fills_of or fills_of[_key(f)].history]
        stamped = stamp(new, holdings)
        stored = self._tables.held.setdefault(account.account_id, Holdings())
        for fill in stamped:
            self._tables.fills[_key(fill)] = fill
            self._tables.undecided.add(_key(fill))
            name = position_key(fill.symbol, fill.position_side)
            stored.positions[name] = holdings.positions[name]
        stored.fills = holdings.fills
        return stamped

    def mark_decided(self, fill: Fill) -> None:
        self._tables.undecided.discard(_key(fill))

    def get(self, account_id: str, fill_id: str) -> Fill | None:
        return self._tables.fills.get((account_id, fill_id))

    def of_account(self, account_id: str, since_ms: int, limit: int) -> list[Fill]:
        fills = [each for (account, _), each in self._tables.fills.items() if account == account_id]
        since = [fill for fill in fills if fill.traded_ms >= since_ms]
        return sorted(since, key=lambda fill: fill.fill_id)[-limit:]

    def after(self, fill: Fill) -> list[Fill]:
        later = [
            each
            for each in self._tables.fills.values()
            if (each.account_id, each.symbol, each.position_side)
            == (fill.account_id, fill.symbol, fill.position_side)
            and each.number > fill.number
        ]
        return sorted(later, key=lambda each: each.number)

    def decided_after(self, fill: Fill) -> list[Fill]:
        return [f for f in self.after(fill) if _key(f) not in self._tables.undecided]

    def undecided(self, before_ms: int, limit: int = 100) -> list[Fill]:
        fills = [self._tables.fills[key] for key in self._tables.undecided]
        left = [fill for fill in fills if fill.seen_ms < before_ms]
        return sorted(left, key=lambda fill: (fill.seen_ms, fill.number))[:limit]


class MemoryPositions:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def of_account(self, account_id: str) -> Holdings | None:
        if account_id not in self._tables.baselines:
            return None
        return self._tables.held.get(account_id, Holdings()).copy()

    def save_baseline(self, account_id: str, positions: Sequence[Position], lease: Lease) -> None:
        self._tables.require(lease)
        now = {
            position_key(p.symbol, p.position_side): Held(p.quantity, p.entry_price)
            for p in positions
        }
        before = self._tables.held.get(account_id, Holdings())
        after = dict.fromkeys(before.positions, Held()) | now
        self._tables.held[account_id] = Holdings(after, before.fills + 1)
        self._tables.baselines.add(account_id)

    def fills_written(self, account_id: str) -> int:
        return self._tables.held.get(account_id, Holdings()).fills

    def of_follow(self, follow_id: str) -> dict[str, Booked]:
        return {key: b for (follow, key), b in self._tables.booked.items() if follow == follow_id}

    def booked(self, keys: Mapping[str, str]) -> dict[str, Booked]:
        booked = self._tables.booked
        return {
            follow: booked[follow, key] for follow, key in keys.items() if (follow, key) in booked
        }


def _key(fill: Fill) -> tuple[str, str]:
    return fill.account_id, fill.fill_id
