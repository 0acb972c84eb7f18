"""Are the copies still there? What is not is told, or leaves the books, as its follow wants it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pilotfish.domain.drift import Shortfall
from pilotfish.domain.errors import VenueError
from pilotfish.domain.follows import Follow
from pilotfish.domain.orders import Reason
from pilotfish.ports import Accounts, Follows, Venue, Venues
from pilotfish.usecases.compare import Compare, Doubt, Seen
from pilotfish.usecases.settle_drift import Drift, Left, SettleDrift

# Accounts at a time, so that trading finds room at venue and tables.
SIDE_BY_SIDE = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a run found; a failed query says nothing about the account."""

    accounts: int = 0
    drifts: list[Drift] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    failed: list[Left] = field(default_factory=list)

    def with_(self, other: "Reconciled") -> "Reconciled":
        """Both together."""
        return Reconciled(
            self.accounts + other.accounts,
            self.drifts + other.drifts,
            self.left + other.left,
            self.failed + other.failed,
        )


class Reconcile:
    """Sends nothing to any venue. It may run beside everything else, and beside itself."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        venues: Venues,
        follows: Follows,
        compare: Compare,
        settle_drift: SettleDrift,
    ) -> None:
        self._accounts = accounts
        self._venues = venues
        self._follows = follows
        self._compare = compare
        self._settle_drift = settle_drift

    async def __call__(self, shard: str, leader_id: str | None = None) -> Reconciled:
        """All followers of a shard's leaders, or of one of them; raises `LookupError` for nobody.

        Follows of several leaders on one account are only ever looked at together.
        """
        leader = None if leader_id is None else await self._accounts.get(leader_id)
        if leader_id is not None and leader is None:
            raise LookupError(f"there is no account {leader_id}")
        shard = leader.listen_shard if leader else shard
        by_account = await asyncio.to_thread(self._by_account, shard, leader_id)
        several, books = asyncio.Semaphore(SIDE_BY_SIDE), asyncio.Lock()
        found = Reconciled()
        for one in await asyncio.gather(
            *(self._safely(follows, several, books) for follows in by_account)
        ):
            found = found.with_(one)
        return found

    def _by_account(self, shard: str, leader_id: str | None) -> list[list[Follow]]:
        listed = self._accounts.leaders(shard) if shard else []
        leaders = {account.account_id for account in listed}
        follows: dict[str, list[Follow]] = defaultdict(list)
        for leader in sorted(leaders | ({leader_id} if leader_id else set())):
            for follow in self._follows.of_leader(leader):
                follows[follow.account_id].append(follow)
        everyone = leader_id is None
        return [f for f in follows.values() if everyone or leader_id in _leaders(f)]

    async def _safely(
        self, follows: list[Follow], several: asyncio.Semaphore, books: asyncio.Lock
    ) -> Reconciled:
        """One account that cannot be read holds up no other."""
        account_id = follows[0].account_id
        try:
            return await self._account(account_id, follows, several, books)
        except VenueError as trouble:
            why = f"{type(trouble).__name__}: {trouble}"
        except Exception as error:
            logger.exception("not reconciled: %s", account_id)
            why = repr(error)
        return Reconciled(1, failed=[Left(account_id, "", why)])

    async def _account(
        self,
        account_id: str,
        follows: list[Follow],
        several: asyncio.Semaphore,
        books: asyncio.Lock,
    ) -> Reconciled:
        account = await self._accounts.get(account_id)
        if account is None or not account.enabled:
            return Reconciled(1, failed=[Left(account_id, "", Reason.ACCOUNT_DISABLED)])
        async with several:
            venue = await self._venues.account(account)
            seen = await self._compare.look(venue, follows)
        left = [Left(account_id, holding, Doubt.UNKNOWN_SYMBOL) for holding in seen.unknown]
        if not seen.shortfalls:
            return Reconciled(1, left=left)
        shortfalls = await self._again(venue, seen, several)
        async with books:  # Accounts of one ledger would only conflict on it.
            found = await asyncio.to_thread(self._settle, account_id, follows, seen, shortfalls)
        return found.with_(Reconciled(1, left=left))

    async def _again(self, venue: Venue, seen: Seen, several: asyncio.Semaphore) -> list[Shortfall]:
        """After the venue's lag: its first answer may have been from before the last order."""
        await asyncio.sleep(venue.evidence.visibility_lag_s)
        async with several:
            return await self._compare.look_again(venue, seen)

    def _settle(
        self, account_id: str, follows: Sequence[Follow], seen: Seen, found: Iterable[Shortfall]
    ) -> Reconciled:
        settled = [self._settle_drift(account_id, follows, seen, one) for one in found]
        return Reconciled(
            drifts=[one for one in settled if isinstance(one, Drift)],
            left=[one for one in settled if isinstance(one, Left)],
        )


def _leaders(follows: Iterable[Follow]) -> set[str]:
    return {follow.leader_id for follow in follows}
