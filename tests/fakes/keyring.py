"""Twins of the register of connections and of the keys that wait, and a venue's word on keys."""

from dataclasses import replace

from pilotfish.adapters.keys import parted
from pilotfish.domain.accounts import Account
from pilotfish.domain.follows import Follow
from pilotfish.domain.keys import Candidate
from pilotfish.domain.managing import Connection
from pilotfish.ports import KeyTaken, Superseded
from tests.fakes.tables import Tables

WRITTEN = ("label", "paused", "problem", "checked_ms", "due_ms", "refusals")


class MemoryRegister:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, account_id: str) -> Connection | None:
        account = self._tables.accounts.get(account_id)
        if account is None:
            return None
        shared = ("owner", "venue", "listen_shard", "enabled", "paused", "key_version")
        same = {name: getattr(account, name) for name in shared}
        more = self._tables.connections.get(account_id, Connection(account_id, "", ""))
        return replace(more, **same)

    def of_owner(self, owner: str) -> list[Connection]:
        found = [one for one in map(self.get, self._tables.accounts) if one and one.owner == owner]
        return sorted(found, key=lambda one: (one.connected_ms, one.account_id))

    def of_shard(self, shard: str) -> list[Connection]:
        found = map(self.get, sorted(self._tables.accounts))
        return [one for one in found if one and one.listen_shard == shard]

    def open(self, connection: Connection) -> bool:
        account_id = connection.account_id
        if account_id in self._tables.accounts:
            return False
        shared = ("owner", "venue", "listen_shard", "enabled", "paused", "key_version")
        same = {name: getattr(connection, name) for name in shared}
        self._tables.accounts[account_id] = Account(account_id, **same)
        self._tables.connections[account_id] = connection
        return True

    def change(self, before: Connection, after: Connection) -> bool:
        stored = self.get(before.account_id)
        if stored is None or stored.deleted or stored.revision != before.revision:
            return False
        new = {name: getattr(after, name) for name in WRITTEN}
        self._put(replace(stored, **new, revision=stored.revision + 1))
        return True

    def due(self, now_ms: int, limit: int) -> list[str]:
        looked_at = [one for one in self._tables.connections.values() if one.held_as]
        due = [one for one in looked_at if one.due_ms <= now_ms]
        return [one.account_id for one in sorted(due, key=lambda one: one.due_ms)][:limit]

    def _put(self, connection: Connection) -> None:
        self._tables.connections[connection.account_id] = connection
        account = self._tables.accounts[connection.account_id]
        self._tables.accounts[connection.account_id] = replace(account, paused=connection.paused)


class MemoryFollowsOf:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, connection: Connection) -> list[Follow]:
        needing = [
            follow
            for follow in self._tables.follows.values()
            if connection.account_id in (follow.account_id, follow.leader_id)
        ]
        return [follow for follow in needing if follow.live or follow.ending]


class MemoryDataKeys:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __call__(self, account_id: str, version: int) -> bytes:
        return self._tables.data_keys.get((account_id, version), b"")


class MemoryKeyring:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._register = MemoryRegister(tables)

    def offer(self, candidate: Candidate) -> None:
        self._tables.candidates[candidate.candidate_id] = candidate

    def get(self, candidate_id: str) -> Candidate | None:
        return self._tables.candidates.get(candidate_id)

    def take(self, candidate: Candidate, connection: Connection, answer: str) -> None:
        tables, account_id = self._tables, candidate.account_id
        held_as = f"{connection.venue}#{candidate.fingerprint}"
        holder = tables.keys_held.get(held_as, account_id)
        if holder != account_id:
            raise KeyTaken(holder)
        stored = self._register.get(account_id)
        known = stored is not None and not stored.deleted and stored.revision == connection.revision
        waiting = tables.candidates.get(candidate.candidate_id)
        if not (stored is None if candidate.new else known) or not (waiting and waiting.sealed_key):
            raise Superseded(account_id)
        wrapped, sealed_key = parted(candidate.sealed_key)
        tables.data_keys.pop((account_id, candidate.version - 1), None)
        tables.data_keys[account_id, candidate.version] = wrapped
        self._account(connection, replace(candidate, sealed_key=sealed_key))
        tables.keys_held.pop(connection.held_as, None)
        tables.keys_held[held_as] = account_id
        tables.candidates[candidate.candidate_id] = waiting.answered(answer)
        label = stored.label if stored else connection.label
        after = replace(connection, label=label, revision=connection.revision + 1, held_as=held_as)
        tables.connections[account_id] = after

    def refuse(self, candidate: Candidate, answer: str) -> None:
        waiting = self._tables.candidates.get(candidate.candidate_id)
        if waiting and waiting.sealed_key:
            self._tables.candidates[candidate.candidate_id] = waiting.answered(answer)

    def destroy(self, connection: Connection, now_ms: int) -> bool:
        tables, account_id = self._tables, connection.account_id
        stored = self._register.get(account_id)
        if stored is None or stored.deleted or stored.revision != connection.revision:
            return False
        tables.keys_held.pop(connection.held_as, None)
        tables.data_keys.pop((account_id, connection.key_version), None)
        account = tables.accounts[account_id]
        gone = replace(account, sealed_key=b"", enabled=False, listen_shard="")
        tables.accounts[account_id] = gone
        left = replace(stored, deleted_ms=now_ms, held_as="", problem="", due_ms=0)
        tables.connections[account_id] = replace(left, revision=stored.revision + 1)
        return True

    def _account(self, connection: Connection, candidate: Candidate) -> None:
        stored = self._tables.accounts.get(connection.account_id) or Account(
            connection.account_id,
            connection.owner,
            connection.venue,
            listen_shard=connection.listen_shard,
        )
        self._tables.accounts[connection.account_id] = replace(
            stored, sealed_key=candidate.sealed_key, key_version=candidate.version
        )
