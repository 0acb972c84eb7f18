"""Stop follows that lost what they may or earned enough, and close positions at their levels."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pilotfish.domain.accounts import Account
from pilotfish.domain.alerts import Notice, of_limit
from pilotfish.domain.copied_levels import reached_by_leader
from pilotfish.domain.follows import EVERYTHING, Follow, Status
from pilotfish.domain.losses import (
    Breach,
    Watch,
    begun_anew,
    breach_of,
    looked,
    reached,
    result_of,
    resumes_ms,
)
from pilotfish.domain.netting import Booked, symbol_of
from pilotfish.domain.rule_choices import OnLoss
from pilotfish.domain.sizes import Means, known_equity
from pilotfish.domain.syncing import Remainder
from pilotfish.domain.wallets import Wallet
from pilotfish.ports import Clock, Wallets

logger = logging.getLogger(__name__)


class Leaders(Protocol):
    """Accounts that are followed."""

    def leaders(self, shard: str) -> list[Account]: ...


class Follows(Protocol):
    """Who follows a leader."""

    def of_leader(self, leader_id: str) -> list[Follow]: ...

    def change(self, before: Follow, after: Follow) -> bool:
        """False, and nothing is written, when somebody else changed it since `before`."""


class Holdings(Protocol):
    """What follows hold and paid."""

    def of_follow(self, follow_id: str) -> Mapping[str, Booked]: ...


class Watches(Protocol):
    """What is remembered of follows whose losses are limited."""

    def of(self, follow_id: str) -> Watch | None: ...

    def save(self, follow_id: str, watch: Watch) -> bool:
        """False, and nothing is written, when a later look is stored."""


class Notices(Protocol):
    """Where a person sees what is the matter."""

    def keep(self, notice: Notice) -> None: ...


class Close(Protocol):
    """Plans the exits of what is in `follow.closing`."""

    def __call__(self, follow: Follow) -> list[Remainder]: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """How many were looked at, reached a limit, went on, and cannot be told; or broke.

    `closed` are positions that were beyond their levels, `untold` follows that are to be closed at
    their leader's, which nobody knows now.
    """

    looked: int = 0
    breached: int = 0
    resumed: int = 0
    unknown: int = 0
    failed: int = 0
    closed: int = 0
    untold: int = 0


class WatchLosses:
    """Goes by the last wallets. What it stops is stopped in the follow, which every claim asks.

    Where a follow's result is not known nothing is done here: entries wait for the wallet, too.
    """

    def __init__(
        self,
        *,
        accounts: Leaders,
        follows: Follows,
        positions: Holdings,
        wallets: Wallets,
        watches: Watches,
        notices: Notices,
        close: Close,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._follows = follows
        self._positions = positions
        self._wallets = wallets
        self._watches = watches
        self._notices = notices
        self._close = close
        self._clock = clock

    def __call__(self, shard: str) -> Watched:
        """One look at the follows of a shard's leaders; one that breaks holds up no other."""
        follows = [
            follow
            for leader in self._accounts.leaders(shard)
            for follow in self._follows.of_leader(leader.account_id)
            if follow.rules.limits_losses or follow.rules.protects
        ]
        accounts = {name for follow in follows for name in _accounts(follow)}
        wallets = self._wallets.of(accounts) if follows else {}
        found = [self._safely(follow, wallets.get(follow.account_id)) for follow in follows]
        closed = sum(self._protected(each, wallets) for each in follows)
        untold = sum(self._untold(each, wallets) for each in follows)
        return replace(_counted(found), closed=closed, untold=untold)

    def _untold(self, follow: Follow, wallets: Mapping[str, Wallet]) -> bool:
        """Whether it is not closed at its leader's levels, because they were read too long ago."""
        if not follow.rules.copy_tp_sl or self._leader(follow, wallets) is not None:
            return False
        logger.warning("%s: the levels of %s are not known", follow.follow_id, follow.leader_id)
        return True

    def _leader(self, follow: Follow, wallets: Mapping[str, Wallet]) -> Wallet | None:
        """The leader's wallet, where its levels can be gone by."""
        leader = wallets.get(follow.leader_id) if follow.rules.copy_tp_sl else None
        return leader if leader is not None and leader.levels_known(self._clock()) else None

    def _protected(self, follow: Follow, wallets: Mapping[str, Wallet]) -> int:
        """How many positions are being closed; again for as long as they are beyond their levels.

        A part of the ledger's target as any exit: of what the leader exits later nothing is left.
        """
        wallet, leader = wallets.get(follow.account_id), self._leader(follow, wallets)
        if not follow.rules.protects or wallet is None or not self._fresh(follow, wallet):
            return 0
        beyond = {}
        for key, books in self._positions.of_follow(follow.follow_id).items():
            price = wallet.prices.get(symbol_of(key))
            level = "" if price is None else reached(follow.rules, books, price)
            if not level and price is not None and leader is not None and books.copied:
                level = reached_by_leader(follow, key, price, leader)
            if level:
                beyond[key] = level
        if beyond:
            logger.warning("%s closes %s", follow.follow_id, beyond)
            closing = replace(follow, closing=tuple(beyond), closing_ms=self._clock())
            try:
                self._close(closing)
            except Exception:
                logger.exception("not closed: %s", follow.follow_id)
        return len(beyond)

    def _fresh(self, follow: Follow, wallet: Wallet) -> bool:
        return known_equity(follow.rules, wallet, Means(now_ms=self._clock())) is not None

    def _safely(self, follow: Follow, wallet: Wallet | None) -> str:
        try:
            return self._look(follow, wallet)
        except Exception:
            logger.exception("not watched: %s", follow.follow_id)
            return "failed"

    def _look(self, follow: Follow, wallet: Wallet | None) -> str:
        if not follow.rules.limits_losses:
            return "looked"
        now_ms = self._clock()
        before = self._watches.of(follow.follow_id)
        equity = known_equity(follow.rules, wallet, Means(now_ms=now_ms))
        if wallet is None or equity is None:
            return "unknown"
        result = result_of(self._positions.of_follow(follow.follow_id), wallet.prices.get)
        if result is None:
            return "unknown"
        watch = looked(before, result, equity, now_ms)
        if follow.status is Status.PAUSED and 0 < watch.resume_ms <= now_ms:
            return self._resume(follow, watch)
        if follow.active and 0 < watch.version < follow.version:
            watch = replace(begun_anew(watch, equity), version=0)
        breach = breach_of(follow.rules, watch) if follow.active else None
        if breach is not None:
            return self._stop(follow, watch, breach)
        self._watches.save(follow.follow_id, watch)
        return "looked"

    def _stop(self, follow: Follow, watch: Watch, breach: Breach) -> str:
        """The follow first: what is forgotten then is only when it goes on."""
        now_ms = watch.at_ms
        after = replace(follow, status=Status.PAUSED, changed_ms=now_ms)
        if follow.rules.on_loss is OnLoss.CLOSE:
            after = replace(after, status=Status.STOPPED, closing=EVERYTHING, closing_ms=now_ms)
        if not self._follows.change(follow, after):
            return "looked"  # It is somebody's business now; the next look comes soon.
        resume_ms = resumes_ms(follow.rules, breach)
        stopped = replace(watch, version=follow.version + 1, resume_ms=resume_ms)
        self._watches.save(follow.follow_id, stopped)
        logger.warning("%s is %s: %s", follow.follow_id, after.status, breach.limit)
        self._notices.keep(of_limit(after, breach.limit, now_ms))
        return "breached"

    def _resume(self, follow: Follow, watch: Watch) -> str:
        """Only what was paused here, and that nobody changed since."""
        resumes = follow.version == watch.version
        after = replace(follow, status=Status.ACTIVE, changed_ms=watch.at_ms)
        done = resumes and self._follows.change(follow, after)
        self._watches.save(follow.follow_id, replace(watch, resume_ms=0, version=0))
        return "resumed" if done else "looked"


def _accounts(follow: Follow) -> set[str]:
    """Whose wallets it is judged by."""
    both = {follow.account_id, follow.leader_id}
    return both if follow.rules.copy_tp_sl else {follow.account_id}


def _counted(found: Sequence[str]) -> Watched:
    return Watched(
        looked=len(found),
        breached=found.count("breached"),
        resumed=found.count("resumed"),
        unknown=found.count("unknown"),
        failed=found.count("failed"),
    )
