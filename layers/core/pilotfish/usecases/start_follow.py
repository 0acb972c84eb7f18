"""Let a follow begin, with or without the positions that its leader has already."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from pilotfish.domain.accounts import Account
from pilotfish.domain.consents import require_consent
from pilotfish.domain.copied_levels import require_readable
from pilotfish.domain.counterparts import pinned
from pilotfish.domain.errors import NotReady
from pilotfish.domain.fills import Fill
from pilotfish.domain.follows import FOLLOWS_PER_SHARD, CannotFollow, Consent, Follow
from pilotfish.domain.invitations import Invitation
from pilotfish.domain.joining import Books, Join, candidates, entries, plan_join, written
from pilotfish.domain.margin_rules import require_settable
from pilotfish.domain.netting import Booked, Ledger
from pilotfish.domain.orders import CopyOrder
from pilotfish.domain.rules import Existing, Rules
from pilotfish.domain.viewers import Viewer
from pilotfish.ports import (
    Accounts,
    Clock,
    Follows,
    FollowStarts,
    Instruments,
    Ledgers,
    Positions,
    Roll,
    Wallets,
)
from pilotfish.usecases.admit_follower import AdmitFollower
from pilotfish.usecases.shards import ledger_key, position_keys, wallets_of

# A leader who trades without pause moves on while we look; what is asked for is 50 ms of peace.
ATTEMPTS = 30
PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Wanted:
    """A follow as `by` asks for it, who agreed to the `consent` version of the risks.

    `invitation` is a code, where the leader is followed by invitation only.
    """

    follow_id: str
    leader_id: str
    account_id: str
    rules: Rules
    by: Viewer
    consent: str
    invitation: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """The follow, whether it began by this call, and what became of each position it found."""

    follow: Follow
    new: bool
    joined: list[CopyOrder]


class StartFollow:
    """Asked for again it changes nothing: a follow that is active has begun.

    A stopped one begins anew, from now on; what it still holds of copies it keeps. An account
    that is followed cannot begin to follow: so copies never go round in a circle.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        follows: Follows,
        positions: Positions,
        ledgers: Ledgers,
        instruments: Instruments,
        wallets: Wallets,
        starts: FollowStarts,
        admit: AdmitFollower,
        clock: Clock,
        pool: Executor,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._positions = positions
        self._ledgers = ledgers
        self._instruments = instruments
        self._wallets = wallets
        self._starts = starts
        self._admit = admit
        self._clock = clock
        self._pool = pool
        self._pause = pause

    async def __call__(self, wanted: Wanted) -> Started:
        """Raises `CannotFollow`, and `NotReady` before the leader is listened to.

        What is traded until then is written down by nobody, so it could not be copied. Also while
        nobody knows what the follower's venue trades: the mapper would wait for that with every
        fill of the leader.
        """
        require_consent(wanted.consent)
        leader = await self._accounts.get(wanted.leader_id)
        account = await self._accounts.get(wanted.account_id)
        leader, account = _able(wanted, leader, account)
        require_readable(wanted.rules, leader.venue)
        require_settable(wanted.rules, account.venue)
        await asyncio.to_thread(self._instruments.of_venue, account.venue)
        return await asyncio.to_thread(self._start, wanted, leader, account)

    def _start(self, wanted: Wanted, leader: Account, account: Account) -> Started:
        for _ in range(ATTEMPTS):
            own = self._followers_of(account)
            roll = self._follows.ever_of_leader(leader.account_id)
            before = _before(wanted, roll)
            if before is not None and before.active:
                return Started(before, new=False, joined=[])
            invitation = self._admit(wanted.by, leader, account, wanted.invitation)
            follow = self._follow(wanted, account, roll, before)
            follow, joins = self._joins(follow, leader)
            if self._begin(follow, [roll, own], joins, invitation):
                return Started(follow, new=True, joined=[join.order for join in joins])
            self._pause(PAUSE_S * random.random())  # noqa: S311
        raise NotReady(f"{leader.account_id} trades without a pause to begin in")

    def _followers_of(self, account: Account) -> Roll:
        """None, as of a revision."""
        own = self._follows.ever_of_leader(account.account_id)
        if any(follow.live for follow in own.follows):
            raise CannotFollow(f"{account.account_id} is followed itself")
        return own

    def _follow(
        self, wanted: Wanted, account: Account, roll: Roll, before: Follow | None
    ) -> Follow:
        now_ms = self._clock()
        return Follow(
            follow_id=wanted.follow_id,
            leader_id=wanted.leader_id,
            account_id=wanted.account_id,
            owner=account.owner,
            venue=account.venue,
            started_ms=now_ms,
            shard=before.shard if before else _shard_with_room(roll),
            rules=wanted.rules,
            # Counted before the positions are read: what is written after that makes us read again.
            first_fill=self._positions.fills_written(wanted.leader_id) + 1,
            pinned=before.pinned if before else {},
            changed_ms=now_ms,
            version=before.version + 1 if before else 0,
            consent=Consent(wanted.consent, wanted.by.user, now_ms),
        )

    def _joins(self, follow: Follow, leader: Account) -> tuple[Follow, list[Join]]:
        holdings = self._positions.of_account(leader.account_id)
        if holdings is None:
            raise NotReady(f"nobody listens to {leader.account_id} yet; try again in a moment")
        if follow.rules.existing != Existing.JOIN:
            return follow, []
        fills = entries(follow, leader.venue, holdings)
        joined = candidates(fills)
        venues = {follow.venue} if joined else set()
        instruments = {venue: self._instruments.of_venue(venue) for venue in venues}
        for fill in joined:
            follow = pinned(follow, fill.symbol, instruments[follow.venue])
        books = self._books(follow, joined) if joined else {}
        wallets = wallets_of([follow], self._wallets) if joined else {}
        return follow, plan_join(follow, fills, books, instruments, wallets)

    def _books(self, follow: Follow, fills: list[Fill]) -> dict[str, Books]:
        """The ledgers first: they have never taken in more misses than are booked after that."""
        keys = [ledger_key(fill, follow.shard) for fill in fills]
        ledgers = list(self._pool.map(lambda key: self._ledgers.load(key, fresh=True), keys))
        booked = self._positions.of_follow(follow.follow_id)
        return {
            fill.fill_id: (
                ledger or Ledger(),
                booked.get(position_keys(fill, [follow])[follow.follow_id], Booked()),
            )
            for fill, ledger in zip(fills, ledgers, strict=True)
        }

    def _begin(
        self,
        follow: Follow,
        rolls: Sequence[Roll],
        joins: list[Join],
        invitation: Invitation | None,
    ) -> bool:
        told = written(joins)
        return self._starts.begin(
            follow,
            rolls,
            [
                (ledger_key(join.fill, follow.shard), join.ledger, join.order)
                for join in told
                if join.ledger is not None
            ],
            [join.order for join in told if join.ledger is None],
            invitation,
        )


def _able(
    wanted: Wanted, leader: Account | None, account: Account | None
) -> tuple[Account, Account]:
    if not wanted.follow_id or {"/", "#"} & set(wanted.follow_id):
        raise CannotFollow("a follow_id is not empty and has neither / nor # in it")
    if leader is None or not leader.listen_shard:
        raise CannotFollow(f"{wanted.leader_id} is not an account that is listened to")
    may = account is not None and (wanted.by.operator or account.owner == wanted.by.user)
    if account is None or not account.enabled or not may:
        raise CannotFollow(f"{wanted.account_id} is not an account that is enabled")
    if leader == account:
        raise CannotFollow("an account cannot follow itself")
    return leader, account


def _before(wanted: Wanted, roll: Roll) -> Follow | None:
    """The follow as it was, if it ever began."""
    before = next((f for f in roll.follows if f.follow_id == wanted.follow_id), None)
    if before is not None and before.account_id != wanted.account_id:
        raise CannotFollow(f"{wanted.follow_id} is a follow of {before.account_id}")
    if before is not None and before.live and not before.active:
        raise CannotFollow(f"it is {before.status}: let it go on")
    if before is not None and before.closing:
        raise CannotFollow("positions of it are still being closed")
    for other in () if wanted.by.operator else roll.follows:
        if other.account_id == wanted.account_id and other != before and other.live:
            raise CannotFollow(f"{wanted.account_id} follows already, as {other.follow_id}")
    return before


def _shard_with_room(roll: Roll) -> int:
    """Stopped follows count: they may begin anew, and are in their shard's ledgers."""
    members = Counter(follow.shard for follow in roll.follows)
    return next(shard for shard in range(len(members) + 1) if members[shard] < FOLLOWS_PER_SHARD)
