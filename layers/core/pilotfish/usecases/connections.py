"""Try a key, accept it, pause and resume a connection, and say how connections are."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pilotfish.domain.accounts import Account
from pilotfish.domain.connections import Health, Verdict, judge
from pilotfish.domain.errors import VenueError
from pilotfish.ports import Accounts, Clock, Healths, Venues


class NoSuchAccount(LookupError):
    """The message names it."""


class TryConnection:
    """Reads the balance and what the key may do; sends nothing else and stores nothing."""

    def __init__(
        self, *, accounts: Accounts, venues: Venues, clock: Clock, allow_withdrawal: bool
    ) -> None:
        self._accounts = accounts
        self._venues = venues
        self._clock = clock
        self._allow_withdrawal = allow_withdrawal

    async def __call__(self, account: Account) -> Verdict:
        """What the venue refuses is a verdict too, in words that say what to do."""
        try:
            venue = await self._venues.account(account)
            report = await venue.key_report()
        except VenueError as trouble:
            return Verdict(False, (str(trouble),))
        leads = bool(account.listen_shard)
        allowed = self._allow_withdrawal
        return judge(report, self._clock(), leads=leads, allow_withdrawal=allowed)

    async def stored(self, account_id: str) -> Verdict:
        """The key of an account as it is stored; raises `NoSuchAccount`."""
        account = await self._accounts.get(account_id)
        if account is None:
            raise NoSuchAccount(f"there is no account {account_id}")
        return await self(account)


class ConnectAccount:
    """Stores an account, if its key is accepted.

    A key that replaces another leaves everything else as it is; its owner and venue cannot change,
    because the account's fills and copies are of them.
    """

    def __init__(self, *, accounts: Accounts, try_connection: TryConnection) -> None:
        self._accounts = accounts
        self._try = try_connection

    async def __call__(self, account: Account) -> Verdict:
        before = await self._accounts.get(account.account_id)
        if before is not None:
            if (before.owner, before.venue) != (account.owner, account.venue):
                why = f"{account.account_id} is an account of another owner or venue"
                return Verdict(False, (why,))
            account = replace(before, sealed_key=account.sealed_key)
        verdict = await self._try(account)
        if verdict.accepted:
            await asyncio.to_thread(self._accounts.save, account)
        return verdict


class PauseConnection:
    """A paused account is not listened to, and no entry is sent for it; exits still are.

    Resumed, it is listened to from where that ended: what was traded meanwhile is read then, and is
    copied if it is not too late for that; exits always are.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def __call__(self, account_id: str, *, paused: bool) -> None:
        """Raises `NoSuchAccount`."""
        if not self._accounts.pause(account_id, paused=paused):
            raise NoSuchAccount(f"there is no account {account_id}")


@dataclass(frozen=True, slots=True)
class Connection:
    """An account without its key, and how listening to it goes."""

    account_id: str
    owner: str
    venue: str
    leads: bool
    enabled: bool
    paused: bool
    health: Health


class ListConnections:
    """Those that a shard listens to, and those that are named."""

    def __init__(self, *, accounts: Accounts, healths: Healths) -> None:
        self._accounts = accounts
        self._healths = healths

    async def __call__(self, shard: str, named: Iterable[str] = ()) -> list[Connection]:
        """Raises `NoSuchAccount`."""
        found = await asyncio.to_thread(self._accounts.of_shard, shard) if shard else []
        for account_id in named:
            account = await self._accounts.get(account_id)
            if account is None:
                raise NoSuchAccount(f"there is no account {account_id}")
            found.append(account)
        healths = await asyncio.to_thread(self._healths.of, [one.account_id for one in found])
        return [
            Connection(
                account_id=one.account_id,
                owner=one.owner,
                venue=one.venue,
                leads=bool(one.listen_shard),
                enabled=one.enabled,
                paused=one.paused,
                health=healths.get(one.account_id, Health(one.account_id)),
            )
            for one in found
        ]
